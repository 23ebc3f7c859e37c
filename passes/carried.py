"""What a traversal carries: the accumulators of all its links, each once, with their dimensions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ..algebra.affine import Affine
from ..algebra.derivation import Accumulator, Derived
from ..algebra.expr import Expr, Num, Param, walk
from .links import Link
from .plain_form import accumulator_out, element_of
from .tensors import TensorTable

Derivations: TypeAlias = Sequence[tuple[Link, Derived]]
"""Links of one chain that share a traversal, each with its derived form, in program order."""


@dataclass(frozen=True)
class Carried:
    """One accumulator: the link it is for, and its dimensions, as subscripts of plain ranks."""

    link: Link
    derived: Derived
    position: int
    out: tuple[Affine, ...]

    @property
    def accumulator(self) -> Accumulator:
        return self.derived.accumulators[self.position]

    @property
    def row(self) -> Sequence[Expr | None]:
        """Its row of the correction; nothing where there is none."""
        return self.derived.correction[self.position] if self.derived.rebased_on else [None] * len(self.derived.accumulators)

    @property
    def looks(self) -> object:
        """What is easily compared: accumulators that differ here are different."""
        accumulator, link = self.accumulator, self.link
        return (accumulator.op, accumulator.identity, element_of(link), frozenset(link.where), frozenset(link.reduced), self.out)

    @property
    def is_summary(self) -> bool:
        """Whether the accumulator is its summary, with nothing to apply at the end."""
        return self.derived.final == Param(self.accumulator.name) and self.out == self.link.op.out.data


@dataclass
class Carry:
    """All accumulators of a traversal. One that always equals another, of whichever link, is carried under the other's name."""

    links: Derivations
    kept: dict[str, Carried] = field(default_factory=dict[str, Carried])
    same_as: dict[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def of(links: Derivations, table: TensorTable, half_bound: Callable[[Expr, Link], Expr]) -> Carry:
        """`half_bound` makes expressions of different links comparable: elements and constants bound, summaries still parameters."""
        carry = Carry(links)
        found = [
            Carried(link, derived, position, accumulator_out(link, accumulator.basis, table))
            for link, derived in links
            for position, accumulator in enumerate(derived.accumulators)
        ]
        alike = Counter(each.looks for each in found)
        known: dict[object, str] = {}
        order = {link.name: i for i, (link, _) in enumerate(links)}
        for each in sorted(found, key=lambda c: (order[c.link.name], sum(e is not None for e in c.row))):
            name = each.accumulator.name
            key = carry._key(each, half_bound) if alike[each.looks] > 1 else name
            carry.same_as[name] = known.setdefault(key, name)
        carry.kept = {c.accumulator.name: c for c in found if carry.same_as[c.accumulator.name] == c.accumulator.name}
        return carry

    def _key(self, each: Carried, half_bound: Callable[[Expr, Link], Expr]) -> object:
        """Two accumulators with the same key start equal, add the same and are corrected in the same way."""
        link, derived = each.link, each.derived
        row: list[tuple[str, Expr]] = []
        for other, entry in zip(derived.accumulators, each.row, strict=True):
            if entry is not None:
                name = "" if other is each.accumulator else self.same_as.get(other.name, other.name)
                row.append((name, half_bound(entry, link)))
        basis = half_bound(each.accumulator.basis, link)
        read = {e.name: link.bindings[e.name] for e in walk(basis) if isinstance(e, Param)}
        return (each.looks, basis, frozenset(read.items()), frozenset(row) - {("", Num(1))})

    def names(self, derived: Derived) -> list[str]:
        """The names under which a link's accumulators are carried, in their order."""
        return [self.same_as[a.name] for a in derived.accumulators]

    @property
    def moving(self) -> set[str]:
        """The summaries whose running values a traversal needs: those rebased on, and those that give their running values."""
        named: Mapping[str, Derived] = {link.name: derived for link, derived in self.links}
        found: set[str] = set()
        waiting = [name for derived in named.values() for name in derived.rebased_on]
        while waiting:
            name = waiting.pop()
            if name in named and name not in found:
                found.add(name)
                waiting += [e.name for e in walk(named[name].running) if isinstance(e, Param)]
        return found
