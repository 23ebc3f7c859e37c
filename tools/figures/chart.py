"""Two kinds of charts from plain numbers: bars in groups, and lines with points. A value of None, or one that is not finite, is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from .axes import RIGHT, Frame, Scale
from .svg import FAINT, INK, PALETTE, Drawing

Value = float | None

LETTERS, LINE = 190, 15
"""Letters in a line of notes, and the pixels from one to the next."""


@dataclass(frozen=True)
class Bars:
    """Bars in groups. `groups` are labels; `series` is name -> a value per group; `marks` is (series, group) -> a published value beside ours.

    `over` puts groups together: a label and how many of them. `stacked` puts a group's bars upon one another. `log`: on a logarithmic axis.
    `notes` stand below.
    """

    title: str
    label: str
    groups: Sequence[str]
    series: Mapping[str, Sequence[Value]]
    marks: Mapping[tuple[str, int], float]
    over: Sequence[tuple[str, int]] = ()
    stacked: bool = False
    log: bool = False
    notes: Sequence[str] = ()
    width: int = 1180
    height: int = 340

    def drawn(self) -> Drawing:
        """The figure."""
        below = wrap(". ".join(note for note in self.notes if note), LETTERS)
        frame = Frame.of(self.title, self.width, self.height)
        frame.drawing.height += LINE * max(0, len(below) - 1)
        values = [v for own in self.series.values() for v in own if _known(v)]
        if self.stacked:
            values = [sum(own[i] or 0.0 for own in self.series.values() if _known(own[i])) for i in range(len(self.groups))]
        scale = Scale.over([*(v for v in values if v is not None), *self.marks.values()], frame.bottom, frame.top, log=self.log, zero=True)
        frame.y_axis(scale, self.label)
        step = (frame.right - frame.left) / max(1, len(self.groups))
        for position, group in enumerate(self.groups):
            left = frame.left + position * step
            self._group(frame, scale, position, left + 0.1 * step, 0.8 * step)
            frame.drawing.text(left + step / 2, frame.bottom + 15, group, size=10, anchor="middle")
        start = frame.left
        for name, count in self.over:
            end = start + count * step
            frame.drawing.text((start + end) / 2, frame.bottom + 34, name, size=12, anchor="middle", bold=True)
            frame.drawing.line((end, frame.top), (end, frame.bottom + 36), stroke=FAINT, dash="3 3")
            start = end
        for line, told in enumerate(below):
            frame.drawing.text(frame.left, frame.bottom + 54 + line * LINE, told, size=11, fill=FAINT)
        frame.border()
        frame.legend([(n, fill_of(i)) for i, n in enumerate(self.series)], "published" if self.marks else "")
        return frame.drawing

    def _group(self, frame: Frame, scale: Scale, position: int, left: float, width: float) -> None:
        each = width if self.stacked else width / max(1, len(self.series))
        base = 0.0
        for index, (name, values) in enumerate(self.series.items()):
            value, x = values[position], left if self.stacked else left + index * each
            if value is not None and _known(value):
                bottom, top = (scale(base), scale(base + value)) if self.stacked else (frame.bottom, scale(value))
                told = f"{name}, {self.groups[position]}: {value:.5g}"
                frame.drawing.rectangle(x, top, each, bottom - top, fill=fill_of(index), told=told)
                base += value if self.stacked else 0.0
            if (name, position) in self.marks:
                mark = self.marks[name, position]
                frame.drawing.mark(x + each / 2, scale(mark), fill=INK, size=4.5, told=f"{name}, published: {mark:.5g}")


@dataclass(frozen=True)
class Line:
    """A line through (x, y), with dots at its points, and texts beside them where there are some; `dash` as in SVG."""

    name: str
    points: Sequence[tuple[float, float]]
    dots: bool = True
    path: bool = True
    texts: Sequence[str] = ()
    dash: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines over a numeric axis; logarithmic ones show positive values only."""

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    log_x: bool = True
    log_y: bool = True
    width: int = 640
    height: int = 400

    def drawn(self) -> Drawing:
        """The figure."""
        frame = Frame.of(self.title, self.width, self.height)
        points = [p for line in self.lines for p in self._shown(line)]
        across = Scale.over([x for x, _ in points], frame.left, frame.right, log=self.log_x)
        up = Scale.over([y for _, y in points], frame.bottom, frame.top, log=self.log_y, zero=not self.log_y)
        frame.x_axis(across, self.x_label)
        frame.y_axis(up, self.y_label)
        for index, line in enumerate(self.lines):
            places = [(across(x), up(y)) for x, y in self._shown(line)]
            if line.path and len(places) > 1:
                frame.drawing.path(places, stroke=fill_of(index), width=2, dash=line.dash)
            for (x, y), (vx, vy) in zip(places, self._shown(line), strict=True) if line.dots else ():
                frame.drawing.dot(x, y, fill=fill_of(index), told=f"{line.name}: {vx:.5g}, {vy:.5g}")
            for (x, y), text in zip(places, line.texts, strict=False):
                frame.drawing.text(min(x + 7, self.width - RIGHT - 6 * len(text)), y + 14, text, size=10)
        frame.border()
        frame.legend([(line.name, fill_of(i)) for i, line in enumerate(self.lines)])
        return frame.drawing

    def _shown(self, line: Line) -> list[tuple[float, float]]:
        return [(x, y) for x, y in line.points if _known(x) and _known(y) and (x > 0 or not self.log_x) and (y > 0 or not self.log_y)]


def fill_of(index: int) -> str:
    """The colour of a series, by its position."""
    return PALETTE[index % len(PALETTE)]


def _known(value: Value) -> bool:
    return value is not None and math.isfinite(value)
