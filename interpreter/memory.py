"""How much memory a cascade needs to be evaluated, before anything is allocated."""

from __future__ import annotations

from math import prod

from xdsl.ir import Block, SSAValue

from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp
from ..dialects.einsum_scope import tensor_of
from .arguments import effective_element
from .cascade import last_uses


def peak_bytes(op: CascadeOp, override: str | None = None) -> int:
    """Bytes of the tensors that are alive at once, at most, with what an Einsum converts to compute in; blocks of temporaries excepted.

    `override` replaces all float types, as in `run_cascade`.
    """
    return _peak(op.body.block, override)


def _peak(block: Block, override: str | None) -> int:
    """The most that the values of a block and of what is nested in it take at once."""
    dying = last_uses(block)
    alive = sum(_bytes(v, override) for v in block.args)
    peak = alive
    for op in block.ops:
        alive += sum(_bytes(v, override) for v in op.results)
        inner = 0
        if isinstance(op, ComputeOp):
            inner = sum(_conversion(v, op, override) for v in (*op.operands_, op.results_[0]))
        elif isinstance(op, IterateOp):
            inner = _peak(op.body.block, override)
        peak = max(peak, alive + inner)
        alive -= sum(_bytes(v, override) for v in dying.get(op, ()))
    return peak


def _bytes(value: SSAValue, override: str | None) -> int:
    type_ = tensor_of(value)
    return prod(type_.get_shape()) * effective_element(str(type_.get_element_type()), override).stored.itemsize


def _conversion(value: SSAValue, op: ComputeOp, override: str | None) -> int:
    """What a copy of an operand or of the result takes in the type that an Einsum computes in, if it is another than it is stored in."""
    type_ = tensor_of(value)
    stored = effective_element(str(type_.get_element_type()), override).stored
    computed = effective_element(str(op.results_[0].type.get_element_type()), override).computed
    return 0 if stored == computed else prod(type_.get_shape()) * computed.itemsize
