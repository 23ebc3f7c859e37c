"""Sums of products by matrix multiplication: the Einsums that most of the time goes into.

Taken only where it gives what the general evaluation gives: where what the filter or absence leaves out contributes an exact 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..algebra.expr import Access, Apply, Expr, Num
from .elements import Array
from .presence import Presence
from .space import Block, access, restrict, spread

WIDEST_COPY = 2**26
"""Most elements that an operand, seen through its subscripts, may have to be copied for a matrix product."""

LARGEST_COEFFICIENT = 2**31
"""Numeric factors from here on are left to the general evaluation, which says what they mean in each type."""


def factors(expr: Expr) -> tuple[int | float, list[Access]] | None:
    """A product as its numeric coefficient and its tensors, if it is one (of at least two tensors)."""
    coefficient: int | float = 1
    tensors: list[Access] = []
    open_: list[Expr] = [expr]
    while open_:
        match open_.pop():
            case Access() as tensor:
                tensors.append(tensor)
            case Num(value):
                coefficient *= value
            case Apply("mul", (left, right), None):
                open_ += [right, left]
            case _:
                return None
    return (coefficient, tensors) if len(tensors) > 1 and abs(coefficient) < LARGEST_COEFFICIENT else None


class Labelled:
    """An array and the rank of each of its axes."""

    def __init__(self, array: Array, ranks: Sequence[str]):
        self.array, self.ranks = array, tuple(ranks)

    @staticmethod
    def of(array: Array, tensor: Access, block: Block) -> Labelled:
        found = {r for s in tensor.subscripts for r in s.ranks}
        return Labelled(access(array, tensor.subscripts, block), restrict(block, found).axes)

    def summed(self, kept: set[str]) -> Labelled:
        """With the ranks that are not in `kept` summed over."""
        axes = tuple(a for a, r in enumerate(self.ranks) if r not in kept)
        if not axes:
            return self
        return Labelled(np.add.reduce(self.array, axis=axes, dtype=self.array.dtype), [r for r in self.ranks if r in kept])

    def ordered(self, ranks: Sequence[str]) -> Array:
        return self.array.transpose([self.ranks.index(r) for r in ranks])


def contract(tensors: Sequence[Labelled], out: Sequence[str]) -> Array:
    """The sum of products over every rank that is not in `out`; axes in the order of `out`, of size 1 where no tensor has the rank."""
    left = list(tensors)
    names = {rank: position for position, rank in enumerate(dict.fromkeys(r for t in left for r in t.ranks))}
    kept = [r for r in out if r in names]
    arguments: list[Any] = [x for t in left for x in (t.array, [names[r] for r in t.ranks])]
    path: list[Any] = np.einsum_path(*arguments, [names[r] for r in kept], optimize="greedy")[0]
    for positions in path[1:]:
        pair = [left.pop(p) for p in sorted(positions, reverse=True)]
        needed = set(out) | {r for t in left for r in t.ranks}
        product = pair.pop()
        while pair:
            product = _product(product, pair.pop(), needed | {r for t in pair for r in t.ranks})
        left.append(product)
    result = left[0].summed(set(out))
    return np.asarray(result.ordered(kept))[(*(slice(None) if r in names else np.newaxis for r in out), ...)]


def _product(a: Labelled, b: Labelled, needed: set[str]) -> Labelled:
    """The product of two, summed over the ranks that nobody needs."""
    a, b = a.summed(needed | set(b.ranks)), b.summed(needed | set(a.ranks))
    shared = [r for r in a.ranks if r in b.ranks]
    batch, inner = [r for r in shared if r in needed], [r for r in shared if r not in needed]
    rows, columns = [r for r in a.ranks if r not in shared], [r for r in b.ranks if r not in shared]
    ranks = (*batch, *rows, *columns)
    if not inner or max(a.array.size, b.array.size) > WIDEST_COPY:
        names = {r: i for i, r in enumerate((*ranks, *inner))}
        arguments: list[Any] = [a.array, [names[r] for r in a.ranks], b.array, [names[r] for r in b.ranks], [names[r] for r in ranks]]
        return Labelled(np.einsum(*arguments), ranks)
    size = {r: s for t in (a, b) for r, s in zip(t.ranks, t.array.shape, strict=True)}
    shapes = [[size[r] for r in group] for group in (batch, rows, inner, columns)]
    count = [int(np.prod(s, dtype=np.int64)) for s in shapes]
    one = a.ordered([*batch, *rows, *inner]).reshape(count[0], count[1], count[2])
    other = b.ordered([*batch, *inner, *columns]).reshape(count[0], count[2], count[3])
    return Labelled((one @ other).reshape([*shapes[0], *shapes[1], *shapes[3]]), ranks)


def sum_of_products(
    expr: Expr, arrays: Sequence[Array], absent_is_zero: bool, mask: Presence, out: Sequence[str], block: Block, dtype: np.dtype[Any]
) -> Array | None:
    """The sum over all ranks but `out` of a product of tensors, where `mask` holds; broadcastable to the axes `out`, which come first in
    the block. None where the general evaluation has to do it.

    `absent_is_zero`: some operand is absent where it is 0, and nowhere else. What is left out of a sum counts as 0 times the other
    operands, and a sum may be factored; neither holds for infinities, so where it matters the operands have to be finite.
    """
    product = factors(expr)
    if product is None or mask is False:
        return None
    coefficient, accesses = product
    tensors = [Labelled.of(arrays[a.tensor], a, block) for a in accesses]
    reduced = list(zip(block.axes, block.size, strict=True))[len(out) :]
    shared = all(size == 1 or all(rank in t.ranks for t in tensors) for rank, size in reduced)
    masks_sums = not isinstance(mask, bool) and any(s > 1 for s in mask.shape[len(out) :])
    as_it_stands = len(tensors) == 2 and shared and coefficient == 1 and not (absent_is_zero or masks_sums)
    if not as_it_stands and not all(all_finite(arrays[a.tensor]) for a in accesses):
        return None
    if masks_sums and not _mask_one(tensors, mask, block):
        return None
    missing = [size for rank, size in reduced if not any(rank in t.ranks for t in tensors)]
    total = contract(tensors, out)
    scale = dtype.type(coefficient) * np.prod(missing, dtype=np.int64).astype(dtype)
    total = total if scale == 1 else total * scale
    if isinstance(mask, bool) or masks_sums:
        return total
    return np.where(mask.reshape(mask.shape[: len(out)]), total, dtype.type(0))


def all_finite(array: Array) -> bool:
    """Whether no element is an infinity or NaN; large arrays are looked at in parts."""
    if array.dtype.kind != "f":
        return True
    if array.ndim and array.size > WIDEST_COPY and array.shape[0] > 1:
        return all(all_finite(part) for part in array)
    return bool(np.isfinite(array).all())


def _mask_one(tensors: list[Labelled], mask: Presence, block: Block) -> bool:
    """Put 0 where the mask does not hold into the one of two tensors that has all of the mask's ranks; False if there is none."""
    if isinstance(mask, bool) or len(tensors) != 2:
        return False
    varying = {r for r, s in zip(block.axes, mask.shape, strict=True) if s > 1}
    for position, tensor in enumerate(tensors):
        if varying <= set(tensor.ranks) and tensor.array.size <= WIDEST_COPY:
            kept = np.broadcast_to(mask, tuple(s if r in tensor.ranks else 1 for r, s in zip(block.axes, block.size, strict=True)))
            selected = np.where(kept, spread(tensor.array, tensor.ranks, block), tensor.array.dtype.type(0))
            tensors[position] = Labelled(selected.reshape(tensor.array.shape), tensor.ranks)
            return True
    return False
