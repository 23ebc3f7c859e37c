"""How many points of an iteration space a filter leaves: exact, in time that grows with all its ranks but the longest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from ..algebra.affine import Comparison

MOST_ROWS = 1 << 22
"""Most combinations of coordinates of all ranks but the longest."""


def points_left(where: Sequence[Comparison], sizes: Mapping[str, int]) -> int | None:
    """Points of the ranks that a filter names for which it holds; None if there are too many to count.

    `sizes`: rank -> size of at least the ranks that are named. For every combination of the other ranks, the longest one has an interval
    of coordinates, of which the comparisons, being affine, give the ends.
    """
    ranks = sorted({r for c in where for r in c.ranks}, key=lambda r: (sizes[r], r))
    if not ranks:
        return int(all(c.holds({}) for c in where))
    *others, longest = ranks
    if prod(sizes[r] for r in others) > MOST_ROWS:
        return None
    at = dict(zip(others, np.meshgrid(*(np.arange(sizes[r], dtype=np.int64) for r in others), indexing="ij", sparse=True), strict=True))
    shape = tuple(sizes[r] for r in others)
    low, high = np.zeros(shape, np.int64), np.full(shape, sizes[longest] - 1, np.int64)
    for expression in (e for c in where for e in c.nonnegative()):
        rest = np.full(shape, expression.const, np.int64)
        for rank, coefficient in expression.terms:
            if rank != longest:
                rest = rest + coefficient * at[rank]
        factor = expression.coefficient(longest)
        if factor > 0:
            low = np.maximum(low, -(rest // factor))
        elif factor < 0:
            high = np.minimum(high, rest // -factor)
        else:
            high = np.where(rest >= 0, high, -1)
    return int(np.maximum(high - low + 1, 0).sum())
