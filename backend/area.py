"""Area: what a machine's tables say of each part, summed; and the parts of which they say nothing.

Wires, control and what is off the chip are in no sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .machine import Machine


@dataclass(frozen=True)
class Area:
    """um2 by part on the chip; the parts of which the machine's tables say nothing."""

    parts: Mapping[str, float]
    unstated: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """um2 of all parts that have a figure."""
        return sum(self.parts.values())

    def to_json(self) -> dict[str, object]:
        """`total_um2`; `by`: part -> um2; `unstated`: parts without a figure."""
        return {"total_um2": self.total, "by": dict(self.parts), "unstated": list(self.unstated)}


def area_of(machine: Machine) -> Area:
    """The area of a machine's arrays and of its memories on the chip.

    An array takes its table's sum for each of its processing elements: units that are part of others (an adder inside a MAC) have no entry of
    their own. A memory takes its table's sum.
    """
    parts: dict[str, float] = {}
    unstated: list[str] = []
    for array in machine.arrays:
        if array.area:
            parts[array.name] = array.rows * array.cols * sum(array.area.values())
        else:
            unstated.append(array.name)
    for memory in (m for m in machine.memories if not m.offchip):
        if memory.area:
            parts[memory.name] = float(sum(memory.area.values()))
        else:
            unstated.append(memory.name)
    return Area(parts, tuple(unstated))
