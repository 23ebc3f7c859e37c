"""Emitting a derived chain without a loop: accumulators as reductions of their own, and the summaries that follow from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from xdsl.ir import Attribute, Operation, SSAValue

from ..algebra.affine import Affine, project
from ..algebra.derivation import Derived
from ..algebra.expr import Access, Apply, Expr, Num, Param, map_leaves, substitute_params, walk
from ..algebra.operators import REDUCTION_OPERATORS
from ..dialects.einsum import ComputeOp
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import Reduction
from .filters import absorb_filters
from .links import Link
from .tensors import TensorTable, comparison_value


def accumulator_out(link: Link, expression: Expr, table: TensorTable) -> tuple[Affine, ...]:
    """The dimensions of an accumulator: the ranks its basis and the filter have and the reduction keeps, in the result's order."""
    bound = substitute_params(expression, link.bindings)
    found = {**table.ranks(bound), **{r: None for c in link.where for r in c.ranks if r not in table.fixed}}
    kept = [s for s in link.op.out.data if s.ranks and s.ranks[0] in found]
    named = {s.ranks[0] for s in kept}
    return (*kept, *(Affine.rank(r) for r in found if r not in named and r not in link.reduced))


def element_of(link: Link) -> Attribute:
    return tensor_of(link.op.results_[0]).get_element_type()


def scalar_of(op: str) -> str:
    """The map operator that combines two values of a reduction."""
    known = REDUCTION_OPERATORS.get(op)
    return op if known is None else known.scalar


def combined(op: str, identity: float, new: Expr, before: Expr) -> Expr:
    """What was accumulated before and what is new, combined.

    A user's operator with an infinite identity need not say what it makes of two of them: what is new counts alone where nothing came before.
    """
    value = Apply(scalar_of(op), (new, before))
    if op in REDUCTION_OPERATORS or math.isfinite(identity):
        return value
    return Apply("select", (Apply("eq", (before, number(identity))), new, value))


def number(value: float) -> Num:
    """A literal, an integer where it is one."""
    return Num(int(value) if value.is_integer() else value)


class Finals:
    """The summaries' values after the traversal, each made when it is first asked for."""

    def __init__(self, table: TensorTable, links: Sequence[tuple[Link, Derived]]):
        self.table = table
        self.links = {link.name: (link, derived) for link, derived in links}
        self.accumulators: dict[str, Access] = {}
        self.made: dict[str, SSAValue] = {}
        self.coordinates: dict[str, SSAValue] = {}
        self.operations: list[Operation] = []

    def value(self, name: str) -> SSAValue:
        if name not in self.made:
            self.made[name] = self._make(*self.links[name])
        return self.made[name]

    def _make(self, link: Link, derived: Derived) -> SSAValue:
        expression = self.bind(derived.final, link)
        if isinstance(expression, Access) and expression.subscripts == link.op.out.data:
            return self.table.value(expression)
        if not derived.empty_safe:
            visited = project((*link.where, *link.kept), link.reduced, self.table.sizes)
            if visited is None:
                expression = self.bind(derived.running, link)
            for comparison in visited or ():
                expression = Apply("select", (comparison_value(comparison), expression, number(derived.identity)))
        expression = self._split(expression, link, frozenset(r for s in link.op.out.data for r in s.ranks))
        op = self.table.compute(link.op.out.data, expression, element_of(link), like=link.op, name=link.op.results_[0].name_hint)
        self.operations.append(op)
        return op.results_[0]

    def _split(self, expression: Expr, link: Link, root: frozenset[str]) -> Expr:
        """Parts that have fewer ranks than the summary become Einsums of their own, computed once for all the others."""
        if not isinstance(expression, Apply):
            return expression
        args: list[Expr] = []
        for arg in expression.args:
            ranks = self.table.ranks(arg)
            if isinstance(arg, Apply) and frozenset(ranks) < root and any(isinstance(e, Access) for e in walk(arg)):
                out = [s for s in link.op.out.data if s.ranks and s.ranks[0] in ranks]
                op = self.table.compute(out, arg, element_of(link), like=link.op, name=f"{link.name}_part")
                self.operations.append(op)
                args.append(self.table.access(op.results_[0], out))
            else:
                args.append(self._split(arg, link, root))
        return Apply(expression.op, tuple(args), expression.merge)

    def bind(self, expression: Expr, link: Link) -> Expr:
        def leaf(e: Expr) -> Expr:
            if not isinstance(e, Param):
                return e
            if e.name in self.accumulators:
                return self.accumulators[e.name]
            bound = link.bindings[e.name]
            if e.name in self.links and isinstance(bound, Access):
                return self.table.access(self.value(e.name), bound.subscripts)
            return bound

        return map_leaves(expression, leaf)


def emit_plain(table: TensorTable, links: Sequence[tuple[Link, Derived]], known: Mapping[Expr, Access]) -> tuple[list[Operation], Finals]:
    """A chain in which nothing is rebased: each accumulator is a reduction of its own, and the summaries follow from them.

    `known` says which expressions Einsums of the cascade compute already; they are read, not computed again.
    """
    finals = Finals(table, links)
    operations: list[Operation] = []
    for link, derived in links:
        if derived.form == "base":
            finals.made[link.name] = link.op.results_[0]
            finals.accumulators[derived.accumulators[0].name] = table.access(link.op.results_[0], link.op.out.data)
            continue
        for position, accumulator in enumerate(derived.accumulators):
            op = plain_accumulator(table, link, derived, position, known)
            operations.append(op)
            finals.accumulators[accumulator.name] = table.access(op.results_[0], op.out.data)
            if len(op.results_) > 1:
                finals.coordinates[link.name] = op.results_[1]
    for link, _ in links:
        finals.value(link.name)
    return [*operations, *finals.operations], finals


def plain_accumulator(table: TensorTable, link: Link, derived: Derived, position: int, known: Mapping[Expr, Access]) -> ComputeOp:
    """An accumulator as a reduction over the whole rank; where it is an argmax, with the coordinate as a second result."""
    accumulator = derived.accumulators[position]
    expression = restore(substitute_params(accumulator.basis, link.bindings), known)
    expression, where = absorb_filters(expression, link.where, accumulator.identity, {})
    name = numbered(f"A{link.op.results_[0].name_hint or ''}", position, len(derived.accumulators))
    reduce = (Reduction(accumulator.op, link.reduced),)
    found = len(link.op.results_) > 1
    out = link.op.out.data if found else accumulator_out(link, accumulator.basis, table)
    types = [r.type for r in link.op.results_] if found else None
    return table.compute(out, expression, element_of(link), reduce=reduce, where=where, like=link.op, name=name, types=types)


def numbered(name: str, position: int, count: int) -> str:
    return name if count == 1 else f"{name}{position}"


def restore(expression: Expr, known: Mapping[Expr, Access]) -> Expr:
    """The expression with what is computed already read from there."""
    if expression in known:
        return known[expression]
    if isinstance(expression, Apply):
        return Apply(expression.op, tuple(restore(a, known) for a in expression.args), expression.merge)
    return expression
