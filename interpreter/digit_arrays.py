"""Arrays of numbers of many digits, as `digits.py` computes with them: elementwise functions, subscripts, folds of objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from ..algebra.affine import Affine
from .elements import Array
from .space import Block, operand, strided


def each(function: Callable[..., Any], *arrays: Array) -> Array:
    """A function of numbers at every coordinate of arrays that broadcast."""
    return np.asarray(cast(Any, np.frompyfunc(function, len(arrays), 1))(*arrays), object)


def read(array: Array, subscripts: Sequence[Affine], space: Block) -> Array:
    """`array[subscripts]` over the space; read by position, because views of objects are not made."""
    return np.asarray(array.reshape(-1)[operand(numbered(array), subscripts, space)], object)


def populated(shape: tuple[int, ...], background: Any, out: Sequence[Affine], kept: Block, value: Array) -> Array:
    """A tensor with the value where the subscripts say."""
    result = np.full(shape, background, object)
    flat = result.reshape(-1)
    flat[strided(numbered(result), out, kept).reshape(-1)] = np.broadcast_to(value, kept.size).reshape(-1)
    return result


def numbered(array: Array) -> Array:
    """The position of each element, in the shape of the array."""
    return np.arange(array.size, dtype=np.int64).reshape(array.shape)


def ordered_fold(join: Callable[[Any, Any], Any], value: Array, visited: Array) -> tuple[Array, Array, None]:
    """A user's operator over the last axis, from the first visited coordinate to the last."""
    result = value[..., 0].copy()
    seen = visited[..., 0].copy()
    for position in range(1, value.shape[-1]):
        for at in np.ndindex(result.shape):
            if visited[(*at, position)]:
                result[at] = join(result[at], value[(*at, position)]) if seen[at] else value[(*at, position)]
                seen[at] = True
    return result, seen, None
