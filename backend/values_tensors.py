"""The tensors that kernels find in the off-chip memory, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from xdsl.ir import SSAValue

from ..dialects.accel import KernelOp
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import nearest
from ..interpreter.arguments import converted, effective_element
from ..interpreter.elements import Array, Element, InputError


def checked_inputs(kernels: list[KernelOp], inputs: Mapping[str, Array], dtype: str | None) -> dict[str, Array]:
    """The arrays that the kernels need from outside, in their element types."""
    needed: dict[str, SSAValue] = {}
    made: dict[str, tuple[int, ...]] = {}
    for kernel in kernels:
        for argument, name in zip(kernel.body.block.args, kernel.tensor_names, strict=True):
            shape = tensor_of(argument).get_shape()
            if argument.index >= len(kernel.inputs):
                made[name] = shape
            elif name not in made:
                needed.setdefault(name, argument)
            known = made[name] if name in made else tensor_of(needed[name]).get_shape()
            if shape != known:
                raise InputError(f"kernel '@{kernel.sym_name.data}' takes '{name}' with shape {list(shape)}, but it has shape {list(known)}")
    for name in inputs:
        if name not in needed:
            raise InputError(f"no kernel takes a tensor '{name}'{nearest(name, list(needed)) or '; they take ' + ', '.join(needed)}")
    found: dict[str, Array] = {}
    for name, value in needed.items():
        shape = tensor_of(value).get_shape()
        if name not in inputs:
            raise InputError(f"the kernels need an array for '{name}' of shape {list(shape)}")
        array = np.asarray(inputs[name])
        if array.shape != shape:
            raise InputError(f"'{name}' of shape {list(shape)} was given an array of shape {list(array.shape)}")
        found[name] = converted(array, element_of(value, dtype), f"tensor '{name}'")
    return found


def element_of(value: SSAValue, dtype: str | None) -> Element:
    """The element type in which a tile is computed: its own, or `dtype` in place of a float type."""
    return effective_element(str(tensor_of(value).get_element_type()), dtype)


def poison(shape: tuple[int, ...], element: Element) -> Array:
    """What memory holds before anything is written: nothing that computes to a right answer."""
    kind = element.stored.kind
    return np.full(shape, np.nan if kind == "f" else False if kind == "b" else np.iinfo(element.stored).min, element.stored)
