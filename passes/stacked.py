"""Einsums with several reductions (`reduce add(e), max(m)`), taken apart so that each reduction is one that the algebra knows."""

from __future__ import annotations

from xdsl.ir import Operation
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.affine import Affine
from ..algebra.expr import Expr
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import Reduction
from .editing import filter_of
from .kinds import is_plain
from .tensors import TensorTable


def is_stacked(op: Operation) -> bool:
    """Several reductions, each over every point that the filter lets through: no comparison is about a rank that an inner one reduces.

    Otherwise what the outer ones skip would have to be kept apart from what the inner ones leave out.
    """
    if not isinstance(op, ComputeOp) or op.reduce is None or len(op.reduce.data) < 2 or not is_plain(op):
        return False
    inner = {r for reduction in op.reduce.data[:-1] for r in reduction.ranks}
    return op.where is None or inner.isdisjoint(r for c in op.where.data for r in c.ranks)


def unstack(cascade: CascadeOp) -> None:
    """Give every reduction of a stacked Einsum an Einsum of its own, innermost first."""
    table = TensorTable(cascade.sizes)
    for op in [o for o in cascade.body.block.ops if is_stacked(o)]:
        if not isinstance(op, ComputeOp) or op.reduce is None:
            continue
        element, name = tensor_of(op.results_[0]).get_element_type(), op.results_[0].name_hint or "E"
        expression = table.lift(op.map.data, op.operands_)
        reductions = op.reduce.data
        for position, reduction in enumerate(reductions[:-1]):
            later = [Affine.rank(r) for outer in reductions[position + 1 :] for r in outer.ranks]
            inner = (reduction,)
            out = _layout(cascade, table, expression, (*later, *op.out.data), inner)
            made = table.compute(out, expression, element, reduce=inner, like=op, name=f"{name}_{reduction.op.removeprefix('@')}")
            Rewriter.insert_op(made, InsertPoint.before(op))
            expression = table.access(made.results_[0], out)
        last = table.compute(op.out.data, expression, element, reduce=reductions[-1:], where=filter_of(op), empty=op.empty, like=op, name=name)
        Rewriter.replace_op(op, last)


def _layout(cascade: CascadeOp, table: TensorTable, expression: Expr, out: tuple[Affine, ...], reduce: tuple[Reduction, ...]) -> tuple[Affine, ...]:
    """The dimensions of a new Einsum, in the order of one that computes the same, if there is one: then it is computed once."""
    for op in cascade.body.block.ops:
        if not isinstance(op, ComputeOp) or op.reduce is None or op.reduce.data != reduce or op.where is not None:
            continue
        if set(op.out.data) == set(out) and table.lift(op.map.data, op.operands_) == expression:
            return op.out.data
    return out
