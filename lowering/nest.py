"""The loop nest of a kernel: which loops a rank becomes, and in which order they stand.

Outermost are the ranks that everything streamed through the kernel has (batch, head): no tile is used twice along them. Then come
the ranks reduced or iterated over (where there is none, the one over the array's rows). Innermost stand blocks of the ranks that something streamed
lacks: a tile of keys serves a whole block of queries, whose running results stay on the chip. What does not fit into a block is
an outer loop. For attention this is FuseMax's `for p2, m1, p1; parallel p0, m0` (MICRO 2024, section on the mapping).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..algebra.affine import Affine


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop: `step` coordinates of its rank lie between two of its own. Over a loop that `keeps`, a tile that does not vary with it
    stays on the chip, at whatever number of copies the loops inside ask for; over the others it is loaded or computed again."""

    name: str
    rank: str
    trips: int
    step: int
    keeps: bool


@dataclass(frozen=True, slots=True)
class Roles:
    """The looped ranks of a kernel by where they stand; `block` from the outside in, so that its last rank is innermost."""

    outer: tuple[str, ...]
    middle: tuple[str, ...]
    block: tuple[str, ...]


@dataclass(frozen=True)
class Nest:
    """Loops, outermost first; the sizes of the tile ranks; each rank of the cascade as an expression of both."""

    loops: tuple[Loop, ...]
    tiles: Mapping[str, int]
    at: Mapping[str, Affine]

    @cached_property
    def trips(self) -> Mapping[str, int]:
        return {loop.name: loop.trips for loop in self.loops}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        return {**self.trips, **self.tiles}

    def extends(self, other: Nest) -> bool:
        """Whether this is the other nest, but for ranks that the other one does not have."""
        known = self.tiles.items() >= other.tiles.items() and all(self.at.get(r) == at for r, at in other.at.items())
        return self is other or (self.loops == other.loops and known)

    def tile_rank(self, rank: str) -> str | None:
        """The tile rank that runs over a rank's coordinates inside a tile, if it has any."""
        return next((r for r in self.at[rank].ranks if r in self.tiles), None)


def make_nest(
    roles: Roles,
    tiles: Mapping[str, int],
    sizes: Mapping[str, int],
    iterative: Collection[str],
    blocks: Mapping[str, int],
    used: Collection[str],
    *,
    keeping: bool = True,
) -> Nest:
    """The nest in which the block of each rank in `roles.block` has `blocks[rank]` tiles (a divisor of its number of tiles; 1 if
    absent). `used` are all ranks of the kernel, `iterative` those that are loops of their own. Without `keeping`, tiles stay over
    the middle loops only where that takes one copy."""
    looped = (*roles.outer, *roles.middle, *roles.block)
    whole = [r for r in sizes if r in used and r not in looped]
    taken = set(whole)
    at = {r: Affine.rank(r) for r in whole}
    tile_ranks = {r: sizes[r] for r in whole}
    outer, middle, block = list[Loop](), list[Loop](), list[Loop]()

    def fresh(name: str) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    for rank in looped:
        tile = 1 if rank in iterative else tiles[rank]
        count = -(-sizes[rank] // tile)
        inside = blocks.get(rank, 1) if rank in roles.block else 1
        made: list[Loop] = []
        if rank in roles.middle:
            made.append(Loop(fresh(rank if tile == 1 else f"{rank}1"), rank, count, tile, keeping))
            middle += made
        elif rank in roles.block:
            names = (f"{rank}1", rank) if tile == 1 else (f"{rank}2", f"{rank}1")
            if count > inside:
                made.append(Loop(fresh(names[0]), rank, count // inside, tile * inside, False))
                outer += made
            if inside > 1:
                made.append(Loop(fresh(names[1]), rank, inside, tile, True))
                block.append(made[-1])
        else:
            made.append(Loop(fresh(rank if tile == 1 else f"{rank}1"), rank, count, tile, False))
            outer += made
        terms = [(loop.name, loop.step) for loop in made]
        if tile > 1:
            tile_rank = fresh(f"{rank}0")
            tile_ranks[tile_rank] = tile
            terms.append((tile_rank, 1))
        at[rank] = Affine.of(terms)
    return Nest((*outer, *middle, *block), tile_ranks, at)


def block_choices(roles: Roles, tiles: Mapping[str, int], sizes: Mapping[str, int]) -> dict[str, list[int]]:
    """Rank -> the numbers of tiles a block of it may have, smallest first; innermost ranks first."""
    return {rank: divisors(-(-sizes[rank] // tiles[rank])) for rank in reversed(roles.block)}


def divisors(number: int) -> list[int]:
    """All divisors of a number, smallest first."""
    small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
    return sorted({*small, *(number // d for d in small)})
