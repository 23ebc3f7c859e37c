"""The software pipeline of a kernel: in which stage each operation runs, where each tile lives, and how many copies of it there are.

A task beside the largest array that reads what that array has just made, and that the array does not wait for in this iteration,
belongs one stage later: it then runs first in its array's next epoch, while the largest array is at the next tile. What depends on
such tasks follows them. For attention this is FuseMax's binding: RD, RNV and AV of a tile run beside QK and LM of the next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import IntAttr, SymbolRefAttr
from xdsl.ir import Operation

from ..dialects.accel import KernelOp
from ..dialects.accel_body import LoadOp, StoreOp
from ..dialects.accel_legal import held_bytes, tile_bytes
from ..dialects.accel_machine import MachineOp
from ..dialects.accel_nest import all_reads, farthest, happens, needed_copies, scheduled
from ..dialects.accel_task import TaskOp

if TYPE_CHECKING:
    from ..dialects.accel_nest import Producer, Scheduled


@dataclass(frozen=True, slots=True)
class Distances:
    """Epochs between what follows one another: `loads` from the loads to the tasks, `stores` from a task to the store of its result."""

    loads: int
    stores: int


CLOSE, APART = Distances(1, 1), Distances(2, 2)
"""The least that pipelines at all; and what lets a load or a store take its time, at the cost of more copies."""


class Unschedulable(Exception):
    """A kernel that does not fit into a memory; the message says which and by how much."""


def schedule(kernel: KernelOp, machine: MachineOp, memory: str, *, pipeline: bool = True, most: bool = True) -> bool:
    """Give every operation its stage, every tile its home and copies, as generously as the memory `memory` allows.

    `pipeline=False` puts all tasks in one stage and holds the fewest copies.
    `most=False` tries the least demanding schedule only. Returns whether tiles are held twice, so that a load need not wait for the
    last read of the tile before it. Raises `Unschedulable` if not even the least demanding schedule fits.
    """
    tries = [(APART, 1), (CLOSE, 1)] if pipeline and most else []
    for distances, spare in [*tries, (CLOSE, 0)]:
        _set_stages(kernel, machine, distances, pipeline)
        _set_copies(kernel, spare)
        _set_homes(kernel, machine, memory)
        if not _overfull(kernel, machine):
            return spare > 0
    name, held, limit = _overfull(kernel, machine)[0]
    raise Unschedulable(f"'@{name}' holds {limit:,.0f} bytes; the tiles of kernel '@{kernel.sym_name.data}' take {held:,.0f}")


def _set_stages(kernel: KernelOp, machine: MachineOp, distances: Distances, pipeline: bool) -> None:
    late = _late_tasks(kernel, machine) if pipeline else set[Operation]()
    stages: dict[Operation, int] = {}
    for op in scheduled(kernel):
        match op:
            case LoadOp():
                stages[op] = 0
            case TaskOp():
                stages[op] = distances.loads + (op in late)
            case StoreOp():
                owner = op.value.owner
                made = stages.get(owner, 0) if isinstance(owner, Operation) else 0
                stages[op] = made + distances.stores
    for op, stage in stages.items():
        _set_number(op, "stage", stage, 0)


def _set_number(op: Operation, name: str, value: int, default: int) -> None:
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


def _set_copies(kernel: KernelOp, spare: int) -> None:
    """The fewest legal copies of each tile, and `spare` more of those that wait for another resource: loaded, or read elsewhere."""
    crossing: set[Operation] = set()
    for read in all_reads(kernel):
        if _resource(read.reader) != _resource(read.producer):
            crossing.add(read.producer)
    needed = needed_copies(kernel)
    for op, least in needed.items():
        _set_number(op, "copies", least + (spare if op in crossing else 0), 1)


def _resource(op: Scheduled) -> str | None:
    """The array that an operation occupies; None for the off-chip memory's port."""
    return op.array.string_value() if isinstance(op, TaskOp) else None


def _set_homes(kernel: KernelOp, machine: MachineOp, memory: str) -> None:
    """A tile lives where it is made, in the array's registers, unless it is read in a later iteration or the registers are too small."""
    staying: set[Operation] = {r.producer for r in all_reads(kernel) if happens(r, kernel.loops) and farthest(r, kernel.loops) > 0}
    word = machine.word.data
    free = {name: float("inf") if array.registers is None else float(array.registers.data) for name, array in machine.arrays.items()}
    made: list[Producer] = [op for op in scheduled(kernel) if not isinstance(op, StoreOp)]
    for op in sorted(made, key=lambda o: sum(tile_bytes(r, word) for r in o.results)):
        if isinstance(op, TaskOp):
            array, bytes_ = op.array.string_value(), held_bytes(op, word)
            if op in staying or bytes_ > free[array]:
                op.properties["home"] = SymbolRefAttr(memory)
            else:
                op.properties.pop("home", None)
                free[array] -= bytes_


def _overfull(kernel: KernelOp, machine: MachineOp) -> list[tuple[str, float, float]]:
    """The memories that would hold more than they can: name, bytes held, capacity."""
    used: dict[str, float] = {}
    for op in scheduled(kernel):
        if not isinstance(op, StoreOp):
            home = op.memory.string_value() if isinstance(op, LoadOp) else op.home_name
            used[home] = used.get(home, 0.0) + held_bytes(op, machine.word.data)
    limits: Mapping[str, float] = {n: float(m.capacity.data) for n, m in machine.memories.items() if m.capacity is not None}
    return [(name, held, limits[name]) for name, held in used.items() if held > limits.get(name, float("inf"))]
