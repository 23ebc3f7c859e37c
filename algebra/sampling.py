"""Rational points at which a body is sampled: element points and summary points that could occur together.

Every element point must be possible beside every summary point: a max is sampled above all its elements, a norm is large enough to contain
any of them. Otherwise `|x - min|` would look inseparable although it is `x - min` wherever it can be evaluated.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

from .evaluate import Opaque, evaluate
from .expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, walk
from .invariants import Invariants
from .precision import Digits, Undecided
from .scope import Leaf, element_leaves

Point = Mapping[Expr, Fraction]
_STEP = 64  # points are multiples of 1/64, so that they are exact in any arithmetic


class Sampler:
    """Points for one body. The same seed gives the same points."""

    def __init__(self, body: Expr, known: Invariants, seed: int = 11):
        self.body = body
        self.known = known
        self.random = random.Random(seed)
        self.summaries = self._closure(body)
        bodies = [body, *(known.summaries[n].body for n in self.summaries)]
        self.elements: tuple[Leaf, ...] = tuple(dict.fromkeys(e for b in bodies for e in element_leaves(b)))
        found = dict.fromkeys(e for b in bodies for e in walk(b) if not isinstance(e, Num | Apply | Access | RankValue))
        self.constants = {e: self._constant(e) for e in found if not (isinstance(e, Param) and e.name in known.summaries)}

    def _closure(self, body: Expr) -> tuple[str, ...]:
        """The summaries that the body mentions, and those that these depend on, earliest first."""
        names = set(self.known.scope.of(body).summaries)
        todo = list(names)
        while todo:
            more = self.known.scope.of(self.known.summaries[todo.pop()].body).summaries - names
            names |= more
            todo += more
        return tuple(n for n in self.known.scope.order if n in names)

    def _constant(self, leaf: Expr) -> Fraction:
        return Fraction(self.random.randint(2, 4)) if isinstance(leaf, RankShape) else Fraction(self.random.randint(40, 120), _STEP)

    def element_points(self, count: int) -> list[Point]:
        """Distinct points, each variable over (-2, 2); coordinates are distinct small integers."""
        columns: dict[Expr, list[Fraction]] = {}
        for leaf in self.elements:
            if isinstance(leaf, RankValue):
                columns[leaf] = [Fraction(i) for i in range(count)]
            else:
                columns[leaf] = [Fraction(v, _STEP) for v in self.random.sample(range(-2 * _STEP + 1, 2 * _STEP), count)]
            self.random.shuffle(columns[leaf])
        return [{leaf: column[i] for leaf, column in columns.items()} for i in range(count)]

    def summary_points(self, xs: Sequence[Point], count: int) -> list[Point]:
        """Points of the summaries, each possible beside all of `xs`."""
        digits = Digits(20)
        result: list[Point] = []
        for _ in range(count):
            values: dict[Expr, Fraction] = {}
            for name in self.summaries:
                values[Param(name)] = self._summary(name, xs, values, digits)
            result.append(values)
        return result

    def _summary(self, name: str, xs: Sequence[Point], values: Point, digits: Digits) -> Fraction:
        summary = self.known.summaries[name]
        fresh = Fraction(self.random.randint(1, 4 * _STEP - 1), _STEP)
        if summary.above or summary.below:
            body = self.known.laws.inline(summary.body)
            ends: list[Fraction] = []
            for x in xs:
                leaves = {k: digits.literal(v) for k, v in {**self.constants, **values, **x}.items()}
                try:
                    value = evaluate(body, leaves, digits.functions, digits.literal)
                except (Undecided, Opaque):
                    continue
                if digits.finite(value):
                    ends.append(Fraction(math.ceil(float(value) * _STEP + 1), _STEP))
            if ends and summary.above:
                return _beyond(max(max(ends), _least(summary.range.low)), fresh, summary.range.high)
            if ends:
                return -_beyond(Fraction(2, _STEP) - min(ends), fresh, -summary.range.low)
        low, high = summary.range.low, summary.range.high
        if isinstance(low, Fraction):
            return low + ((high - low) * fresh / 4 if isinstance(high, Fraction) else fresh)
        if isinstance(high, Fraction):
            return high - fresh
        return (2 - fresh) * self.random.choice((1, 2, 4))  # a sum reaches further than one element, an average does not


def _beyond(end: Fraction, fresh: Fraction, limit: Fraction | float) -> Fraction:
    """A value above `end`, below the limit where there is room."""
    return end + (limit - end) * fresh / 4 if isinstance(limit, Fraction) and limit > end else end + fresh


def _least(value: Fraction | float) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(-(10**6))
