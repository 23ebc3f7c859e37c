"""Which tile ranks of a kernel reach past what there is, and where: the last tile of a split that does not divide.

Tasks do not say so. Loads and stores do: `accel.load %K[256 * m1 + m0, e]` of a tensor with 1000 rows says that coordinate m0 of iteration m1
exists while 256 * m1 + m0 < 1000. Where transfers that name a rank alone in a subscript differ, the one that names it with no offset and no loop
of another rank says how far it goes, since a dimension that a rank names alone is as long as the rank; else the offsets have to agree on the end,
and where they do not, its tiles are taken to be whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..algebra.strided import strides_in
from ..dialects.accel import KernelOp, LoadOp, MoveOp, StoreOp, TaskOp
from ..dialects.accel_body import StateOp
from ..dialects.accel_nest import scheduled, states
from ..dialects.einsum_scope import tensor_of
from .steps import Clip


@dataclass(frozen=True)
class _Span:
    """What a transfer says of a tile rank: its first coordinate's place by loops, and how many places there are."""

    base: frozenset[tuple[str, int]]
    start: int
    size: int


def ragged_ranks(kernel: KernelOp) -> dict[str, Clip]:
    """Tile rank -> how its coordinates lie in what there is, for those of which some iteration has less than a whole tile."""
    tiles, found = kernel.tiles.sizes, dict[str, set[_Span]]()
    for op in scheduled(kernel):
        if isinstance(op, LoadOp | StoreOp):
            tensor = op.source if isinstance(op, LoadOp) else op.target
            for subscript, size in zip(op.subscripts.data, tensor_of(tensor).get_shape(), strict=True):
                if (rank := _alone(subscript, tiles)) is not None:
                    base = frozenset((r, c) for r, c in subscript.terms if r not in tiles)
                    found.setdefault(rank, set()).add(_Span(base, subscript.const, size))
    agreed = {rank: span for rank, spans in found.items() if (span := _agreed(spans)) is not None}
    clips = {rank: Clip(dict(s.base), s.start, s.start + tiles[rank] - 1, s.size) for rank, s in agreed.items()}
    return {rank: clip for rank, clip in clips.items() if _leaves(clip, kernel.loops)}


def _agreed(spans: Collection[_Span]) -> _Span | None:
    """What some transfers say of one rank together."""
    if len(spans) == 1:
        return next(iter(spans))
    own = frozenset[tuple[str, int]].intersection(*(s.base for s in spans))
    plain = {s for s in spans if s.base == own and s.start == 0}
    if not plain and all(s.base == own and s.start > 0 for s in spans) and all(c >= 0 for _, c in own):
        plain = {_Span(own, 0, s.size - s.start) for s in spans}
    return plain.pop() if len(plain) == 1 else None


def _alone(subscript: Affine, tiles: Mapping[str, int]) -> str | None:
    """The tile rank whose coordinates a subscript counts one by one."""
    inner = [(r, c) for r, c in subscript.terms if r in tiles]
    return inner[0][0] if len(inner) == 1 and inner[0][1] == 1 else None


def _leaves(clip: Clip, loops: Mapping[str, int]) -> bool:
    reach = [c * (loops[r] - 1) for r, c in clip.base.items()]
    return clip.low + sum(min(0, r) for r in reach) < 0 or clip.high + sum(max(0, r) for r in reach) >= clip.size


def tile_ranks_of(value: SSAValue, kernel: KernelOp) -> tuple[str, ...]:
    """The ranks that a tile's dimensions count one by one."""
    updates, tiles = states(kernel), kernel.tiles.sizes
    owner = value.owner
    for _ in scheduled(kernel):
        match owner:
            case StateOp() if owner in updates:
                owner = updates[owner].owner
            case MoveOp():
                owner = owner.source.owner
            case _:
                break
    subscripts = owner.out.data if isinstance(owner, TaskOp) else owner.subscripts.data if isinstance(owner, LoadOp) else ()
    return tuple(rank for s in subscripts if (rank := _alone(s, tiles)) is not None)


def clips_of(tensor: SSAValue, subscripts: tuple[Affine, ...], kernel: KernelOp) -> tuple[Clip, ...]:
    """The dimensions that reach past the tensor somewhere in the nest."""
    found: list[Clip] = []
    tiles = kernel.tiles.sizes
    for subscript, size in zip(subscripts, tensor_of(tensor).get_shape(), strict=True):
        low, high = subscript.bounds(kernel.sizes)
        if low < 0 or high >= size:
            inner = Affine.of(((r, c) for r, c in subscript.terms if r in tiles), subscript.const)
            base = {r: c for r, c in subscript.terms if r not in tiles}
            found.append(Clip(base, *inner.bounds(tiles), size, strides_in(inner, tiles)))
    return tuple(found)
