"""The 16-bit floats, to and from float32.

NumPy has no bfloat16; its float16 conversions take a hundred times longer where a value is too small to be normal, as most of a
softmax's are. These take the same time whatever the values are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 2**16
"""Elements converted at once: what stays in the cache between the steps of a conversion."""

SMALLEST_NORMAL = np.float32(2**-14)
PER_SUBNORMAL = np.float32(2**24)
HALF_INFINITY, HALF_NAN = np.uint32(0x7C00), np.uint32(0x7E00)
REBIAS = np.uint32(112 << 23)
"""Difference of the exponents' offsets in float32 and float16, in the bits of a float32."""


def round_to_bf16(values: NDArray[Any]) -> NDArray[Any]:
    """Round float32 to the nearest bfloat16, ties to even, kept as float32; infinities and NaN stay."""
    values = np.asarray(values, np.float32, order="C")
    bits = values.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(values), values, rounded.view(np.float32))


def to_f16(values: NDArray[Any]) -> NDArray[Any]:
    """float32 to float16, to the nearest, ties to even; what is too large becomes an infinity."""
    return _chunked(_narrow, np.asarray(values, np.float32), np.dtype(np.float16))


def from_f16(values: NDArray[Any]) -> NDArray[Any]:
    """float16 to float32, exactly."""
    return _chunked(_widen, values, np.dtype(np.float32))


def _chunked(convert: Callable[[NDArray[Any]], NDArray[Any]], values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    flat = np.ascontiguousarray(values).reshape(-1)
    result = np.empty(flat.size, dtype)
    for start in range(0, flat.size, CHUNK):
        result[start : start + CHUNK] = convert(flat[start : start + CHUNK])
    return result.reshape(values.shape)


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    magnitude = np.abs(values)
    bits = magnitude.view(np.uint32)
    normal = (bits + np.uint32(0xFFF) + ((bits >> np.uint32(13)) & np.uint32(1)) - REBIAS) >> np.uint32(13)
    subnormal = np.rint(np.minimum(magnitude, SMALLEST_NORMAL) * PER_SUBNORMAL)
    subnormal[np.isnan(values)] = 0
    half = np.where(magnitude < SMALLEST_NORMAL, subnormal.astype(np.uint32), np.minimum(normal, HALF_INFINITY))
    half[np.isnan(values)] = HALF_NAN
    sign = (values.view(np.uint32) >> np.uint32(16)) & np.uint32(0x8000)
    return (half | sign).astype(np.uint16).view(np.float16)


def _widen(values: NDArray[Any]) -> NDArray[Any]:
    return np.take(_all_halves(), values.view(np.uint16))


@cache
def _all_halves() -> NDArray[Any]:
    """Every float16, by its bits, as float32."""
    return np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
