"""Einsums with several reductions (`reduce add(e), max(m)`), taken apart so that each reduction is one that the algebra knows."""

from __future__ import annotations

from xdsl.ir import Operation
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.affine import Affine
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_scope import tensor_of
from .kinds import is_plain
from .tensors import TensorTable


def is_stacked(op: Operation) -> bool:
    """Several reductions over every point: with a filter, what the outer ones skip would have to be kept apart."""
    return isinstance(op, ComputeOp) and op.reduce is not None and len(op.reduce.data) > 1 and op.where is None and is_plain(op)


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
            out = (*later, *op.out.data)
            made = table.compute(out, expression, element, reduce=(reduction,), like=op, name=f"{name}_{reduction.op.removeprefix('@')}")
            Rewriter.insert_op(made, InsertPoint.before(op))
            expression = table.access(made.results_[0], out)
        last = table.compute(op.out.data, expression, element, reduce=reductions[-1:], empty=op.empty, like=op, name=name)
        Rewriter.replace_op(op, last)
