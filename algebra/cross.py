"""The cross decomposition: any function of finite separation rank, from its own values at a few points.

If every matrix of values of F has rank at most k and `F(X, D)` at k points is invertible, then `F(x, d) = F(x, D) F(X, D)^-1 F(X, d)`: the k
functions `F(., D_j)` of the elements are carried, the rest is applied at the end. It needs no algebra at all, so it is what remains when
the structural separation does not see through a body; its constants are numbers, so it holds to rounding.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .build import Addend, number, product, total
from .derivation import Accumulator
from .evaluate import Table, evaluate
from .expr import Apply, Expr, Num, Param, map_leaves
from .linear import addends, factors
from .precision import Digits
from .rank_gate import DIGITS, RankFound, values
from .sampling import Point

_AGREEMENT = 10.0**-40


def confirmed(body: Expr, found: RankFound) -> bool:
    """True if the decomposition at the found points predicts the body at the spare points, to 40 digits."""
    digits = Digits(DIGITS)
    inverse = inverted(values(body, found.sampler, found.xs, found.ds, digits))
    xs, ds = found.spare_xs, found.spare_ds
    direct = values(body, found.sampler, xs, ds, digits)
    left = values(body, found.sampler, xs, found.ds, digits)
    right = values(body, found.sampler, found.xs, ds, digits)
    size = range(found.rank)
    for i in range(len(xs)):
        for j in range(len(ds)):
            predicted = sum(left[i][a] * inverse[a][b] * right[b][j] for a in size for b in size)
            if not abs(predicted - direct[i][j]) <= _AGREEMENT * (1 + abs(direct[i][j])):
                return False
    return True


def cross_decomposition(name: str, body: Expr, found: RankFound, functions: Table) -> tuple[tuple[Accumulator, ...], Expr]:
    """Accumulators `F(., D_j)` and the final value `sum_j A_j (F(X, D)^-1 F(X, d))_j`. Constants of the fiber must not occur in the body."""
    inverse = inverted(values(body, found.sampler, found.xs, found.ds, Digits(DIGITS)))
    accumulators = tuple(Accumulator(f"{name}.{j}", "add", 0.0, at_point(body, d, functions)) for j, d in enumerate(found.ds))
    rows = [at_point(body, x, functions) for x in found.xs]
    final: list[Addend] = []
    for j, a in enumerate(accumulators):
        weights = total((Fraction(float(inverse[j][i])), row) for i, row in enumerate(rows))
        final.append((Fraction(1), product([(Param(a.name), 1), (weights, 1)])))
    return accumulators, total(final)


def at_point(body: Expr, point: Point, functions: Table) -> Expr:
    """The body with the point's variables replaced by their values and constant parts folded to floats."""
    return folded(map_leaves(body, lambda leaf: number(point[leaf]) if leaf in point else leaf), functions)


def folded(expr: Expr, functions: Table) -> Expr:
    if not isinstance(expr, Apply):
        return expr
    args = tuple(folded(a, functions) for a in expr.args)
    if all(isinstance(a, Num) for a in args) and expr.op in functions:
        value: Any = evaluate(Apply(expr.op, args), {}, functions)
        if math.isfinite(value):
            return Num(int(value)) if value == int(value) and abs(value) < 2**53 else Num(value)
    result = Apply(expr.op, args, expr.merge)
    if expr.op in ("add", "sub", "neg"):
        return total(addends(result))
    if expr.op in ("mul", "div"):
        coefficient, parts = factors(result)
        return product(parts, coefficient)
    return result


def inverted(matrix: list[list[Any]]) -> list[list[Any]]:
    """The inverse, by Gauss-Jordan elimination with row pivoting."""
    n = len(matrix)
    work = [[*row, *(row[0] * 0 + (1 if i == j else 0) for j in range(n))] for i, row in enumerate(matrix)]
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(work[r][i]))
        work[i], work[best] = work[best], work[i]
        pivot = work[i][i]
        work[i] = [v / pivot for v in work[i]]
        for r in range(n):
            if r != i:
                factor = work[r][i]
                work[r] = [v - factor * w for v, w in zip(work[r], work[i], strict=True)]
    return [row[n:] for row in work]
