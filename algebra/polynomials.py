"""Arguments of exponentials and waves taken apart: sums of monomials, whatever products and quotients they are written with.

Coefficients are exact, and stay so when a polynomial becomes an expression again: a rounded one would make a law about it false.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias

from .build import ZERO, product, rational
from .expr import Apply, Expr, Num
from .linear import plain

Monomial: TypeAlias = tuple[tuple[Expr, int], ...]
"""(atom, exponent), ordered by the atoms' texts; no exponent is zero."""

Polynomial: TypeAlias = Mapping[Monomial, Fraction]

MOST_REPEATED = 6
"""Most times that one unit is repeated: exp(30 t) is not exp(t) to the thirtieth."""

LARGEST = 40
"""Most monomials; what would have more is one atom."""


def polynomial(e: Expr) -> Polynomial:
    """The expression as a sum of monomials with rational coefficients, none of which is zero."""
    value = rational(e)
    if value is not None:
        return {(): value} if value else {}
    found = _composed(e)
    if found is None or len(found) > LARGEST:
        return {((e, 1),): Fraction(1)}
    return {m: k for m, k in found.items() if k}


def monomial_value(m: Monomial) -> Expr:
    return product(m)


def _composed(e: Expr) -> dict[Monomial, Fraction] | None:
    """The polynomial of a sum, product, quotient or whole power; None for an atom."""
    if not isinstance(e, Apply) or not plain(e):
        return None
    match e.op, e.args:
        case "add", (a, b):
            return _sum(polynomial(a), polynomial(b), 1)
        case "sub", (a, b):
            return _sum(polynomial(a), polynomial(b), -1)
        case "neg", (a,):
            return _sum({}, polynomial(a), -1)
        case "mul", (a, b):
            return _times(polynomial(a), polynomial(b))
        case "div", (a, b):
            return _times(polynomial(a), _inverse(b))
        case "pow", (a, n) if (power := rational(n)) is not None and power.denominator == 1 and 0 < abs(power) <= 4:
            base = polynomial(a) if power > 0 else _inverse(a)
            result: dict[Monomial, Fraction] = {(): Fraction(1)}
            for _ in range(abs(int(power))):
                result = _times(result, base)
            return result
        case _:
            return None


def _sum(a: Polynomial, b: Polynomial, sign: int) -> dict[Monomial, Fraction]:
    result = dict(a)
    for m, k in b.items():
        result[m] = result.get(m, Fraction(0)) + sign * k
    return result


def _times(a: Polynomial, b: Polynomial) -> dict[Monomial, Fraction]:
    if len(a) * len(b) > LARGEST**2:
        return {((Apply("mul", (_value(a), _value(b))), 1),): Fraction(1)}
    result: dict[Monomial, Fraction] = {}
    for m, k in a.items():
        for n, c in b.items():
            powers = dict(m)
            for atom, exponent in n:
                powers[atom] = powers.get(atom, 0) + exponent
            joined = tuple(sorted(((x, p) for x, p in powers.items() if p), key=repr))
            result[joined] = result.get(joined, Fraction(0)) + k * c
    return result


def _inverse(e: Expr) -> Polynomial:
    """1 / e: of a monomial its monomial, of anything else one atom."""
    found = polynomial(e)
    if len(found) == 1:
        (m, k), *_ = found.items()
        return {tuple((atom, -exponent) for atom, exponent in m): 1 / k}
    return {((e, -1),): Fraction(1)}


def _value(p: Polynomial) -> Expr:
    return exact_sum((k, monomial_value(m)) for m, k in p.items())


def exact(value: Fraction) -> Expr:
    """A rational number as an expression, never rounded."""
    return Num(value.numerator) if value.denominator == 1 else Apply("div", (Num(value.numerator), Num(value.denominator)))


def multiple(k: Fraction, e: Expr) -> Expr:
    if rational(e) == 1:
        return exact(k)
    return e if k == 1 else Apply("mul", (exact(k), e))


def exact_sum(addends: Iterable[tuple[Fraction, Expr]]) -> Expr:
    """The sum of coefficients times expressions."""
    result: Expr | None = None
    for k, e in addends:
        part = multiple(k, e)
        result = part if result is None else Apply("add", (result, part))
    return ZERO if result is None else result


def normal_form(e: Expr) -> Expr:
    """The expression as a sum of monomials, those with positive coefficients first: equal sums are equal trees."""
    terms = sorted(polynomial(e).items(), key=lambda term: (term[1] < 0, repr(term[0])))
    result: Expr | None = None
    for m, k in terms:
        value = monomial_value(m)
        result = multiple(k, value) if result is None else Apply("add" if k > 0 else "sub", (result, multiple(abs(k), value)))
    return ZERO if result is None else result


def common_units(expressions: Iterable[Expr]) -> dict[Expr, int]:
    """Monomial -> the least common denominator of its coefficients: each is a whole multiple of monomial / that."""
    units: dict[Expr, int] = {}
    for e in expressions:
        for m, k in polynomial(e).items():
            value = monomial_value(m)
            units[value] = math.lcm(units.get(value, 1), k.denominator)
    return units


def in_units(found: Polynomial, units: Mapping[Expr, int]) -> list[tuple[int, Expr]]:
    """(whole number, unit): the sum of their products is the polynomial. A monomial that would be repeated often is a unit with its coefficient."""
    parts: list[tuple[int, Expr]] = []
    for m, k in found.items():
        value = monomial_value(m)
        n = k * units[value]
        if abs(n) > MOST_REPEATED:
            parts.append((1 if k > 0 else -1, multiple(abs(k), value)))
        else:
            parts.append((int(n), multiple(Fraction(1, units[value]), value)))
    return parts
