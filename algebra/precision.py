"""Arithmetic of many digits, with and without rigorous bounds (mpmath): for rank decisions, certificates and doubtful comparisons.

Each arithmetic is a private mpmath context, so no global precision is touched. Imported only by what needs digits.
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .evaluate import Table


class Undecided(Exception):
    """An interval is too wide to decide a comparison, or the point lies where the function is not defined."""


def _context(module: str, name: str, digits: int) -> Any:
    context: Any = getattr(importlib.import_module(module), name)()
    context.dps = digits
    return context


class Digits:
    """Floating-point arithmetic with `digits` decimal digits. Undefined operations give nan, as in IEEE arithmetic."""

    def __init__(self, digits: int):
        self.context = _context("mpmath.ctx_mp", "MPContext", digits)
        self.functions = _functions(self.context, _compare_floats, self.nan)

    @property
    def nan(self) -> Any:
        return self.context.nan

    def literal(self, value: float | Fraction) -> Any:
        if isinstance(value, Fraction):
            return self.context.mpf(value.numerator) / value.denominator
        return self.context.mpf(value)

    def finite(self, a: Any) -> bool:
        return bool(self.context.isfinite(a))


class Bounds:
    """Interval arithmetic with `digits` decimal digits: every result contains the true value. Undecidable comparisons raise `Undecided`."""

    def __init__(self, digits: int):
        self.context = _context("mpmath.ctx_iv", "MPIntervalContext", digits)
        self.functions = _functions(self.context, _compare_intervals, None)

    def literal(self, value: float | Fraction) -> Any:
        if isinstance(value, Fraction):
            return self.context.mpf(value.numerator) / value.denominator
        return self.context.mpf(value)

    def magnitude_at_least(self, a: Any) -> Any:
        """A lower bound of |a|, zero where a may be zero; a degenerate interval."""
        return abs(a).a


def _compare_floats(a: Any, b: Any) -> int | None:
    return None if a != a or b != b else (a > b) - (a < b)


def _compare_intervals(a: Any, b: Any) -> int | None:
    if a > b:
        return 1
    if a < b:
        return -1
    return 0 if a.delta == 0 and b.delta == 0 and a == b else None


def _functions(ctx: Any, compare: Callable[[Any, Any], int | None], nan: Any) -> Table:
    """The operators on one kind of number; an undecided comparison raises, or gives `nan` where there is one."""
    zero, one = ctx.mpf(0), ctx.mpf(1)

    def order(a: Any, b: Any) -> int:
        s = compare(a, b)
        if s is None:
            raise Undecided
        return s

    def decided(a: Any) -> int:
        return order(a, zero)

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            try:
                result = function(*args)
            except (ZeroDivisionError, ValueError, OverflowError, NotImplementedError, Undecided):
                if nan is None:
                    raise Undecided from None
                return nan
            if nan is not None and isinstance(result, ctx.mpc):
                return nan
            return result

        return call

    def relation(test: Callable[[int], bool]) -> Callable[[Any, Any], Any]:
        return lambda a, b: ctx.mpf(1 if test(order(a, b)) else 0)

    def divide(a: Any, b: Any) -> Any:
        if decided(b) == 0:
            raise ZeroDivisionError
        return a / b

    def root(a: Any) -> Any:
        if decided(a) < 0:
            raise ValueError
        return ctx.sqrt(a)

    def log(a: Any) -> Any:
        if decided(a) <= 0:
            raise ValueError
        return ctx.log(a)

    def power(a: Any, b: Any) -> Any:
        whole = _integer(b)
        if whole is not None:
            return a**whole if whole >= 0 else divide(one, a ** (-whole))
        s = decided(a)
        if s < 0:
            raise ValueError
        return ctx.mpf(0) if s == 0 else ctx.exp(b * ctx.log(a))

    def tanh(a: Any) -> Any:
        return 1 - 2 / (ctx.exp(2 * a) + 1)

    def rounded(a: Any, offset: Fraction) -> Any:
        low, high = _floor(a, offset)
        if low != high:
            raise Undecided
        return ctx.mpf(low)

    def truth(a: Any) -> bool:
        return decided(a) != 0

    table: dict[str, Callable[..., Any]] = {
        "lt": relation(lambda s: s < 0),
        "le": relation(lambda s: s <= 0),
        "gt": relation(lambda s: s > 0),
        "ge": relation(lambda s: s >= 0),
        "eq": relation(lambda s: s == 0),
        "ne": relation(lambda s: s != 0),
        "add": operator.add,
        "sub": operator.sub,
        "mul": operator.mul,
        "div": divide,
        "neg": operator.neg,
        "max": lambda *ab: ab[0] if order(*ab) >= 0 else ab[1],
        "min": lambda *ab: ab[0] if order(*ab) <= 0 else ab[1],
        "pow": power,
        "and": lambda *ab: ctx.mpf(1 if truth(ab[0]) and truth(ab[1]) else 0),
        "or": lambda *ab: ctx.mpf(1 if truth(ab[0]) or truth(ab[1]) else 0),
        "not": lambda *a: ctx.mpf(0 if truth(a[0]) else 1),
        "select": lambda *cab: cab[1] if truth(cab[0]) else cab[2],
        "exp": ctx.exp,
        "log": log,
        "sqrt": root,
        "rsqrt": lambda *a: divide(one, root(a[0])),
        "abs": operator.abs,
        "sign": lambda *a: ctx.mpf(decided(a[0])),
        "floor": lambda *a: rounded(a[0], Fraction(0)),
        "round": lambda *a: rounded(a[0], Fraction(1, 2)),
        "tanh": tanh,
        "sigmoid": lambda *a: 1 / (1 + ctx.exp(-a[0])),
        "sin": ctx.sin,
        "cos": ctx.cos,
    }
    return {name: guarded(function) for name, function in table.items()}


def _integer(value: Any) -> int | None:
    """The integer that a number (or a degenerate interval) is, None for any other."""
    low, high = (value.a, value.b) if hasattr(value, "delta") else (value, value)
    try:
        whole = int(low.mid if hasattr(low, "mid") else low)
    except (ValueError, OverflowError):
        return None
    return whole if low == whole and high == whole else None


def _floor(value: Any, offset: Fraction) -> tuple[int, int]:
    """Floor of both ends of `value + offset` (both the same for a number)."""
    shifted = value + (0.5 if offset else 0)
    low, high = (shifted.a.mid, shifted.b.mid) if hasattr(shifted, "delta") else (shifted, shifted)
    return _down(low), _down(high)


def _down(value: Any) -> int:
    whole = int(value)
    return whole - 1 if whole > value else whole
