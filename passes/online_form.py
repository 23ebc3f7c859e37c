"""Emitting a derived chain as one traversal: a loop over tiles of the rank, or parts of it side by side, that carries accumulators.

A tile contributes a reduction of each accumulator's basis over the tile; where the basis depends on a running summary, what was
accumulated before is first corrected to the summary's new value. Parts carry summaries of their own and are merged at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation, Region, SSAValue

from ..algebra.affine import Affine, Comparison
from ..algebra.derivation import OLD, Derived
from ..algebra.expr import Access, Apply, Expr, RankValue, affine_value, map_leaves, substitute_params
from ..dialects.einsum import ComputeOp, IterateOp, YieldOp
from ..dialects.einsum_attrs import NumberAttr, SubscriptsAttr
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import Reduction
from .bottoms import leaves_bottom
from .carried import Carried, Carry, Derivations
from .filters import absorb_filters
from .links import Link
from .merge_form import Merger
from .plain_form import Finals, combined, element_of, number, numbered
from .rebasing import Place, Reading
from .tensors import TensorTable, comparison_value
from .tiling import Tiling


class TraversalEmitter:
    """Writes one traversal of a chain's rank: the tiles, and what merges their results."""

    def __init__(self, table: TensorTable, links: Derivations, tiling: Tiling, sunk: Sequence[ComputeOp]):
        """`sunk` are the Einsums that make the chain's elements and have no other use; they move to the tiles."""
        self.table, self.links, self.tiling, self.sunk = table, links, tiling, sunk
        self.local: dict[SSAValue, SSAValue] = {}
        self.safe: dict[str, dict[str, Expr]] = {
            link.name: dict(derived.safe) for link, derived in links if derived.safe and not self._starts(derived)
        }
        fixed = table.fixed if tiling.outer is None else table.fixed | {tiling.outer}
        self.place = Place(table, self.safe, self.localise, fixed, tiling.lead, tiling.inner)
        self.carry = Carry.of(links, table, self.place.half_bound)
        self.before: dict[str, SSAValue] = {}
        self.after: dict[str, SSAValue] = {}

    def _starts(self, derived: Derived) -> bool:
        """Whether the first tile of each part surely brings every summary rebased on off its bottom, so that no replacement is needed."""
        summaries = [other for other, _ in self.links if other.name in derived.rebased_on]
        return derived.starts_safe and all(leaves_bottom(s, self.tiling, self.table) for s in summaries)

    def emit(self, forms: Mapping[Expr, str]) -> tuple[list[Operation], Finals]:
        """The operations, and the summaries' final values; `forms` names expressions by the Einsums that computed them before."""
        block = self._arguments() if self.tiling.outer is not None else None
        for op in self.sunk:
            self._sink(op)
        guarded = [(form, substitute_params(form, replaced)) for form in forms for replaced in ({}, *self.safe.values())]
        self.place.names = {self.localise(each): f"L{forms[form]}" for form, each in guarded}
        guards = {e: f"S{name}" for replacements in self.safe.values() for name, e in replacements.items()}
        self.place.names |= {self.localise(e): name.replace(OLD, "_old") for e, name in guards.items()}
        self.place.count(self.links, bases=True)
        for link, derived in self.links:
            for carried in (c for c in self.carry.kept.values() if c.link is link):
                self._update(carried)
            if link.name in self.carry.moving:
                self._run(link, derived)
        operations: list[Operation] = self.place.operations if block is None else [self._loop(block)]
        accumulators = self._results(operations)
        if self.tiling.part is not None:
            accumulators = self._merged(accumulators, operations)
        finals = Finals(self.table, self.links)
        for name, kept in self.carry.same_as.items():
            finals.accumulators[name] = self.table.access(accumulators[kept], self.carry.kept[kept].out)
        return operations, finals

    def _arguments(self) -> Block:
        """The loop's block, with an argument for each accumulator."""
        block = Block()
        for name, carried in self.carry.kept.items():
            shape = [s.bounds(self.table.sizes)[1] + 1 for s in self._out(carried)]
            argument = block.insert_arg(TensorType(element_of(carried.link), shape), len(block.args))
            argument.name_hint = numbered(f"R{carried.link.name}", carried.position, len(carried.derived.accumulators))
            self.before[name] = argument
        return block

    def _out(self, carried: Carried) -> tuple[Affine, ...]:
        return (*self.tiling.lead, *carried.out)

    def _loop(self, block: Block) -> IterateOp:
        kept = self.carry.kept.values()
        outs = [SubscriptsAttr(self._out(c)) for c in kept]
        block.add_ops(self.place.operations)
        block.add_op(YieldOp([self.after[name] for name in self.carry.kept], outs))
        if self.tiling.outer is None:
            raise ValueError("a loop has a rank")
        identities = [NumberAttr(number(c.accumulator.identity).value) for c in kept]
        iterate = IterateOp(self.tiling.outer, [], outs, identities, Region(block), [a.type for a in block.args])
        iterate.location = self.links[-1][0].op.location
        return iterate

    def _results(self, operations: Sequence[Operation]) -> dict[str, SSAValue]:
        """The accumulators after the last tile."""
        last = operations[-1]
        if self.tiling.outer is None or not isinstance(last, IterateOp):
            return dict(self.after)
        found: dict[str, SSAValue] = dict(zip(self.carry.kept, last.results_, strict=True))
        for name, result in found.items():
            carried, hint = self.carry.kept[name], str(self.before[name].name_hint)[1:]
            is_result = carried.is_summary and self.tiling.part is None
            result.name_hint = carried.link.op.results_[0].name_hint if is_result else f"A{hint}"
        return found

    def _merged(self, accumulators: dict[str, SSAValue], operations: list[Operation]) -> dict[str, SSAValue]:
        """The parts' accumulators merged to the whole's."""
        if self.tiling.part is None:
            return accumulators
        merger = Merger(self.table, self.carry, self.safe)
        parts = merger.summarised(accumulators, self.tiling.part)
        levels = self.tiling.levels
        whole = merger.all_parts(parts, self.tiling.part) if levels is None else merger.in_pairs(parts, levels)
        operations += merger.operations
        return whole.accumulators

    def localise(self, expression: Expr) -> Expr:
        """The expression as a tile reads it: this tile's coordinates, and the tile's own elements where they are made here."""
        rank, coordinate = self.tiling.rank, {self.tiling.rank: self.tiling.coordinate}

        def leaf(e: Expr) -> Expr:
            if isinstance(e, Access):
                value = self.table.value(e)
                if value in self.local:
                    return self.table.access(self.local[value], self._local(e.subscripts))
                return Access(e.tensor, tuple(s.substitute(coordinate) for s in e.subscripts))
            if isinstance(e, RankValue) and e.rank == rank:
                return affine_value(self.tiling.coordinate)
            return e

        return map_leaves(expression, leaf)

    def _local(self, subscripts: Iterable[Affine]) -> list[Affine]:
        """Subscripts of a tensor that holds one tile: the tile's own ranks in place of the rank."""
        return [local for s in subscripts for local in (self.tiling.local if s.plain == self.tiling.rank else (s,))]

    def _filter(self, where: Iterable[Comparison]) -> tuple[Comparison, ...]:
        return (*(c.substitute({self.tiling.rank: self.tiling.coordinate}) for c in where), *self.tiling.ragged)

    def _sink(self, op: ComputeOp) -> None:
        expression = self.localise(self.table.lift(op.map.data, op.operands_))
        where = self._filter(op.where.data if op.where is not None else ())
        element = tensor_of(op.results_[0]).get_element_type()
        reduce = op.reduce.data if op.reduce is not None else ()
        name = op.results_[0].name_hint
        out = self._local(op.out.data)
        made = self.table.compute(out, expression, element, reduce=reduce, where=where, empty=op.empty, like=op, name=name)
        self.place.operations.append(made)
        self.local[op.results_[0]] = made.results_[0]

    def _update(self, carried: Carried) -> None:
        """Add a tile's contribution to an accumulator, corrected before if something was accumulated."""
        link, derived, position, accumulator = carried.link, carried.derived, carried.position, carried.accumulator
        where, out, place = self._filter(link.where), self._out(carried), self.place
        inner = self.tiling.inner
        reduced = tuple(r for name in link.reduced for r in ((name,) if name != self.tiling.rank else (inner,)) if r is not None)
        reduce = (Reduction(accumulator.op, reduced),) if reduced else ()
        half, where = absorb_filters(place.half_bound(accumulator.basis, link), where, accumulator.identity, {})
        every = place.ranks(half) | {r for s in (*out, *self.tiling.local) for r in s.ranks}
        name = numbered(f"L{link.name}", position, len(derived.accumulators))
        basis = place.split(half, link, every, where)
        if reduce or self.tiling.outer is None:
            self.after[accumulator.name] = place.add(out, basis, link, name, reduce=reduce, where=where)
            basis = self._read(self.after, accumulator.name)
        elif where or not isinstance(basis, Access):
            made = place.add(out, guarded(basis, where, accumulator.identity), link, name)
            basis = self.table.access(made, out)
        if self.tiling.outer is None:
            return
        previous = place.corrected(link, derived, [self._read(self.before, n) for n in self.carry.names(derived)], position)
        if isinstance(previous, Apply):
            corrected = place.add(out, previous, link, numbered(f"P{link.name}", position, len(derived.accumulators)))
            previous = self.table.access(corrected, out)
        total = combined(accumulator.op, accumulator.identity, basis, previous)
        name = numbered(f"R{link.name}_next", position, len(derived.accumulators))
        self.after[accumulator.name] = place.add(out, total, link, name)

    def _read(self, values: Mapping[str, SSAValue], name: str) -> Access:
        return self.table.access(values[name], self._out(self.carry.kept[name]))

    def _run(self, link: Link, derived: Derived) -> None:
        """Make the running values of a summary, before and after this tile."""
        names = {a.name: self.carry.same_as[a.name] for a in derived.accumulators}
        readings: list[Reading] = []
        for which, values in enumerate((self.before, self.after)):
            if not values:  # nothing comes before the only tile of a part
                continue
            accumulated = {name: self._read(values, kept) for name, kept in names.items()}
            hint = f"{link.name}_{'now' if which else 'before'}"
            readings.append(self.place.summary(link, derived, accumulated, which, hint, self.tiling.lead))
        self.place.running[link.name] = (readings[0], readings[-1])


def guarded(expression: Expr, where: Iterable[Comparison], identity: float) -> Expr:
    """The expression where the filter holds, else the identity."""
    for comparison in where:
        expression = Apply("select", (comparison_value(comparison), expression, number(identity)))
    return expression
