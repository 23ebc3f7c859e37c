"""What is tried when structure does not separate a body: the rank gate, then a decomposition from values, then the jet basis.

The gate goes first: a body of no finite rank is refused, with its certificate, before anything symbolic is attempted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .cross import confirmed, cross_decomposition
from .derivation import Accumulator, Certificate, Options
from .evaluate import Table
from .expr import Apply, Expr, Num, Param, walk
from .growth import growth
from .invariants import Invariants
from .rank_gate import RankFound, rank_gate


@dataclass(frozen=True)
class Found:
    """A form found from values: accumulators, final value, and the correction matrix if it is a rebased one (over `rebased_on`)."""

    accumulators: tuple[Accumulator, ...]
    final: Expr
    correction: tuple[tuple[Expr | None, ...], ...] | None
    rebased_on: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class NotFound:
    """Why there is none, with a certificate if the rank is certified to be large."""

    reason: str
    certificate: Certificate | None = None


def from_values(name: str, body: Expr, known: Invariants, options: Options, late: frozenset[str], functions: Table) -> Found | NotFound:
    """A form of a sum whose body does not separate by structure."""
    found = rank_gate(body, known, options.rank_points)
    if found is None:
        return NotFound("an opaque operator hides how it depends on them")
    if found.certificate is not None:
        return NotFound(f"its separation rank is at least {found.rank}, certified at {found.rank} points", found.certificate)
    if found.rank == options.rank_points:
        return NotFound(f"its separation rank is at least {found.rank} at the sampled points")
    if found.jumps:  # numbers at points on one side of a step say nothing about the other
        return NotFound("no law separates its cases")
    if _may_change_branch(body, known):
        return NotFound("a root or logarithm in it may change branch")
    if found.rank == 0 or not confirmed(body, found):
        return NotFound(f"no decomposition of rank {found.rank} predicts it at other points")
    if not found.sampler.constants:  # the decomposition is numbers, which would be wrong for other values of a constant
        accumulators, final = cross_decomposition(name, body, found, functions)
        if not any(growth(a.basis, known, options.limit).exponential for a in accumulators):
            why = f"its separation rank is {found.rank}, and its values at {found.rank} points span it; the summaries are applied at the end"
            return Found(accumulators, final, None, (), why)
    return _rebased(name, body, known, found, late)


def _may_change_branch(body: Expr, known: Invariants) -> bool:
    """True if a root, power or logarithm of something mixed is not positive for all reals: then values at points that occur together say
    nothing about points that do not, and a decomposition evaluates the body at both."""
    anything = Invariants(known.scope, known.laws)
    for e in walk(body):
        if isinstance(e, Apply) and known.scope.mixed(e.args[0]):
            whole = e.op == "pow" and isinstance(e.args[1], Num) and float(e.args[1].value).is_integer()
            if e.op in ("sqrt", "rsqrt", "log", "pow") and not whole and not anything.positive(e.args[0]):
                return True
    return False


def _rebased(name: str, body: Expr, known: Invariants, found: RankFound, late: frozenset[str]) -> Found | NotFound:
    from .jets import NoJets, jet_basis

    summaries: Sequence[str] = sorted(known.scope.of(body).summaries, key=known.scope.order.index)
    waiting = next((n for n in summaries if n in late or not known.summaries[n].total), None)
    if waiting is not None:
        return NotFound(f"an unbounded term would be carried, and {waiting} has no running value to rebase on")
    try:
        basis, correction = jet_basis(body, summaries, found, known)
    except NoJets as e:
        return NotFound(f"its separation rank is {found.rank}, but no bounded form was found: {e}")
    accumulators = tuple(Accumulator(f"{name}.{j}", "add", 0.0, b) for j, b in enumerate((body, *basis[1:])))
    why = f"its separation rank is {found.rank}; its derivatives by the summaries are carried"
    return Found(accumulators, Param(f"{name}.0"), correction, tuple(summaries), why)
