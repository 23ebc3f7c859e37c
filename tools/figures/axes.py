"""Axes: where a value lies, which values are told along it, and the frame around a chart with its grid, labels and legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .svg import FAINT, GRID, INK, Drawing

TOP, BOTTOM, LEFT, RIGHT = 58, 62, 72, 18
"""Pixels around the frame, of which the top holds title and legend."""

CHARACTER = 6.2
"""Pixels that a character of a legend takes, about."""


@dataclass(frozen=True)
class Scale:
    """From values between `low` and `high` to pixels between `start` and `end`; on a logarithmic one, low > 0."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @staticmethod
    def over(values: Sequence[float], start: float, end: float, *, log: bool = False, zero: bool = False) -> Scale:
        """A scale that holds all finite values (on a logarithmic one, all positive ones), and 0 if `zero`."""
        known = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
        low, high = min(known), max(known)
        if log:
            low, high = 10.0 ** math.floor(math.log10(low) + 1e-9), 10.0 ** math.ceil(math.log10(high) - 1e-9)
            return Scale(low, high if high > low else low * 10, start, end, True)
        low, high = min(low, 0.0) if zero else low, max(high, 0.0) if zero else high
        high = high if high > low else low + (abs(low) or 1.0)
        step = nice_step(high - low)
        return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, start, end)

    def __call__(self, value: float) -> float:
        """The place of a value; outside of the scale, its nearer end."""
        if self.log:
            share = (math.log10(max(value, self.low)) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    @property
    def ticks(self) -> list[float]:
        """Values to be told: round steps, or powers of ten."""
        if self.log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            every = max(1, math.ceil((last - first) / 9))
            return [10.0**k for k in range(first, last + 1, every)]
        step = nice_step(self.high - self.low)
        return [self.low + k * step for k in range(round((self.high - self.low) / step) + 1)]


def nice_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, of which about five make a span."""
    raw = span / 5
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9))


def told(value: float) -> str:
    """A number as an axis shows it: `0.5`, `20k`, `1e12`."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if size <= abs(value) < size * 1e3:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


@dataclass(frozen=True)
class Frame:
    """A drawing with a frame for the data in it; `left` .. `right` and `top` .. `bottom` are pixels."""

    drawing: Drawing
    left: float
    right: float
    top: float
    bottom: float

    @staticmethod
    def of(title: str, width: int, height: int) -> Frame:
        drawing = Drawing(width, height, title)
        drawing.text(LEFT, 20, title, size=14, bold=True)
        return Frame(drawing, LEFT, width - RIGHT, TOP, height - BOTTOM)

    def y_axis(self, scale: Scale, label: str) -> None:
        for tick in scale.ticks:
            y = scale(tick)
            self.drawing.line((self.left, y), (self.right, y), stroke=GRID)
            self.drawing.text(self.left - 6, y + 4, told(tick), anchor="end")
        self.drawing.text(16, (self.top + self.bottom) / 2, label, anchor="middle", turn=-90)

    def x_axis(self, scale: Scale, label: str) -> None:
        for tick in scale.ticks:
            x = scale(tick)
            self.drawing.line((x, self.top), (x, self.bottom), stroke=GRID)
            self.drawing.text(x, self.bottom + 16, told(tick), anchor="middle")
        self.x_label(label)

    def x_label(self, label: str) -> None:
        self.drawing.text((self.left + self.right) / 2, self.bottom + 48, label, anchor="middle")

    def border(self) -> None:
        self.drawing.line((self.left, self.bottom), (self.right, self.bottom), stroke=INK)
        self.drawing.line((self.left, self.top), (self.left, self.bottom), stroke=INK)

    def legend(self, entries: Sequence[tuple[str, str]], marked: str = "") -> None:
        """Names with their fills in a row under the title; `marked` tells what diamonds are."""
        x = self.left
        for name, fill in entries:
            self.drawing.rectangle(x, 32, 10, 10, fill=fill)
            self.drawing.text(x + 14, 41, name)
            x += 30 + CHARACTER * len(name)
        if marked:
            self.drawing.mark(x + 5, 37, fill=INK)
            self.drawing.text(x + 14, 41, marked, fill=FAINT)
