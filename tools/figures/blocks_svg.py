"""A machine as a block diagram in SVG: memories below one another, arrays side by side under the last one, as `blocks.py` has it in text."""

from __future__ import annotations

from ...backend.machine import Machine
from ..quantities import rate
from .blocks import array_lines, memory_lines
from .svg import FAINT, INK, PALETTE, Drawing

LINE, MARGIN, PAD, BETWEEN, CHARACTER = 17, 20, 12, 34, 7.4
"""Pixels: a line of text, around the figure, inside boxes, between rows of boxes, a character across."""


def blocks_svg(machine: Machine) -> str:
    """The diagram as SVG."""
    return blocks_figure(machine).render()


def blocks_figure(machine: Machine) -> Drawing:
    """The diagram: off-chip memories, then those on the chip, then arrays with the cycles of their operations."""
    memories = [(m, memory_lines(m)) for m in sorted(machine.memories, key=lambda m: not m.offchip)]
    arrays = [array_lines(a) for a in machine.arrays]
    widths = [_width(lines) for lines in arrays]
    width = max(sum(widths) + BETWEEN * (len(widths) - 1), *(_width(lines) for _, lines in memories))
    tall = 2 * PAD + LINE * max(map(len, arrays))
    rows = sum(2 * PAD + LINE * len(lines) + BETWEEN for _, lines in memories)
    drawing = Drawing(round(width + 2 * MARGIN), round(rows + tall + 2 * MARGIN + LINE), machine.name)
    drawing.text(MARGIN, MARGIN, machine.name, size=14, bold=True)
    y = MARGIN + LINE
    middles = [MARGIN + sum(widths[:i]) + BETWEEN * i + w / 2 for i, w in enumerate(widths)]
    for index, (memory, lines) in enumerate(memories):
        bottom = y + 2 * PAD + LINE * len(lines)
        places = middles if index + 1 == len(memories) else [MARGIN + width / 2]
        for x in places:
            drawing.line((x, bottom), (x, bottom + BETWEEN), stroke=INK)
        if memory.bandwidth is not None:
            drawing.text(places[0] + 6, bottom + BETWEEN / 2 + 4, rate(memory.bandwidth), size=11, fill=FAINT)
        _box(drawing, MARGIN, y, width, lines, 2 * PAD + LINE * len(lines), PALETTE[5] if memory.offchip else PALETTE[0])
        y = bottom + BETWEEN
    for x, own, lines in zip(middles, widths, arrays, strict=True):
        _box(drawing, x - own / 2, y, own, lines, tall, PALETTE[2])
    return drawing


def _width(lines: list[str]) -> float:
    return 2 * PAD + CHARACTER * max(map(len, lines))


def _box(drawing: Drawing, x: float, y: float, width: float, lines: list[str], height: float, colour: str) -> None:
    """A box whose left edge has a colour."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    drawing.path(corners, stroke=INK)
    drawing.rectangle(x, y, 4, height, fill=colour)
    for index, line in enumerate(lines):
        drawing.text(x + PAD, y + PAD + LINE * (index + 1) - 5, line, bold=index == 0)
