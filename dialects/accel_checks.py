"""Checks that the operations of a kernel share, and what surrounds them: the kernel and its machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from xdsl.ir import BlockArgument, Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine
from .accel_machine import MachineOp
from .einsum_scope import tensor_of
from .notation import nearest

if TYPE_CHECKING:
    from .accel import KernelOp
    from .accel_schedule import ScheduledOp


def kernel_of(op: Operation) -> KernelOp:
    """The kernel that `op` stands in."""
    from .accel import KernelOp  # the kernel is defined in terms of what stands in it

    parent = op.parent_op()
    if not isinstance(parent, KernelOp):
        raise VerifyException(f"'{op.name}' must stand in an accel.kernel")
    return parent


def machine_of(kernel: KernelOp) -> MachineOp:
    """The machine that a kernel runs on, from the modules around it, the nearest first."""
    found = machine_if_known(kernel)
    if found is None:
        known = list(dict.fromkeys(m.sym_name.data for m in _machines_around(kernel)))
        name = kernel.machine.string_value()
        raise VerifyException(f"unknown machine '@{name}'{nearest(name, known)}")
    return found


def machine_if_known(kernel: KernelOp) -> MachineOp | None:
    """The same, or None: that the machine is unknown is the kernel's error, told once."""
    name = kernel.machine.string_value()
    return next((m for m in _machines_around(kernel) if m.sym_name.data == name), None)


def _machines_around(kernel: KernelOp) -> Iterator[MachineOp]:
    around: Operation | None = kernel
    while (around := around.parent_op()) is not None:
        yield from (op for region in around.regions for block in region.blocks for op in block.ops if isinstance(op, MachineOp))


def check_known(names: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise VerifyException(f"unknown {what} '{name}'{nearest(name, known)}")


def named(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else "a tile"


def check_when(op: ScheduledOp, kernel: KernelOp) -> None:
    loops = op.when_.loops
    check_known([*loops, *(r for c in op.guard_ for r in c.ranks)], kernel.loops, "loop")
    for loop in loops:
        if loops.count(loop) > 1:
            raise VerifyException(f"loop '{loop}' stands twice in 'at {op.when_}'")
    if op.stage_ < 0 or op.copies_ < 1:
        raise VerifyException(f"stage {op.stage_} and copies {op.copies_}: a stage is at least 0, copies at least 1")


def check_is_tile(value: SSAValue) -> None:
    if isinstance(value, BlockArgument):
        raise VerifyException(f"{named(value)} is in the offchip memory; load a tile of it first")


def check_shape(value: SSAValue, subscripts: Sequence[Affine], tiles: Mapping[str, int]) -> None:
    check_known((r for s in subscripts for r in s.ranks), tiles, "tile rank")
    shape = tuple(s.bounds(tiles)[1] + 1 for s in subscripts)
    if tensor_of(value).get_shape() != shape:
        raise VerifyException(f"{named(value)} has type {value.type}, but its subscripts give the shape {list(shape)}")
