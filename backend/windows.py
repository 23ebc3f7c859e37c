"""Where a tile lies in its tensor, coordinate by coordinate, as NumPy arrays index it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from ..algebra.strided import Strides
from ..interpreter.elements import Array


def coordinates(strides: Strides, low: int) -> Array:
    """The coordinates of a dimension that a tile has, from `low` on, in the tile's own order."""
    steps: list[Array] = [np.arange(s.size) * s.step for s in strides]
    return reduce(lambda outer, inner: np.add.outer(outer, inner).ravel(), steps, np.array([low]))


@dataclass(frozen=True)
class Window:
    """Per dimension of a tensor: coordinates of the tile that exist, how they count within the tile, and how many the tile has."""

    inside: tuple[Array, ...]
    within: tuple[Array, ...]
    shape: tuple[int, ...]

    @staticmethod
    def of(lying: Sequence[tuple[Array, int]]) -> Window:
        """From the coordinates of a tile and the size of the tensor, by dimension."""
        exist: list[Any] = [np.flatnonzero((at >= 0) & (at < size)) for at, size in lying]
        inside = tuple(at[there] for (at, _), there in zip(lying, exist, strict=True))
        return Window(inside, tuple(exist), tuple(len(at) for at, _ in lying))

    @property
    def source(self) -> Any:
        """Indexes the tensor."""
        return np.ix_(*self.inside)

    @property
    def part(self) -> Any:
        """Indexes the tile, once `merged`."""
        return np.ix_(*self.within)

    def merged(self, tile: Array) -> Array:
        """The tile with a dimension for each of the tensor; the same memory where it is in one piece."""
        return tile.reshape(self.shape)
