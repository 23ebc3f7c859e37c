"""Tiles cut out of tensors: which of a tensor's dimensions a tile has, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from ..algebra.affine import Affine


def tile_extents(subscripts: tuple[Affine, ...], tiles: Mapping[str, int]) -> tuple[int | None, ...]:
    """Per dimension of a tensor, the extent of a tile cut out of it; None where no tile rank stands, so no dimension of the tile."""
    return tuple(_extent(s, tiles) for s in subscripts)


def _extent(subscript: Affine, tiles: Mapping[str, int]) -> int | None:
    inner = Affine.of((r, c) for r, c in subscript.terms if r in tiles)
    if not inner.terms:
        return None
    low, high = inner.bounds(tiles)
    return high - low + 1


def tile_type(subscripts: tuple[Affine, ...], tiles: Mapping[str, int], element: Attribute) -> TensorType[Attribute]:
    """The type of a tile cut out of a tensor at `subscripts`."""
    return TensorType(element, [e for e in tile_extents(subscripts, tiles) if e is not None])
