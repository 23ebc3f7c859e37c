"""How many coordinates of each rank one tile has: an array's side, all of them, or one.

A rank spread over an array is cut to the array's side. A rank that all the array's Einsums only repeat over (batch, head) is taken
one coordinate at a time, as a loop. Any other rank is taken whole, so that a reduction over it is one task, unless it is very long
or the on-chip memory is too small.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod

from xdsl.ir import BlockArgument, SSAValue

from ..algebra.affine import Affine
from ..algebra.expr import accesses
from ..algebra.strided import strides_in
from ..dialects.accel_machine import MachineOp, MemoryOp
from ..dialects.einsum import ComputeOp, IterateOp, ViewOp
from ..dialects.einsum_attrs import Merge
from .placed import Place
from .work import Work, laws_of_reduction

LONGEST_WHOLE = 16
"""A rank that is not spread is taken whole up to so many times an array's side."""

SHARE_OF_MEMORY = 2
"""One Einsum's tiles may fill the on-chip memory at most so many times over."""


def on_chip_memory(machine: MachineOp) -> MemoryOp | None:
    """The memory that holds tiles: the largest that is not off the chip."""
    inside = [m for m in machine.memories.values() if m.offchip is None]
    return max(inside, key=lambda m: float("inf") if m.capacity is None else m.capacity.data, default=None)


def tile_sizes(
    works: Sequence[Work], places: Sequence[Place], spread: Collection[str], sizes: Mapping[str, int], machine: MachineOp
) -> dict[str, int]:
    """Rank -> tile, for every rank of the cascade."""
    whole = unsplittable(works)
    loops = {r for w in works for r in w.iterative}
    shared = () if len(spread) > 1 else {r for w in works for r in w.useful}
    main = [w for w in works if all(r in w.ranks for r in spread)] or works
    in_turn = _taken_in_turn(main, spread)
    merged = merged_tiles(works, sizes)
    used, reduced = {r for w in works for r in w.ranks}, {r for w in works for r in w.reduced}
    placed = {r for p in places for r in (*p.rows, *p.cols)}.intersection(spread)
    only_repeated = set(sizes).intersection(*(w.kept for w in main)).difference(reduced, shared, *(w.compound for w in works))
    tiles: dict[str, int] = {}
    for rank, size in sizes.items():
        if rank in loops and rank not in reduced:
            tiles[rank] = 1
        elif rank in merged:
            tiles[rank] = merged[rank]
        elif rank in whole or rank not in used:
            tiles[rank] = size
        elif rank in placed:
            tiles[rank] = min(size, _side(rank, places, machine))
        elif rank in only_repeated and rank != in_turn:
            tiles[rank] = 1
        else:
            side = max(a.cols.data for a in machine.arrays.values())
            tiles[rank] = size if size <= LONGEST_WHOLE * side else side
    memory = on_chip_memory(machine)
    if memory is not None and memory.capacity is not None:
        limit = memory.capacity.data / SHARE_OF_MEMORY / machine.word.data
        for work in works:
            _shrink(work, tiles, {*whole, *loops, *merged}, limit)
    return tiles


def _taken_in_turn(main: Sequence[Work], spread: Collection[str]) -> str | None:
    """Where every result of the array's Einsums is a sum along its rows, so that there is one element a column: the innermost rank that
    an operand lacks, for whose coordinates the array then holds that operand."""
    if not main or any(all(r in w.kept for r in spread) for w in main):
        return None
    return next((r for r in reversed(main[0].kept) if r not in spread and all(r in w.useful for w in main)), None)


def _side(rank: str, places: Sequence[Place], machine: MachineOp) -> int:
    """The side of the largest array that a rank is spread over."""
    spread = {p for p in places if rank in (*p.rows, *p.cols)}
    arrays = {p: machine.arrays[p.array] for p in spread}
    largest = max(spread, key=lambda p: arrays[p].rows.data * arrays[p].cols.data)
    return arrays[largest].rows.data if rank in largest.rows else arrays[largest].cols.data


def unsplittable(works: Sequence[Work]) -> set[str]:
    """Ranks that must be one tile: those a result stands at a distance or stride over, those whose reduction cannot be put together
    from parts, those reduced before another reduction where which points exist matters, and in an iteration's body those traversed again after a
    reduction or read under another name than written."""
    found: set[str] = set()
    for work in works:
        found.update(r for s in work.op.out.data if s.plain is None for r in s.ranks)
        if work.iterative:
            found.update(work.reduced, _read_across(work))
        reductions = work.op.reduce.data if work.op.reduce is not None else ()
        if work.chooses:
            found.update(r for reduction in reductions[:-1] for r in reduction.ranks)
        for reduction in reductions:
            laws = laws_of_reduction(reduction.op, work.op)
            if "associative" not in laws:
                found.update(reduction.ranks)
            elif "commutative" not in laws or len(work.op.results_) > 1:
                found.update(reduction.ranks[1:])
    return found


def merged_tiles(works: Sequence[Work], sizes: Mapping[str, int]) -> dict[str, int]:
    """Ranks that views merge from two -> the size of the inner one: with such tiles, a tile lies in one coordinate of the outer one."""
    views = {v.owner for w in works for v in w.op.operands_ if isinstance(v.owner, ViewOp)}
    merges = (d for v in views for d in v.regroup.data if isinstance(d, Merge))
    return {d.rank: sizes[d.parts[1]] for d in merges if len(d.parts) == 2}


def _read_across(work: Work) -> Iterator[str]:
    """Ranks by which an Einsum of a body writes or reads a dimension of the body's tensors, where the two differ."""
    for access in accesses(work.op.map.data):
        made = _made_by(work.op.operands_[access.tensor], work.op)
        for written, read in zip(made or (), access.subscripts, strict=False):
            if written != read:
                yield from (r for r in (*written.ranks, *read.ranks) if r not in work.iterative)


def _made_by(value: SSAValue, reader: ComputeOp) -> tuple[Affine, ...] | None:
    """The dimensions of a tensor that is a state of the reader's iteration or made in its body."""
    if isinstance(value, BlockArgument):
        iterate = value.block.parent_op()
        return iterate.states.data[value.index].data if isinstance(iterate, IterateOp) and value.block is reader.parent else None
    owner = value.owner
    return owner.out.data if isinstance(owner, ComputeOp) and owner.parent is reader.parent else None


def _shrink(work: Work, tiles: dict[str, int], fixed: Collection[str], limit: float) -> None:
    """Halve the longest tiles of an Einsum until its operands and result fit into `limit` elements, as far as they may be cut."""
    while _elements(work, tiles) > limit:
        indexed = work.op.reduce.data[-1].ranks if work.op.reduce is not None and len(work.op.results_) > 1 else ()
        cuttable = [r for r in work.ranks if r not in fixed and tiles[r] > (2 if r in indexed else 1)]
        if not cuttable:
            return
        longest = max(cuttable, key=lambda r: tiles[r])
        tiles[longest] = -(-tiles[longest] // 2)


def _elements(work: Work, tiles: Mapping[str, int]) -> int:
    """Elements of one tile of each operand and of the result."""
    tensors = [work.op.out.data, *(a.subscripts for a in accesses(work.op.map.data))]
    own = {r: tiles[r] for r in tiles if r not in work.iterative}
    return sum(prod(s.size for subscript in subscripts for s in strides_in(subscript, own)) for subscripts in tensors)
