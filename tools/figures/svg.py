"""A drawing: a few shapes with text, and their SVG, written by hand, the same bytes for the same drawing; all text is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

INK, FAINT, GRID, PAPER = "#222222", "#777777", "#dddddd", "#ffffff"
"""Text and axes; what is less important; grids; what lies under all."""

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#999933", "#7f7f7f")
"""Fills of series, in turn: told apart by people who see colours differently (after Okabe and Ito)."""

FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"

Point = tuple[float, float]


@dataclass(frozen=True)
class Area:
    """A filled polygon; `told` is shown where the pointer rests."""

    corners: tuple[Point, ...]
    fill: str
    told: str = ""
    stroke: str = ""


@dataclass(frozen=True)
class Path:
    """Straight lines from point to point; `dash` as in SVG: lengths of dashes and gaps."""

    points: tuple[Point, ...]
    stroke: str
    width: float = 1.0
    dash: str = ""


@dataclass(frozen=True)
class Disc:
    """A disc by centre and radius."""

    x: float
    y: float
    radius: float
    fill: str
    told: str = ""


@dataclass(frozen=True)
class Text:
    """A line of text whose baseline starts, has its middle or ends at a place, turned by `turn` degrees around it."""

    x: float
    y: float
    text: str
    size: float = 12.0
    anchor: str = "start"
    bold: bool = False
    fill: str = INK
    turn: float = 0.0


Shape = Area | Path | Disc | Text


class Drawing:
    """A figure of `width` x `height` pixels, y growing downwards; later shapes lie over earlier ones."""

    def __init__(self, width: int, height: int, title: str):
        self.width, self.height, self.title = width, height, title
        self.shapes: list[Shape] = []

    def rectangle(self, x: float, y: float, width: float, height: float, *, fill: str, told: str = "") -> None:
        right, bottom = x + width, y + max(0.0, height)
        self.shapes.append(Area(((x, y), (right, y), (right, bottom), (x, bottom)), fill, told))

    def line(self, start: Point, end: Point, *, stroke: str, width: float = 1.0, dash: str = "") -> None:
        self.path([start, end], stroke=stroke, width=width, dash=dash)

    def path(self, points: Sequence[Point], *, stroke: str, width: float = 1.0, dash: str = "") -> None:
        self.shapes.append(Path(tuple(points), stroke, width, dash))

    def dot(self, x: float, y: float, *, fill: str, size: float = 4.0, told: str = "") -> None:
        self.shapes.append(Disc(x, y, size, fill, told))

    def mark(self, x: float, y: float, *, fill: str, size: float = 5.0, told: str = "") -> None:
        """A diamond, `size` from its centre to each corner."""
        self.shapes.append(Area(((x, y - size), (x + size, y), (x, y + size), (x - size, y)), fill, told, PAPER))

    def text(
        self, x: float, y: float, text: str, *, size: float = 12, anchor: str = "start", bold: bool = False, fill: str = INK, turn: float = 0
    ) -> None:
        self.shapes.append(Text(x, y, text, size, anchor, bold, fill, turn))

    @staticmethod
    def below(drawings: Sequence[Drawing]) -> Drawing:
        """Drawings below one another, as one with the first one's title."""
        whole = Drawing(max(d.width for d in drawings), sum(d.height for d in drawings), drawings[0].title)
        y = 0
        for each in drawings:
            whole.shapes += [_lowered(shape, y) for shape in each.shapes]
            y += each.height
        return whole

    def render(self) -> str:
        """The text of the SVG file."""
        size = f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}"'
        head = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}">',
            f"<title>{_escaped(self.title)}</title>",
            f'<rect width="{self.width}" height="{self.height}" fill="{PAPER}"/>',
        ]
        return "\n".join([*head, *map(_element, self.shapes), "</svg>", ""])


def _lowered(shape: Shape, by: float) -> Shape:
    match shape:
        case Area():
            return replace(shape, corners=tuple((x, y + by) for x, y in shape.corners))
        case Path():
            return replace(shape, points=tuple((x, y + by) for x, y in shape.points))
        case Disc() | Text():
            return replace(shape, y=shape.y + by)


def _element(shape: Shape) -> str:
    match shape:
        case Area():
            stroke = f" stroke={quoteattr(shape.stroke)}" if shape.stroke else ""
            return _titled("polygon", f'points="{_points(shape.corners)}" fill={quoteattr(shape.fill)}{stroke}', shape.told)
        case Disc():
            return _titled("circle", f'cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill={quoteattr(shape.fill)}', shape.told)
        case Path():
            dash = f" stroke-dasharray={quoteattr(shape.dash)}" if shape.dash else ""
            stroke = f'stroke={quoteattr(shape.stroke)} stroke-width="{_n(shape.width)}"{dash}'
            return f'<polyline points="{_points(shape.points)}" fill="none" {stroke}/>'
        case Text():
            turned = f' transform="rotate({_n(shape.turn)} {_n(shape.x)} {_n(shape.y)})"' if shape.turn else ""
            weight = ' font-weight="bold"' if shape.bold else ""
            place = f'x="{_n(shape.x)}" y="{_n(shape.y)}" font-size="{_n(shape.size)}"'
            paint = f"text-anchor={quoteattr(shape.anchor)} fill={quoteattr(shape.fill)}"
            return f"<text {place} {paint}{weight}{turned}>{_escaped(shape.text)}</text>"


def _titled(name: str, attributes: str, told: str) -> str:
    return f"<{name} {attributes}><title>{_escaped(told)}</title></{name}>" if told else f"<{name} {attributes}/>"


NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML has no way to write."""


def _escaped(text: str) -> str:
    return escape(NOT_XML.sub("\ufffd", text))


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    """A number with two digits after the point at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
