"""Element types of the einsum dialect in NumPy: how a value of each is stored, computed with and rounded.

NumPy has no bfloat16: it is stored as float32 whose values are bfloat16 numbers. The 16-bit floats compute and accumulate in
float32 and are rounded once, at the end of an Einsum, as a processing element with a wide accumulator does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .sixteen_bits import from_f16, round_to_bf16, to_f16

Array: TypeAlias = NDArray[Any]
"""Any array; its dtype is decided by the element type it stands for."""

Number: TypeAlias = int | float


class InputError(ValueError):
    """What a user gave cannot be evaluated; the message is one line and names the thing."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element type. `stored` holds results, `computed` is what an Einsum of it computes in; floats have `float_` set."""

    name: str
    stored: np.dtype[Any]
    computed: np.dtype[Any]
    float_: bool


ELEMENTS: Mapping[str, Element] = MappingProxyType(
    {
        name: Element(name, np.dtype(stored), np.dtype(computed), float_)
        for name, stored, computed, float_ in (
            ("f16", "float16", "float32", True),
            ("bf16", "float32", "float32", True),
            ("f32", "float32", "float32", True),
            ("f64", "float64", "float64", True),
            ("i32", "int32", "int32", False),
            ("i64", "int64", "int64", False),
            ("i1", "bool", "int64", False),
        )
    }
)
"""Name -> element type."""


def limit(value: Number, dtype: np.dtype[Any]) -> Any:
    """`value` as a scalar of `dtype`; where that is an integer type, what is out of its range becomes its nearest end."""
    if dtype.kind == "f":
        return dtype.type(value)
    if dtype.kind == "b":
        return np.bool_(value > 0)
    bounds = np.iinfo(dtype)
    if value >= bounds.max:
        return dtype.type(bounds.max)
    return dtype.type(bounds.min) if value <= bounds.min else dtype.type(int(value))


def convert(values: Array, dtype: np.dtype[Any]) -> Array:
    """`values.astype(dtype)`, without a copy where it is of that type."""
    if values.dtype == np.float16 and dtype == np.float32:
        return from_f16(values)
    return values.astype(dtype, copy=False)


def store(values: Array, element: Element) -> Array:
    """Convert what was computed to what is stored: rounded to a narrower float, truncated to an integer, nonzero to true."""
    if element.name == "bf16":
        return round_to_bf16(values)
    if element.name == "f16" and values.dtype == np.float32:
        return to_f16(values)
    if element.name == "i1":
        return np.asarray(values != 0)
    if not element.float_ and values.dtype.kind == "f":
        return _truncate(values, element.stored)
    return np.asarray(values).astype(element.stored, copy=False)


def cast(values: Array, element: Element) -> Array:
    """Values of any element type as those of another: rounded, truncated, or taken for true where they are not 0."""
    if element.float_:
        return store(convert(values, element.computed), element)
    return store(convert(values, np.dtype(np.float32)) if values.dtype == np.float16 else values, element)


def representable(value: Number, element: Element) -> Number:
    """The number that an element type holds for `value`: its nearest, or the nearest end of its range."""
    with np.errstate(all="ignore"):
        found: Any = store(np.full(1, limit(value, element.stored)).astype(element.computed), element)[0]
    return found.item()


def _truncate(values: Array, dtype: np.dtype[Any]) -> Array:
    """Float to integer towards zero; NaN gives 0 and what is out of range gives the nearest end."""
    bounds = np.iinfo(dtype)
    inside = np.where(np.isnan(values) | (values >= bounds.max) | (values <= bounds.min), 0, values).astype(dtype)
    return np.where(values >= bounds.max, dtype.type(bounds.max), np.where(values <= bounds.min, dtype.type(bounds.min), inside))
