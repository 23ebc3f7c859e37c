"""Lower bounds on a kernel's cycles: what its operations and bytes take at the full rate of each part of the machine, were all else free.

Bounds do not depend on the order in time, only on what is done: a simulated time below one of them would be wrong, with one exception that
is told where it happens: the simulator lets a buffer's port delay single tasks, but tasks on several arrays do not wait for one another there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .machine import Array, Machine
from .result import SimulationResult

MACS, OPERATIONS, OFFCHIP, PORT = "macs", "operations", "offchip", "port"
"""Kinds of bounds: multiply-accumulates of the largest array alone; all operations of an array; bytes off the chip; bytes at a buffer's port."""


@dataclass(frozen=True)
class Bound:
    """A lower bound on cycles. `work` is in operations or bytes (`unit`), `rate` the part's own, per cycle; None: the machine does not state it."""

    kind: str
    part: str
    work: int
    unit: str
    rate: float | None
    cycles: float | None

    @property
    def name(self) -> str:
        return f"{self.kind} {self.part}"

    def share(self, cycles: float) -> float | None:
        """The bound as a share of simulated cycles: 1 is as fast as this part allows."""
        return None if self.cycles is None or not cycles else self.cycles / cycles

    def to_json(self, cycles: float) -> dict[str, object]:
        return {
            "kind": self.kind,
            "part": self.part,
            self.unit: self.work,
            f"{self.unit}_per_cycle": self.rate,
            "cycles": self.cycles,
            "share": self.share(cycles),
        }


def lower_bounds(result: SimulationResult, machine: Machine) -> list[Bound]:
    """The bounds of one simulated kernel on its machine."""
    return [*_macs(result, machine), *_operations(result, machine), *_memories(result, machine)]


def largest_array(machine: Machine) -> Array:
    """The array with the most processing elements: the 2D array, where there is one."""
    return max(machine.arrays, key=lambda a: a.rows * a.cols)


def mac_rate(array: Array) -> float:
    """Multiply-accumulates per cycle of a whole array; 0 if it does none."""
    cycles = array.ops.get("mac")
    return array.rows * array.cols / cycles if cycles else 0.0


def _macs(result: SimulationResult, machine: Machine) -> Iterator[Bound]:
    array = largest_array(machine)
    rate = mac_rate(array)
    macs = sum(c.operations.get("mac", 0) for c in result.counts if c.resource == array.name)
    if rate:
        yield Bound(MACS, array.name, macs, "operations", rate, macs / rate)


def _operations(result: SimulationResult, machine: Machine) -> Iterator[Bound]:
    """Per array, and unit of its own: its operations with no element ever idle. Costs that a mapping states in place of the machine's are those
    of the run; a task that holds several units counts in each."""
    for array in machine.arrays:
        for unit, tasks in result.filled.items():
            if unit == array.name or unit.startswith(f"{array.name}."):
                operations = sum(sum(c.operations.values()) for c in result.counts if c.resource == array.name and c.name in tasks)
                cycles = sum(tasks.values())
                yield Bound(OPERATIONS, unit, operations, "operations", operations / cycles if cycles else None, cycles)


def _memories(result: SimulationResult, machine: Machine) -> Iterator[Bound]:
    for memory in machine.memories:
        moved = sum(result.moved.get(memory.name, {}).values())
        rate = None if memory.bandwidth is None else memory.bandwidth / machine.clock
        yield Bound(OFFCHIP if memory.offchip else PORT, memory.name, moved, "bytes", rate, None if rate is None else moved / rate)


def of_several(bounds: Sequence[Sequence[Bound]]) -> list[Bound]:
    """The bounds of kernels one after another: sums, by name."""
    found: dict[str, Bound] = {}
    for each in (b for own in bounds for b in own):
        known = found.get(each.name)
        if known is None:
            found[each.name] = each
            continue
        cycles = None if known.cycles is None or each.cycles is None else known.cycles + each.cycles
        work = known.work + each.work
        found[each.name] = Bound(each.kind, each.part, work, each.unit, work / cycles if cycles else known.rate, cycles)
    return list(found.values())
