"""Building expressions that read as a person would write them: `a - b`, `x / d`, no `1 *`, no `+ 0`.

Sums are kept as addends with rational coefficients and products as factors with integer exponents while the derivation works
on them; these functions turn them back into trees.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias

from .expr import Apply, Expr, Num, apply

Addend: TypeAlias = tuple[Fraction, Expr]
Factor: TypeAlias = tuple[Expr, int]

SHORT = 10**6
"""The largest denominator of a fraction that is written as a quotient."""

ZERO = Num(0)
ONE = Num(1)


def number(value: Fraction) -> Expr:
    """A rational as an expression: an integer, a float if that is exact or it is a long fraction, else a quotient."""
    if value.denominator == 1:
        return Num(value.numerator)
    as_float = float(value)
    if Fraction(as_float) == value or value.denominator > SHORT:
        return Num(as_float)
    return Apply("div", (Num(value.numerator), Num(value.denominator)))


def _exact(value: Fraction) -> bool:
    """Whether `number` writes the very value."""
    return value.denominator <= SHORT or Fraction(float(value)) == value


def rational(expr: Expr) -> Fraction | None:
    """The exact value of a literal, None for anything else and for infinities."""
    if isinstance(expr, Num) and not (isinstance(expr.value, float) and not math.isfinite(expr.value)):
        return Fraction(expr.value)
    return None


def total(addends: Iterable[Addend]) -> Expr:
    """The sum, positive addends first, equal ones collected."""
    collected: dict[Expr, Fraction] = {}
    constant = Fraction(0)
    for coefficient, e in addends:
        value = rational(e)
        if value is not None:
            constant += coefficient * value
        else:
            collected[e] = collected.get(e, Fraction(0)) + coefficient
    terms = [(c, e) for e, c in collected.items() if c != 0]
    if constant != 0:
        terms.append((constant, ONE))
    terms.sort(key=lambda t: t[0] < 0)
    result: Expr | None = None
    for c, e in terms:
        size = product([(e, 1)], c if result is None else abs(c))
        result = size if result is None else Apply("sub" if c < 0 else "add", (result, size))
    return ZERO if result is None else result


def product(factors: Iterable[Factor], coefficient: Fraction = Fraction(1)) -> Expr:
    """The product with its numerator first; equal bases are collected and bases of opposite exponents are divided before the power."""
    collected: dict[Expr, int] = {}
    for base, exponent in factors:
        value = rational(base)
        if value is not None and (value != 0 or exponent > 0):
            coefficient *= value**exponent
        else:
            collected[base] = collected.get(base, 0) + exponent
    if coefficient == 0:
        return ZERO
    collected = _joined_powers(collected)
    powers: dict[int, list[list[Expr]]] = {}
    for base, exponent in collected.items():
        if exponent:
            powers.setdefault(abs(exponent), [[], []])[exponent < 0].append(base)
    above: list[Expr] = []
    below: list[Expr] = []
    for exponent, (up, down) in powers.items():
        if exponent == 1:
            above += up
            below += down
        elif up and down:
            above.append(power(quotient(_times(up), _times(down)), exponent))
        else:
            (above if up else below).append(power(_times(up or down), exponent))
    negative = coefficient < 0
    size = abs(coefficient)
    if size != 1 and not _exact(size) and _exact(1 / size):
        below.append(number(1 / size))
    elif size != 1:
        above.insert(0, number(size))
    if not above and below and negative:
        above.append(Num(-1))
        negative = False
    result = quotient(_times(above), _times(below))
    if negative:
        return apply("neg", result)
    return result


def _joined_powers(found: dict[Expr, int]) -> dict[Expr, int]:
    """`a^q / b^q` as `(a / b)^q`, which is in range where the quotient is, whatever q is."""
    above = {base.args[1]: base for base, n in found.items() if n == 1 and isinstance(base, Apply) and base.op == "pow" and base.merge is None}
    joined = dict(found)
    for base, n in found.items():
        if n == -1 and isinstance(base, Apply) and base.op == "pow" and base.merge is None and (other := above.pop(base.args[1], None)) is not None:
            del joined[base], joined[other]
            joined[Apply("pow", (quotient(other.args[0], base.args[0]), base.args[1]))] = 1
    return joined


def _times(exprs: Sequence[Expr]) -> Expr:
    result: Expr | None = None
    for e in exprs:
        result = e if result is None else Apply("mul", (result, e))
    return ONE if result is None else result


def quotient(above: Expr, below: Expr) -> Expr:
    return above if below == ONE else Apply("div", (above, below))


def power(base: Expr, exponent: int) -> Expr:
    if exponent == 1:
        return base
    if exponent == 0:
        return ONE
    return Apply("mul", (base, base)) if exponent == 2 and not isinstance(base, Apply) else Apply("pow", (base, Num(exponent)))


def times(*exprs: Expr) -> Expr:
    return product((e, 1) for e in exprs)


def select(condition: Expr, then: Expr, otherwise: Expr) -> Expr:
    return then if then == otherwise else Apply("select", (condition, then, otherwise))


def exponential(addends: Sequence[Addend]) -> tuple[Factor, ...]:
    """`exp(sum)` as a product: `exp(-log(l))` becomes `1 / l`."""
    factors: list[Factor] = []
    rest: list[Addend] = []
    for c, e in addends:
        if isinstance(e, Apply) and e.op == "log" and e.merge is None and c.denominator == 1:
            factors.append((e.args[0], int(c)))
        else:
            rest.append((c, e))
    if rest:
        factors.append((Apply("exp", (total(rest),)), 1))
    return tuple(factors)
