"""Random fp64 values for the leaves of expressions: quick looks at how something behaves, where no proof is claimed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from .derivation import OLD
from .expr import Apply, Expr, Num, Param, RankShape, walk
from .invariants import Invariants, Summary


class Samples:
    """Random values for every leaf of some expressions, summaries inside their ranges; the same seed gives the same values."""

    def __init__(self, known: Invariants, expressions: Sequence[Expr], seed: int = 7):
        self.known = known
        self.random = random.Random(seed)
        self.leaves = tuple(dict.fromkeys(e for expr in expressions for e in walk(expr) if not isinstance(e, Num | Apply)))

    def draw(self) -> dict[Expr, float]:
        return {leaf: self.value(leaf) for leaf in self.leaves}

    def value(self, leaf: Expr) -> float:
        if isinstance(leaf, RankShape):
            return float(self.random.randint(2, 9))
        if isinstance(leaf, Param):
            name = leaf.name.removesuffix(OLD)
            summary = self.known.summaries.get(name)
            if summary is not None:
                return inside(summary, self.random)
            if name in self.known.laws.positive:
                return self.random.uniform(0.5, 2)
        return self.random.uniform(-2, 2)


def inside(summary: Summary, source: random.Random) -> float:
    """A random value in the interior of a summary's range, of moderate size."""
    low, high = float(summary.range.low), float(summary.range.high)
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * source.uniform(0.2, 0.8)
    if math.isfinite(low):
        return low + source.uniform(0.5, 3)
    if math.isfinite(high):
        return high - source.uniform(0.5, 3)
    return source.uniform(-2, 2)
