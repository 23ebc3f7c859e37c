"""What an Einsum reads through maps: the reductions that its value depends on, with the subscripts by which it reads them."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..algebra.expr import Access, Expr, substitute_ranks, walk
from ..dialects.einsum import ComputeOp
from .kinds import is_inlinable, is_plain_reduction
from .tensors import TensorTable


def reduced_ranks(op: ComputeOp) -> tuple[str, ...]:
    """The ranks that an Einsum reduces, innermost first."""
    return tuple(r for reduction in (op.reduce.data if op.reduce is not None else ()) for r in reduction.ranks)


def map_of(op: ComputeOp, table: TensorTable) -> Expr:
    return table.lift(op.map.data, op.operands_)


def maker(value: SSAValue) -> ComputeOp | None:
    """The Einsum whose first result a value is."""
    owner = value.owner
    return owner if isinstance(owner, ComputeOp) and owner.results[0] is value else None


def reductions_read(expression: Expr, table: TensorTable) -> Iterator[tuple[ComputeOp, Access]]:
    """Every plain reduction that an expression reads, through maps and not through other reductions, and how it reads it."""
    for e in dict.fromkeys(walk(expression)):
        if not isinstance(e, Access) or (owner := maker(table.value(e))) is None:
            continue
        if is_plain_reduction(owner):
            yield owner, e
        elif is_inlinable(owner):
            yield from reductions_read(substitute_ranks(map_of(owner, table), renaming(owner, e.subscripts)), table)


def renaming(op: ComputeOp, subscripts: tuple[Affine, ...]) -> dict[str, Affine]:
    """The ranks of a result whose dimensions are plain ranks -> how they are read."""
    return {s.ranks[0]: read for s, read in zip(op.out.data, subscripts, strict=True)}


def depends_over(expression: Expr, ranks: frozenset[str], table: TensorTable) -> bool:
    """Whether an expression reads a reduction over one of these ranks."""
    return any(not ranks.isdisjoint(reduced_ranks(op)) for op, _ in reductions_read(expression, table))
