"""What the derivation of a chain of reductions takes and gives: plain data, no engine.

A pass over the IR reads `Derived` and emits it; it never needs to know how the form was found (`derive.py`). Theory: docs/theory.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .expr import Apply, Expr, Num, RankShape

Form: TypeAlias = Literal["base", "deferred", "rebased", "ordered"]
Numerics: TypeAlias = Literal["safe", "fast"]
Outcome: TypeAlias = Literal["proved", "tested", "assumed", "unknown"]

OLD = ".old"
"""`Param(name + OLD)` is the running value of summary `name` before the tile; `Param(name)` the one after it."""


COUNT = RankShape("#count")
"""Inside the engine: the number of elements visited in every fiber, whatever expression the caller has for it."""


@dataclass(frozen=True)
class Reduction:
    """One reduction over the rank in question, with the maps between reductions inlined into `body`.

    Leaves of `body`: `Access` and `RankValue` are element data, each distinct one an independent real variable;
    `Param(name)` of an earlier reduction is that summary's final value; any other `Param`, and `RankShape`, is a constant of the
    fiber. `op` is a name in `REDUCTION_OPERATORS` or a user's `@name`.
    """

    name: str
    op: str
    body: Expr


@dataclass(frozen=True)
class Accumulator:
    """One carried value: `op` folded over `basis`, starting at `identity`.

    `basis` is over elements, constants and `Param(summary)`, the running value of that summary *including the current tile*.
    """

    name: str
    op: str
    identity: float
    basis: Expr


@dataclass(frozen=True)
class Obligation:
    """One condition a rewrite rests on, and how it was met.

    `smtlib` states it as a script for solvers, where that can be said; with the line `smt.PROVED` in it, z3 found the script contradictory.
    """

    name: str
    statement: str
    result: Outcome
    method: str
    smtlib: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Derived:
    """A reduction that needs no pass of its own.

    Sequential step, for a tile whose running summaries go from `Param(D.old)` to `Param(D)`:
    `A_j' = (+)_l correction[j][l] (x) A_l  (+)  (+)_tile basis_j`, with (x) = `times`; `None` entries of `correction` are the zero.
    Two partial states merge by the same matrix, each corrected from its own summaries to the common ones.

    * `final` gives the summary's value from `Param("NAME.j")` (its accumulators) and `Param(earlier summary)`; on a prefix of the
      fiber it gives the running value. It assumes that at least one element was visited; `running` drops that assumption.
    * `safe`: before `basis` and `correction` are evaluated, each `Param(p)` listed here stands for the expression beside it. The
      replacements map a summary at a bottom (nothing visited, or everything masked) to a harmless value: its accumulators are the
      identity there and stay so. Per fiber, never per element. They may be left out where every tile surely brings the summary off
      its bottom, provided `starts_safe`: the correction from the initial value is then finite.
      A replacement may also be for a further name that occurs in `correction` (then `starts_safe` is False).
    * The `.old` value of a summary starts at the identity of its reduction operator.
    * `empty_safe`: `final` gives the operator's identity by itself on a fiber without visited elements. Otherwise `empty` is a test for
      that (over summaries and accumulators), or None where nothing tells and the emitter must count.
    * `waits_for`: refused summaries that `final` needs; it can be evaluated only after the pass that computes them.
    * `estimate`: where set, the running value is this instead of `final`, over the accumulators: an estimate, from a part of the fiber, of the
      whole fiber's value (a sum scaled up by how much was seen), which is as good to rebase on and much closer to what comes. On the
      whole fiber it equals `final`. Such a summary carries one accumulator more than `k`.
    * `centre`: elements whose maximum over the same fiber, put before it in the chain, would be better to follow than what is followed.
    * For argmax and argmin `final` is the value; the coordinate is the accumulator's own.
    """

    reduction: Reduction
    form: Form
    k: int
    accumulators: tuple[Accumulator, ...]
    correction: tuple[tuple[Expr | None, ...], ...]
    times: str | None
    final: Expr
    rebased_on: tuple[str, ...]
    obligations: tuple[Obligation, ...]
    why: str
    safe: tuple[tuple[str, Expr], ...] = ()
    starts_safe: bool = True
    empty_safe: bool = True
    empty: Expr | None = None
    waits_for: tuple[str, ...] = ()
    identity: float = 0.0
    estimate: Expr | None = None
    centre: Expr | None = None

    @property
    def running(self) -> Expr:
        """The summary on any prefix, the empty one included, as far as `empty` can tell."""
        value = self.final if self.estimate is None else self.estimate
        if self.empty is None or (self.empty_safe and self.estimate is None):
            return value
        identity = Num(int(self.identity) if self.identity.is_integer() else self.identity)
        return Apply("select", (self.empty, identity, value))

    @property
    def identity_correction(self) -> bool:
        """True if the accumulators are simply folded, with no correction."""
        one = Num(1)
        return all((e == one) if i == j else e is None for i, row in enumerate(self.correction) for j, e in enumerate(row))


@dataclass(frozen=True)
class Certificate:
    """A proof, by numbers, that the separation rank is at least `rank`: the matrix F(x_i, d_j) of these points is invertible.

    `body` is F, with users' operators opened. `elements` and `summaries` name the variables; `xs` and `ds` hold one tuple of exact rationals
    (as text) per point, `constants` the values of the fiber's constants. `pivots` are lower bounds of the absolute pivots of an
    elimination in interval arithmetic with `digits` decimal digits; all are positive. `certificates.verified` repeats the elimination.
    """

    rank: int
    body: Expr
    elements: tuple[Expr, ...]
    summaries: tuple[str, ...]
    constants: tuple[tuple[Expr, str], ...]
    xs: tuple[tuple[str, ...], ...]
    ds: tuple[tuple[str, ...], ...]
    digits: int
    pivots: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """A reduction that stays a later pass, the reason in one sentence, and a certificate where one was found.

    `centre`: elements whose maximum over the same fiber, put before it in the chain, would let it be derived.
    """

    reduction: Reduction
    reason: str
    certificate: Certificate | None = None
    centre: Expr | None = None


@dataclass(frozen=True)
class Options:
    """How to derive.

    * `numerics`: "safe" carries only terms that neither overflow nor cancel more than the original cascade's; "fast" accepts
      cancellation where that saves corrections, and exponentials that no summary bounds.
    * `limit`: the largest magnitude an exponential factor may reach and still be carried uncorrected.
    * `rank_points`: N of the rank gate: a separation rank of at least N is a refusal.
    * `prove`: discharge the obligations with sympy and z3, at most `timeout_ms` per query; otherwise they are tested numerically.
    * `check`: run the numeric differential check on every derivation (a failure is a refusal).
    """

    numerics: Numerics = "safe"
    limit: float = field(default=2.0**14)
    rank_points: int = 12
    prove: bool = False
    timeout_ms: int = 2000
    check: bool = True


DEFAULT_OPTIONS = Options()
