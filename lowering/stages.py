"""The software pipeline of a kernel: in which stage each operation runs.

A task beside the largest array that reads what that array has just made, and that the array does not wait for in this iteration,
belongs one stage later: it then runs first in its array's next epoch, while the largest array is at the next tile. What depends on
such tasks follows them. For attention this is FuseMax's binding: RD, RNV and AV of a tile run beside QK and LM of the next one.

A mapping may ask for a stage at each change of resource instead, state groups of Einsums between barriers, or the whole schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import IntAttr, UnitAttr
from xdsl.ir import Operation
from xdsl.utils.exceptions import VerifyException

from ..dialects.accel import KernelOp
from ..dialects.accel_body import LoadOp, StoreOp
from ..dialects.accel_legal import check_order
from ..dialects.accel_machine import MachineOp
from ..dialects.accel_move import MoveOp
from ..dialects.accel_names import operation_names
from ..dialects.accel_nest import all_reads, happens, issue_order, scheduled, tile_operands
from ..dialects.accel_task import TaskOp
from ..dialects.notation import nearest
from .flow import Unfit
from .mapping import KernelMapping, Slot

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Distances:
    """Epochs between what follows one another: `loads` from the loads to the tasks, `stores` from a task to the store of its result."""

    loads: int
    stores: int


CLOSE, APART = Distances(1, 1), Distances(2, 2)
"""The least that pipelines at all; and what lets a load or a store take its time, at the cost of more copies."""


class Unschedulable(Exception):
    """A kernel that does not fit into a memory, or whose stages deadlock; the message says which memory and by how much, or which stages."""


class Deadlock(Unschedulable):
    """Operations that wait for one another, at least with so few tiles in a block."""


def set_stages(kernel: KernelOp, machine: MachineOp, distances: Distances, stated: KernelMapping, *, pipeline: bool) -> None:
    """Give every operation its stage and turn. Raises `Deadlock` where stated groups would wait for one another,
    `Unfit` where they leave out a task."""
    if stated.schedule and (slots := _slots(kernel, stated)):
        _set_slots(kernel, distances, slots)
        return
    turns = _turns(kernel, stated)
    late = _late_tasks(kernel, machine) if pipeline and stated.overlap == "auto" and not turns else set[Operation]()
    stages: dict[Operation, int] = {}
    for op in scheduled(kernel):
        made = [(p, stages[p]) for v in tile_operands(op) if isinstance(p := v.owner, Operation) and p in stages]
        match op:
            case LoadOp():
                stages[op] = 0
            case TaskOp():
                behind = distances.loads + (op in late)
                if turns:
                    behind = max([behind, *(s + (turns[p] > turns[op]) for p, s in made if p in turns)])
                if stated.overlap == "resources":
                    behind = max([behind, *(s + (_resource(p) != op.array.string_value()) for p, s in made)])
                after = (s + distances.loads if isinstance(p, MoveOp) else s for p, s in made)
                stages[op] = max([behind, *after])
            case MoveOp():
                stages[op] = max((s for _, s in made), default=0) + 1
            case StoreOp():
                stages[op] = max((s for _, s in made), default=0) + distances.stores
    for op, stage in stages.items():
        set_number(op, "stage", stage, 0)
    if turns:
        kernel.properties["barriers"] = UnitAttr()
        for op, turn in turns.items():
            set_number(op, "turn", turn, 0)
        _check_deadlock(kernel)


def _slots(kernel: KernelOp, stated: KernelMapping) -> dict[Operation, Slot]:
    """Task -> when the mapping's schedule runs it; nothing if it names no task of this kernel. Raises `Unfit` if it names some only."""
    tasks = {name: op for op, name in operation_names(kernel).items() if isinstance(op, TaskOp)}
    lacking = [name for name in tasks if name not in stated.schedule]
    if len(lacking) == len(tasks):
        return {}
    if lacking:
        near = nearest(lacking[0], sorted(set(stated.schedule).difference(tasks)))
        raise Unfit(f"the mapping has a schedule, but not when %{lacking[0]} runs{near}")
    return {op: stated.schedule[name] for name, op in tasks.items()}


def _set_slots(kernel: KernelOp, distances: Distances, slots: dict[Operation, Slot]) -> None:
    """Tasks as the schedule says; a load comes `distances.loads` before the first task that reads its tile, a move of a tile between the two,
    a store `distances.stores` after what makes its tile."""
    stages = {op: slot.stage for op, slot in slots.items()}
    readers: dict[Operation, list[Operation]] = {}
    for read in all_reads(kernel):
        readers.setdefault(read.producer, []).append(read.reader)
    for op in reversed(scheduled(kernel)):
        if isinstance(op, LoadOp | MoveOp):
            ahead = distances.loads if isinstance(op, LoadOp) else 1
            stages[op] = max(0, min((stages[r] for r in readers.get(op, ()) if r in stages), default=ahead) - ahead)
    for op in scheduled(kernel):
        if isinstance(op, StoreOp):
            stages[op] = (
                max((stages[p] for v in tile_operands(op) if isinstance(p := v.owner, Operation) and p in stages), default=0) + distances.stores
            )
    for op, stage in stages.items():
        set_number(op, "stage", stage, 0)
        set_number(op, "turn", slots[op].turn if op in slots else 0, 0)
    _check_deadlock(kernel)


def _resource(op: Operation) -> str | None:
    return op.array.string_value() if isinstance(op, TaskOp) else None


def _turns(kernel: KernelOp, stated: KernelMapping) -> dict[Operation, int]:
    """Task -> its group between barriers; nothing if no groups are stated. Tasks that one Einsum was taken apart into go together."""
    if not stated.stages:
        return {}
    of: dict[str, int] = {}
    for position, names in enumerate(stated.stages):
        for name in names:
            if of.setdefault(name, position) != position:
                raise Unfit(f"the mapping has %{name} in two stages")
    found: dict[Operation, int] = {}
    for op in scheduled(kernel):
        if isinstance(op, TaskOp):
            label = op.label.data if op.label is not None else ""
            position = of.get(label, of.get(label.partition(".")[0]))
            if position is None:
                raise Unfit(f"the mapping states stages, but has none for %{label}")
            found[op] = position
    return found


def _check_deadlock(kernel: KernelOp) -> None:
    order = issue_order(kernel)
    for read in all_reads(kernel):
        if happens(read, kernel.loops):
            try:
                check_order(read, kernel.loops, order)
            except VerifyException as error:
                raise Deadlock(f"the mapping's stages wait for one another: {error}") from None


def set_number(op: Operation, name: str, value: int, default: int) -> None:
    """Set an integer property, or remove it where it is the default."""
    if value == default:
        op.properties.pop(name, None)
    else:
        op.properties[name] = IntAttr(value)


def _late_tasks(kernel: KernelOp, machine: MachineOp) -> set[Operation]:
    """Tasks that belong one stage later: see the module's documentation. The body is in data order, so one sweep each way finds them."""
    largest = max(machine.arrays.values(), key=lambda a: a.rows.data * a.cols.data).sym_name.data
    tasks = [op for op in scheduled(kernel) if isinstance(op, TaskOp)]
    read_by: dict[Operation, set[Operation]] = {op: set() for op in tasks}
    for read in all_reads(kernel):
        if read.carried is None and read.producer in read_by:
            read_by[read.producer].add(read.reader)
    on_largest = {op for op in tasks if op.array.string_value() == largest}
    awaited = set[Operation]()
    for op in reversed(tasks):
        if op in on_largest or not awaited.isdisjoint(read_by[op]):
            awaited.add(op)
    late = set[Operation]()
    for op in tasks:
        if op in on_largest or op in late:
            late.update(reader for reader in read_by[op] if reader not in awaited)
    return late
