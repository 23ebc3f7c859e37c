"""`einsum.view` in NumPy: dimensions split and merged, the ragged last tile filled with the empty value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..dialects.einsum_attrs import Merge, Regroup, Split
from .elements import Array, Number, limit


def evaluate_view(source: Array, dimensions: Sequence[Regroup], sizes: Mapping[str, int], empty: Number | None) -> Array:
    """`source` under the view's result ranks: data as it stands, and `empty` (None: 0) at coordinates beyond its end.

    A split that does not divide is padded (a copy); a merge whose rank is shorter than its parts together is cut.
    """
    background = limit(0 if empty is None else empty, source.dtype)
    result, axis = source, 0
    for dimension in dimensions:
        match dimension:
            case Split(_, parts):
                shape = [sizes[p] for p in parts]
                padded = _resized(result, axis, math.prod(shape), background)
                result = padded.reshape((*result.shape[:axis], *shape, *result.shape[axis + 1 :]))
                axis += len(parts)
            case Merge(parts, rank):
                merged = result.reshape((*result.shape[:axis], -1, *result.shape[axis + len(parts) :]))
                result = _resized(merged, axis, sizes[rank], background)
                axis += 1
            case _:
                axis += 1
    return result


def _resized(array: Array, axis: int, size: int, background: Number) -> Array:
    """The array with `size` coordinates along an axis."""
    if array.shape[axis] >= size:
        return array if array.shape[axis] == size else array[(*[slice(None)] * axis, slice(size))]
    padding = [(0, 0)] * array.ndim
    padding[axis] = (0, size - array.shape[axis])
    return np.pad(array, padding, constant_values=background)
