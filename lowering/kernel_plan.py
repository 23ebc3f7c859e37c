"""What a kernel will load and hold, worked out before anything is built: every read of every Einsum as an element of some tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Access, Apply, accesses, walk
from ..dialects.accel_attrs import When
from .flow import Flow, Known, Unfit
from .nest import Loop, Nest
from .program import Carried, Einsum, Iteration, Tensor, Unit
from .tiles import Dim, Load, Tile, dims_of, read_index, result_dims, through_views, when_of

Source: TypeAlias = Tile | Load


@dataclass(frozen=True, slots=True)
class ReadAt:
    """An element of a tile."""

    source: Source
    index: tuple[Affine, ...]


class KernelPlan:
    """The tiles of a kernel. Raises `Unfit` where an Einsum would read what no tile at hand holds."""

    def __init__(self, units: Sequence[Unit], nest: Nest, flow: Flow, sizes: Mapping[str, int]):
        self.nest, self.flow, self.sizes = nest, flow, sizes
        self.tiles: dict[Tensor, Tile] = {}
        self.loads: dict[tuple[Tensor, tuple[Dim, ...]], Load] = {}
        self.reads: dict[tuple[Einsum, Access], ReadAt] = {}
        self.initial: dict[Carried, Source] = {}
        for unit in units:
            self._add(unit)

    def extend(self, unit: Unit, nest: Nest) -> None:
        """Take in one more unit, in a nest that `extends` the one so far. Raises `Unfit`, after which the plan is of no more use."""
        self.nest = nest
        self.flow.add(unit)
        self._add(unit)

    def _add(self, unit: Unit) -> None:
        if isinstance(unit, Iteration):
            self._iteration(unit)
        else:
            self._einsum(unit)

    def when(self, einsum: Einsum) -> When:
        """When the map runs: in every iteration of the loops it reduces over."""
        known = self.flow.known[einsum.results[0]]
        return when_of({r: "every" if r in einsum.reduced else k for r, k in known.items()}, self.nest)

    def reduced_loops(self, einsum: Einsum) -> list[Loop]:
        """The loops over which an Einsum's reduction is put together, outermost first."""
        return [loop for loop in self.nest.loops if loop.rank in einsum.reduced]

    def where(self, einsum: Einsum) -> tuple[Comparison, ...]:
        """An Einsum's filter in this nest, and that a cut rank which it reduces ends where the rank does; what always holds is left out."""
        at = self.nest.at
        stated = [c.substitute(at) for c in einsum.where]
        ends = [Comparison(at[r], "<", Affine((), self.sizes[r])) for r in einsum.reduced]
        return tuple(c for c in [*stated, *ends] if any(a.bounds(self.nest.sizes)[0] < 0 for a in c.nonnegative()))

    def _iteration(self, iteration: Iteration) -> None:
        for carried in iteration.carried:
            dims = result_dims(carried.subscripts, carried.state.shape, self.nest)
            self.tiles[carried.state] = Tile(dims)
            if isinstance(carried.initial, Tensor):
                self.initial[carried] = self._initial(carried, carried.initial, dims)
        for einsum in iteration.body:
            self._einsum(einsum)
        for carried in iteration.carried:
            if carried.value is not None:
                if self.tiles[carried.value].dims != self.tiles[carried.state].dims:
                    raise Unfit(f"the state %{carried.state.name} is made in other tiles than it is read in")
                self.tiles[carried.result] = self.tiles[carried.value]

    def _initial(self, carried: Carried, tensor: Tensor, dims: tuple[Dim, ...]) -> Source:
        source = self._source(tensor, tuple(s.substitute(self.nest.at) for s in carried.subscripts), When())
        known: Mapping[str, Known] | None = self.flow.of(tensor)
        if source.dims != dims or (known is not None and "last" in known.values()):
            raise Unfit(f"the state %{carried.state.name} is initialised from tiles of another shape than its own")
        return source

    def _einsum(self, einsum: Einsum) -> None:
        self._check_parts(einsum)
        when, where = self.when(einsum), self.where(einsum)
        for access in dict.fromkeys(accesses(einsum.map)):
            tensor = einsum.operands[access.tensor]
            subscripts = tuple(s.substitute(self.nest.at) for s in access.subscripts)
            source = self._source(tensor, subscripts, when)
            _, base = through_views(tensor, subscripts, self.nest, self.sizes)
            self.reads[einsum, access] = ReadAt(source, read_index(base, source.dims, self.nest, where, tensor.name))
        for result in einsum.results:
            self.tiles[result] = Tile(result_dims(einsum.out, result.shape, self.nest))

    def _check_parts(self, einsum: Einsum) -> None:
        """Parts can be put together if the operator allows it; coordinates, and what must keep its order, along the first rank only."""
        loops = self.reduced_loops(einsum)
        if not loops:
            return
        last = einsum.reduce[-1]
        if "associative" not in einsum.laws:
            raise Unfit(f"'{last.op}' is not associative, so %{einsum.name} cannot be put together from parts")
        indexed, first = len(einsum.results) > 1, last.ranks[0]
        in_order = [loop.rank for loop in loops] == [first]
        if not in_order and (indexed or "commutative" not in einsum.laws):
            raise Unfit(f"%{einsum.name} cannot be put together from parts in the order of its fiber: '{last.op}' takes rank {first} in tiles only")
        if indexed and self.nest.tile_rank(first) is None:
            raise Unfit(f"the coordinates of %{einsum.name} cannot be put together from single ones")
        single = all(self.nest.tile_rank(r) is None for r in last.ranks)
        if single and len(einsum.reduce) > 1 and self.leaves_out(einsum):
            raise Unfit(f"%{einsum.name} cannot be put together from single coordinates: the reduction before may see no point of one")

    def leaves_out(self, einsum: Einsum) -> bool:
        """Whether points may be left out: by a filter, an absent operand or a merge."""
        merged = any(isinstance(e, Apply) and e.merge is not None for e in walk(einsum.map))
        return merged or bool(self.where(einsum)) or any(t.empty is not None for t in einsum.operands)

    def _source(self, tensor: Tensor, subscripts: tuple[Affine, ...], when: When) -> Source:
        """The tile that holds a tensor's elements at `subscripts` (over loops and tile ranks)."""
        tensor, subscripts = through_views(tensor, subscripts, self.nest, self.sizes)
        if (made := self.tiles.get(tensor)) is not None:
            return made
        dims = dims_of(subscripts, self.nest)
        load = self.loads.setdefault((tensor, dims), Load(tensor, subscripts, dims))
        load.readers.append(when)
        return load
