"""How large a term can become when the data is large: the stability rule's measure.

A term that grows like a polynomial of the data is as harmless as the products the original cascade forms; one that grows
exponentially overflows on ordinary data. A term bounded by a constant is best of all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

from .build import rational
from .expr import Access, Apply, Expr, Num, Param, RankValue
from .invariants import Invariants, Summary
from .linear import plain
from .scope import Leaf

Degrees = Mapping[Leaf, Fraction]


@dataclass(frozen=True)
class Growth:
    """Polynomial degree per element variable, or exponential. No degrees and not exponential: bounded by a constant."""

    degrees: Degrees = field(default_factory=dict[Leaf, Fraction])
    exponential: bool = False

    @property
    def bounded(self) -> bool:
        return not self.exponential and not self.degrees

    def __or__(self, other: Growth) -> Growth:
        """Of a sum: the larger of the two."""
        keys = dict.fromkeys((*self.degrees, *other.degrees))
        zero = Fraction(0)
        return Growth({k: max(self.degrees.get(k, zero), other.degrees.get(k, zero)) for k in keys}, self.exponential or other.exponential)

    def __and__(self, other: Growth) -> Growth:
        """Of a product: degrees add."""
        keys = dict.fromkeys((*self.degrees, *other.degrees))
        zero = Fraction(0)
        return Growth({k: self.degrees.get(k, zero) + other.degrees.get(k, zero) for k in keys}, self.exponential or other.exponential)

    def times(self, exponent: Fraction) -> Growth:
        return Growth({k: v * exponent for k, v in self.degrees.items()}, self.exponential)


BOUNDED = Growth()

UNKNOWN_POWER = Fraction(64)
"""What a power that is a constant of the fiber counts as: more than any that is written out."""


def growth(expr: Expr, known: Invariants, limit: float) -> Growth:
    """How `expr` grows with the element data; constants of the fiber count as bounded. `limit` bounds what counts as a small exponential."""
    match expr:
        case Num():
            return BOUNDED
        case Access() | RankValue():
            return Growth({expr: Fraction(1)})
        case Param(name):
            summary = known.summaries.get(name)
            if summary is None or math.isfinite(summary.range.magnitude):
                return BOUNDED
            return _of_summary(summary, known, limit)
        case Apply(op, args) if plain(expr) and math.isfinite(known.interval(expr).magnitude):
            if op == "exp" and known.interval(args[0]).magnitude > math.log(limit) and known.interval(args[0]).high > 0:
                return Growth(exponential=True)
            return BOUNDED
        case Apply():
            return _apply(expr, known, limit)
        case _:
            return BOUNDED


def _of_summary(summary: Summary, known: Invariants, limit: float) -> Growth:
    """The growth of a summary's body, found once: bodies mention summaries whose bodies mention others, each of them several times."""
    key = "growth", summary.name, limit
    if key not in known.remembered:
        known.remembered[key] = growth(summary.body, known, limit)
    return cast(Growth, known.remembered[key])


def _apply(expr: Apply, known: Invariants, limit: float) -> Growth:
    opened = known.laws.opened(expr)
    if opened is not None:
        return growth(opened, known, limit)
    parts = [growth(a, known, limit) for a in expr.args]
    match expr.op, expr.args:
        case "mul", _:
            return parts[0] & parts[1]
        case "div", (_, b):
            near_zero = not (known.interval(b).low > 0 or known.interval(b).high < 0)
            return Growth(exponential=True) if near_zero and parts[1].exponential else parts[0]
        case "pow", (_, n):
            exponent = rational(n)
            if exponent is None:
                return parts[0].times(UNKNOWN_POWER) if not parts[1].degrees else Growth(exponential=True)
            return parts[0].times(max(exponent, Fraction(0)))
        case "sqrt", _:
            return parts[0].times(Fraction(1, 2))
        case "log", _:
            return Growth(_linear_if_exponential(expr.args[0], known, limit).degrees) if parts[0].exponential else BOUNDED
        case "exp", (a,):
            bounded = parts[0].bounded or known.interval(a).high <= 0
            return BOUNDED if bounded else Growth(exponential=True)
        case "rsqrt", _:
            return BOUNDED
        case "select", _:
            return parts[1] | parts[2]
        case _:
            total = BOUNDED
            for p in parts:
                total = total | p
            return total


def _linear_if_exponential(expr: Expr, known: Invariants, limit: float) -> Growth:
    """The growth of log(expr): that of the exponents inside."""
    total = BOUNDED
    if isinstance(expr, Param) and expr.name in known.summaries:
        return _linear_if_exponential(known.summaries[expr.name].body, known, limit)
    if isinstance(expr, Apply):
        if expr.op == "exp":
            return growth(expr.args[0], known, limit)
        for a in expr.args:
            total = total | _linear_if_exponential(a, known, limit)
    return total
