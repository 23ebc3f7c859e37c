"""The iteration space as array axes: blocks of it, operands seen over a block, and the filter as a mask.

Everything here broadcasts: an array over a block has one axis per axis of the block, of size 1 where it does not vary. An access
with affine subscripts is a strided view, so no operand is copied because of how it is indexed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..algebra.affine import Affine, Comparison
from .elements import Array


@dataclass(frozen=True, slots=True)
class Block:
    """A box of the iteration space: per axis its rank, its first coordinate and how many coordinates follow from there."""

    axes: tuple[str, ...]
    low: tuple[int, ...]
    size: tuple[int, ...]

    @property
    def points(self) -> int:
        return math.prod(self.size)

    def bounds(self, affine: Affine) -> tuple[int, int]:
        """Smallest and largest value of an affine expression in the block."""
        low = high = affine.const
        for rank, coefficient in affine.terms:
            axis = self.axes.index(rank)
            low += coefficient * self.low[axis]
            high += coefficient * self.low[axis]
            reach = coefficient * (self.size[axis] - 1)
            low, high = low + min(0, reach), high + max(0, reach)
        return low, high

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where the block stands in an array over the whole of its ranks."""
        return tuple(slice(low, low + size) for low, size in zip(self.low, self.size, strict=True))

    def leading(self, count: int) -> Block:
        """The block's first `count` axes."""
        return Block(self.axes[:count], self.low[:count], self.size[:count])

    def along(self, axis: int, length: int) -> Iterator[Block]:
        """The block cut along `axis` into pieces of at most `length` coordinates, in order."""
        for start in range(0, self.size[axis], length):
            low, size = list(self.low), list(self.size)
            low[axis] += start
            size[axis] = min(length, self.size[axis] - start)
            yield Block(self.axes, tuple(low), tuple(size))

    def pieces(self, count: int, limit: int) -> Iterator[Block]:
        """The block cut along its first `count` axes, outermost first, until no piece has more than `limit` points (if that suffices)."""
        axis = next((a for a in range(count) if self.size[a] > 1), None)
        if self.points <= limit or axis is None:
            yield self
            return
        for piece in self.along(axis, max(1, limit * self.size[axis] // self.points)):
            yield from piece.pieces(count, limit)


def strided(array: Array, subscripts: Sequence[Affine], block: Block, writeable: bool = False) -> Array:
    """`array[subscripts]` over a block in whose bounds every subscript stays: a view with one axis per rank that occurs, in the
    block's order."""
    strides: dict[str, int] = {}
    start: list[int] = []
    for subscript, stride in zip(subscripts, array.strides, strict=True):
        start.append(subscript.const)
        for rank, coefficient in subscript.terms:
            start[-1] += coefficient * block.low[block.axes.index(rank)]
            strides[rank] = strides.get(rank, 0) + coefficient * stride
    varying = [(size, strides[rank]) for rank, size in zip(block.axes, block.size, strict=True) if rank in strides]
    origin = array[(*(slice(s, None) for s in start), ...)]
    return as_strided(origin, [size for size, _ in varying], [stride for _, stride in varying], writeable=writeable)


def access(array: Array, subscripts: Sequence[Affine], block: Block) -> Array:
    """`array[subscripts]` over a block, with one axis per rank that occurs, in the block's order.

    Subscripts outside the array, which only points that the filter leaves out have, read its nearest coordinate.
    """
    bounds = [block.bounds(s) for s in subscripts]
    if all(low >= 0 and high < size for (low, high), size in zip(bounds, array.shape, strict=True)):
        return strided(array, subscripts, block)
    found = {rank for s in subscripts for rank in s.ranks}
    inner = restrict(block, found)
    index = tuple(np.clip(coordinates(s, inner), 0, size - 1) for s, size in zip(subscripts, array.shape, strict=True))
    return np.broadcast_to(array[index], inner.size)


def restrict(block: Block, ranks: set[str]) -> Block:
    """The block without the axes of other ranks."""
    kept = [a for a, rank in enumerate(block.axes) if rank in ranks]
    return Block(tuple(block.axes[a] for a in kept), tuple(block.low[a] for a in kept), tuple(block.size[a] for a in kept))


def spread(array: Array, ranks: Sequence[str] | set[str], block: Block) -> Array:
    """An array over some ranks (in the block's order) with an axis of size 1 for each of the others."""
    return array[(*(slice(None) if rank in ranks else np.newaxis for rank in block.axes), ...)]


def operand(array: Array, subscripts: Sequence[Affine], block: Block) -> Array:
    """`array[subscripts]` over a block, broadcastable to it."""
    return spread(access(array, subscripts, block), {rank for s in subscripts for rank in s.ranks}, block)


def coordinates(affine: Affine, block: Block) -> Array:
    """The value of an affine expression at each point of a block, broadcastable to it (int64)."""
    total: Array = np.full((1,) * len(block.axes), affine.const, np.int64)
    for rank, coefficient in affine.terms:
        axis = block.axes.index(rank)
        shape = [1] * len(block.axes)
        shape[axis] = block.size[axis]
        total = total + coefficient * np.arange(block.low[axis], block.low[axis] + block.size[axis], dtype=np.int64).reshape(shape)
    return total


def filter_mask(where: Sequence[Comparison], block: Block) -> Array | bool:
    """Which points of a block meet every comparison: all (True), none (False), or a mask over the ranks that are compared."""
    mask: Array | bool = True
    for condition in (a for comparison in where for a in comparison.nonnegative()):
        low, high = block.bounds(condition)
        if high < 0:
            return False
        if low < 0:
            holds = coordinates(condition, block) >= 0
            mask = holds if isinstance(mask, bool) else mask & holds
    return mask if isinstance(mask, bool) or mask.any() else False
