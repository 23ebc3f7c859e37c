"""A cascade as a graph of who reads what: inputs, Einsums, views, iterations with their states around the Einsums of a generation, results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.ir import Block, SSAValue

from ...algebra.affine import Affine
from ...analysis.einsums import Program
from ...dialects.einsum import ComputeOp, IterateOp, ReturnOp, ViewOp
from ...dialects.einsum_attrs import NumberAttr


@dataclass(eq=False)
class Node:
    """A box: what it is called, its subscripts, and what it does. An iteration holds `inner` boxes and is none itself.

    `name` is the tensor's, by which passes are told of Einsums. `x`, `y` are the left upper corner, once it is laid out.
    """

    kind: str
    name: str
    subscripts: str = ""
    told: str = ""
    inner: Graph | None = None
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(eq=False)
class Edge:
    """A tensor from the box that makes it to one that reads it; `back`: to the next generation."""

    source: Node
    target: Node
    tensor: str
    back: bool = False
    points: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])


@dataclass(eq=False)
class Graph:
    """Boxes in the order of the program; `routed` are the edges between them, once laid out."""

    nodes: list[Node] = field(default_factory=list[Node])
    routed: list[Edge] = field(default_factory=list["Edge"])
    width: float = 0.0
    height: float = 0.0

    def all(self) -> Iterator[Node]:
        """Every box, those inside behind the one around them."""
        for node in self.nodes:
            yield node
            if node.inner is not None:
                yield from node.inner.all()


def graph_of(program: Program) -> tuple[Graph, list[Edge]]:
    """The graph of a cascade, not laid out."""
    return _Reader(program).read()


class _Reader:
    def __init__(self, program: Program):
        self.program = program
        self.made: dict[SSAValue, Node] = {}
        self.edges: dict[tuple[Node, Node, bool], Edge] = {}

    def read(self) -> tuple[Graph, list[Edge]]:
        graph = Graph()
        cascade = self.program.cascade
        for value, subscripts in zip(cascade.body.block.args, cascade.inputs.data, strict=True):
            self._make(graph, Node("input", self.program.names[value], _text(subscripts.data), "input"), value)
        self._block(cascade.body.block, graph)
        return graph, list(self.edges.values())

    def _make(self, graph: Graph, node: Node, *values: SSAValue) -> None:
        graph.nodes.append(node)
        self.made.update(dict.fromkeys(values, node))

    def _edge(self, value: SSAValue, target: Node, back: bool = False) -> None:
        source = self.made.get(value)
        if source is not None:
            self.edges.setdefault((source, target, back), Edge(source, target, self.program.names[value], back))

    def _block(self, block: Block, graph: Graph) -> None:
        names = self.program.names
        for op in block.ops:
            if isinstance(op, ComputeOp):
                self._make(graph, Node("einsum", names[op.results_[0]], _text(op.out.data), _reduction(op)), *op.results_)
                for value in op.operands_:
                    self._edge(value, self.made[op.results_[0]])
            elif isinstance(op, ViewOp):
                self._make(graph, Node("view", names[op.result], "", "view"), op.result)
                self._edge(op.source, self.made[op.result])
            elif isinstance(op, IterateOp):
                self._iterate(op, graph)
            elif isinstance(op, ReturnOp):
                for value, subscripts in zip(op.values, op.subscripts.data, strict=True):
                    node = Node("output", names[value], _text(subscripts.data), "result")
                    graph.nodes.append(node)
                    self._edge(value, node)

    def _iterate(self, op: IterateOp, graph: Graph) -> None:
        """States at the top of the box, and an edge back to each from what the body makes of it; results come from there, too."""
        inner = Graph()
        graph.nodes.append(Node("iterate", op.rank.data, "", f"in order over {op.rank.data}", inner))
        given = iter(op.inits)
        for argument, state, init in zip(op.body.block.args, op.states.data, op.init.data, strict=True):
            node = Node("state", self.program.names[argument], _text(state.data), "state")
            self._make(inner, node, argument)
            if not isinstance(init, NumberAttr):
                self._edge(next(given), node)
        self._block(op.body.block, inner)
        end = op.yield_op
        for argument, value in zip(op.body.block.args, end.states, strict=False):
            self._edge(value, self.made[argument], back=True)
        for result, value in zip(op.results_, (*end.states, *end.collected), strict=False):
            if (source := self.made.get(value)) is not None:
                self.made[result] = source


def _reduction(op: ComputeOp) -> str:
    if op.reduce is None:
        return "map"
    return ", ".join(f"{r.op.removeprefix('@')} over {' '.join(r.ranks)}" for r in op.reduce.data)


def _text(subscripts: tuple[Affine, ...]) -> str:
    return ", ".join(map(str, subscripts))
