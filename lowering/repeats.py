"""Loops that only repeat a kernel's work: their trip counts can be changed without lowering again.

Over such a loop (attention's batch and heads) nothing is kept, carried or computed from the coordinate; it only chooses which slice of
each tensor is worked on. Kernels for other sizes then differ in the nest and in shapes.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue
from xdsl.rewriter import Rewriter

from ..algebra.affine import Affine
from ..algebra.expr import ranks
from ..dialects.accel import KernelOp
from ..dialects.accel_body import LoadOp, StateOp, StoreOp
from ..dialects.accel_nest import scheduled
from ..dialects.accel_task import TaskOp
from ..dialects.einsum_attrs import RanksAttr
from ..dialects.einsum_scope import tensor_of


def repeated_loops(kernel: KernelOp) -> set[str]:
    """The loops of a kernel that only repeat its work."""
    found = set(kernel.loops)
    for op in scheduled(kernel):
        found.difference_update(op.when_.loops)
        if isinstance(op, TaskOp):
            found.difference_update(ranks(op.map.data))
            found.difference_update(r for c in (op.where.data if op.where is not None else ()) for r in c.ranks)
    found.difference_update(op.loop.data for op in kernel.body.block.ops if isinstance(op, StateOp))
    for _, subscripts in _accesses(kernel):
        found.difference_update(r for s in subscripts if s.plain is None for r in s.ranks)
    for tensor in kernel.body.block.args:
        each = [subscripts for value, subscripts in _accesses(kernel) if value is tensor]
        for dimension in zip(*each, strict=True):
            if len({s.plain for s in dimension}) > 1:
                found.difference_update(r for s in dimension for r in s.ranks)
    return found


def _accesses(kernel: KernelOp) -> Iterator[tuple[SSAValue, tuple[Affine, ...]]]:
    for op in scheduled(kernel):
        match op:
            case LoadOp():
                yield op.source, op.subscripts.data
            case StoreOp():
                yield op.target, op.subscripts.data
            case _:
                pass


def repeat(kernel: KernelOp, loop: str, trips: int) -> None:
    """Give a loop of `repeated_loops` another trip count, and the dimensions that it runs over that size."""
    kernel.nest = RanksAttr(tuple((name, trips if name == loop else count) for name, count in kernel.nest.data))
    for tensor, subscripts in list(_accesses(kernel)):
        type_ = tensor_of(tensor)
        shape = [trips if s.plain == loop else size for s, size in zip(subscripts, type_.get_shape(), strict=True)]
        if tuple(shape) != type_.get_shape():
            Rewriter.replace_value_with_new_type(tensor, TensorType(type_.get_element_type(), shape))
