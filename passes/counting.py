"""What the bodies of a chain may write for the number of elements that each of its fibers has."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence

from ..algebra.expr import Apply, Expr, Num, RankShape
from .links import Link

MOST_REDUCED = 3
"""Most ranks of one reduction whose shapes' product is known as the number of elements, in any order."""


def counts(links: Sequence[Link], sizes: Mapping[str, int]) -> tuple[Expr, ...]:
    """The number of elements as expressions, where every link visits the whole fiber and nothing else; none where one does not."""
    ranks = set(links[0].reduced) if links else set[str]()
    if any(link.where or set(link.reduced) != ranks for link in links) or len(ranks) > MOST_REDUCED:
        return ()
    shapes = (tuple(map(RankShape, order)) for order in itertools.permutations(sorted(ranks)))
    number = math.prod(sizes[r] for r in ranks)
    return (*(functools.reduce(lambda a, b: Apply("mul", (a, b)), order) for order in shapes if order), Num(number))
