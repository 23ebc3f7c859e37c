"""A laid-out graph as SVG. Colours are the page's, by class; a box knows its tensor, so that the page can colour it by its pass."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import pairwise

from ...analysis.einsums import Program
from .graph import Edge, Node, graph_of
from .graph_layout import PAD, lay_out

LONGEST = 40
"""Characters of a name that a box shows."""


def graph_svg(program: Program, title: str) -> str:
    """The graph of a cascade."""
    graph, edges = graph_of(program)
    lay_out(graph, edges)
    size = f'width="{graph.width:.0f}" height="{graph.height:.0f}" viewBox="0 0 {graph.width:.0f} {graph.height:.0f}"'
    head = f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" role="group" aria-label="{_text(title)}" {size}>'
    groups = [_group(n) for n in graph.all() if n.inner is not None]
    boxes = [_box(n) for n in graph.all() if n.inner is None]
    return "\n".join([head, *groups, *map(_edge, edges), *boxes, "</svg>"])


def _group(node: Node) -> str:
    frame = f'<rect x="{node.x:.1f}" y="{node.y:.1f}" width="{node.width:.1f}" height="{node.height:.1f}" rx="8"/>'
    return f'<g class="iteration">{frame}<text x="{node.x + PAD:.1f}" y="{node.y + 16:.1f}">{_text(node.told)}</text></g>'


def _box(node: Node) -> str:
    einsum = node.kind == "einsum"
    middle, first = node.x + node.width / 2, node.y + (19 if einsum else node.height / 2 + 4.5)
    subscripts = f'<tspan class="subscripts">[{_text(node.subscripts)}]</tspan>' if node.subscripts else ""
    shown = node.name if len(node.name) <= LONGEST else node.name[: LONGEST - 1] + "…"
    told = f'<text class="told" x="{middle:.1f}" y="{first + 16:.1f}">{_text(node.told)}</text>' if einsum else ""
    label = f"{node.name}[{node.subscripts}]: {node.told}"
    focus = ' tabindex="0"' if einsum else ""
    parts = [
        f'<g class="node {node.kind}" data-einsum="{_text(node.name)}" role="img" aria-label="{_text(label)}"{focus}>',
        f"<title>{_text(label)}</title>",
        f'<rect x="{node.x:.1f}" y="{node.y:.1f}" width="{node.width:.1f}" height="{node.height:.1f}" rx="{6 if einsum else node.height / 2:.0f}"/>',
        f'<text x="{middle:.1f}" y="{first:.1f}">{_text(shown)}{subscripts}</text>{told}',
        f'<text class="badge" x="{node.x + node.width - 6:.1f}" y="{node.y + 12:.1f}"></text></g>',
    ]
    return "".join(parts)


def _edge(edge: Edge) -> str:
    a, b = edge.source, edge.target
    title = f"<title>{_text(edge.tensor)}</title>"
    if edge.back:
        return f'<path class="edge back" d="{_back(a, b)}">{title}</path>'
    points = [(a.x + a.width / 2, a.y + a.height), *edge.points, (b.x + b.width / 2, b.y)]
    return f'<path class="edge" d="{_curve(points)}">{title}</path>'


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Through points downwards, vertical at each."""
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x1, y1), (x2, y2) in pairwise(points):
        half = (y2 - y1) / 2
        path += f"C{x1:.1f},{y1 + half:.1f} {x2:.1f},{y2 - half:.1f} {x2:.1f},{y2:.1f}" if x1 != x2 else f"L{x2:.1f},{y2:.1f}"
    return path


def _back(a: Node, b: Node) -> str:
    """From the right side of a box up to the right side of another."""
    x1, y1, x2, y2 = a.x + a.width, a.y + a.height / 2, b.x + b.width, b.y + b.height / 2
    out = max(x1, x2) + 26
    return f"M{x1:.1f},{y1:.1f}C{out:.1f},{y1:.1f} {out:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"


def _text(text: str) -> str:
    return html.escape("".join(c if c >= " " else "\N{REPLACEMENT CHARACTER}" for c in text))
