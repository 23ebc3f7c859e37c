"""Which Einsums the pass-reducing rewrites may take apart: maps to inline, reductions to hand to the algebra."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.dialects.builtin import AnyFloat
from xdsl.ir import Operation, SSAValue

from ..algebra.affine import Affine
from ..algebra.expr import Apply, walk
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp
from ..dialects.einsum_attrs import NumberAttr
from ..dialects.einsum_scope import tensor_of


def has_presence(op: ComputeOp) -> bool:
    """Whether presence decides which points the Einsum visits: an operand declares an empty value, or a merge is written."""
    if any(isinstance(e, Apply) and e.merge is not None for e in walk(op.map.data)):
        return True
    return any(declares_empty(v) for v in op.operands_)


def declares_empty(value: SSAValue) -> bool:
    owner = value.owner
    if isinstance(owner, ComputeOp):
        return owner.empty is not None
    if isinstance(owner, Operation):
        return any(declares_empty(v) for v in owner.operands) if not isinstance(owner, IterateOp) else False
    cascade = owner.parent_op()
    return isinstance(cascade, CascadeOp) and isinstance(cascade.empties.data[owner.args.index(value)], NumberAttr)


def is_plain_reduction(op: ComputeOp) -> bool:
    """One reduction with one result, over every point: what the algebra speaks of."""
    if op.reduce is None or len(op.reduce.data) != 1 or len(op.results_) != 1 or has_presence(op):
        return False
    return _plain_out(op.out.data) and is_real(op)


def is_inlinable(op: ComputeOp) -> bool:
    """A map only, over real numbers, whose result's dimensions are plain ranks."""
    return op.reduce is None and _plain_out(op.out.data) and is_real(op) and not has_presence(op)


def is_real(op: ComputeOp) -> bool:
    return isinstance(tensor_of(op.results_[0]).get_element_type(), AnyFloat)


def _plain_out(subscripts: Iterable[Affine]) -> bool:
    return all(s.plain is not None for s in subscripts)
