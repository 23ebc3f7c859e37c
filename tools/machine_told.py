"""Machines for people and programs: one as a table, all of them as a list, both as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from ..backend.area import area_of
from ..backend.bounds import largest_array, mac_rate
from ..backend.machine import Array, Machine, Memory
from .quantities import byte_count, rate, scaled
from .terminal import Table


@dataclass(frozen=True)
class Overview:
    """A machine in a line: the MACs per second of its largest array, bytes of its memories on the chip, bytes per second off it."""

    name: str
    machine: Machine

    @property
    def peak(self) -> float:
        return mac_rate(largest_array(self.machine)) * self.machine.clock

    @property
    def buffer(self) -> int | float | None:
        """Bytes of all memories on the chip; None if one is unbounded or there is none."""
        sizes = [m.capacity for m in self.machine.memories if not m.offchip]
        known = [s for s in sizes if s is not None]
        return sum(known) if known and len(known) == len(sizes) else None

    @property
    def bandwidth(self) -> int | float | None:
        return next(m.bandwidth for m in self.machine.memories if m.offchip)

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "symbol": self.machine.name,
            "arrays": {a.name: {"rows": a.rows, "cols": a.cols} for a in self.machine.arrays},
            "clock_hz": self.machine.clock,
            "peak_macs_per_s": self.peak,
            "buffer_bytes": self.buffer,
            "dram_bytes_per_s": self.bandwidth,
            "source": self.machine.source,
        }

    @property
    def cells(self) -> tuple[str, ...]:
        arrays = ", ".join(f"{a.rows} x {a.cols}" for a in self.machine.arrays)
        buffer = "-" if self.buffer is None else byte_count(self.buffer)
        bandwidth = "-" if self.bandwidth is None else rate(self.bandwidth)
        return self.name, arrays, scaled(self.machine.clock, "Hz"), scaled(self.peak, "MAC/s"), buffer, bandwidth


HEAD = ("machine", "arrays", "clock", "peak", "on chip", "off chip")


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows as lines of aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def description(machine: Machine) -> dict[str, object]:
    """All that a machine's file says, under the file's own keys."""
    memories = {m.name: _stated(_memory(m)) for m in machine.memories}
    arrays = {a.name: _stated(_array(a)) for a in machine.arrays}
    head: dict[str, object] = {"name": machine.name, "clock_hz": machine.clock, "word_bytes": machine.word, "source": machine.source}
    return _stated(head) | {"memories": memories, "arrays": arrays}


def _memory(memory: Memory) -> dict[str, object]:
    return {
        "offchip": memory.offchip,
        "capacity_bytes": memory.capacity,
        "bandwidth_bytes_per_s": memory.bandwidth,
        "latency_cycles": memory.latency,
        "row_bytes": memory.row,
        "energy_pj": dict(memory.energy),
        "area_um2": dict(memory.area),
        "source": memory.source,
    }


def _array(array: Array) -> dict[str, object]:
    return {
        "rows": array.rows,
        "cols": array.cols,
        "cycles": dict(array.ops),
        "units": {unit: list(operations) for unit, operations in array.units.items()},
        "latency_cycles": array.latency,
        "register_bytes": array.registers,
        "energy_pj": dict(array.energy),
        "area_um2": dict(array.area),
        "source": array.source,
    }


def _stated(entries: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in entries.items() if value is not None and value != {}}


def action_table(machine: Machine) -> Table:
    """Cycles, pJ and um2 by part and action."""
    head = ("part", "action", "cycles", "pJ", "um2")
    rows: list[tuple[str, ...]] = []
    for memory in machine.memories:
        for action in dict.fromkeys((*memory.energy, *memory.area)):
            rows.append((memory.name, action, "", _cell(memory.energy.get(action)), _cell(memory.area.get(action))))
    for array in machine.arrays:
        for action in dict.fromkeys((*array.ops, *array.energy, *array.area)):
            numbers = (array.ops.get(action), array.energy.get(action), array.area.get(action))
            unit = next((f".{u}" for u, operations in array.units.items() if action in operations), "")
            rows.append((array.name + unit, action, *map(_cell, numbers)))
    return Table(head, rows, table([head, *rows]), frozenset({2, 3, 4}))


UM2_PER_MM2 = 1e6


def area_lines(machine: Machine) -> list[str]:
    """The area of the chip and of each part, in mm2; what the tables have no figure of."""
    area = area_of(machine)
    if not area.parts:
        return ["area: no figures"]
    parts = ", ".join(f"{name} {um2 / UM2_PER_MM2:,.4g}" for name, um2 in area.parts.items())
    unstated = f"; no figure of {', '.join(area.unstated)}" if area.unstated else ""
    return [f"area: {area.total / UM2_PER_MM2:,.4g} mm2 ({parts}){unstated}"]


def _cell(value: int | float | None) -> str:
    return "" if value is None else f"{value:,.9g}"
