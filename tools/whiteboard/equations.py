"""A cascade's equations as written: Einsums, views and iterations, one line each, in the notation of FuseMax and EDGE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xdsl.ir import Block as IRBlock
from xdsl.ir import SSAValue

from ...algebra.affine import Affine
from ...algebra.expr import Expr, Leaf, Param, RankShape
from ...algebra.laws import UserOperator
from ...analysis.einsums import Program
from ...dialects.einsum import ComputeOp, IterateOp, ViewOp, YieldOp
from ...dialects.einsum_attrs import Merge, NumberAttr, Split
from .blocks import Block, Display, Math, paragraph
from .formula import Applied, Fold, Formula, Number, Operation, Related, Statement, Symbol, from_expression
from .layout import broken
from .naming import Naming

LONGEST = 12
"""Lines in one display, so that a page can end between two."""


class Equations:
    """Writes the equations of one program."""

    def __init__(self, program: Program, naming: Naming):
        self.program, self.naming = program, naming

    def blocks(self) -> Iterator[Block]:
        return self._block(self.program.cascade.body.block)

    def symbol(self, value: SSAValue, subscripts: Sequence[Affine]) -> Symbol:
        return Symbol(self.program.names[value], tuple(subscripts))

    def inputs(self) -> tuple[Symbol, ...]:
        """The cascade's arguments, by the ranks that declare them."""
        cascade = self.program.cascade
        return tuple(self.symbol(v, s.data) for v, s in zip(cascade.body.block.args, cascade.inputs.data, strict=True))

    def outputs(self) -> tuple[Symbol, ...]:
        returned = self.program.cascade.return_op
        return tuple(self.symbol(v, s.data) for v, s in zip(returned.values, returned.subscripts.data, strict=True))

    def _block(self, block: IRBlock) -> Iterator[Block]:
        lines: list[Related] = []
        for op in block.ops:
            if isinstance(op, ComputeOp):
                lines += broken(self.compute(op))
            elif isinstance(op, ViewOp):
                lines.append(self.view(op))
            elif isinstance(op, IterateOp):
                yield from _displays(lines)
                lines = []
                yield from self._iterate(op)
        yield from _displays(lines)

    def compute(self, op: ComputeOp) -> Related:
        """One Einsum; the filter stands under its reduction, or behind a map. Reductions are written outermost first."""
        body = self.map(op.map.data, op.operands_)
        where = () if op.where is None else op.where.data
        reductions = () if op.reduce is None else op.reduce.data
        for reduction in reductions:
            body = Fold(reduction.op, reduction.ranks, body, where)
            where = ()
        results = [self.symbol(r, op.out.data) for r in op.results_]
        left: Formula = results[0] if len(results) == 1 else Applied(None, tuple(results))
        return Related(left, "equals", body, where)

    def map(self, expression: Expr, operands: Sequence[SSAValue]) -> Formula:
        named = {i: self.program.names[v] for i, v in enumerate(operands)}
        return Naming(named, sizes=self.naming.sizes).formula(expression)

    def view(self, op: ViewOp) -> Related:
        """The same data under other ranks: how the coordinates of the source follow from those of the result, or the other way round."""
        left, right, sizes = list[Affine](), list[Affine](), self.program.sizes
        for part in op.regroup.data:
            match part:
                case Split(_, parts):
                    left += map(Affine.rank, parts)
                    right.append(_flat(parts, sizes))
                case Merge(parts, _):
                    left.append(_flat(parts, sizes))
                    right += map(Affine.rank, parts)
                case _:
                    left.append(Affine.rank(part.rank))
                    right.append(Affine.rank(part.rank))
        return Related(self.symbol(op.result, left), "equals", self.symbol(op.source, right))

    def _iterate(self, op: IterateOp) -> Iterator[Block]:
        arguments, rank = op.body.block.args, op.rank.data
        size = self.naming.leaf(RankShape(rank))
        starts: list[Related] = []
        given = iter(op.inits)
        for argument, state, init in zip(arguments, op.states.data, op.init.data, strict=True):
            value: Formula = Number(init.data) if isinstance(init, NumberAttr) else self.symbol(next(given), init.data)
            starts.append(Related(self.symbol(argument, state.data), "equals", value))
        last = Operation("sub", (size, Number(1)))
        yield paragraph("In order, for each coordinate of {} from 0 to {}, starting from", Math(Symbol(rank)), Math(last))
        yield Display(tuple(starts))
        yield from self._block(op.body.block)
        yield paragraph("and then, for the next coordinate,")
        yield Display(tuple(self._next(op, op.yield_op)))
        if op.yield_op.until is not None:
            guard = self.map(op.yield_op.until.data, op.yield_op.guarded)
            yield paragraph("It stops early when {} holds everywhere.", Math(Statement(guard)))
        yield from self._results(op)

    def _next(self, op: IterateOp, end: YieldOp) -> Iterator[Related]:
        subscripts = end.subscripts.data
        for argument, state, value, read in zip(op.body.block.args, op.states.data, end.states, subscripts, strict=False):
            yield Related(self.symbol(argument, state.data), "becomes", self.symbol(value, read.data))

    def _results(self, op: IterateOp) -> Iterator[Block]:
        end, states = op.yield_op, len(op.body.block.args)
        last = [
            Related(self.symbol(r, s.data), "equals", self.symbol(a, s.data))
            for r, a, s in zip(op.results_, op.body.block.args, op.states.data, strict=False)
        ]
        kept = [
            Related(self.symbol(r, (Affine.rank(op.rank.data), *s.data)), "equals", self.symbol(v, s.data))
            for r, v, s in zip(op.results_[states:], end.collected, end.subscripts.data[states:], strict=True)
        ]
        if last:
            yield paragraph("The last state is the result:")
            yield Display(tuple(last))
        if kept:
            yield paragraph("and of every coordinate is kept:")
            yield Display(tuple(kept))


def operator_line(operator: UserOperator) -> Related | None:
    """`softcap(x) = 30 tanh(x / 30)`; None for an opaque one."""
    if operator.body is None:
        return None

    def leaf(e: Leaf) -> Formula:
        return Symbol(e.name) if isinstance(e, Param) else Naming({}).leaf(e)

    head = Operation(operator.op, tuple(Symbol(p) for p in operator.params))
    return Related(head, "equals", from_expression(operator.body, leaf))


def number_of(value: float) -> Formula:
    """A number, an integer where it is one."""
    return Number(int(value) if value.is_integer() else value)


def _flat(parts: Sequence[str], sizes: Mapping[str, int]) -> Affine:
    index, scale = Affine(), 1
    for part in reversed(parts):
        index = index + Affine.rank(part) * scale
        scale *= sizes[part]
    return index


def _displays(lines: Sequence[Related]) -> Iterator[Block]:
    for start in range(0, len(lines), LONGEST):
        yield Display(tuple(lines[start : start + LONGEST]))
