"""Constants in maps: `rsqrt(shape(e))` is a number once sizes are known, and no array has to compute it at every point."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..algebra.evaluate import FLOAT_FUNCTIONS
from ..algebra.expr import Apply, Expr, Num, RankShape


def fold(expr: Expr, sizes: Mapping[str, int]) -> Expr:
    """The expression with shapes replaced by their sizes, and operators applied where all their operands are numbers."""
    if isinstance(expr, RankShape):
        return Num(sizes[expr.rank])
    if not isinstance(expr, Apply):
        return expr
    args = tuple(fold(a, sizes) for a in expr.args)
    function = FLOAT_FUNCTIONS.get(expr.op)
    numbers = [a.value for a in args if isinstance(a, Num)]
    if function is not None and expr.merge is None and len(numbers) == len(args):
        value = function(*numbers)
        if math.isfinite(value):
            return Num(value)
    return Apply(expr.op, args, expr.merge)
