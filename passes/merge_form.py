"""Emitting the merge of partial results: what parts of a fiber have accumulated, each by its own summaries, becomes the whole's.

Two partial states `(d1, A1)` and `(d2, A2)` merge to `(d, K(d1, d) A1 (+) K(d2, d) A2)`; the same holds for any number of parts at
once. Either all parts merge in one step (split-K: a reduction over the rank that numbers them), or in pairs, level by level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.ir import Operation, SSAValue

from ..algebra.affine import Affine
from ..algebra.expr import Access, Expr
from ..dialects.notation import Reduction
from .carried import Carry
from .plain_form import combined, numbered
from .rebasing import Place, Reading
from .tensors import TensorTable, read_ranks


@dataclass
class Partial:
    """Partial results: accumulators and running summaries by name, tensors whose first dimension numbers the parts, if there is one."""

    accumulators: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])
    summaries: dict[str, SSAValue] = field(default_factory=dict[str, SSAValue])


class Merger:
    """Writes merges of a traversal's partial results, outside any loop."""

    def __init__(self, table: TensorTable, carry: Carry, safe: Mapping[str, Mapping[str, Expr]]):
        self.table, self.carry, self.safe = table, carry, safe
        self.operations: list[Operation] = []

    def summarised(self, accumulators: dict[str, SSAValue], part: str) -> Partial:
        """The parts' accumulators with the summaries that follow from them, part by part."""
        lead = (Affine.rank(part),)
        place = self._place(lead)
        found = Partial(accumulators)
        for link, derived in self.carry.links:
            if link.name in self.carry.moving:
                values = {a.name: self._access(found.accumulators, self.carry.same_as[a.name], lead) for a in derived.accumulators}
                reading = place.summary(link, derived, values, 0, f"{link.name}_part", lead)
                place.running[link.name] = (reading, reading)
                found.summaries[link.name] = reading.value
        self.operations += place.operations
        return found

    def all_parts(self, parts: Partial, part: str) -> Partial:
        """One merge of all parts, numbered by the rank `part`."""
        return self._merge(parts, [(Affine.rank(part),)], (), part)

    def in_pairs(self, parts: Partial, levels: Sequence[str]) -> Partial:
        """Merges in pairs: a level for each rank, which numbers what that level leaves, and one more that leaves the whole."""
        for rank in levels:
            pair = Affine.rank(rank) * 2
            parts = self._merge(parts, [(pair,), (pair + Affine((), 1),)], (Affine.rank(rank),), None)
        return self._merge(parts, [(Affine((), 0),), (Affine((), 1),)], (), None)

    def _merge(self, parts: Partial, sides: Sequence[tuple[Affine, ...]], lead: tuple[Affine, ...], reduced: str | None) -> Partial:
        """Merge what `sides` choose of each tensor; over the whole of rank `reduced`, if given, by reductions."""
        place = self._place(lead if reduced is None else sides[0])
        place.count(self.carry.links, bases=False)
        found = Partial()
        for link, derived in self.carry.links:
            for name in self.carry.names(derived):
                if name in found.accumulators:
                    continue
                carried = self.carry.kept[name]
                merged = self._sum(place, parts, found, sides, lead, name)
                reduce: tuple[Reduction, ...] = ()
                if reduced is not None and reduced in read_ranks(merged):
                    reduce = (Reduction(carried.accumulator.op, (reduced,)),)
                hint = numbered(f"M{link.name}", carried.position, len(derived.accumulators))
                if not reduce and not lead and carried.is_summary:
                    hint = carried.link.op.results_[0].name_hint or hint
                found.accumulators[name] = place.add((*lead, *carried.out), merged, link, hint, reduce=reduce)
            if link.name in self.carry.moving:
                place.running = {n: (Reading(v, lead), Reading(v, lead)) for n, v in found.summaries.items()}
                values = {a.name: self._access(found.accumulators, self.carry.same_as[a.name], lead) for a in derived.accumulators}
                found.summaries[link.name] = place.summary(link, derived, values, 1, f"{link.name}_whole", lead).value
        self.operations += place.operations
        return found

    def _sum(self, place: Place, parts: Partial, found: Partial, sides: Sequence[tuple[Affine, ...]], lead: tuple[Affine, ...], name: str) -> Expr:
        """The corrected accumulators of all sides, combined."""
        carried = self.carry.kept[name]
        total: Expr | None = None
        for side in sides:
            place.running = {n: (Reading(parts.summaries[n], side), Reading(v, lead)) for n, v in found.summaries.items()}
            accumulated = [self._access(parts.accumulators, other, side) for other in self.carry.names(carried.derived)]
            term = place.corrected(carried.link, carried.derived, accumulated, carried.position)
            total = term if total is None else combined(carried.accumulator.op, carried.accumulator.identity, total, term)
        if total is None:
            raise ValueError("a merge has at least one side")
        return total

    def _access(self, values: Mapping[str, SSAValue], name: str, lead: tuple[Affine, ...]) -> Access:
        return self.table.access(values[name], (*lead, *self.carry.kept[name].out))

    def _place(self, lead: tuple[Affine, ...]) -> Place:
        return Place(self.table, self.safe, fixed=self.table.fixed, lead=lead)
