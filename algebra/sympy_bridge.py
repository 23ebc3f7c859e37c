"""Expressions to sympy and back. Sympy is imported on first use, by derivations that structure alone does not settle.

Operators without a smooth formula (comparisons, rounding, max of elements) do not translate; nothing is ever forced (no `force=True`),
and every variable is a real symbol.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Literal, TypeAlias, cast

from .build import number, product, total
from .expr import Apply, Expr, Num
from .linear import plain

_UNTRANSLATED = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "max", "min", "and", "or", "not", "select", "abs", "sign", "floor", "round"})


Sign: TypeAlias = Literal["real", "nonnegative", "positive"]


class Untranslatable(Exception):
    """An operator that has no counterpart."""


def sympy() -> Any:
    return cast("Any", importlib.import_module("sympy"))


class Bridge:
    """A one-to-one naming of leaves by real sympy symbols, nonnegative or positive ones where `sign` says so.

    With `opaque`, what has no counterpart becomes a symbol of its own (equal parts the same one), and a `select` is written with the
    indicator of its condition: enough to decide identities, which then hold whatever those parts are.
    """

    def __init__(self, sign: Callable[[Expr], Sign] = lambda e: "real", opaque: bool = False):
        self.sign = sign
        self.opaque = opaque
        self.symbols: dict[Expr, Any] = {}
        self.leaves: dict[Any, Expr] = {}

    def symbol(self, leaf: Expr) -> Any:
        if leaf not in self.symbols:
            made = sympy().Symbol(f"v{len(self.symbols)}", **{self.sign(leaf): True})
            self.symbols[leaf] = made
            self.leaves[made] = leaf
        return self.symbols[leaf]

    def to_sympy(self, expr: Expr) -> Any:
        """Raises `Untranslatable`."""
        sp = sympy()
        if isinstance(expr, Num):
            if abs(expr.value) == float("inf"):
                return self._opaque(expr, "an infinity")
            value = Fraction(expr.value)
            return sp.Rational(value.numerator, value.denominator)
        if not isinstance(expr, Apply):
            return self.symbol(expr)
        if not plain(expr):
            return self._opaque(expr, "a merge")
        if expr.op == "select" and self.opaque:
            chosen = self.symbol(expr.args[0])
            return chosen * self.to_sympy(expr.args[1]) + (1 - chosen) * self.to_sympy(expr.args[2])
        if expr.op in _UNTRANSLATED:
            return self._opaque(expr, expr.op)
        args = [self.to_sympy(a) for a in expr.args]
        match expr.op, args:
            case "add", [a, b]:
                return a + b
            case "sub", [a, b]:
                return a - b
            case "mul", [a, b]:
                return a * b
            case "div", [a, b]:
                return a / b
            case "neg", [a]:
                return -a
            case "pow", [a, b]:
                return a**b
            case "sqrt", [a]:
                return sp.sqrt(a)
            case "rsqrt", [a]:
                return 1 / sp.sqrt(a)
            case "sigmoid", [a]:
                return 1 / (1 + sp.exp(-a))
            case (("exp" | "log" | "tanh" | "sin" | "cos"), [a]):
                return getattr(sp, expr.op)(a)
            case _:
                return self._opaque(expr, expr.op)

    def _opaque(self, expr: Expr, what: str) -> Any:
        if not self.opaque:
            raise Untranslatable(what)
        return self.symbol(expr)

    def from_sympy(self, value: Any) -> Expr:
        """The expression of a sympy result. Raises `Untranslatable`."""
        sp = sympy()
        if value in self.leaves:
            return self.leaves[value]
        if value.is_Rational:
            return number(Fraction(int(value.p), int(value.q)))
        if value.is_number and not value.free_symbols:
            return Num(float(value))
        if value.is_Add:
            return total(self._addend(a) for a in value.as_ordered_terms())
        if value.is_Mul:
            coefficient, rest = value.as_coeff_Mul()
            if coefficient.is_Rational:
                return product([self._factor(f) for f in rest.as_ordered_factors()], Fraction(int(coefficient.p), int(coefficient.q)))
            return product([self._factor(f) for f in value.as_ordered_factors()])
        if value.is_Pow:
            return product([self._factor(value)])
        if isinstance(value, (sp.exp, sp.log, sp.tanh, sp.sin, sp.cos)):
            return Apply(type(value).__name__, (self.from_sympy(value.args[0]),))
        raise Untranslatable(str(type(value).__name__))

    def _addend(self, value: Any) -> tuple[Fraction, Expr]:
        coefficient, rest = value.as_coeff_Mul()
        if coefficient.is_Rational:
            return Fraction(int(coefficient.p), int(coefficient.q)), self.from_sympy(rest)
        return Fraction(1), self.from_sympy(value)

    def _factor(self, value: Any) -> tuple[Expr, int]:
        sp = sympy()
        if not value.is_Pow or isinstance(value, sp.exp):
            return self.from_sympy(value), 1
        base, exponent = value.as_base_exp()
        if base == sp.E:
            return Apply("exp", (self.from_sympy(exponent),)), 1
        if exponent.is_Integer:
            return self.from_sympy(base), int(exponent)
        if exponent.is_Rational and abs(exponent) == sp.Rational(1, 2):
            return Apply("sqrt", (self.from_sympy(base),)), 1 if exponent > 0 else -1
        return Apply("pow", (self.from_sympy(base), self.from_sympy(exponent))), 1
