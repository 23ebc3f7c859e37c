"""When each tensor of a kernel is known, loop by loop: in every iteration, once for all, or only after the loop's last one.

This is what decides which Einsums may share a loop nest: an Einsum that traverses a rank cannot read what is known only at the
end of a traversal of it. It is the notion of a pass, seen from the loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from ..algebra.expr import ranks
from .program import Carried, Einsum, Iteration, Tensor, Unit, base_of, einsums_of

Known: TypeAlias = Literal["every", "once", "last"]
"""A value per coordinate of a loop; one that serves all coordinates; one that is complete at the last coordinate."""


class Unfit(Exception):
    """Einsums that cannot share a loop nest; the message says which and why."""


class Flow:
    """What is known when, for the units of one kernel. `looped` are the ranks that are loops there, in part or wholly."""

    def __init__(self, units: Sequence[Unit], looped: Iterable[str]):
        self.looped = tuple(looped)
        self.known: dict[Tensor, dict[str, Known]] = {}
        self._collected: set[Tensor] = set()
        for unit in units:
            self.add(unit)

    def add(self, unit: Unit) -> None:
        """What one more unit makes, which may read what those before it make. Raises `Unfit` if it cannot share their loops."""
        if isinstance(unit, Iteration):
            self._iteration(unit)
        else:
            self.known.update(dict.fromkeys(unit.results, self._einsum(unit)))

    def of(self, tensor: Tensor) -> Mapping[str, Known] | None:
        """Loop rank -> when the tensor is known; None for a tensor from outside the kernel."""
        return self.known.get(base_of(tensor))

    def _iteration(self, iteration: Iteration) -> None:
        for carried in iteration.carried:
            self.known[carried.state] = self._state(carried, iteration.rank)
        for einsum in iteration.body:
            self.known.update(dict.fromkeys(einsum.results, self._einsum(einsum)))
        for carried in iteration.carried:
            value = self.known[carried.value] if carried.value is not None else {}
            state = self.known[carried.state]
            for rank in self.looped:
                if rank != iteration.rank and value[rank] != state[rank]:
                    told = "is reduced over tiles of" if value[rank] == "last" else "varies otherwise with"
                    raise Unfit(f"the state %{carried.state.name} {told} rank {rank} in every generation; take the rank whole")
            self.known[carried.result] = {**value, iteration.rank: "last"}
        self._collected.update(c.result for c in iteration.collected)

    def _state(self, carried: Carried, rank: str) -> dict[str, Known]:
        dimensions = {r for s in carried.subscripts for r in s.ranks}
        return {r: "every" if r in dimensions or r == rank else "once" for r in self.looped}

    def _einsum(self, einsum: Einsum) -> dict[str, Known]:
        read = [(t, self.of(t)) for t in einsum.operands]
        if (collected := next((t for t, _ in read if base_of(t) in self._collected), None)) is not None:
            raise Unfit(f"%{einsum.name} reads %{collected.name}, which an iteration of the same kernel collects")
        return {rank: self._over(einsum, rank, [(t, k[rank]) for t, k in read if k is not None]) for rank in self.looped}

    def _over(self, einsum: Einsum, rank: str, read: Sequence[tuple[Tensor, Known]]) -> Known:
        traversed = rank in einsum.ranks
        fixed = einsum.within is not None and einsum.within.rank == rank
        late = next((t for t, known in read if known == "last"), None)
        if late is not None:
            if traversed or fixed:
                raise Unfit(f"%{einsum.name} traverses rank {rank}, but %{late.name} is known only at its end")
            return "last"
        if rank in einsum.reduced:
            return "last"
        if traversed or (fixed and (einsum.pinned or _uses(einsum, rank))) or any(known == "every" for _, known in read):
            return "every"
        return "once"


def _uses(einsum: Einsum, rank: str) -> bool:
    """Whether an Einsum uses the coordinate of an iterative rank."""
    return rank in ranks(einsum.map) or any(rank in c.ranks for c in einsum.where)


def looped_ranks(units: Iterable[Unit], tiles: Mapping[str, int], sizes: Mapping[str, int]) -> tuple[str, ...]:
    """The ranks that are loops in a kernel of these units, in the cascade's order: cut into tiles, or iterative."""
    units = list(units)
    used = {r for unit in units for e in einsums_of(unit) for r in e.ranks if tiles[r] < sizes[r]}
    used.update(u.rank for u in units if isinstance(u, Iteration))
    return tuple(r for r in sizes if r in used)
