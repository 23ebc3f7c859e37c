"""Summaries that a reduction reads for several fibers at once, such as the two means of a covariance matrix of one tensor's columns.

`(x[m, p] - MU[p]) * (x[m, q] - MU[q])` needs MU for the fiber p and for the fiber q. What is known of a summary's elements is known of one of
them; so the other gets a copy of the summary under its own ranks' names, and the chain has a link for each. Copies that are left over once
the rewriting is done are dropped again.
"""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.affine import Affine
from ..algebra.expr import Access, Expr, map_leaves, substitute_ranks
from ..analysis.einsums import traversed_ranks
from ..dialects.einsum import ComputeOp
from ..dialects.einsum_scope import tensor_of
from .editing import filter_of
from .fibers import same_fiber
from .kinds import is_inlinable, is_plain_reduction
from .reading import depends_over, maker, map_of, reduced_ranks, renaming
from .tensors import TensorTable


class Copies:
    """Copies of summaries, and of the maps between them, under other ranks' names; each is made once."""

    def __init__(self, table: TensorTable):
        self.table = table
        self.made: dict[tuple[SSAValue, tuple[Affine, ...]], SSAValue] = {}

    def needed(self, op: ComputeOp) -> bool:
        """Whether a reduction reads a summary over its ranks for another fiber than the one it traverses."""
        return is_plain_reduction(op) and self.own(op) != map_of(op, self.table)

    def own(self, op: ComputeOp, *, dry: bool = True) -> Expr:
        """A reduction's map, with every such summary read from its copy; `dry` makes none."""
        ranks, reduced = traversed_ranks(op), frozenset(reduced_ranks(op))

        def leaf(e: Expr) -> Expr:
            if not isinstance(e, Access) or not self._copied(e, reduced):
                return e
            owner = maker(self.table.value(e))
            if owner is None or same_fiber(owner.out.data, e, ranks):
                return e
            return Access(-1, e.subscripts) if dry else self._copy(e, reduced)

        return map_leaves(map_of(op, self.table), leaf)

    def give(self, op: ComputeOp) -> None:
        """Let a reduction read the copies."""
        types = [r.type for r in op.results_]
        element = tensor_of(op.results_[0]).get_element_type()
        reduce = op.reduce.data if op.reduce is not None else ()
        expression, where = self.own(op, dry=False), filter_of(op)
        hint = op.results_[0].name_hint
        made = self.table.compute(op.out.data, expression, element, reduce=reduce, where=where, empty=op.empty, like=op, name=hint, types=types)
        for old, new in zip(op.results, made.results, strict=True):
            new.name_hint = old.name_hint
        Rewriter.replace_op(op, made)
        self.table.replace(op.results[0], made.results[0])

    def _copied(self, e: Access, reduced: frozenset[str]) -> bool:
        """Whether what is read is a summary over one of these ranks or a map that reads one, by distinct plain ranks it can be copied to."""
        owner = maker(self.table.value(e))
        read = [s.plain for s in e.subscripts]
        if owner is None or None in read or len(set(read)) < len(read) or any(s.plain is None for s in owner.out.data):
            return False
        inside = frozenset(reduced_ranks(owner))
        if not inside.isdisjoint(r for r in read if r is not None):
            return False
        if is_plain_reduction(owner) and len(owner.results_) == 1:
            return not inside.isdisjoint(reduced) and inside.isdisjoint(read)
        return is_inlinable(owner) and depends_over(map_of(owner, self.table), reduced, self.table)

    def _copy(self, e: Access, reduced: frozenset[str]) -> Access:
        """The access, to a copy whose dimensions have the names by which they are read."""
        value = self.table.value(e)
        owner = maker(value)
        if owner is None or owner.out.data == e.subscripts:
            return e
        key = (value, e.subscripts)
        if key not in self.made:
            renamed = renaming(owner, e.subscripts)
            expression = substitute_ranks(map_of(owner, self.table), renamed)
            expression = map_leaves(expression, lambda a: self._copy(a, reduced) if isinstance(a, Access) and self._copied(a, reduced) else a)
            where = tuple(c.substitute(renamed) for c in filter_of(owner))
            element = tensor_of(owner.results_[0]).get_element_type()
            name = "_".join((owner.results_[0].name_hint or "E", *(str(r) for own, r in renamed.items() if r.plain != own)))
            reduce = owner.reduce.data if owner.reduce is not None else ()
            made = self.table.compute(e.subscripts, expression, element, reduce=reduce, where=where, empty=owner.empty, like=owner, name=name)
            Rewriter.insert_op(made, InsertPoint.after(_last(owner, made)))
            self.made[key] = made.results[0]
        return self.table.access(self.made[key], e.subscripts)


def _last(owner: ComputeOp, made: ComputeOp) -> Operation:
    """Where a copy goes: after its original and after all it reads."""
    found: Operation = owner
    for value in made.operands:
        if isinstance(value.owner, Operation) and value.owner.parent is owner.parent and found.is_before_in_block(value.owner):
            found = value.owner
    return found
