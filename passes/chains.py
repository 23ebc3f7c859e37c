"""Chains of reductions over one rank: what the pass-reducing rewrites hand to the algebra.

A reduction over rank R is a *link*. Its body is written over the elements of the fibers it traverses (inputs, and Einsums that keep
R and need no summary), with every map between it and earlier reductions inlined, so that it depends on an earlier link's summary
by a parameter. Links that depend on one another, and could share one traversal, form a *chain*.

One walk over the cascade suffices: each value has a level, the number of traversals of R that must be complete before it is known.
A link joins the chain of the summaries it needs unless something it needs as a whole along its fiber is of the same level: then it
starts a later traversal, and those summaries are constants to it. A constant of the fiber that is known no earlier than the summaries is
*late*: the link still joins, and the algebra must do without that constant until the traversal is over (`at_once` says which must not try).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType

from xdsl.ir import Block, Operation, SSAValue

from ..algebra.derivation import Reduction
from ..algebra.expr import Access, Apply, Expr, Num, Param, RankValue, map_leaves, substitute_params, substitute_ranks, walk
from ..algebra.operators import REDUCTION_OPERATORS
from ..analysis.einsums import traversed_ranks
from ..dialects.einsum import ComputeOp, IterateOp
from ..dialects.einsum_scope import tensor_of
from .fibers import constant_name, same_fiber
from .filters import absorb_filters
from .kinds import is_inlinable, is_plain_reduction, rounds, why_not_plain
from .lateness import coupled_values
from .links import Chain, Link, Reading
from .tensors import TensorTable, comparison_value

LARGEST_BODY = 400
"""Most nodes of a link's body; what would inline to more is left as an Einsum of its own."""


class ChainFinder:
    """Finds the chains over `rank` among the Einsums that stand directly in a block: a cascade's, or an iterate's."""

    def __init__(
        self,
        block: Block,
        rank: str,
        table: TensorTable,
        at_once: Container[Operation] = (),
        centres: Mapping[Operation, Sequence[ComputeOp]] = MappingProxyType({}),
    ):
        """`at_once`: reductions that need all their constants before they start. `centres`: reductions that others may also follow."""
        self.block, self.rank, self.table, self.at_once, self.centres = block, rank, table, at_once, centres
        self.coupled = coupled_values(block, rank)
        self.level: dict[SSAValue, int] = {}
        self.links: dict[SSAValue, Link] = {}
        self.number: dict[str, int] = {}
        self.depends: dict[SSAValue, bool] = {}
        self.inlined: dict[str, list[Operation]] = {}
        self.constants: dict[Expr, str] = {}
        self.apart: dict[ComputeOp, str] = {}
        """Reductions that join no chain though they need what is reduced before, and why: they read a summary for another fiber, or are not plain."""

    def find(self) -> list[Chain]:
        found: list[Link] = []
        for op in self.block.ops:
            link = self._visit(op)
            if link is not None:
                found.append(link)
        return self._chains(found)

    def _visit(self, op: Operation) -> Link | None:
        level = max((self.level.get(v, 0) for v in op.operands), default=0)
        depends = any(self.depends.get(v, False) for v in op.operands)
        if isinstance(op, IterateOp):
            level = max([level, *(self.level.get(v, 0) for inner in op.body.walk() for v in inner.operands)])
        link = None
        if isinstance(op, ComputeOp) and op.reduce is not None and any(self.rank in r.ranks for r in op.reduce.data):
            link = self._link(op) if is_plain_reduction(op) and not (depends and rounds(op)) else None
            if link is None and level > 0:
                self.apart[op] = why_not_plain(op)
            level = level + 1 if link is None else max(self.number[link.name], level if link.late else 0)
            depends = link is not None
        elif isinstance(op, IterateOp) and op.rank.data == self.rank:
            level, depends = level + 1, False
        elif not isinstance(op, ComputeOp) or not is_inlinable(op):
            depends = False
        for result in op.results:
            self.level[result], self.depends[result] = level, depends
        if link is not None:
            self.depends.update((coordinate, False) for coordinate in op.results[1:])
        if link is not None:
            self.links[op.results[0]] = link
        return link

    def _link(self, op: ComputeOp) -> Link:
        reduction = op.reduce.data[0] if op.reduce is not None else None
        if reduction is None:
            raise ValueError("a link is a reduction")
        name = self._fresh(op)
        reading = Reading(ranks=traversed_ranks(op))
        reduced = frozenset(reduction.ranks)
        body = self._read(self.table.lift(op.map.data, op.operands_), reduced, reading)
        needed = max((self.number[s] for s in reading.summaries), default=0)
        complete = max((reading.complete, *reading.levels.values()))
        late = frozenset(c for c, level in reading.levels.items() if level >= max(needed, 1))
        if op in self.at_once or max(needed, 1) <= reading.complete:
            late = frozenset[str]()
        elif late:
            complete = reading.complete
        number = needed if needed > complete else complete + 1
        live = {s: link for s, link in reading.summaries.items() if self.number[s] == number}
        for centre in self.centres.get(op, ()):
            other = self.links.get(centre.results_[0])
            if other is not None and self.number[other.name] == number:
                live[other.name] = other
                reading.bindings[other.name] = self.table.access(centre.results_[0], centre.out.data)
        where = op.where.data if op.where is not None else ()
        identity = REDUCTION_OPERATORS[reduction.op].identity if reduction.op in REDUCTION_OPERATORS else None
        body, where = absorb_filters(body, where, identity, reading.bindings)
        self.number[name] = number
        for other, access in reading.apart:
            self.apart[op] = f"{other.name}[{', '.join(map(str, access.subscripts))}] is of another fiber than the one it traverses"
        if reading.rounded is not None:
            element = tensor_of(reading.rounded).get_element_type()
            self.apart[op] = f"it reads {reading.rounded.name_hint or 'elements'}, rounded to {element}, and no law holds through rounding"
        self.inlined[name] = reading.inlined
        read = [e for part in (body, *reading.bindings.values()) for e in walk(part) if isinstance(e, Access)]
        names = {e.tensor: self.table.value(e).name_hint or "E" for e in read}
        coupled = frozenset(reading.coupled if live and op not in self.at_once else ()) - late
        made = Reduction(name, reduction.op, body)
        return Link(op, name, made, reading.bindings, where, tuple(live.values()), names, late=late, coupled=coupled)

    def _fresh(self, op: ComputeOp) -> str:
        hint = (op.results_[0].name_hint or "E").replace(".", "_")  # the algebra writes NAME.old and NAME.0 itself
        name, count = hint, 1
        while name in self.number:
            count += 1
            name = f"{hint}_{count}"
        return name

    def _read(self, expression: Expr, reduced: frozenset[str], reading: Reading) -> Expr:
        """The expression with maps inlined down to elements; summaries and constants of the fiber become parameters."""

        def leaf(e: Expr) -> Expr:
            reading.size += 1
            if isinstance(e, Access):
                return self._read_access(e, reduced, reading)
            if isinstance(e, RankValue) and e.rank not in reduced:
                return self._constant(e, reading)
            return e

        return map_leaves(expression, leaf)

    def _read_access(self, access: Access, reduced: frozenset[str], reading: Reading) -> Expr:
        value = self.table.value(access)
        traversed = any(r in reduced for s in access.subscripts for r in s.ranks)
        link = self.links.get(value)
        same = link is not None and not traversed and same_fiber(link.op.out.data, access, reading.ranks)
        if link is not None and same and reading.bindings.setdefault(link.name, access) == access:
            reading.summaries[link.name] = link
            return Param(link.name)
        if link is not None and not same:
            reading.apart.append((link, access))
        owner = value.owner
        if link is None and self.depends.get(value, False) and isinstance(owner, ComputeOp) and reading.size < LARGEST_BODY:
            reading.inlined.append(owner)
            return self._read(self._inline(owner, access), reduced, reading)
        level = self.level.get(value, 0)
        if traversed:
            reading.complete = max(reading.complete, level)
            if level and isinstance(owner, ComputeOp) and owner.reduce is None and rounds(owner):
                reading.rounded = value
            return access
        constant = self._constant(access, reading)
        reading.levels[constant.name] = max(level, reading.levels.get(constant.name, 0))
        if value in self.coupled:
            reading.coupled.add(constant.name)
        return constant

    def _inline(self, owner: ComputeOp, access: Access) -> Expr:
        """The map of an Einsum, as read at `access`; where its filter does not hold, its empty value."""
        renamed = {s.ranks[0]: read for s, read in zip(owner.out.data, access.subscripts, strict=True)}
        expression = substitute_ranks(self.table.lift(owner.map.data, owner.operands_), renamed)
        empty = Num(0 if owner.empty is None else owner.empty.data)
        for comparison in reversed(owner.where.data if owner.where is not None else ()):
            expression = Apply("select", (comparison_value(comparison.substitute(renamed)), expression, empty))
        return expression

    def form(self, op: ComputeOp) -> Expr:
        """What an inlined Einsum's map says over elements and summaries: how it is found again in a derived expression."""
        reading = Reading(ranks=traversed_ranks(op))
        traversed = frozenset((self.rank,))
        expression = self._read(self.table.lift(op.map.data, op.operands_), traversed, reading)
        constants = {n: e for n, e in reading.bindings.items() if n not in reading.summaries}
        return substitute_params(expression, constants)

    def _constant(self, e: Expr, reading: Reading) -> Param:
        """A constant of the fiber as a parameter. One name means one expression in all links, so that what is known of it in one holds in another."""
        name = constant_name(e) or self.constants.setdefault(e, f"const.{len(self.constants)}")
        reading.bindings[name] = e
        return Param(name)

    def _chains(self, links: Sequence[Link]) -> list[Chain]:
        """Connected components of `needs`, in program order (union-find over names)."""
        parent = {link.name: link.name for link in links}

        def root(name: str) -> str:
            while parent[name] != name:
                parent[name] = parent[parent[name]]
                name = parent[name]
            return name

        for link in links:
            for needed in link.needs:
                parent[root(link.name)] = root(needed.name)
        chains: dict[str, Chain] = {}
        for link in links:
            chain = chains.setdefault(root(link.name), Chain(self.rank, []))
            chain.links.append(link)
            chain.inlined.update((op, None) for op in self.inlined[link.name])
        return list(chains.values())
