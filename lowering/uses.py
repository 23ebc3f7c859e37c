"""What the units of a kernel do with ranks, gathered unit by unit, and the place in the nest that each looped rank gets from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .nest import Roles
from .program import Iteration, Tensor, Unit, base_of, einsums_of, made_by


class Uses:
    """The ranks that units iterate over, reduce, spread over rows and columns, and load with.

    What is asked of them depends on sets of ranks only, so that neither adding a unit nor asking takes longer the more there are.
    """

    def __init__(self, units: Iterable[Unit] = ()):
        self.ranks: set[str] = set()
        """Ranks of Einsums."""
        self.iterative: set[str] = set()
        self._ends: dict[str, int] = {}
        """Rank reduced or iterated over -> the position of the first Einsum (or iteration) that does."""
        self._rows: set[str] = set()
        self._cols: set[str] = set()
        self._loaded: dict[frozenset[str], None] = {}
        """The sets of ranks by which tensors from outside are read."""
        self._inside: set[Tensor] = set()
        self._position = 0
        for unit in units:
            self.add(unit)

    def add(self, unit: Unit) -> None:
        """Take in one more unit, which may read what those before it make."""
        if isinstance(unit, Iteration):
            self.iterative.add(unit.rank)
            self._ends.setdefault(unit.rank, self._position)
            self._inside.update(c.state for c in unit.carried)
        self._inside.update(made_by(unit))
        for einsum in einsums_of(unit):
            self._inside.update(einsum.results)
            self.ranks.update(einsum.ranks)
            self._rows.update(einsum.place.rows)
            self._cols.update(einsum.place.cols)
            for rank in einsum.reduced:
                self._ends.setdefault(rank, self._position)
            self._position += 1
        for einsum in einsums_of(unit):
            for tensor, subscripts in einsum.reads:
                if base_of(tensor) not in self._inside:
                    self._loaded.setdefault(frozenset(r for s in subscripts for r in s.ranks))

    @property
    def used(self) -> set[str]:
        """All ranks of the units."""
        return self.ranks | self.iterative

    def roles(self, looped: Sequence[str]) -> Roles:
        """Where each looped rank stands."""
        ended = self._ends
        middle = sorted((r for r in looped if r in ended), key=lambda r: -ended[r]) or [r for r in looped if r in self._rows]
        streamed = [ranks for ranks in self._loaded if not ranks.isdisjoint(middle)]
        block = [r for r in looped if r not in middle and any(r not in ranks for ranks in streamed)]
        block.sort(key=lambda r: r in self._cols)
        return Roles(tuple(r for r in looped if r not in middle and r not in block), tuple(middle), tuple(block))
