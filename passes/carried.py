"""What a traversal carries: the accumulators of all its links, each once, with their dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ..algebra.affine import Affine, Comparison
from ..algebra.derivation import Accumulator, Derived
from ..algebra.expr import Expr, Num, Param, walk
from .chains import Link
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
        known: dict[object, str] = {}
        for link, derived in links:
            for position in sorted(range(len(derived.accumulators)), key=lambda i: (sum(e is not None for e in derived.correction[i]), i)):
                accumulator = derived.accumulators[position]
                key = carry._key(link, derived, position, table, half_bound)
                carry.same_as[accumulator.name] = known.setdefault(key, accumulator.name)
            for position, accumulator in enumerate(derived.accumulators):
                if carry.same_as[accumulator.name] == accumulator.name:
                    out = accumulator_out(link, accumulator.basis, table)
                    carry.kept[accumulator.name] = Carried(link, derived, position, out)
        return carry

    def _key(self, link: Link, derived: Derived, position: int, table: TensorTable, half_bound: Callable[[Expr, Link], Expr]) -> object:
        """Two accumulators with the same key start equal, add the same and are corrected in the same way."""
        accumulator = derived.accumulators[position]
        row: list[tuple[str, Expr]] = []
        if derived.rebased_on:  # a row of the identity is no correction, whatever the others are
            for other, entry in zip(derived.accumulators, derived.correction[position], strict=True):
                if entry is not None:
                    name = "" if other is accumulator else self.same_as.get(other.name, other.name)
                    row.append((name, half_bound(entry, link)))
        where: frozenset[Comparison] = frozenset(link.where)
        basis = half_bound(accumulator.basis, link)
        correction = frozenset(row) - {("", Num(1))}
        read = {e.name: link.bindings[e.name] for e in walk(basis) if isinstance(e, Param)}
        out = accumulator_out(link, accumulator.basis, table)
        start = (accumulator.op, accumulator.identity, element_of(link))
        return (start, basis, frozenset(read.items()), where, frozenset(link.reduced), out, correction)

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
