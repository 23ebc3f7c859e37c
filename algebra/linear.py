"""Sums and products, flattened: addends with rational coefficients, factors with integer exponents.

`linear` looks through everything that is linear (to compare and to bound); `addends` stops where the author wrote a product, so
that what is carried later still reads as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from .build import ONE, Addend, Factor, rational
from .expr import Apply, Expr, Num

_SUMS = frozenset({"add", "sub", "neg"})


def plain(expr: Expr) -> bool:
    """True unless the node carries an explicit merge: presence then decides, and no law of the operator applies."""
    return not isinstance(expr, Apply) or expr.merge is None


def addends(expr: Expr, scale: Fraction = Fraction(1)) -> list[Addend]:
    """The addends of a sum as written; a literal times a sum is multiplied out."""
    if isinstance(expr, Apply) and plain(expr):
        match expr.op, expr.args:
            case "add", (a, b):
                return addends(a, scale) + addends(b, scale)
            case "sub", (a, b):
                return addends(a, scale) + addends(b, -scale)
            case "neg", (a,):
                return addends(a, -scale)
            case "mul", (a, b):
                for factor, other in ((rational(a), b), (rational(b), a)):
                    if factor is not None and isinstance(other, Apply) and other.op in _SUMS:
                        return addends(other, scale * factor)
            case "div", (Apply(op, _) as a, b) if op in _SUMS:
                divisor = rational(b)
                if divisor:
                    return addends(a, scale / divisor)
            case _:
                pass
    return [(scale, expr)]


def linear(expr: Expr) -> tuple[Mapping[Expr, Fraction], Fraction]:
    """(atoms with coefficients, constant): the sum with every literal factor multiplied out, in canonical form."""
    atoms: dict[Expr, Fraction] = {}
    constant = _linear(expr, Fraction(1), atoms)
    return {e: c for e, c in atoms.items() if c != 0}, constant


def _linear(expr: Expr, scale: Fraction, atoms: dict[Expr, Fraction]) -> Fraction:
    value = rational(expr)
    if value is not None:
        return scale * value
    if isinstance(expr, Apply) and plain(expr):
        match expr.op, expr.args:
            case "add", (a, b):
                return _linear(a, scale, atoms) + _linear(b, scale, atoms)
            case "sub", (a, b):
                return _linear(a, scale, atoms) + _linear(b, -scale, atoms)
            case "neg", (a,):
                return _linear(a, -scale, atoms)
            case "mul", (a, b):
                for factor, other in ((rational(a), b), (rational(b), a)):
                    if factor is not None:
                        return _linear(other, scale * factor, atoms)
            case "div", (a, b):
                divisor = rational(b)
                if divisor:
                    return _linear(a, scale / divisor, atoms)
            case _:
                pass
    atoms[expr] = atoms.get(expr, Fraction(0)) + scale
    return Fraction(0)


def factors(expr: Expr) -> tuple[Fraction, list[Factor]]:
    """(literal coefficient, factors with integer exponents) of a product as written."""
    found: list[Factor] = []
    coefficient = _factors(expr, 1, found)
    return coefficient, found


def _factors(expr: Expr, exponent: int, found: list[Factor]) -> Fraction:
    value = rational(expr)
    if value is not None and (value != 0 or exponent > 0):
        return value**exponent
    if isinstance(expr, Apply) and plain(expr):
        match expr.op, expr.args:
            case "mul", (a, b):
                return _factors(a, exponent, found) * _factors(b, exponent, found)
            case "div", (a, b):
                return _factors(a, exponent, found) * _factors(b, -exponent, found)
            case "neg", (a,):
                return (-1) ** abs(exponent) * _factors(a, exponent, found)
            case "pow", (a, Num(int() as n)):
                return _factors(a, exponent * n, found)
            case _:
                pass
    if expr != ONE:
        found.append((expr, exponent))
    return Fraction(1)


def collect(found: list[Factor]) -> dict[Expr, int]:
    """Equal bases together, zero exponents dropped."""
    result: dict[Expr, int] = {}
    for base, exponent in found:
        result[base] = result.get(base, 0) + exponent
    return {b: e for b, e in result.items() if e != 0}
