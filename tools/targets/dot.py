"""`-t dot`: a cascade as a graph for Graphviz. Boxes are Einsums, edges the tensors they read; an iteration is a frame around its body.

An Einsum has the colour of its pass over the rank that makes the most passes, or over the one asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.utils.exceptions import PassFailedException
from xdsl.utils.target import Target

from ...analysis.einsums import Program
from ...analysis.passes_over import PassCounter, RankPasses
from ...dialects.einsum import CascadeOp, ComputeOp, IterateOp, YieldOp
from ...dialects.einsum_attrs import subscripts_text
from .cascades import parts

COLOURS = ("#dbe9f6", "#fde0c5", "#d7efd3", "#f3d6e8", "#fff3b8", "#e2d9f3")
"""Fill of the Einsums of pass 1, 2, ...; they come again after the last."""


@dataclass(frozen=True)
class DotTarget(Target):
    """A cascade as a Graphviz graph, coloured by pass."""

    name = "dot"

    rank: str | None = None
    """Colour by the passes over this rank; if not given, over the one that takes most."""

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        cascades = [op for op in parts(module, self.name) if isinstance(op, CascadeOp)]
        known = dict.fromkeys(r for op in cascades for r in op.sizes)
        if self.rank is not None and self.rank not in known:
            raise PassFailedException(f"no cascade has a rank '{self.rank}'")
        output.write("digraph einfold {\n  rankdir=TB;\n  node [fontname=Helvetica, shape=box, style=filled, fillcolor=white];\n")
        for number, op in enumerate(cascades):
            output.writelines(f"{line}\n" for line in _Graph(op, number, self.rank).lines())
        output.write("}\n")


class _Graph:
    """The frame of one cascade. `nodes`: value -> the node it comes from and its name there."""

    def __init__(self, op: CascadeOp, number: int, rank: str | None):
        self.op, self.prefix = op, f"c{number}"
        self.program = Program(op)
        self.passes = _coloured(self.program, rank)
        self.nodes: dict[SSAValue, str] = {}
        self.count = 0

    def lines(self) -> Iterator[str]:
        label = f"@{self.op.sym_name.data}" + ("" if self.passes is None else f": {_count(self.passes.passes)} over {self.passes.rank}")
        yield f"  subgraph cluster_{self.prefix} {{"
        yield f"    label={quoted(label)};"
        for value, declared in zip(self.op.body.block.args, self.op.inputs, strict=True):
            yield self._node(value, self.program.names[value] + subscripts_text(declared.data), "shape=ellipse")
        yield from self._block(self.op.body.block)
        returned = self.op.return_op
        for value, declared in zip(returned.values, returned.subscripts, strict=True):
            node = self._new()
            yield f"    {node} [label={quoted(self.program.names[value] + subscripts_text(declared.data))}, shape=ellipse, penwidth=2];"
            yield f"    {self.nodes[value]} -> {node};"
        yield "  }"

    def _new(self) -> str:
        self.count += 1
        return f"{self.prefix}_{self.count}"

    def _node(self, value: SSAValue, label: str, style: str) -> str:
        self.nodes[value] = self._new()
        return f"    {self.nodes[value]} [label={quoted(label)}, {style}];"

    def _block(self, block: Block) -> Iterator[str]:
        for op in block.ops:
            if isinstance(op, IterateOp):
                yield from self._iterate(op)
            elif op.results:
                yield self._node(op.results[0], self._label(op), self._fill(op))
                self.nodes.update(dict.fromkeys(op.results, self.nodes[op.results[0]]))
                for operand in dict.fromkeys(op.operands):
                    yield self._edge(operand, op.results[0])

    def _iterate(self, op: IterateOp) -> Iterator[str]:
        arguments = op.body.block.args
        yield f"    subgraph cluster_{self._new()} {{"
        yield f"    label={quoted(f'iterate {op.rank.data} ({self.op.sizes[op.rank.data]} times)')}; style=dashed;"
        for argument, state in zip(arguments, op.states, strict=True):
            yield self._node(argument, self.program.names[argument] + subscripts_text(state.data), "shape=ellipse, style=dashed")
        yield from self._block(op.body.block)
        yield "    }"
        given = iter(op.inits)
        for argument, init in zip(arguments, op.init, strict=True):
            if init.name == "einsum.subscripts":
                yield self._edge(next(given), argument)
        end: YieldOp = op.yield_op
        for argument, value in zip(arguments, end.states, strict=True):
            if value is not argument:
                yield f"    {self.nodes[value]} -> {self.nodes[argument]} [style=dashed, constraint=false];"
        self.nodes.update((result, self.nodes[value]) for result, value in zip(op.results, (*end.states, *end.collected), strict=True))

    def _edge(self, source: SSAValue, to: SSAValue) -> str:
        return f"    {self.nodes[source]} -> {self.nodes[to]} [label={quoted(self.program.names[source])}];"

    def _label(self, op: Operation) -> str:
        left = ", ".join(self.program.names[r] for r in op.results)
        if not isinstance(op, ComputeOp):
            return f"{left} (view)"
        reduced = "" if op.reduce is None else "\n" + ", ".join(map(str, op.reduce.data))
        return f"{left} {subscripts_text(op.out.data)}{reduced}"

    def _fill(self, op: Operation) -> str:
        number = None if self.passes is None else self.passes.einsums.get(self.program.names[op.results[0]])
        return "" if number is None else f"fillcolor={quoted(COLOURS[(number - 1) % len(COLOURS)])}, tooltip={quoted(f'pass {number}')}"


def _coloured(program: Program, rank: str | None) -> RankPasses | None:
    counter = PassCounter(program)
    counted = [found for r in program.sizes if rank in (None, r) and (found := counter.count_rank(r)) is not None]
    return max(counted, key=lambda found: found.passes, default=None)


def _count(passes: int) -> str:
    return f"{passes} pass{'es' if passes != 1 else ''}"


def quoted(text: str) -> str:
    """A string of the dot language, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{"".join(c if c.isprintable() else "?" for c in escaped)}"'
