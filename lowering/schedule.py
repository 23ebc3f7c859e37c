"""The schedule of a kernel: stages, where each tile lives, how many copies of it there are, as generously as memories allow.

In which stage an operation runs is decided in `stages.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import SymbolRefAttr
from xdsl.ir import BlockArgument, Operation

from ..dialects.accel import KernelOp
from ..dialects.accel_attrs import TableAttr
from ..dialects.accel_body import LoadOp, StoreOp
from ..dialects.accel_legal import held_bytes, held_in, tile_bytes
from ..dialects.accel_machine import MachineOp
from ..dialects.accel_nest import all_reads, farthest, happens, needed_copies, scheduled
from ..dialects.accel_task import TaskOp
from .mapping import ANY, DEFAULT, CascadeMapping, KernelMapping, TensorMapping
from .stages import APART, CLOSE, Distances, Unschedulable, set_number, set_stages

if TYPE_CHECKING:
    from ..dialects.accel_nest import Producer, Scheduled


@dataclass(frozen=True)
class Wanted:
    """What a schedule has to be like: the memory for tiles, whether to pipeline at all, and what a mapping says."""

    memory: str
    pipeline: bool = True
    mapping: CascadeMapping = DEFAULT
    stated: KernelMapping = ANY


def schedule(kernel: KernelOp, machine: MachineOp, wanted: Wanted, *, most: bool = True) -> bool:
    """Give every operation its stage, every tile its home and copies, as generously as memories allow.

    Without a pipeline, all tasks are in one stage and there are the fewest copies.
    `most=False` tries the least demanding schedule only. Returns whether tiles are held twice, so that a load need not wait for the
    last read of the tile before it. Raises `Unschedulable` if not even the least demanding schedule fits or stages deadlock.
    """
    if wanted.stated.spill:
        kernel.properties["spill"] = TableAttr.of(wanted.stated.spill)
    tries: list[tuple[Distances, int]] = [(APART, 1), (CLOSE, 1)] if wanted.pipeline and most else []
    for distances, spare in [*tries, (CLOSE, 0)]:
        set_stages(kernel, machine, distances, wanted.stated, pipeline=wanted.pipeline)
        _set_copies(kernel, machine, spare, wanted.mapping)
        _set_homes(kernel, machine, wanted)
        if not _overfull(kernel, machine, wanted.stated):
            return spare > 0
    name, held, limit = _overfull(kernel, machine, wanted.stated)[0]
    raise Unschedulable(f"'@{name}' holds {limit:,.0f} bytes; the tiles of kernel '@{kernel.sym_name.data}' take {held:,.0f}")


def _tensor(op: Operation, kernel: KernelOp, mapping: CascadeMapping) -> TensorMapping:
    """What a mapping says of the tensor whose tile an operation makes; a task's is named by its label."""
    if not mapping.tensors:
        return mapping.tensor("")
    if isinstance(op, TaskOp):
        return mapping.tensor(op.label.data if op.label is not None else "")
    source = op.source if isinstance(op, LoadOp) else None
    return mapping.tensor(kernel.tensor_names[source.index] if isinstance(source, BlockArgument) else "")


def _set_copies(kernel: KernelOp, machine: MachineOp, spare: int, mapping: CascadeMapping) -> None:
    """The fewest legal copies of each tile, and `spare` more of those that wait for another resource: loaded, or read elsewhere; of tiles
    that the mapping holds over loops, one for each of their coordinates."""
    crossing: set[Operation] = set()
    for read in all_reads(kernel):
        if _resource(read.reader) != _resource(read.producer):
            crossing.add(read.producer)
    for op, least in needed_copies(kernel).items():
        held = prod(kernel.loops.get(loop, 1) for loop in _tensor(op, kernel, mapping).hold)
        set_number(op, "copies", max(least + (spare if op in crossing else 0), held), 1)


def _resource(op: Scheduled) -> str | None:
    """The array that an operation occupies; None for the off-chip memory's port."""
    return op.array.string_value() if isinstance(op, TaskOp) else None


def _set_homes(kernel: KernelOp, machine: MachineOp, wanted: Wanted) -> None:
    """A tile lives where it is made, in the array's registers, unless it is read in a later iteration, the registers are too small, or the
    mapping keeps it in the memory."""
    staying: set[Operation] = {r.producer for r in all_reads(kernel) if happens(r, kernel.loops) and farthest(r, kernel.loops) > 0}
    word = machine.word.data
    free = {name: float("inf") if array.registers is None else float(array.registers.data) for name, array in machine.arrays.items()}
    made: list[Producer] = [op for op in scheduled(kernel) if not isinstance(op, StoreOp)]
    for op in sorted(made, key=lambda o: sum(tile_bytes(r, word) for r in o.results)):
        if isinstance(op, TaskOp):
            array, bytes_ = op.array.string_value(), held_bytes(op, word)
            stated = _tensor(op, kernel, wanted.mapping)
            if op in staying or bytes_ > free[array] or stated.keep == "on-chip" or stated.hold:
                op.properties["home"] = SymbolRefAttr(wanted.memory)
            else:
                op.properties.pop("home", None)
                free[array] -= bytes_


def _overfull(kernel: KernelOp, machine: MachineOp, stated: KernelMapping) -> list[tuple[str, float, float]]:
    """The memories that would hold more than they can, or than the mapping lets them: name, bytes held, capacity."""
    limits: dict[str, float] = {n: float(m.capacity.data) for n, m in machine.memories.items() if m.capacity is not None}
    for name, budget in stated.budget.items():
        limits[name] = min(limits.get(name, float("inf")), float(budget))
    return [(name, held, limits[name]) for name, held in held_in(kernel, machine).items() if held > limits.get(name, float("inf"))]
