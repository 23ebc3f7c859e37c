"""The loop nest that a mapping states: its loops in its order, where `nest.py` decides for kernels without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..algebra.affine import Affine
from ..dialects.notation import nearest
from .flow import Unfit
from .mapping import loop_rank
from .nest import Loop, Nest, divisors


def loops_by_rank(stated: Sequence[str], ranks: Collection[str]) -> dict[str, list[str]]:
    """Rank -> its loops, outermost first. Raises `Unfit` for a name that stands for no rank, or a rank with more than two loops."""
    found: dict[str, list[str]] = {}
    for name in stated:
        rank = loop_rank(name, ranks)
        if rank is None:
            raise Unfit(f"the mapping's loop '{name}' is over no rank of the kernel{nearest(name, sorted(ranks))}")
        found.setdefault(rank, []).append(name)
        if len(found[rank]) > 2 or len(set(found[rank])) != len(found[rank]):
            raise Unfit(f"the mapping has the loops {', '.join(found[rank])} over rank {rank}; a rank has one loop, or two: blocks and tiles")
    return found


def stated_nest(
    stated: Sequence[str],
    looped: Collection[str],
    tiles: Mapping[str, int],
    sizes: Mapping[str, int],
    iterative: Collection[str],
    blocks: Mapping[str, int],
    used: Collection[str],
) -> Nest:
    """The nest of loops `stated` (outermost first); loops of one iteration are left out. `blocks` gives the tiles of a block by rank, a
    divisor of their number. Tiles stay on the chip over every loop but those over blocks.

    Raises `Unfit` if a rank that must be a loop is missing.
    """
    by_rank = loops_by_rank(stated, sizes)
    missing = next((r for r in looped if r not in by_rank), None)
    if missing is not None:
        raise Unfit(f"the mapping states loops {', '.join(stated)}, but none over rank {missing}, which is cut into tiles")
    whole = [r for r in sizes if r in used and r not in looped]
    made: dict[str, Loop] = {}
    at = {r: Affine.rank(r) for r in whole}
    tile_ranks = {r: sizes[r] for r in whole}
    for rank in looped:
        tile = 1 if rank in iterative else tiles[rank]
        count = -(-sizes[rank] // tile)
        names = by_rank[rank]
        inside = blocks.get(rank, 1) if len(names) == 2 else count
        if len(names) == 2 and count > inside:
            made[names[0]] = Loop(names[0], rank, count // inside, tile * inside, False)
        if inside > 1 or len(names) == 1:
            made[names[-1]] = Loop(names[-1], rank, inside, tile, True)
        terms = [(made[n].name, made[n].step) for n in names if n in made]
        if tile > 1:
            tile_rank = f"{rank}0"
            while tile_rank in tile_ranks or tile_rank in stated or tile_rank in sizes:
                tile_rank += "_"
            tile_ranks[tile_rank] = tile
            terms.append((tile_rank, 1))
        at[rank] = Affine.of(terms)
    return Nest(tuple(made[n] for n in stated if n in made), tile_ranks, at)


def stated_choices(stated: Sequence[str], looped: Collection[str], tiles: Mapping[str, int], sizes: Mapping[str, int]) -> dict[str, list[int]]:
    """As `nest.block_choices`, for the ranks that have two loops: innermost first."""
    by_rank = loops_by_rank(stated, sizes)
    blocked = [loop_rank(n, sizes) for n in reversed(stated)]
    order = dict.fromkeys(r for r in blocked if r is not None and r in looped and len(by_rank[r]) == 2)
    return {rank: divisors(-(-sizes[rank] // tiles[rank])) for rank in order}
