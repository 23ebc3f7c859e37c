"""Lower bounds: when fewer passes cannot be had, and how sure that is.

Three numbers belong to a cascade: the passes it makes as written, the passes derived, and the bound for the function it computes. The bound
is 1 for anything, 2 where an output keeps the rank and needs later elements; more is never claimed. A certified refusal shows that
no algebra of finite separation rank helps (`certificates.py`), and `state_ranks` measures how many numbers a smooth one-pass state must hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, Literal, TypeAlias

from .derivation import Derived, Reduction, Refusal
from .differential import Arithmetic, Machine, leaves
from .expr import Expr, Param, RankShape, RankValue
from .laws import DEFAULT_LAWS, Laws
from .precision import Digits
from .rank_gate import pivots

Kind: TypeAlias = Literal["optimal", "algebra-optimal", "unknown"]

_DIGITS = 160
_STEP = Fraction(1, 10**70)
_NEGLIGIBLE = 50  # differences with that step are good to about 70 digits


@dataclass(frozen=True, slots=True)
class Verdict:
    """`bound` is the proved lower bound on passes; `kind` says what is known about the gap to the derived count."""

    kind: Kind
    passes: int
    bound: int
    why: str


def verdict(results: Sequence[Derived | Refusal], passes: int, retained: bool = False) -> Verdict:
    """Judge a derived pass count. `retained`: an output keeps the rank and needs later elements (a materialised softmax)."""
    bound = 2 if retained else 1
    if passes <= bound:
        why = "an output that keeps the rank needs elements after its own" if retained else "every element must be read once"
        return Verdict("optimal", passes, bound, why)
    refused = [r for r in results if isinstance(r, Refusal)]
    if passes == 2 and refused and all(r.certificate is not None for r in refused):
        ranks = ", ".join(f"{r.reduction.name} (rank at least {r.certificate.rank})" for r in refused if r.certificate is not None)
        return Verdict("algebra-optimal", passes, bound, f"no finite separation exists, certified at sampled points: {ranks}")
    return Verdict("unknown", passes, bound, "no bound above the derived count is known")


def state_ranks(reductions: Sequence[Reduction], sizes: Sequence[int] = (2, 4, 8, 12), laws: Laws = DEFAULT_LAWS, seed: int = 5) -> tuple[int, ...]:
    """For each n, the rank of the derivatives of the last reduction's value under n suffixes, by the elements of one prefix.

    Any smooth state that a single pass can carry from the prefix to the suffixes holds at least that many numbers. Ranks that stay put
    say nothing is in the way; ranks that equal n as far as n was tried mean that no bounded state was found sufficient. Smooth
    bodies only: at kinks and steps the derivative is that of the piece.
    """
    digits = Digits(_DIGITS)
    arithmetic = Arithmetic(digits.functions, digits.literal, 0.0)
    chain = [Refusal(r, "") for r in reductions]
    elements, constants = leaves(reductions)
    source = Random(seed)
    fixed: dict[Expr, Any] = {c: digits.literal(_constant(c, source)) for c in constants}
    machine = Machine(chain, laws, arithmetic, fixed)
    most = max(sizes)
    prefix = [_point(elements, source) for _ in range(most + 2)]
    suffixes = [[_point(elements, source) for _ in range(2)] for _ in range(most)]
    output = reductions[-1].name
    rows: list[list[Any]] = []
    moves: list[tuple[int, Expr]] = [(i, e) for i in range(len(prefix)) for e in elements if not isinstance(e, RankValue)]
    literal = [{e: digits.literal(v) for e, v in p.items()} for p in prefix]
    for suffix in suffixes:
        tail = [{e: digits.literal(v) for e, v in p.items()} for p in suffix]
        here = machine.original([*literal, *tail])[output]
        row: list[Any] = []
        for i, e in moves:
            moved = [dict(p) for p in literal]
            moved[i][e] += digits.literal(_STEP)
            row.append((machine.original([*moved, *tail])[output] - here) / digits.literal(_STEP))
        rows.append(row)
    return tuple(len(pivots(rows[:n], n, _NEGLIGIBLE)[0]) for n in sizes)


def _point(elements: Sequence[Expr], source: Random) -> dict[Expr, Fraction]:
    return {
        e: Fraction(source.randint(1, 20) if isinstance(e, RankValue) else source.randint(-128, 128), 1 if isinstance(e, RankValue) else 64)
        for e in elements
    }


def _constant(leaf: Param | RankShape, source: Random) -> Fraction:
    return Fraction(source.randint(3, 9)) if isinstance(leaf, RankShape) else Fraction(source.randint(40, 120), 64)
