"""Intervals of real values with exact ends, and how operators map them.

Ends are rationals or infinities and may be open, because "greater than zero" is what a division needs. Results of transcendental
functions are rounded outwards, so that an interval always contains every value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

End: TypeAlias = Fraction | float
"""A rational, or a float that is an infinity."""


@dataclass(frozen=True, slots=True)
class Interval:
    """`low .. high`; an open end is not contained, and an infinite end is always open."""

    low: End
    high: End
    low_open: bool = False
    high_open: bool = False

    @property
    def positive(self) -> bool:
        return self.low > 0 or (self.low == 0 and self.low_open)

    @property
    def negative(self) -> bool:
        return self.high < 0 or (self.high == 0 and self.high_open)

    @property
    def nonnegative(self) -> bool:
        return self.low >= 0

    @property
    def nonpositive(self) -> bool:
        return self.high <= 0

    @property
    def nonzero(self) -> bool:
        return self.positive or self.negative

    @property
    def magnitude(self) -> End:
        """The least upper bound of the absolute value."""
        return max(abs(self.low), abs(self.high))

    def within(self, other: Interval) -> Interval:
        """The intersection (the caller knows that both hold)."""
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, not_open = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not not_open)

    def hull(self, other: Interval) -> Interval:
        low, low_open = min((self.low, self.low_open), (other.low, other.low_open))
        high, closed = max((self.high, not self.high_open), (other.high, not other.high_open))
        return Interval(low, high, low_open, not closed)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low, self.high_open, self.low_open)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high, self.low_open or other.low_open, self.high_open or other.high_open)

    def scaled(self, factor: Fraction) -> Interval:
        if factor == 0:
            return point(Fraction(0))
        if factor < 0:
            return (-self).scaled(-factor)
        return Interval(self.low * factor, self.high * factor, self.low_open, self.high_open)

    def __mul__(self, other: Interval) -> Interval:
        mine = ((self.low, self.low_open), (self.high, self.high_open))
        others = ((other.low, other.low_open), (other.high, other.high_open))
        corners = [_corner(a, a_open, b, b_open) for a, a_open in mine for b, b_open in others]
        low, low_open = min(corners, key=lambda c: (c[0], c[1]))
        high, high_open = max(corners, key=lambda c: (c[0], not c[1]))
        return Interval(low, high, low_open, high_open)

    def reciprocal(self) -> Interval:
        """The values of 1/x; everything, where x may be zero in between."""
        if not self.nonzero:
            if self.low == 0:
                return Interval(_inverse(self.high), math.inf, self.high_open, True)
            if self.high == 0:
                return Interval(-math.inf, _inverse(self.low), True, self.low_open)
            return REAL
        low = math.inf if self.low == 0 else _inverse(self.low)
        high = -math.inf if self.high == 0 else _inverse(self.high)
        return Interval(high, low, self.high_open, self.low_open)

    def power(self, exponent: int) -> Interval:
        if exponent == 0:
            return point(Fraction(1))
        if exponent < 0:
            return self.power(-exponent).reciprocal()
        if exponent % 2 == 0:
            size = self.absolute()
            return Interval(size.low**exponent, size.high**exponent, size.low_open, size.high_open)
        return Interval(self.low**exponent, self.high**exponent, self.low_open, self.high_open)

    def absolute(self) -> Interval:
        if self.nonnegative:
            return self
        if self.nonpositive:
            return -self
        high, closed = max((-self.low, not self.low_open), (self.high, not self.high_open))
        return Interval(Fraction(0), high, False, not closed)

    def monotone(self, function: Callable[[End, bool], End], image: Interval) -> Interval:
        """The values of an increasing function; `function(end, up)` rounds outwards, `image` is its whole range."""
        return Interval(function(self.low, False), function(self.high, True), self.low_open, self.high_open).within(image)


def point(value: Fraction) -> Interval:
    return Interval(value, value)


REAL = Interval(-math.inf, math.inf, True, True)
NONNEGATIVE = Interval(Fraction(0), math.inf, False, True)
POSITIVE = Interval(Fraction(0), math.inf, True, True)


def _corner(a: End, a_open: bool, b: End, b_open: bool) -> tuple[End, bool]:
    if a == 0 or b == 0:  # the end is reached if either zero is
        return Fraction(0), not ((a == 0 and not a_open) or (b == 0 and not b_open))
    return a * b, a_open or b_open


def _inverse(value: End) -> End:
    if isinstance(value, float):
        return Fraction(0)
    return 1 / value if value != 0 else math.inf


_LARGEST = Fraction(10) ** 300


def outward(function: Callable[[float], float], exact: dict[Fraction, Fraction], at_minus: End, at_plus: End) -> Callable[[End, bool], End]:
    """An increasing float function as a function of ends that rounds outwards; `exact` lists arguments whose value is rational."""

    def call(end: End, up: bool) -> End:
        if isinstance(end, float):
            return at_plus if end > 0 else at_minus
        value_at = Fraction(end)
        if value_at in exact:
            return exact[value_at]
        argument = min(max(value_at, -_LARGEST), _LARGEST)
        if argument != value_at and up == (end > 0):
            return at_plus if end > 0 else at_minus
        try:
            value = function(float(argument))
        except OverflowError:
            return math.inf if up else _LARGEST
        except ValueError:
            return at_minus
        for _ in range(4):
            value = math.nextafter(value, math.inf if up else -math.inf)
        return Fraction(value) if math.isfinite(value) else value

    return call


_F0, _F1 = Fraction(0), Fraction(1)
INCREASING: dict[str, Callable[[End, bool], End]] = {
    "exp": outward(math.exp, {_F0: _F1}, _F0, math.inf),
    "log": outward(math.log, {_F1: _F0}, -math.inf, math.inf),
    "sqrt": outward(math.sqrt, {_F0: _F0, _F1: _F1}, _F0, math.inf),
    "tanh": outward(math.tanh, {_F0: _F0}, -_F1, _F1),
    "sigmoid": outward(lambda a: 0.5 + 0.5 * math.tanh(a / 2), {_F0: Fraction(1, 2)}, _F0, _F1),
}
"""Increasing functions on ends."""
