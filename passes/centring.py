"""Centres that reductions ask for: a maximum of elements that squares can be carried about, where what they are written about cannot be followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from xdsl.ir import Block, Operation
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.expr import Expr, substitute_params
from ..dialects.einsum import ComputeOp
from ..dialects.notation import Reduction
from .editing import erase_if_dead, filter_of
from .links import Link
from .plain_form import accumulator_out, element_of
from .tensors import TensorTable

MOST_CENTRES = 4
"""Most centres that one reduction may ask for."""


@dataclass
class Centres:
    """The maxima put into a block, by the reductions that asked for them; `refused` are those that they did not help."""

    made: dict[Operation, list[ComputeOp]] = field(default_factory=dict[Operation, list[ComputeOp]])
    refused: set[Operation] = field(default_factory=set[Operation])

    def __iter__(self) -> Iterator[ComputeOp]:
        return iter(dict.fromkeys(op for ops in self.made.values() for op in ops))

    def answer(self, link: Link, elements: Expr | None, table: TensorTable) -> bool:
        """Add what a refused link asks for, or take away what it was given if it asks for nothing more; True if the block changed."""
        given = self.made.get(link.op, [])
        if link.op in self.refused or (elements is None and not given):
            return False
        if elements is not None and len(given) < MOST_CENTRES:
            self.made[link.op] = [*given, self._maximum(link, elements, table)]
            return True
        self.refused.add(link.op)
        del self.made[link.op]
        kept = set(self)
        for op in reversed(given):
            if op not in kept:
                Rewriter.erase_op(op)
        return True

    def _maximum(self, link: Link, elements: Expr, table: TensorTable) -> ComputeOp:
        where = filter_of(link.op)
        out = accumulator_out(replace(link, where=where), elements, table)
        reduce = (Reduction("max", link.reduced),)
        name = f"{link.op.results_[0].name_hint or 'E'}_top"
        made = table.compute(out, substitute_params(elements, link.bindings), element_of(link), reduce=reduce, where=where, like=link.op, name=name)
        for op in self:
            if op.properties == made.properties and list(op.operands) == list(made.operands) and op.is_before_in_block(link.op):
                return op
        Rewriter.insert_op(made, InsertPoint.before(link.op))
        return made

    def clear(self, block: Block | None = None, positions: tuple[int, ...] = ()) -> None:
        """Take away those that nothing reads; in a copy of the block, those at `positions`."""
        ops = list(block.ops) if block is not None else []
        for op in reversed([ops[i] for i in positions] if block is not None else list(self)):
            erase_if_dead(op)
        self.made.clear()

    def positions(self, block: Block) -> tuple[int, ...]:
        mine = set[Operation](self)
        return tuple(i for i, op in enumerate(block.ops) if op in mine)
