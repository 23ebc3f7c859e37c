"""The energy of an evaluated point: what is counted, times the machine's own tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..backend.machine import Machine
from ..backend.result import TaskCounts

ACCOUNTINGS = ("full", "artifact")
"""Every access and operation; or as the FuseMax artifact counts, which charges register files as if an array had one processing element's
worth of them, and leaves out what the evaluation says (`uncounted`)."""


def energy_of(counts: Sequence[TaskCounts], machine: Machine, accounting: str, uncounted: Mapping[str, Sequence[str]] | None = None) -> float:
    """pJ of operations, register accesses and accesses to memories, a memory's being of whole rows on average.

    `uncounted`: array -> operations that the artifact's accounting leaves out. An action without an energy in the machine's tables costs nothing.
    """
    arrays = {a.name: a for a in machine.arrays}
    total = 0.0
    for count in counts:
        array = arrays.get(count.resource)
        if array is not None:
            left_out = (uncounted or {}).get(array.name, ()) if accounting == "artifact" else ()
            total += sum(array.energy.get(op, 0) * times for op, times in count.operations.items() if op not in left_out)
            share = 1 / (array.rows * array.cols) if accounting == "artifact" else 1.0
            total += share * sum(array.energy.get(f"register_{way}", 0) * times for way, times in count.registers.items())
        for memory in machine.memories:
            for way, moved in count.moved.get(memory.name, {}).items():
                total += memory.energy.get(way, 0) * moved / (memory.row or machine.word)
    return total
