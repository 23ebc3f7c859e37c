"""What makes a kernel well formed, and its schedule legal on its machine: order, copies, capacities, the declared interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from .accel_body import LoadOp, StateOp, StoreOp, UpdateOp
from .accel_checks import check_known, machine_of, named
from .accel_guard import check_guards
from .accel_mix import task_cycles
from .accel_move import MoveOp
from .accel_nest import Producer, Read, Scheduled, all_reads, closest, copies_for, farthest, happens, home_of, issue_order, scheduled
from .accel_task import TaskOp
from .einsum_scope import tensor_of

if TYPE_CHECKING:
    from .accel import KernelOp
    from .accel_machine import MachineOp


MOST_ITERATIONS = 2**256
"""Most iterations of a nest: more cannot be told as numbers of cycles."""


def verify_kernel(op: KernelOp) -> None:
    for rank in op.tiles.sizes:
        if rank in op.loops:
            raise VerifyException(f"rank '{rank}' is both a loop of the nest and a tile rank")
    if prod(op.loops.values()) > MOST_ITERATIONS:
        raise VerifyException("the nest has more than 2^256 iterations")
    names = op.tensor_names
    if len(names) != len(op.body.block.args):
        raise VerifyException(f"{len(names)} tensors are named, but the body has {len(op.body.block.args)} arguments")
    for name, times in Counter(names).items():
        if times > 1:
            raise VerifyException(f"tensor '%{name}' is declared twice")
    for name, argument in zip(names, op.body.block.args, strict=True):
        type_: Attribute = argument.type
        if not isinstance(type_, TensorType) or any(d < 1 for d in tensor_of(argument).get_shape()):
            raise VerifyException(f"tensor '%{name}' has type {type_}; every dimension must be at least 1")
    for inner in op.body.block.ops:
        if not isinstance(inner, LoadOp | MoveOp | TaskOp | StateOp | UpdateOp | StoreOp):
            raise VerifyException(f"'{inner.name}' cannot stand in a kernel")
    _check_isolated(op)
    machine = machine_of(op)
    if _well_formed(op):
        check_schedule(op, machine)


def _well_formed(kernel: KernelOp) -> bool:
    """Whether every operation of the body is; if not, its error is told where it stands, and the schedule means nothing yet."""
    try:
        for op in kernel.body.block.ops:
            op.verify()
    except VerifyException:
        return False
    return True


def _check_isolated(kernel: KernelOp) -> None:
    above: set[SSAValue] = set(kernel.body.block.args)
    for op in kernel.body.block.ops:
        for value in op.operands:
            if value not in above:
                raise VerifyException(f"{named(value)} is used above where it is made, or made outside the kernel")
        above.update(op.results)


def check_schedule(kernel: KernelOp, machine: MachineOp) -> None:
    """Raise `VerifyException` for the first rule that the kernel breaks on `machine`."""
    check_guards(kernel)
    order = issue_order(kernel)
    for read in all_reads(kernel):
        _check_conditions(read)
        if happens(read, kernel.loops):
            check_order(read, kernel.loops, order)
            _check_copies(read, kernel.loops, order)
            if streams(read.producer, machine) and farthest(read, kernel.loops) > 0:
                raise VerifyException(f"{told(read.reader)} reads {told(read.producer)}, which streams, in another iteration than it is loaded in")
    _check_capacity(kernel, machine)
    _check_interval(kernel, machine)


def told(op: Operation) -> str:
    """How messages name an operation."""
    label = op.label.data if isinstance(op, TaskOp) and op.label is not None else None
    if label is None and op.results and op.results[0].name_hint:
        label = f"%{op.results[0].name_hint}"
    return f"{op.name} {label}" if label is not None else op.name


def tile_bytes(value: SSAValue, word: float) -> float:
    """Bytes of one tile, at `word` bytes an element."""
    size = word
    for dimension in tensor_of(value).get_shape():
        size *= dimension
    return size


def held_bytes(op: Producer, word: float) -> float:
    """Bytes that the results of `op` occupy where they live, all copies."""
    return op.copies_ * sum(tile_bytes(r, word) for r in op.results)


def _check_conditions(read: Read) -> None:
    missing = [loop for loop in read.producer.when_.last if loop not in read.reader.when_.last]
    if missing:
        made = f"{told(read.producer)}, which is made 'at {read.producer.when_}' only"
        raise VerifyException(f"{told(read.reader)} reads {made}; it needs 'at last({', '.join(missing)})' too")


def check_order(read: Read, loops: Mapping[str, int], order: Mapping[Scheduled, int]) -> None:
    """Raise `VerifyException` if a read would come before what it reads is made."""
    epochs = closest(read, loops) + read.reader.stage_ - read.producer.stage_
    if epochs > 0 or (epochs == 0 and order[read.producer] < order[read.reader]):
        return
    if epochs == 0:
        reason = "runs before it in the same epoch" if read.reader is not read.producer else "reads itself in the same iteration"
    else:
        reason = f"runs {-epochs} epoch{'s' if epochs < -1 else ''} before it"
    reader, producer = (f"{told(op)} (stage {op.stage_})" for op in (read.reader, read.producer))
    raise VerifyException(f"{reader} reads {producer}, but {reason}: the kernel would deadlock")


def _check_copies(read: Read, loops: Mapping[str, int], order: Mapping[Scheduled, int]) -> None:
    needed = copies_for(read, loops, order)
    if needed > read.producer.copies_:
        have = read.producer.copies_
        raise VerifyException(f"{told(read.producer)} needs {needed} copies for {told(read.reader)} to read it in time; it has {have}")


def _check_capacity(kernel: KernelOp, machine: MachineOp) -> None:
    for name, share in kernel.spilled.items():
        check_known((name,), machine.memories, "memory")
        if machine.memories[name].offchip is not None or not 0 <= share <= 1:
            raise VerifyException(f"spill of '{name}' is {share:g}; it must be a share from 0 to 1 of what goes to a memory of the chip")
    for home, total in held_in(kernel, machine).items():
        limit = machine.memories[home].capacity if home in machine.memories else machine.arrays[home].registers
        if limit is not None and total > limit.data:
            raise VerifyException(f"'@{home}' holds {limit.data:,} bytes; kernel '@{kernel.sym_name.data}' keeps {total:,.0f} bytes in it")


def held_in(kernel: KernelOp, machine: MachineOp) -> dict[str, float]:
    """Memory or array -> bytes that the kernel keeps there; without memories that it says it overbooks, and without what streams past them."""
    used: dict[str, float] = {}
    for op in scheduled(kernel):
        if isinstance(op, StoreOp) or streams(op, machine) or home_of(op) in kernel.spilled:
            continue
        home = home_of(op)
        used[home] = used.get(home, 0.0) + held_bytes(op, machine.word.data)
    return used


def streams(op: Scheduled, machine: MachineOp) -> bool:
    """Whether a tile goes from the off-chip memory to an array without being kept anywhere."""
    return isinstance(op, LoadOp | MoveOp) and op.memory.string_value() in machine.arrays


def _check_interval(kernel: KernelOp, machine: MachineOp) -> None:
    if kernel.ii is None:
        return
    busy: dict[str, float] = {}
    for op in scheduled(kernel):
        if isinstance(op, TaskOp) and not op.when_.loops:
            name = op.array.string_value()
            busy[name] = busy.get(name, 0.0) + task_cycles(op, machine.arrays[name], kernel.tiles.sizes)
    for name, cycles in busy.items():
        if cycles > kernel.ii.data:
            raise VerifyException(f"'@{name}' is busy {cycles:g} cycles in every epoch; the initiation interval is {kernel.ii.data}")
