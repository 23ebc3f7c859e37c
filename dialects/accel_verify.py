"""What makes loads, states and stores well formed: ranks, subscripts and shapes in agreement, and places that the machine has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xdsl.ir import BlockArgument, SSAValue
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine
from . import accel_body, accel_move, accel_task
from .accel_checks import check_is_tile, check_known, check_shape, check_when, kernel_of, machine_if_known, named
from .accel_tiles import tile_shape
from .einsum_scope import tensor_of
from .notation import subscripts_wanted

if TYPE_CHECKING:
    from .accel import KernelOp
    from .accel_body import LoadOp, StateOp, StoreOp, UpdateOp


def _check_tensor_access(kernel: KernelOp, tensor: SSAValue, subscripts: Sequence[Affine], outputs: bool) -> None:
    count = len(kernel.inputs)
    if not isinstance(tensor, BlockArgument) or (tensor.index >= count) != outputs:
        raise VerifyException(f"{named(tensor)} is not an {'output' if outputs else 'input'} tensor of the kernel")
    shape = tensor_of(tensor).get_shape()
    check_known((r for s in subscripts for r in s.ranks), kernel.sizes, "rank")
    if len(shape) != len(subscripts):
        raise VerifyException(subscripts_wanted(named(tensor), len(shape), len(subscripts)))
    for position, (subscript, size) in enumerate(zip(subscripts, shape, strict=True)):
        low, high = subscript.bounds(kernel.sizes)
        if high < 0 or low >= size:
            raise VerifyException(
                f"subscript '{subscript}' runs from {low} to {high}, all outside dimension {position} of {named(tensor)}, of size {size}"
            )


def verify_load(op: LoadOp) -> None:
    kernel = kernel_of(op)
    check_when(op, kernel)
    _check_tensor_access(kernel, op.source, op.subscripts.data, outputs=False)
    machine = machine_if_known(kernel)
    if machine is not None:
        memory = op.memory.string_value()
        check_known((memory,), [*machine.memories, *machine.arrays], "memory")
        if memory in machine.memories and machine.memories[memory].offchip is not None:
            raise VerifyException(f"'@{memory}' is the offchip memory, from which tiles are loaded")
    _check_tile(op.result, op.subscripts.data, kernel)
    if op.result.type.get_element_type() != tensor_of(op.source).get_element_type():
        raise VerifyException(f"a tile of {named(op.source)} has its element type, not {op.result.type.get_element_type()}")


def _check_tile(tile: SSAValue, subscripts: tuple[Affine, ...], kernel: KernelOp) -> None:
    expected = tile_shape(subscripts, kernel.tiles.sizes)
    if tensor_of(tile).get_shape() != expected:
        raise VerifyException(f"{named(tile)} has shape {list(tensor_of(tile).get_shape())}, but the subscripts cut tiles of shape {list(expected)}")


def verify_store(op: StoreOp) -> None:
    kernel = kernel_of(op)
    check_when(op, kernel)
    check_is_tile(op.value)
    _check_tensor_access(kernel, op.target, op.subscripts.data, outputs=True)
    _check_tile(op.value, op.subscripts.data, kernel)
    element, stored = (tensor_of(value).get_element_type() for value in (op.value, op.target))
    if element != stored:
        raise VerifyException(f"{named(op.value)} holds elements of type {element}, {named(op.target)} of type {stored}")


def verify_state(op: StateOp) -> None:
    kernel = kernel_of(op)
    check_known((op.loop.data,), kernel.loops, "loop")
    check_shape(op.result, op.subscripts.data, kernel.tiles.sizes)
    if (op.init is None) == (op.initial is None):
        raise VerifyException("a state is initialised by a number or by a tile")
    if op.initial is not None:
        check_is_tile(op.initial)
        if op.initial.type != op.result.type:
            raise VerifyException(f"a state of type {op.result.type} is initialised by {named(op.initial)} of type {op.initial.type}")
    readers = (use.operation for use in op.result.uses)
    updates = [u for u in readers if isinstance(u, accel_body.UpdateOp) and u.state is op.result and u.parent is op.parent]
    if len(updates) != 1:
        raise VerifyException(f"state {named(op.result)} is updated {len(updates)} times; a state has one accel.update")


def verify_update(op: UpdateOp) -> None:
    kernel_of(op)
    if not isinstance(state := op.state.owner, accel_body.StateOp):
        raise VerifyException(f"{named(op.state)} is not a state")
    if not isinstance(producer := op.value.owner, accel_task.TaskOp | accel_body.LoadOp | accel_move.MoveOp):
        raise VerifyException(f"state {named(op.state)} must be updated by a tile that a task or a load made")
    if op.value.type != op.state.type:
        raise VerifyException(f"state {named(op.state)} of type {op.state.type} is updated by {named(op.value)} of type {op.value.type}")
    if state.loop.data in producer.when_.loops:
        raise VerifyException(f"{named(op.value)} is made 'at {producer.when_}', so it cannot carry state over '{state.loop.data}'")
