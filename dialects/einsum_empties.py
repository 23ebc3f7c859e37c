"""Which empty value a tensor has declared: an argument by its clause, an Einsum's result by its own, others by what they stand for."""

from __future__ import annotations

from xdsl.ir import BlockArgument, SSAValue

from .einsum import CascadeOp, ComputeOp, IterateOp, ViewOp
from .einsum_attrs import NumberAttr


def declared_empty(value: SSAValue, asked: frozenset[SSAValue] = frozenset()) -> int | float | None:
    """The empty value that a tensor declares, None if it is present everywhere.

    A view has its source's. A state has the one of the tensor that becomes the next state, or else of the tensor that initialises it;
    the results of an iteration have those of their states and of what was collected. `asked` are the states already being asked for.
    """
    if isinstance(value, BlockArgument):
        parent = value.block.parent_op()
        if isinstance(parent, CascadeOp):
            declared = parent.empties.data[value.index]
            return declared.data if isinstance(declared, NumberAttr) else None
        return _state_empty(parent, value.index, asked) if isinstance(parent, IterateOp) else None
    match value.owner:
        case ComputeOp() as op:
            return op.empty.data if op.empty is not None and value is op.results_[0] else None
        case ViewOp() as op:
            return declared_empty(op.source, asked)
        case IterateOp() as op:
            position = op.results_.index(value)
            states = len(op.states)
            return _state_empty(op, position, asked) if position < states else declared_empty(op.yield_op.collected[position - states], asked)
        case _:
            return None


def _state_empty(op: IterateOp, position: int, asked: frozenset[SSAValue]) -> int | float | None:
    state = op.body.block.args[position]
    if state in asked:
        return None
    found = declared_empty(op.yield_op.states[position], asked | {state})
    if found is not None or isinstance(op.init.data[position], NumberAttr):
        return found
    before = sum(not isinstance(i, NumberAttr) for i in op.init.data[:position])
    return declared_empty(op.inits[before], asked)
