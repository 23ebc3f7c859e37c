"""A machine as a block diagram of box-drawing characters: memories below one another, arrays side by side under the last one."""

from __future__ import annotations

from collections.abc import Sequence

from ...backend.machine import Array, Machine, Memory
from ..quantities import byte_count, rate

GAP = 3
"""Columns between two boxes."""

WIDEST = 34
"""Columns of a box's text; longer lists of operations go on in the next line."""


def block_diagram(machine: Machine) -> list[str]:
    """The lines of a diagram: off-chip memories, then those on the chip, then arrays with the cycles of their operations."""
    memories = sorted(machine.memories, key=lambda m: not m.offchip)
    boxes = [box(array_lines(a)) for a in machine.arrays]
    height = max(map(len, boxes))
    boxes = [stretched(b, height) for b in boxes]
    width = max(sum(len(b[0]) for b in boxes) + GAP * (len(boxes) - 1), *(max(map(len, memory_lines(m))) + 4 for m in memories))
    middles: list[int] = []
    at = 0
    for each in boxes:
        middles.append(at + len(each[0]) // 2)
        at += len(each[0]) + GAP
    lines: list[str] = []
    for memory, below in zip(memories, [*memories[1:], None], strict=True):
        opened = [width // 2] if below is not None else middles
        closed = [width // 2] if lines else []
        lines += joined(box(memory_lines(memory), width), top=closed, bottom=opened)
        lines.append(link(opened, width, rate(memory.bandwidth) if memory.bandwidth is not None else ""))
    tops = [joined(b, top=[len(b[0]) // 2], bottom=[]) for b in boxes]
    lines += [(" " * GAP).join(parts).rstrip() for parts in zip(*tops, strict=True)]
    return lines


def memory_lines(memory: Memory) -> list[str]:
    capacity = "unbounded" if memory.capacity is None else byte_count(memory.capacity)
    row = "" if memory.row is None else f", rows of {memory.row:,} B"
    energy = "".join(f", {way} {pj:,g} pJ" for way, pj in memory.energy.items())
    return [f"{memory.name}: {'off chip, ' if memory.offchip else ''}{capacity}{row}{energy}"]


def array_lines(array: Array) -> list[str]:
    lines = [f"{array.name}: {array.rows:,} x {array.cols:,} elements", ""]
    beside = {op for operations in array.units.values() for op in operations}
    groups = {"": [op for op in array.ops if op not in beside], **{f"{unit}:": list(operations) for unit, operations in array.units.items()}}
    for unit, operations in groups.items():
        if unit:
            lines.append(unit)
        for op in operations:
            told = op if array.ops[op] == 1 else f"{op}({array.ops[op]:g})"
            lines[-1] = f"{lines[-1]} {told}".strip() if len(lines[-1]) + len(told) < WIDEST else lines[-1]
            if not lines[-1].endswith(told):
                lines.append(told)
    return lines


def box(lines: Sequence[str], width: int = 0) -> list[str]:
    """Lines of text in a box of at least `width` columns."""
    inner = max(width - 4, *map(len, lines))
    return [f"┌{'─' * (inner + 2)}┐", *(f"│ {line:<{inner}} │" for line in lines), f"└{'─' * (inner + 2)}┘"]


def stretched(lines: list[str], height: int) -> list[str]:
    blank = f"│{' ' * (len(lines[0]) - 2)}│"
    return [*lines[:-1], *[blank] * (height - len(lines)), lines[-1]]


def joined(lines: list[str], top: Sequence[int], bottom: Sequence[int]) -> list[str]:
    """A box with places where lines reach it from above and leave it below."""
    first = "".join("┴" if i in top else c for i, c in enumerate(lines[0]))
    last = "".join("┬" if i in bottom else c for i, c in enumerate(lines[-1]))
    return [first, *lines[1:-1], last]


def link(columns: Sequence[int], width: int, told: str) -> str:
    """A row of lines downwards, with a text beside the first."""
    row = list(" " * width)
    for column in columns:
        row[column] = "│"
    for index, char in enumerate(f" {told}" if told else ""):
        place = columns[0] + 1 + index
        if place not in columns and place < width:
            row[place] = char
    return "".join(row).rstrip()
