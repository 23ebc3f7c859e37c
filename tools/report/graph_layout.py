"""Places for the boxes of a graph: in layers from top to bottom, each box below what it reads, an iteration laid out as a graph of its own.

After Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981): layers by longest paths, stand-ins
where an edge crosses layers, and an order within layers by the mean place of neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .graph import Edge, Graph, Node

LETTER, LINE, PAD = 7.6, 17, 12
"""Pixels: a letter across, a line, the inside of a box."""
ACROSS, DOWN, AROUND, TITLE, THIN = 22, 34, 16, 24, 10
"""Pixels: between boxes, between layers, around the boxes of an iteration, its heading, an edge that passes a layer."""
SWEEPS = 4


@dataclass(eq=False)
class _Slot:
    """A box in a layer, or (without one) where an edge passes it."""

    node: Node | None
    width: float
    x: float = 0.0
    above: list[_Slot] = field(default_factory=list["_Slot"])
    below: list[_Slot] = field(default_factory=list["_Slot"])

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def lay_out(graph: Graph, edges: Sequence[Edge]) -> None:
    """Set the place and size of every box, and the points of every edge. Coordinates are those of the whole drawing."""
    _place(graph, edges)
    _shift(graph, AROUND, AROUND)
    graph.width += 2 * AROUND
    graph.height += 2 * AROUND


def _size(node: Node) -> None:
    head = f"{node.name}[{node.subscripts}]" if node.subscripts else node.name
    node.width = max(72.0, 2 * PAD + (10 if node.kind == "einsum" else 0) + LETTER * max(min(len(head), 40), 0.86 * len(node.told)))
    node.height = 2 * PAD + LINE * (2 if node.kind == "einsum" else 1) - 6


def _place(graph: Graph, edges: Sequence[Edge]) -> None:
    """Places relative to the graph's own corner; boxes inside iterations included."""
    for node in graph.nodes:
        if node.inner is None:
            _size(node)
        else:
            _place(node.inner, [e for e in edges if not e.back])
            node.width, node.height = node.inner.width + 2 * AROUND, node.inner.height + AROUND + TITLE
    owner = {inside: node for node in graph.nodes for inside in ([node] if node.inner is None else [node, *node.inner.all()])}
    between = [(owner[e.source], owner[e.target], e) for e in edges if e.source in owner and e.target in owner and not e.back]
    between = [(a, b, e) for a, b, e in between if a is not b]
    level = _levels(graph.nodes, [(a, b) for a, b, _ in between])
    layers, chains = _slots(graph.nodes, level, between)
    _order(layers)
    graph.width = _spread(layers)
    heights = [max((s.node.height for s in layer if s.node is not None), default=0.0) for layer in layers]
    tops = [sum(heights[:i]) + DOWN * i for i in range(len(layers))]
    graph.height = tops[-1] + heights[-1] if layers else 0.0
    for layer, top, height in zip(layers, tops, heights, strict=True):
        for slot in layer:
            if slot.node is not None:
                slot.node.x, slot.node.y = slot.x, top + (height - slot.node.height) / 2
                if slot.node.inner is not None:
                    _shift(slot.node.inner, slot.x + AROUND, slot.node.y + TITLE)
    graph.routed = list(chains)
    for edge, slots in chains.items():
        first = level[owner[edge.source]]
        edge.points = [(s.middle, y) for i, s in enumerate(slots, first + 1) for y in (tops[i], tops[i] + heights[i])]


def _levels(nodes: Sequence[Node], edges: Sequence[tuple[Node, Node]]) -> dict[Node, int]:
    """The layer of each box: below all that it reads; what reads nothing stands just above its first reader."""
    level = dict.fromkeys(nodes, 0)
    readers: dict[Node, list[Node]] = {}
    reads: set[Node] = set()
    for a, b in edges:
        readers.setdefault(a, []).append(b)
        reads.add(b)
    for node in nodes:  # the program's order is topological
        for reader in readers.get(node, ()):
            level[reader] = max(level[reader], level[node] + 1)
    for node in nodes:
        if node not in reads and node in readers:
            level[node] = max(0, min(level[r] for r in readers[node]) - 1)
    return level


def _slots(
    nodes: Sequence[Node], level: Mapping[Node, int], edges: Iterable[tuple[Node, Node, Edge]]
) -> tuple[list[list[_Slot]], dict[Edge, list[_Slot]]]:
    """The layers, and the slots that each edge passes on its way. Edges of one tensor to one layer share theirs."""
    layers: list[list[_Slot]] = [[] for _ in range(1 + max(level.values(), default=-1))]
    own = {node: _Slot(node, node.width) for node in nodes}
    for node in nodes:
        layers[level[node]].append(own[node])
    chains: dict[Edge, list[_Slot]] = {}
    passing: dict[tuple[Node, int], _Slot] = {}
    for a, b, edge in edges:
        chain: list[_Slot] = []
        before = own[a]
        for at in range(level[a] + 1, level[b]):
            slot = passing.get((edge.source, at))
            if slot is None:
                slot = passing[edge.source, at] = _Slot(None, THIN)
                layers[at].append(slot)
            _join(before, slot)
            chain.append(slot)
            before = slot
        _join(before, own[b])
        chains[edge] = chain
    return layers, chains


def _join(a: _Slot, b: _Slot) -> None:
    if b not in a.below:
        a.below.append(b)
        b.above.append(a)


def _order(layers: list[list[_Slot]]) -> None:
    """Sort each layer by the mean place of its neighbours in the layer before, downwards and upwards in turn."""
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            for index, slot in enumerate(layer):
                slot.x = float(index)
        for layer in layers[1:] if down else layers[-2::-1]:
            mean = {id(s): _mean(s.above if down else s.below, s.x) for s in layer}
            layer.sort(key=lambda s: mean[id(s)])
            for index, slot in enumerate(layer):
                slot.x = float(index)


def _mean(slots: Sequence[_Slot], otherwise: float) -> float:
    return sum(s.x for s in slots) / len(slots) if slots else otherwise


def _spread(layers: list[list[_Slot]]) -> float:
    """Set x within each layer, drawn towards neighbours as far as the order allows; returns the width of the widest layer."""
    for layer in layers:
        x = 0.0
        for slot in layer:
            slot.x = x
            x += slot.width + ACROSS
    for sweep in range(2 * SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            _draw(layer)
    left = min((s.x for layer in layers for s in layer), default=0.0)
    for layer in layers:
        for slot in layer:
            slot.x -= left
    return max((s.x + s.width for layer in layers for s in layer), default=0.0)


def _draw(layer: list[_Slot]) -> None:
    """Move a layer's slots to below and above their neighbours, without overlap: overlapping runs of slots are set by their mean wish."""
    runs: list[tuple[list[_Slot], float, float]] = []  # slots, the left that they wish for, width
    for slot in layer:
        near = [*slot.above, *slot.below]
        wish = sum(n.middle for n in near) / len(near) - slot.width / 2 if near else slot.x
        run = ([slot], wish, slot.width)
        while runs and runs[-1][1] + runs[-1][2] + ACROSS > run[1]:
            slots, left, width = runs.pop()
            shift = width + ACROSS
            mean = (left * len(slots) + (run[1] - shift) * len(run[0])) / (len(slots) + len(run[0]))
            run = (slots + run[0], mean, shift + run[2])
        runs.append(run)
    for slots, left, _ in runs:
        for slot in slots:
            slot.x = left
            left += slot.width + ACROSS


def _shift(graph: Graph, x: float, y: float) -> None:
    for node in graph.nodes:
        node.x += x
        node.y += y
        if node.inner is not None:
            _shift(node.inner, x, y)
    for edge in graph.routed:
        edge.points = [(px + x, py + y) for px, py in edge.points]
