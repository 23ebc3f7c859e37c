"""Folding a fiber: the reductions of an Einsum as array operations, and the join of two parts of a fiber.

A fold skips the points that are not visited. What comes out is again visited or not: a fiber of which no point is visited has
the operator's identity, and a reduction around it skips it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from ..algebra.expr import Apply
from ..algebra.operators import REDUCTION_OPERATORS
from .elements import Array, Element, InputError, limit, store
from .presence import Presence, either
from .scalar_functions import Evaluator, find, work_dtype
from .space import Block
from .user_operators import UserOperator

UFUNCS: Mapping[str, np.ufunc] = MappingProxyType(
    {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum, "or": np.logical_or, "and": np.logical_and}
)
"""Scalar operator of a reduction -> what folds with it."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Values on the axes that are left, where they are visited, and for argmax and argmin the coordinates they stand at (else None).

    Values are the identity, and coordinates -1, where nothing is visited.
    """

    value: Array
    visited: Presence
    index: Array | None = None


class Fold(Protocol):
    """One reduction, over the last `count` axes of a block."""

    count: int
    identity: Any
    joins: bool
    """Whether the fold of a fiber can be joined from those of its parts."""

    def fold(self, mapped: Folded, block: Block) -> Folded: ...

    def join(self, first: Folded, second: Folded) -> Folded: ...


def full_axes(array: Array, block: Block, count: int) -> Array:
    """The array with its last `count` axes as large as the block's, where it may have had size 1."""
    kept = len(block.size) - count
    return np.broadcast_to(array, (*array.shape[:kept], *block.size[kept:]))


class UfuncFold:
    """A built-in reduction to one value."""

    joins = True

    def __init__(self, scalar: str, identity: Any, count: int):
        self.ufunc, self.identity, self.count = UFUNCS[scalar], identity, count

    def fold(self, mapped: Folded, block: Block) -> Folded:
        axes = tuple(range(len(block.size) - self.count, len(block.size)))
        value, visited = mapped.value, mapped.visited
        if visited is False:
            return Folded(np.full(block.size[: axes[0]], self.identity), False)
        if not isinstance(visited, bool):
            value = np.where(visited, value, self.identity)
            visited = np.asarray(visited.any(axis=axes))
        logical = self.ufunc in (np.logical_and, np.logical_or)
        folded = self.ufunc.reduce(full_axes(value, block, self.count), axis=axes, dtype=None if logical else value.dtype)
        return Folded(np.asarray(folded, value.dtype), visited)

    def join(self, first: Folded, second: Folded) -> Folded:
        value = self.ufunc(first.value, second.value).astype(first.value.dtype, copy=False)
        return Folded(value, either(first.visited, second.visited))


class ArgFold:
    """argmax, argmin: the value, and the row-major coordinate over the ranks named of the first point that has it."""

    joins = True

    def __init__(self, scalar: str, identity: Any, sizes: tuple[int, ...]):
        self.ufunc, self.identity, self.sizes, self.count = UFUNCS[scalar], identity, sizes, len(sizes)

    def fold(self, mapped: Folded, block: Block) -> Folded:
        kept = len(block.size) - self.count
        if mapped.visited is False:
            return Folded(np.full(block.size[:kept], self.identity), False, np.full(block.size[:kept], -1, np.int64))
        masked = mapped.value if mapped.visited is True else np.where(mapped.visited, mapped.value, self.identity)
        value = _flat(full_axes(masked, block, self.count), kept)
        best = self.ufunc.reduce(value, axis=-1)
        here = (value == best[..., np.newaxis]) | np.isnan(value)
        if isinstance(mapped.visited, bool):
            return Folded(best, True, self._coordinate(here.argmax(axis=-1), block))
        here = here & _flat(full_axes(mapped.visited, block, self.count), kept)
        visited = here.any(axis=-1)
        return Folded(best, visited, np.where(visited, self._coordinate(here.argmax(axis=-1), block), -1))

    def _coordinate(self, position: Array, block: Block) -> Array:
        """Positions in the block's part of the fiber as coordinates in the whole of it."""
        kept = len(block.size) - self.count
        parts = np.unravel_index(position, block.size[kept:])
        total: Array = np.zeros(np.shape(position), np.int64)
        for part, low, size in zip(parts, block.low[kept:], self.sizes, strict=True):
            total = total * size + (part + low)
        return total

    def join(self, first: Folded, second: Folded) -> Folded:
        better = (self.ufunc(first.value, second.value) != first.value) & ~np.isnan(first.value)
        take = np.asarray(second.visited) & (~np.asarray(first.visited) | better)
        value = np.where(take, second.value, first.value)
        return Folded(value, either(first.visited, second.visited), np.where(take, _index(second), _index(first)))


class UserFold:
    """A user's operator: joined pair by pair where it is declared associative, else strictly from the first coordinate to the last.

    The identity is used for fibers without a visited point only; by its law it changes no other.
    """

    def __init__(self, operator: UserOperator, element: Element, operators: Mapping[str, UserOperator], count: int):
        self.evaluator = Evaluator(work_dtype(Apply(operator.name, ()), (), element, operators), operators)
        self.operator, self.element, self.count, self.joins = operator, element, count, operator.associative
        if operator.identity is None:
            raise InputError(f"operator '{operator.name}' declares no identity, which a reduction needs")
        self.identity = limit(operator.identity, element.stored).astype(element.computed)

    def fold(self, mapped: Folded, block: Block) -> Folded:
        kept = len(block.size) - self.count
        if mapped.visited is False:
            return Folded(np.full(block.size[:kept], self.identity), False)
        value = _flat(full_axes(mapped.value, block, self.count), kept)
        visited = mapped.visited
        if not isinstance(visited, bool):
            value, visited = np.broadcast_arrays(value, _flat(full_axes(visited, block, self.count), kept))
        whole = Folded(value, visited)
        folded = self._tree(whole) if self.operator.associative else self._in_order(whole)
        return folded if folded.visited is True else Folded(np.where(folded.visited, folded.value, self.identity), folded.visited)

    def _tree(self, parts: Folded) -> Folded:
        while (length := parts.value.shape[-1]) > 1:
            even = length - length % 2
            joined = self._pair(_at(parts, slice(0, even, 2)), _at(parts, slice(1, even, 2)))
            parts = joined if even == length else _concatenated(joined, _at(parts, slice(even, None)))
        return _at(parts, 0)

    def _in_order(self, parts: Folded) -> Folded:
        total = _at(parts, 0)
        for position in range(1, parts.value.shape[-1]):
            total = self._pair(total, _at(parts, position))
        return total

    def _pair(self, first: Folded, second: Folded) -> Folded:
        dtype = self.evaluator.dtype
        value = self.evaluator.call(self.operator.name, first.value.astype(dtype), second.value.astype(dtype))
        value = store(value, self.element).astype(self.element.computed) if not self.element.float_ else value
        if first.visited is True and second.visited is True:
            return Folded(value, True)
        one, other = np.asarray(first.visited), np.asarray(second.visited)
        return Folded(np.where(one & other, value, np.where(other, second.value, first.value)), either(first.visited, second.visited))

    def join(self, first: Folded, second: Folded) -> Folded:
        return self._pair(first, second)


def _at(parts: Folded, where: slice | int) -> Folded:
    visited = parts.visited if isinstance(parts.visited, bool) else parts.visited[..., where]
    return Folded(parts.value[..., where], visited)


def _concatenated(first: Folded, second: Folded) -> Folded:
    value = np.concatenate([first.value, second.value], axis=-1)
    if isinstance(first.visited, bool) or isinstance(second.visited, bool):
        return Folded(value, True)
    return Folded(value, np.concatenate([first.visited, second.visited], axis=-1))


def _index(folded: Folded) -> Array:
    return np.asarray(-1) if folded.index is None else folded.index


def _flat(array: Array, kept: int) -> Array:
    return array.reshape(*array.shape[:kept], -1)


def fold_of(name: str, sizes: tuple[int, ...], element: Element, operators: Mapping[str, UserOperator]) -> Fold:
    """The fold of reduction `name` over ranks of these sizes, for values of an element type."""
    known = REDUCTION_OPERATORS.get(name)
    if known is None:
        return UserFold(find(name, operators, ()), element, operators, len(sizes))
    identity = limit(known.identity, element.stored).astype(element.computed)
    if known.results == 2:
        return ArgFold(known.scalar, identity, sizes)
    return UfuncFold(known.scalar, identity, len(sizes))
