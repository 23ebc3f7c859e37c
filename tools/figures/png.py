"""Drawings as PNG, by Pillow, which is imported when the first one is drawn."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from math import hypot
from typing import Any

from .svg import PAPER, Area, Disc, Drawing, Path, Point, Shape, Text

SCALE = 2
"""Pixels of the file per pixel of the drawing."""


def available() -> bool:
    """Whether Pillow is there, as it is wherever einfold is installed with its dependencies."""
    return find_spec("PIL") is not None


def to_png(drawing: Drawing) -> bytes:
    """The bytes of a PNG file."""
    image: Any = import_module("PIL.Image").new("RGB", (drawing.width * SCALE, drawing.height * SCALE), PAPER)
    pen = _Pen(image)
    for shape in drawing.shapes:
        pen.draw(shape)
    out = io.BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()


class _Pen:
    """Draws shapes into an image."""

    def __init__(self, image: Any):
        self.image = image
        self.pillow: Any = import_module("PIL.Image")
        self.drawing: Any = import_module("PIL.ImageDraw")
        self.canvas: Any = self.drawing.Draw(image)
        self.fonts: dict[int, Any] = {}

    def draw(self, shape: Shape) -> None:
        match shape:
            case Area():
                self._area(shape)
            case Disc():
                x, y, r = shape.x * SCALE, shape.y * SCALE, shape.radius * SCALE
                self.canvas.ellipse((x - r, y - r, x + r, y + r), fill=shape.fill)
            case Path():
                pieces = dashes(shape.points, [float(n) for n in shape.dash.split()]) if shape.dash else [shape.points]
                for piece in pieces:
                    self.canvas.line([(x * SCALE, y * SCALE) for x, y in piece], fill=shape.stroke, width=max(1, round(shape.width * SCALE)))
            case Text():
                self._text(shape)

    def _area(self, shape: Area) -> None:
        """A polygon; one that is flat is not there, as in SVG."""
        corners = [(round(x * SCALE), round(y * SCALE)) for x, y in shape.corners]
        if min(len({x for x, _ in corners}), len({y for _, y in corners})) > 1:
            self.canvas.polygon(corners, fill=shape.fill, outline=shape.stroke or None)

    def _text(self, shape: Text) -> None:
        font = self._font(round(shape.size * SCALE))
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
        x, y = shape.x * SCALE, shape.y * SCALE
        if not shape.turn:
            stroke = 0.4 if shape.bold else 0
            self.canvas.text((x, y), shape.text, fill=shape.fill, font=font, anchor=anchor, stroke_width=stroke, stroke_fill=shape.fill)
            return
        side = 2 * (round(font.getlength(shape.text)) + round(shape.size * SCALE))
        mask = self.pillow.new("L", (side, side), 0)
        self.drawing.Draw(mask).text((side / 2, side / 2), shape.text, fill=255, font=font, anchor=anchor)
        turned = mask.rotate(-shape.turn, resample=self.pillow.Resampling.BICUBIC)
        self.image.paste(self.pillow.new("RGB", (side, side), shape.fill), (round(x - side / 2), round(y - side / 2)), turned)

    def _font(self, size: int) -> Any:
        if size not in self.fonts:
            self.fonts[size] = import_module("PIL.ImageFont").load_default(size)
        return self.fonts[size]


def dashes(points: Sequence[Point], lengths: Sequence[float]) -> list[tuple[Point, Point]]:
    """The pieces of a dashed line that are drawn: `lengths` of dashes and gaps in turn, over and over."""
    found: list[tuple[Point, Point]] = []
    along = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        length = hypot(x1 - x0, y1 - y0)
        for start, end in _dashes_between(along, along + length, lengths):
            ends = [(x0 + (x1 - x0) * (s - along) / length, y0 + (y1 - y0) * (s - along) / length) for s in (start, end)]
            found.append((ends[0], ends[1]))
        along += length
    return found


def _dashes_between(start: float, end: float, lengths: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The dashes along a line from `start` to `end`, where dashes and gaps begin at 0."""
    pattern = [*lengths, *lengths] if len(lengths) % 2 else list(lengths)
    period = sum(pattern)
    for repetition in range(int(start // period), int(end // period) + 1) if period > 0 else ():
        at = repetition * period
        for dash, gap in zip(pattern[::2], pattern[1::2], strict=True):
            low, high = max(start, at), min(end, at + dash)
            if low < high:
                yield low, high
            at += dash + gap
