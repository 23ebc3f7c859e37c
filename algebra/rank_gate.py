"""The rank gate: is the dependence of a body on its summaries of finite separation rank, as far as numbers can tell?

`F(x, d)` has separation rank k iff every matrix `F(x_i, d_j)` has rank at most k. The gate samples more points than it needs, picks the
best by complete pivoting in many digits, and, if N pivots survive, repeats the elimination on those N x N in interval arithmetic: that is
a proof that the rank is at least N, which anybody can repeat (`certificates.py`). Otherwise the rank found guides a decomposition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .certificates import certify
from .derivation import Certificate
from .evaluate import Opaque, evaluate
from .expr import Apply, Expr, walk
from .invariants import Invariants
from .precision import Digits, Undecided
from .sampling import Point, Sampler

DIGITS = 80
"""Digits of the pivoting; a pivot below 10^-60 of the largest counts as zero."""

NEGLIGIBLE = 60

_PIECEWISE = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "max", "min", "abs", "sign", "floor", "round", "select", "and", "or", "not"})


@dataclass(frozen=True)
class RankFound:
    """`rank` of the sampled matrix (at least N if there is a certificate) and the points that carry it; `spare_xs` and `spare_ds` are
    further points, all of them possible beside all others; `jumps` if the body has steps or kinks."""

    rank: int
    xs: tuple[Point, ...]
    ds: tuple[Point, ...]
    spare_xs: tuple[Point, ...]
    spare_ds: tuple[Point, ...]
    sampler: Sampler
    jumps: bool
    certificate: Certificate | None


def rank_gate(body: Expr, known: Invariants, wanted: int) -> RankFound | None:
    """Sample the body and find its rank, up to `wanted`. None if it has no values to sample (an opaque operator)."""
    sampler = Sampler(body, known)
    count = (4 if _jumps(body) else 2) * wanted
    xs = sampler.element_points(count)
    ds = sampler.summary_points(xs, count)
    try:
        matrix = values(body, sampler, xs, ds, Digits(DIGITS))
    except Opaque:
        return None
    rows, columns = pivots(matrix, wanted)
    best_xs, best_ds = tuple(xs[i] for i in rows), tuple(ds[j] for j in columns)
    certificate = certify(body, sampler, best_xs, best_ds) if len(rows) == wanted else None
    spare_xs = tuple(x for i, x in enumerate(xs) if i not in rows)
    spare_ds = tuple(d for j, d in enumerate(ds) if j not in columns)
    return RankFound(len(rows), best_xs, best_ds, spare_xs, spare_ds, sampler, _jumps(body), certificate)


def _jumps(body: Expr) -> bool:
    """True if the body has steps or kinks, which only show where a point lies on either side of each."""
    return any(isinstance(e, Apply) and e.op in _PIECEWISE for e in walk(body))


def values(body: Expr, sampler: Sampler, xs: Sequence[Point], ds: Sequence[Point], digits: Digits) -> list[list[Any]]:
    """The matrix F(x_i, d_j)."""
    constants = {k: digits.literal(v) for k, v in sampler.constants.items()}
    elements = [{k: digits.literal(v) for k, v in x.items()} for x in xs]
    summaries = [{**constants, **{k: digits.literal(v) for k, v in d.items()}} for d in ds]
    return [[_value(body, {**d, **x}, digits) for d in summaries] for x in elements]


def _value(body: Expr, leaves: dict[Expr, Any], digits: Digits) -> Any:
    try:
        return evaluate(body, leaves, digits.functions, digits.literal)
    except Undecided:
        return digits.nan


def pivots(matrix: Sequence[Sequence[Any]], wanted: int, negligible: int = NEGLIGIBLE) -> tuple[list[int], list[int]]:
    """Rows and columns chosen by complete pivoting, in order, until `wanted` of them or nothing is left; rows with a nan are left out."""
    rows = [i for i, row in enumerate(matrix) if all(v == v for v in row)]
    work = {i: list(matrix[i]) for i in rows}
    columns = list(range(len(matrix[0])))
    chosen_rows: list[int] = []
    chosen_columns: list[int] = []
    largest: Any = None
    while rows and columns and len(chosen_rows) < wanted:
        i, j = max(((i, j) for i in rows for j in columns), key=lambda ij: abs(work[ij[0]][ij[1]]))
        pivot = work[i][j]
        largest = abs(pivot) if largest is None else largest
        if abs(pivot) <= largest * 10.0**-negligible:
            break
        rows.remove(i)
        columns.remove(j)
        chosen_rows.append(i)
        chosen_columns.append(j)
        base = work[i]
        for r in rows:
            factor = work[r][j] / pivot
            if factor:
                line = work[r]
                for c in columns:
                    line[c] -= factor * base[c]
    return chosen_rows, chosen_columns
