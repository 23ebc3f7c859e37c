"""Where passes are reduced: the blocks of a cascade, the ranks whose passes cost something there, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xdsl.ir import Block

from ..algebra.expr import accesses
from ..analysis.einsums import Program
from ..analysis.passes_over import PassCounter
from ..analysis.tiles import Tiles
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ViewOp


@dataclass(frozen=True)
class PlaceToReduce:
    """A block, the ranks of the iterates around it, and the ranks to reduce passes over.

    `within` says which ranks number what one coordinate of a rank holds, where that is a tile.
    """

    block: Block
    fixed: frozenset[str]
    ranks: tuple[str, ...]
    within: Mapping[str, frozenset[str]]

    def tiled(self, rank: str) -> bool:
        """Whether the rank's elements are tiles."""
        return bool(self.within.get(rank))


def places(cascade: CascadeOp, rank: str | None) -> Iterator[PlaceToReduce]:
    """The cascade's block and those of its iterates, each with the ranks to reduce passes over: `rank`, or all that are reduced there.

    A rank that numbers the elements of a tile is left out unless it is asked for: a tile is held where it is read again.
    """
    tiles = Tiles(Program(cascade)) if _may_be_tiled(cascade) else None
    waiting: list[tuple[Block, frozenset[str]]] = [(cascade.body.block, frozenset())]
    while waiting:
        block, fixed = waiting.pop(0)
        waiting += [(op.body.block, fixed | {op.rank.data}) for op in block.ops if isinstance(op, IterateOp)]
        found = _reduced_ranks(block, cascade)
        within = {r: _inner(tiles, r) for r in (*found, *fixed)}
        inside = {r for parts in within.values() for r in parts}
        yield PlaceToReduce(block, fixed, tuple(r for r in found if r not in inside) if rank is None else (rank,), within)


def _inner(tiles: Tiles | None, rank: str) -> frozenset[str]:
    """The ranks that number what one coordinate of `rank` holds: those after it in a tiling."""
    if tiles is None:
        return frozenset()
    return frozenset(r for _, parts in tiles.tilings if rank in parts for r in parts[parts.index(rank) + 1 :])


def _may_be_tiled(cascade: CascadeOp) -> bool:
    for op in cascade.body.walk():
        if isinstance(op, ViewOp):
            return True
        if isinstance(op, ComputeOp) and any(len(s.terms) > 1 for a in accesses(op.map.data) for s in a.subscripts):
            return True
    return False


def _reduced_ranks(block: Block, cascade: CascadeOp) -> list[str]:
    """Ranks reduced by Einsums that stand directly in a block, longest first: the pass that matters most goes first."""
    found = {
        r: cascade.sizes.get(r, 0)
        for op in block.ops
        if isinstance(op, ComputeOp) and op.reduce is not None
        for reduction in op.reduce.data
        for r in reduction.ranks
    }
    return sorted(found, key=lambda r: (-found[r], r))


def most_passed(cascade: CascadeOp) -> str | None:
    """The rank with the most passes, the longest of several; None if no Einsum traverses any."""
    counted = {r: passes_over(cascade, r) for r in cascade.sizes}
    return max((r for r in counted if counted[r]), key=lambda r: (counted[r], cascade.sizes[r]), default=None)


def passes_over(cascade: CascadeOp, rank: str) -> int:
    """Passes over a rank: the most over the ranks that traverse its fibers, itself and those that number its tiles or parts outermost."""
    counter = PassCounter(Program(cascade))
    counted = [counter.count_rank(r) for r in counter.tiles.aliases(rank) if r in cascade.sizes]
    return max((found.passes for found in counted if found is not None), default=0)
