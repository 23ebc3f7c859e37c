"""Whether a summary surely has a value after the first tile: something was visited, and it was finite.

A running maximum that has seen nothing, or only -inf, is at the bottom of its order, where corrections such as exp(old - new) have
no value. The emitted loop guards against that unless it provably cannot happen.
"""

from __future__ import annotations

import math

from xdsl.ir import SSAValue

from ..algebra.affine import Affine, project
from ..algebra.expr import Access, Apply, Expr, Num, Param
from ..algebra.operators import REDUCTION_OPERATORS
from ..dialects.einsum import ComputeOp
from .links import Link
from .tensors import TensorTable
from .tiling import Tiling

BOUNDED = frozenset({"tanh", "sigmoid", "sin", "cos", "sign", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})
"""Operators whose result is finite whatever their operands."""

ESCAPING = frozenset({"log", "div", "rsqrt", "pow", "exp"})
"""Operators that may leave the finite numbers though their operands do not."""


def leaves_bottom(summary: Link, tiling: Tiling, table: TensorTable) -> bool:
    """Whether the summary is surely a finite number once the first tile, of every part, was visited."""
    first = {tiling.rank: tiling.first}
    start = {} if tiling.outer in (None, tiling.rank) else {tiling.outer: Affine((), 0)}
    where = [c.substitute(first) for c in summary.where] + [c.substitute(start) for c in tiling.ragged]
    within = () if tiling.inner is None else (tiling.inner,)
    reduced = [r for name in summary.reduced for r in (within if name == tiling.rank else (name,))]
    visited = project(where, reduced, {**table.sizes, **tiling.new_ranks}) == ()
    return visited and surely_finite(summary.reduction.body, summary, table)


def may_lack(summary: Link, link: Link, table: TensorTable) -> bool:
    """Whether an extreme may be over no element, and so infinite, where a link that follows it visits some: nothing carried is right then."""
    own = (*summary.where, *summary.kept)
    known = REDUCTION_OPERATORS.get(summary.reduction.op)
    if known is None or math.isfinite(known.identity) or set(own) <= {*link.where, *link.kept}:
        return False
    return project(list(own), list(summary.reduced), table.sizes) != ()


def surely_finite(expression: Expr, link: Link, table: TensorTable) -> bool:
    """Finite for finite data: sums of products of inputs are; an input read as it is may hold -inf, and so may what masks with it."""
    match expression:
        case Num(value):
            return math.isfinite(value)
        case Access():
            return _finite_tensor(table.value(expression), link, table)
        case Param(name):
            bound = link.bindings.get(name)
            return bound is None or surely_finite(bound, link, table)
        case Apply(op, args):
            if op in BOUNDED:
                return True
            if op in ESCAPING or op.startswith("@"):
                return False
            return all(surely_finite(a, link, table) for a in args)
        case _:
            return True


def _finite_tensor(value: SSAValue, link: Link, table: TensorTable) -> bool:
    """Whether a tensor made in the cascade is finite for finite data: sums are, and maps and unfiltered extremes of what is."""
    owner = value.owner
    if not isinstance(owner, ComputeOp):
        return False
    if owner.reduce is not None and all(r.op == "add" for r in owner.reduce.data):
        return True
    if owner.where is not None or (owner.reduce is not None and any(r.op not in ("max", "min") for r in owner.reduce.data)):
        return False
    return surely_finite(table.lift(owner.map.data, owner.operands_), link, table)
