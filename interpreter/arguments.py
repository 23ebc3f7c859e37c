"""The arrays that a cascade is given: checked against its arguments, converted, or made from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np

from ..dialects.einsum import CascadeOp
from ..dialects.einsum_attrs import NumberAttr, subscripts_text
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import nearest
from .elements import ELEMENTS, Array, Element, InputError, Number, limit, store

LARGEST_INTEGER = 9
"""Random integers run from 0 to this."""


def effective_element(name: str, override: str | None) -> Element:
    """The element type that values of type `name` have if `override` (None: nothing) replaces all float types."""
    element = ELEMENTS[name]
    return ELEMENTS[override] if override is not None and element.float_ else element


def argument_names(op: CascadeOp) -> list[str]:
    """Names of a cascade's arguments as its text has them; `in0`, `in1`, ... for those without one. No two are equal."""
    names: list[str] = []
    for position, argument in enumerate(op.body.block.args):
        name = argument.name_hint or f"in{position}"
        names.append(name if name not in names else f"{name}_{position}")
    return names


def argument_elements(op: CascadeOp, override: str | None) -> list[Element]:
    return [effective_element(str(tensor_of(arg).get_element_type()), override) for arg in op.body.block.args]


def argument_empties(op: CascadeOp) -> list[Number | None]:
    return [e.data if isinstance(e, NumberAttr) else None for e in op.empties]


def checked_arguments(op: CascadeOp, inputs: Mapping[str, Array], override: str | None) -> list[Array]:
    """The arrays for a cascade's arguments, in order and in their element types.

    Raises InputError where one is missing, unknown, of another shape, or holds what its type cannot.
    """
    names = argument_names(op)
    cascade = f"cascade '@{op.sym_name.data}'"
    for name in inputs:
        if name not in names:
            known = f"; its arguments are {', '.join(names)}" if names else "; it has no arguments"
            raise InputError(f"{cascade} has no argument '{name}'{nearest(name, names) or known}")
    found: list[Array] = []
    for name, value, declared, element in zip(names, op.body.block.args, op.inputs, argument_elements(op, override), strict=True):
        shape = tensor_of(value).get_shape()
        expected = f"'{name}{subscripts_text(declared.data)}' of shape {_shape(shape)}"
        if name not in inputs:
            raise InputError(f"{cascade} needs an array for argument {expected}")
        array = np.asarray(inputs[name])
        if array.shape != shape:
            raise InputError(f"argument {expected} was given an array of shape {_shape(array.shape)}")
        found.append(converted(array, element, f"argument '{name}'"))
    return found


def converted(array: Array, element: Element, what: str) -> Array:
    """An array as values of an element type; only rounding of floats may change a value. Raises InputError otherwise."""
    kind = array.dtype.kind
    if kind not in "biuf":
        raise InputError(f"{what} holds values of type '{array.dtype}', which cannot become {element.name}")
    if element.float_:
        with np.errstate(all="ignore"):
            return store(array.astype(element.computed, copy=False), element)
    if kind == "f" and not (np.isfinite(array).all() and (np.trunc(array) == array).all()):
        raise InputError(f"{what} holds values that are not integers, which cannot become {element.name}")
    low, high = (0, 1) if element.name == "i1" else (int(np.iinfo(element.stored).min), int(np.iinfo(element.stored).max))
    if array.size and not (low <= array.min() and array.max() <= high):
        raise InputError(f"{what} holds values beyond the range of {element.name}")
    return array.astype(element.stored, copy=False)


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"


def random_inputs(op: CascadeOp, seed: int, names: Sequence[str] | None = None, *, dtype: str | None = None) -> dict[str, Array]:
    """Arrays for a cascade's arguments, or those in `names`, that depend on the seed, the argument's name and its shape only.

    Floats are normally distributed, integers small and not negative, truth values 0 or 1. An argument that declares an empty value
    is absent at about half of its coordinates. `dtype` replaces all float types.
    """
    found: dict[str, Array] = {}
    elements, empties = argument_elements(op, dtype), argument_empties(op)
    for name, value, element, empty in zip(argument_names(op), op.body.block.args, elements, empties, strict=True):
        if names is not None and name not in names:
            continue
        generator = np.random.default_rng([seed, crc32(name.encode())])
        shape = tensor_of(value).get_shape()
        drawn = generator.standard_normal(shape) if element.float_ else generator.integers(0, LARGEST_INTEGER, shape, endpoint=True)
        drawn = drawn % 2 if element.name == "i1" else drawn
        array = store(np.asarray(drawn).astype(element.computed), element)
        if empty is not None:
            array = np.where(generator.random(shape) < 0.5, limit(empty, element.stored), array)
        found[name] = array
    return found
