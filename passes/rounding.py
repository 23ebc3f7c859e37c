"""Reductions whose results are stored in a narrower type than the cascade's: the reduction in the cascade's type, and the cast apart from it.

An Einsum is computed in no less than 32 bits and rounded when it is stored. With the cast an Einsum of its own, the reduction can join a
traversal, and what reads its result reads the rounded value as before: rounding is never taken for the identity.
"""

from __future__ import annotations

from xdsl.dialects.builtin import AnyFloat, f32
from xdsl.ir import Attribute, Operation
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.laws import ORDER_AS
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_scope import tensor_of
from .editing import filter_of
from .kinds import rounds
from .reading import depends_over, map_of
from .tensors import TensorTable

COMPUTED_IN = 32
"""Bits of the narrowest float that an Einsum is computed in."""


def is_cast(op: Operation, table: TensorTable) -> bool:
    """A reduction with a narrowing cast in it, other than an extreme of what depends on no reduction, which may as well be rounded as it goes."""
    if not isinstance(op, ComputeOp) or op.reduce is None or len(op.results_) > 1 or not rounds(op):
        return False
    reduced = frozenset(r for each in op.reduce.data for r in each.ranks)
    return any(each.op not in ORDER_AS for each in op.reduce.data) or depends_over(map_of(op, table), reduced, table)


def cast_apart(cascade: CascadeOp) -> None:
    """Take every such reduction apart."""
    table = TensorTable(cascade.sizes)
    for op in [o for o in cascade.body.block.ops if is_cast(o, table)]:
        if not isinstance(op, ComputeOp) or op.reduce is None:
            continue
        narrow, name, out = tensor_of(op.results_[0]).get_element_type(), op.results_[0].name_hint or "E", op.out.data
        whole = table.compute(
            out, map_of(op, table), _computed(cascade), reduce=op.reduce.data, where=filter_of(op), empty=op.empty, like=op, name=f"{name}_wide"
        )
        cast = table.compute(out, table.access(whole.results_[0], out), narrow, like=op, name=name)
        Rewriter.insert_op(whole, InsertPoint.before(op))
        Rewriter.replace_op(op, cast)


def _computed(cascade: CascadeOp) -> Attribute:
    usual = cascade.element
    return f32 if isinstance(usual, AnyFloat) and usual.bitwidth < COMPUTED_IN else usual
