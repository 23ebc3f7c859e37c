"""Who reads what in a kernel, how many iterations apart, and how many copies that takes.

A value made under a condition exists once per coordinate of the loops that the condition leaves free; instances are numbered in the
order they are made. Everything here is closed-form in the trip counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from xdsl.ir import SSAValue

from .accel_attrs import When
from .accel_body import LoadOp, StateOp, StoreOp, UpdateOp
from .accel_move import MoveOp
from .accel_task import TaskOp

if TYPE_CHECKING:
    from .accel import KernelOp

Producer: TypeAlias = LoadOp | MoveOp | TaskOp
"""What makes tiles."""

Scheduled: TypeAlias = LoadOp | MoveOp | TaskOp | StoreOp
"""What takes time."""


def strides(loops: Mapping[str, int]) -> dict[str, int]:
    """Loop -> iterations of the flattened nest between two of its coordinates."""
    step, found = 1, dict[str, int]()
    for loop, trips in reversed(list(loops.items())):
        found[loop] = step
        step *= trips
    return found


def weights(when: When, loops: Mapping[str, int]) -> dict[str, int]:
    """Loop -> instances made between two of its coordinates, for a value made under `when`; 0 for the loops it fixes."""
    step, found = 1, dict[str, int]()
    for loop, trips in reversed(list(loops.items())):
        fixed = loop in when.loops
        found[loop] = 0 if fixed else step
        step *= 1 if fixed else trips
    return found


def instances_below(iterations: int, when: When, loops: Mapping[str, int]) -> int:
    """How many of the first `iterations` iterations have coordinate 0 in every loop that `when` fixes."""
    step = strides(loops)
    inner = instances(when, loops)
    if iterations >= prod(loops.values()):
        return inner
    count, rest = 0, iterations
    for loop, trips in loops.items():
        digit, rest = divmod(rest, step[loop])
        if loop not in when.loops:
            inner //= trips
            count += digit * inner
        elif digit > 0:
            return count + inner
    return count


def instances(when: When, loops: Mapping[str, int]) -> int:
    """How many instances a value made under `when` has over the whole nest."""
    return prod(trips for loop, trips in loops.items() if loop not in when.loops)


@dataclass(frozen=True)
class Read:
    """One operation reading what another made.

    `carried` is the loop of the state that it is read through, if any: the value is then the one of that loop's coordinate before, and
    the read takes place at coordinates above 0 only. `at_start` marks the read of a state's initial tile: at coordinate 0 of the loop only.
    """

    reader: Scheduled
    value: SSAValue
    producer: Producer
    carried: str | None = None
    at_start: str | None = None


def states(kernel: KernelOp) -> dict[StateOp, SSAValue]:
    """State -> the value that updates it (the first one, if several do; the verifier refuses those)."""
    found: dict[StateOp, SSAValue] = {}
    for op in kernel.body.block.ops:
        if isinstance(op, UpdateOp) and isinstance(state := op.state.owner, StateOp):
            found.setdefault(state, op.value)
    return found


def scheduled(kernel: KernelOp) -> tuple[Scheduled, ...]:
    """The operations that take time, in the order of the body."""
    return tuple(op for op in kernel.body.block.ops if isinstance(op, LoadOp | MoveOp | TaskOp | StoreOp))


def tile_operands(op: Scheduled) -> tuple[SSAValue, ...]:
    """The tiles that an operation reads."""
    match op:
        case TaskOp():
            return tuple(op.operands_)
        case StoreOp():
            return (op.value,)
        case MoveOp():
            return (op.source,)
        case LoadOp():
            return ()


def reads_of(op: Scheduled, updates: Mapping[StateOp, SSAValue]) -> Iterator[Read]:
    """Every read of `op`; a state with an initial tile is two reads. A task that may leave its state as it is reads that state."""
    if op.guard_:
        for state, value in updates.items():
            if value.owner is op and isinstance(op, LoadOp | MoveOp | TaskOp):
                yield Read(op, state.result, op, carried=state.loop.data)
    for value in tile_operands(op):
        owner = value.owner
        if isinstance(owner, StateOp):
            loop = owner.loop.data
            if owner in updates and isinstance(producer := updates[owner].owner, LoadOp | MoveOp | TaskOp):
                yield Read(op, value, producer, carried=loop)
            if owner.initial is not None and isinstance(producer := owner.initial.owner, LoadOp | MoveOp | TaskOp):
                yield Read(op, value, producer, at_start=loop)
        elif isinstance(owner, LoadOp | MoveOp | TaskOp):
            yield Read(op, value, owner)


def all_reads(kernel: KernelOp) -> tuple[Read, ...]:
    updates = states(kernel)
    return tuple(read for op in scheduled(kernel) for read in reads_of(op, updates))


def happens(read: Read, loops: Mapping[str, int]) -> bool:
    """Whether the read takes place at all: a state's old value is never read if its loop has one iteration or the reader is in the first."""
    if read.carried is not None:
        return loops[read.carried] > 1 and read.carried not in read.reader.when_.first
    return read.at_start is None or loops[read.at_start] == 1 or read.at_start not in read.reader.when_.last


def closest(read: Read, loops: Mapping[str, int]) -> int:
    """Fewest iterations between the making of an instance and a read of it."""
    step = strides(loops)
    distance = step[read.carried] if read.carried is not None else 0
    return distance + sum((loops[r] - 1) * step[r] for r in read.producer.when_.first if r in read.reader.when_.last and r != read.at_start)


def farthest(read: Read, loops: Mapping[str, int]) -> int:
    """Most iterations between the making of an instance and a read of it."""
    step = strides(loops)
    distance = step[read.carried] if read.carried is not None else 0
    held = (r for r in read.producer.when_.first if r not in read.reader.when_.first and r != read.at_start)
    return distance + sum((loops[r] - 1) * step[r] for r in held)


def copies_for(read: Read, loops: Mapping[str, int], order: Mapping[Scheduled, int]) -> int:
    """Instances that the producer has made, from the one read on, by the time the farthest read of it is over.

    A reader that is the producer itself (a running sum) reads before it writes.
    """
    epochs = farthest(read, loops) + read.reader.stage_ - read.producer.stage_
    return instances_below(epochs + (order[read.producer] < order[read.reader]), read.producer.when_, loops)


def needed_copies(kernel: KernelOp) -> dict[Producer, int]:
    """Producing operation -> the fewest copies with which no instance is overwritten before its last read."""
    order = issue_order(kernel)
    needed: dict[Producer, int] = {op: 1 for op in scheduled(kernel) if not isinstance(op, StoreOp)}
    for read in all_reads(kernel):
        if happens(read, kernel.loops):
            needed[read.producer] = max(needed[read.producer], copies_for(read, kernel.loops, order))
    return needed


def home_of(op: Producer) -> str:
    """The memory or array in which the result of `op` lives."""
    return op.home_name if isinstance(op, TaskOp) else op.memory.string_value()


def issue_order(kernel: KernelOp) -> dict[Scheduled, int]:
    """Operation that takes time -> its place in an epoch, in order: by turn, then later stages first, then as in the body."""
    ops = sorted(scheduled(kernel), key=lambda op: (op.turn_, -op.stage_))
    return {op: position for position, op in enumerate(ops)}
