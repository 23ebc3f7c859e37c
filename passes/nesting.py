"""Reductions over several ranks, and reductions of reductions: regrouped so that what a chain needs is reduced over the chain's own ranks.

`sum over p and m of y * (x - GM[p])` reads GM, a maximum over m, for each p that it reduces: as a sum over m for each p, and one over p of
those, it is a link of GM's chain. The other way round, a mean that is taken in two steps, over m and then over g, is a summary over m and g
to those that read it along m.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.affine import Affine
from ..algebra.expr import Access, Apply, Expr, substitute_ranks, walk
from ..algebra.operators import REDUCTION_OPERATORS
from ..algebra.scope import replace_subexpression
from ..analysis.einsums import traversed_ranks
from ..dialects.einsum import ComputeOp
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import Reduction
from .editing import erase_if_dead, filter_of
from .kinds import is_inlinable, is_plain_reduction
from .reading import depends_over, maker, map_of, reduced_ranks, reductions_read, renaming
from .tensors import TensorTable

LINEAR: dict[str, dict[str, tuple[int, ...]]] = {
    "add": {"mul": (0, 1), "div": (0,), "neg": (0,)},
    "max": {"add": (0, 1), "sub": (0,)},
    "min": {"add": (0, 1), "sub": (0,)},
}
"""Reduction -> the map operators that it may be drawn through, and in which arguments: `c * sum x = sum c * x`. Each keeps the identity."""


def kept_apart(op: ComputeOp, table: TensorTable) -> tuple[str, ...]:
    """The ranks that a reduction had better reduce afterwards: those for each of which it reads a summary over its other ranks.

    None where it reads a summary over those ranks too: it then is a link of their chain, and would no longer be one (tiles of a rank).
    """
    if not is_plain_reduction(op) or len(op.results_) > 1 or len(reduced := reduced_ranks(op)) < 2:
        return ()
    read = list(reductions_read(map_of(op, table), table))
    for rank in sorted(reduced, key=lambda r: -table.sizes[r]):
        summaries = [access for other, access in read if rank in reduced_ranks(other)]
        indexed = {r for access in summaries for s in access.subscripts for r in s.ranks}
        last = tuple(r for r in reduced if r in indexed)
        if last and rank not in indexed and all(indexed.isdisjoint(reduced_ranks(other)) for other, _ in read):
            return last
    return ()


def split_reduction(op: ComputeOp, last: tuple[str, ...], table: TensorTable) -> None:
    """Reduce the ranks `last` in an Einsum of their own, after the others."""
    if op.reduce is None:
        return
    reduction = op.reduce.data[0]
    element, name = tensor_of(op.results_[0]).get_element_type(), op.results_[0].name_hint or "E"
    first = Reduction(reduction.op, tuple(r for r in reduction.ranks if r not in last))
    out = (*map(Affine.rank, last), *op.out.data)
    made = table.compute(out, map_of(op, table), element, reduce=(first,), where=filter_of(op), like=op, name=f"{name}_{'_'.join(last)}")
    Rewriter.insert_op(made, InsertPoint.before(op))
    outer = Reduction(reduction.op, last)
    whole = table.compute(op.out.data, table.access(made.results_[0], out), element, reduce=(outer,), empty=op.empty, like=op, name=name)
    Rewriter.replace_op(op, whole)
    table.replace(op.results[0], whole.results[0])


def step_before(op: ComputeOp, table: TensorTable) -> tuple[Expr, Access] | None:
    """A map for a reduction, and in it one read of another reduction that might as well be part of it, to the benefit of a chain."""
    if not is_plain_reduction(op) or len(op.results_) > 1 or op.reduce is None:
        return None
    reduction = op.reduce.data[0]
    for expression, access in _reads(map_of(op, table), table):
        other = maker(table.value(access))
        if other is None or other.reduce is None or other.reduce.data[0].op != reduction.op or not _through(expression, access, reduction.op):
            continue
        inner = frozenset(other.reduce.data[0].ranks)
        if other.results_[0].type.element_type != op.results_[0].type.element_type or not inner.isdisjoint(traversed_ranks(op)):
            continue
        beside = (o for o, _ in reductions_read(expression, table) if o is not other)
        whole = inner.union(reduction.ranks)
        if any(not inner.isdisjoint(reduced_ranks(o)) and not whole.issubset(reduced_ranks(o)) for o in beside):
            continue  # what stands beside it is known only when those ranks have been reduced: joined, they would be traversed again
        if _reduces_later(op, inner) or depends_over(map_of(other, table), frozenset(reduction.ranks), table):
            return expression, access
    return None


def join_reductions(op: ComputeOp, expression: Expr, access: Access, table: TensorTable) -> ComputeOp:
    """One reduction instead of two, of which the other is read at `access` in `expression`."""
    other = maker(table.value(access))
    if other is None or op.reduce is None:
        raise ValueError("an Einsum reads a reduction")
    renamed = renaming(other, access.subscripts)
    joined = replace_subexpression(expression, access, substitute_ranks(map_of(other, table), renamed))
    where = (*filter_of(op), *(c.substitute(renamed) for c in filter_of(other)))
    reduction = Reduction(op.reduce.data[0].op, (*op.reduce.data[0].ranks, *reduced_ranks(other)))
    element, name = tensor_of(op.results_[0]).get_element_type(), op.results_[0].name_hint
    made = table.compute(op.out.data, joined, element, reduce=(reduction,), where=where, empty=op.empty, like=op, name=name)
    passed = [v.owner for v in op.operands if isinstance(v.owner, Operation)]
    Rewriter.replace_op(op, made)
    table.replace(op.results[0], made.results[0])
    for before in (*passed, other):
        erase_if_dead(before)
    return made


def _reads(expression: Expr, table: TensorTable) -> Iterator[tuple[Expr, Access]]:
    """Reads of reductions that nothing else reads, directly or through maps that nothing else reads, each with the map it stands in."""
    for access in [e for e in walk(expression) if isinstance(e, Access)]:
        owner = maker(table.value(access))
        if owner is None or not _used_once(owner.results[0]) or sum(e == access for e in walk(expression)) > 1:
            continue
        if is_plain_reduction(owner) and len(owner.results_) == 1:
            yield expression, access
        elif is_inlinable(owner) and owner.where is None:
            opened = substitute_ranks(map_of(owner, table), renaming(owner, access.subscripts))
            yield from _reads(replace_subexpression(expression, access, opened), table)


def _used_once(value: SSAValue) -> bool:
    return sum(1 for _ in value.uses) == 1


def _through(expression: Expr, access: Access, op: str) -> bool:
    """Whether the reduction can be drawn out to the whole of an expression from the place where it is read."""
    if expression == access:
        return True
    if not isinstance(expression, Apply) or expression.merge is not None or op not in REDUCTION_OPERATORS:
        return False
    positions = LINEAR.get(op, {}).get(expression.op, ())
    return any(_through(expression.args[i], access, op) for i in positions)


def _reduces_later(op: ComputeOp, ranks: frozenset[str]) -> bool:
    """Whether something that depends on an Einsum reduces one of these ranks."""
    seen: set[Operation] = set()
    waiting: list[Operation] = [op]
    while waiting:
        for use in [use for result in waiting.pop().results for use in result.uses]:
            if use.operation in seen:
                continue
            seen.add(use.operation)
            waiting.append(use.operation)
            if isinstance(use.operation, ComputeOp) and not ranks.isdisjoint(reduced_ranks(use.operation)):
                return True
    return False
