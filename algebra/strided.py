"""Which coordinates an affine subscript reaches while its ranks run: strides, as exactly as a tile is cut.

`8192 * m2 + 256 * m1 + m0` in iteration m1 reaches 256 coordinates at each of eight distances of 8192: two strides, not an interval
of 57,600. A tile holds what is reached and has a dimension for each stride; what it moves and what it takes is that, and no hull of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd, prod

from .affine import Affine

MOST_LISTED = 1 << 14
"""Combinations of coordinates that `reached` lists where strides overlap with holes; of more, the holes are counted in."""


@dataclass(frozen=True, slots=True)
class Stride:
    """`size` coordinates, `step` apart."""

    step: int
    size: int

    @property
    def reach(self) -> int:
        """From the first coordinate to the last."""
        return self.step * (self.size - 1)


Strides = tuple[Stride, ...]
"""The longest step first; a step is longer than all that the shorter ones reach together, so that no two sums are equal."""


def strides_of(terms: Iterable[tuple[int, int]]) -> Strides:
    """The strides that a sum of coefficients times ranks reaches, given as (coefficient, size of the rank); of no terms, none.

    Where steps overlap and leave holes (`3 * a + 2 * b`), the coordinates between are counted in.
    """
    return _strides(terms)[0]


def _strides(terms: Iterable[tuple[int, int]]) -> tuple[Strides, bool]:
    """The strides, and whether nothing between was counted in."""
    known = sorted((abs(c), n) for c, n in terms)
    found: list[Stride] = []
    exact = True
    for step, size in known:
        below = sum(s.reach for s in found)
        if size == 1:
            continue
        if found and step % found[-1].step == 0 and step <= found[-1].step * found[-1].size:
            last = found.pop()
            found.append(Stride(last.step, (last.reach + step * (size - 1)) // last.step + 1))
        elif step > below:
            found.append(Stride(step, size))
        else:
            each = gcd(step, *(s.step for s in found))
            found = [Stride(each, (below + step * (size - 1)) // each + 1)]
            exact = False
    return tuple(reversed(found)) or ((Stride(1, 1),) if known else ()), exact


def strides_in(subscript: Affine, sizes: Mapping[str, int]) -> Strides:
    """The strides of a subscript over those of its ranks that `sizes` has."""
    return strides_of((c, sizes[r]) for r, c in subscript.terms if r in sizes)


def reached(terms: Sequence[tuple[int, int]]) -> int:
    """How many different coordinates a sum of (coefficient, size of the rank) reaches."""
    strides, exact = _strides(terms)
    points = prod(n for _, n in terms)
    if exact or points > MOST_LISTED:
        return min(prod(s.size for s in strides), points)
    return len({sum(values) for values in product(*([c * i for i in range(n)] for c, n in terms))})


def within(strides: Strides, first: int, size: int) -> int:
    """How many of the coordinates `first + ..` lie in 0 .. size - 1."""
    return _below(strides, size - first) - _below(strides, -first)


def _below(strides: Strides, bound: int) -> int:
    """How many coordinates, counted from 0, are less than `bound`."""
    if not strides:
        return int(bound > 0)
    (outer, *inner), rest = strides, sum(s.reach for s in strides[1:])
    whole = max(0, min(outer.size, -(-(bound - rest) // outer.step)))  # all inner coordinates of these are below
    count = whole * prod(s.size for s in inner)
    if whole < outer.size:
        count += _below(tuple(inner), bound - whole * outer.step)
    return count


def indices(offset: Affine, strides: Strides, sizes: Mapping[str, int]) -> tuple[Affine, ...] | None:
    """A coordinate, counted from the first one, as a coordinate along each stride, while ranks run over `sizes`; None if it does not lie on them.

    Whether it lies inside the strides' own sizes is left to the caller.
    """
    if len(strides) == 1 and strides[0].step == 1:
        return (offset,)
    found: list[Affine] = []
    for position, stride in enumerate(strides):
        last = position == len(strides) - 1
        own = [(r, c) for r, c in offset.terms if last or abs(c) >= stride.step]
        const = offset.const // stride.step * stride.step
        if any(c % stride.step for r, c in own if sizes[r] > 1) or (last and const != offset.const):
            return None
        found.append(Affine.of(((r, c // stride.step) for r, c in own if not c % stride.step), const // stride.step))
        offset = offset - Affine.of(own, const)
    return tuple(found)
