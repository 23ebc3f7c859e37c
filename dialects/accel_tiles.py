"""Tiles cut out of tensors: which of a tensor's dimensions a tile has, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from ..algebra.affine import Affine
from ..algebra.strided import Strides, strides_in


def tile_strides(subscripts: tuple[Affine, ...], tiles: Mapping[str, int]) -> tuple[Strides, ...]:
    """Per dimension of a tensor, the strides of a tile cut out of it, each a dimension of the tile; none where no tile rank stands."""
    return tuple(strides_in(s, tiles) for s in subscripts)


def tile_shape(subscripts: tuple[Affine, ...], tiles: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of a tile cut out of a tensor at `subscripts`."""
    return tuple(stride.size for strides in tile_strides(subscripts, tiles) for stride in strides)


def tile_type(subscripts: tuple[Affine, ...], tiles: Mapping[str, int], element: Attribute) -> TensorType[Attribute]:
    """The type of a tile cut out of a tensor at `subscripts`."""
    return TensorType(element, tile_shape(subscripts, tiles))
