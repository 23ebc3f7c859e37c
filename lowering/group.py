"""The units that share a kernel, while it is being found out which do: a unit joins at a cost that does not grow with those already there.

A plan holds for more units as long as they leave the loop nest as it is; only what changes it, such as a rank that was no loop before, makes a
new plan of them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from .flow import Flow, Unfit, looped_ranks
from .kernel_plan import KernelPlan
from .nest import Nest, Roles
from .program import Iteration, Tensor, Unit, made_by, read_by
from .uses import Uses

NestOf: TypeAlias = Callable[[Uses, Roles, tuple[str, ...]], Nest]
"""The nest of units with such uses, roles and looped ranks."""


class Group:
    """The units of one kernel in order. Raises `Unfit` if the first one cannot even be a kernel by itself."""

    def __init__(self, first: Unit, tiles: Mapping[str, int], sizes: Mapping[str, int], nest_of: NestOf):
        self.units: list[Unit] = []
        self.tiles, self.sizes, self._nest_of = tiles, sizes, nest_of
        self._uses = Uses()
        self._looped: tuple[str, ...] = ()
        self._made: set[Tensor] = set()
        self._maps_only = True
        self._asked: tuple[Roles, tuple[str, ...], int] | None = None
        """What the nest follows from: roles, looped ranks, the number of all ranks."""
        self._plan: KernelPlan | None = None
        self._add(first)

    def takes(self, unit: Unit) -> bool:
        """Let a unit join if it has the group's loops, or is nothing but maps for it, and can be planned with it.

        A group that has refused a unit is complete, and is not to be asked again.
        """
        within = set(looped_ranks([unit], self.tiles, self.sizes)).issubset(self._looped)
        if not within and not (self._maps_only and any(t in self._made for t in read_by(unit))):
            return False
        try:
            self._add(unit)
        except Unfit:
            self.units.pop()
            return False
        return True

    def _add(self, unit: Unit) -> None:
        self.units.append(unit)
        self._uses.add(unit)
        self._made.update(made_by(unit))
        self._maps_only = self._maps_only and not isinstance(unit, Iteration) and not unit.reduce
        if len(self.units) > 1:
            self._check_tiles()
        looped, before = self._loops_with(unit), self._plan
        nest = self._nest(looped)
        if before is not None and looped == self._looped and nest.extends(before.nest):
            before.extend(unit, nest)
        else:
            self._plan = KernelPlan(self.units, nest, Flow(self.units, looped), self.sizes)
        self._looped = looped

    def _check_tiles(self) -> None:
        """An Einsum may not traverse, coordinate by coordinate, a rank that it has in tiles, because an iteration over it is near."""
        iterated = self._uses.iterative.intersection(self._uses.ranks)
        if any(self.tiles[r] > 1 for r in iterated):
            raise Unfit(f"rank {min(iterated)} is iterated over, and traversed in tiles")

    def _loops_with(self, unit: Unit) -> tuple[str, ...]:
        more = set(looped_ranks([unit], self.tiles, self.sizes)).union(self._looped)
        return self._looped if len(more) == len(self._looped) else tuple(r for r in self.sizes if r in more)

    def _nest(self, looped: tuple[str, ...]) -> Nest:
        roles = self._uses.roles(looped)
        asked = roles, looped, len(self._uses.used)
        if self._plan is None or asked != self._asked:
            self._asked = asked
            return self._nest_of(self._uses, roles, looped)
        return self._plan.nest
