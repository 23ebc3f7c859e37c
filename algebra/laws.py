"""The laws that connect operators with one another, as tables: what the pass-reduction theory is allowed to know.

What an operator is stands in `operators.py`; what follows from its laws stands in the derivation. A user's operator joins by
declaring its laws (`UserOperator`); one with a body is inlined where it is applied, and its declared laws are probed on numbers.
Import-light: no numpy, sympy or z3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from .expr import Apply, Expr, substitute_params
from .operators import REDUCTION_OPERATORS

Domain: TypeAlias = Literal["real", "nonnegative", "positive"]
Direction: TypeAlias = Literal["increasing", "decreasing"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """`outer(c, inner(a, b)) = inner(outer(c, a), outer(c, b))` for every c in `domain`."""

    outer: str
    inner: str
    domain: Domain = "real"


@dataclass(frozen=True, slots=True)
class Homomorphism:
    """`op(source(a, b)) = target(op(a), op(b))` for a, b in `domain`."""

    op: str
    source: str
    target: str
    domain: Domain = "real"


@dataclass(frozen=True, slots=True)
class Range:
    """The values an operator can take on real arguments; an open end is not taken."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Monotone:
    """Per argument, how the result moves with it; None where that depends. `strict`: on reals, no two values are merged."""

    directions: tuple[Direction | None, ...]
    strict: bool = True


DISTRIBUTIONS: tuple[Distribution, ...] = (
    Distribution("mul", "add"),
    Distribution("add", "max"),
    Distribution("add", "min"),
    Distribution("mul", "max", "nonnegative"),
    Distribution("mul", "min", "nonnegative"),
    Distribution("max", "min"),
    Distribution("min", "max"),
    Distribution("max", "max"),
    Distribution("min", "min"),
    Distribution("and", "or"),
    Distribution("or", "and"),
)

HOMOMORPHISMS: tuple[Homomorphism, ...] = (
    Homomorphism("exp", "add", "mul"),
    Homomorphism("log", "mul", "add", "positive"),
    Homomorphism("abs", "mul", "mul"),
    Homomorphism("sign", "mul", "mul"),
    Homomorphism("sqrt", "mul", "mul", "nonnegative"),
    Homomorphism("rsqrt", "mul", "mul", "positive"),
    Homomorphism("neg", "add", "add"),
    Homomorphism("neg", "max", "min"),
    Homomorphism("neg", "min", "max"),
    Homomorphism("not", "or", "and"),
    Homomorphism("not", "and", "or"),
)

PARTIAL: frozenset[str] = frozenset({"sqrt", "rsqrt", "log"})
"""Operators without a value on negative numbers: where `op(a * b)` has one, a and b have the same sign."""

INVERSES: Mapping[str, str] = MappingProxyType({"add": "sub", "mul": "div"})
"""Operator -> the operator that undoes it: `inverse(op(a, b), b) = a` (for mul: b != 0)."""

_UP: tuple[Direction | None, ...] = ("increasing",)
_DOWN: tuple[Direction | None, ...] = ("decreasing",)

MONOTONE: Mapping[str, Monotone] = MappingProxyType(
    {
        **{name: Monotone(_UP) for name in ("exp", "log", "sqrt", "tanh", "sigmoid")},
        **{name: Monotone(_UP, strict=False) for name in ("floor", "round", "sign")},
        "neg": Monotone(_DOWN),
        "rsqrt": Monotone(_DOWN),
        "not": Monotone(_DOWN, strict=False),
        "add": Monotone(("increasing", "increasing")),
        "sub": Monotone(("increasing", "decreasing")),
        **{name: Monotone(("increasing", "increasing"), strict=False) for name in ("max", "min", "and", "or")},
        **{name: Monotone(("decreasing", "increasing"), strict=False) for name in ("lt", "le")},
        **{name: Monotone(("increasing", "decreasing"), strict=False) for name in ("gt", "ge")},
    }
)
"""Monotonicity of operators; those whose direction depends on a sign (mul, div, pow) are decided by intervals."""

RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "exp": Range(0, math.inf, True, True),
        "tanh": Range(-1, 1, True, True),
        "sigmoid": Range(0, 1, True, True),
        "abs": Range(0, math.inf, False, True),
        "sqrt": Range(0, math.inf, False, True),
        "rsqrt": Range(0, math.inf, True, True),
        "sin": Range(-1, 1),
        "cos": Range(-1, 1),
        "sign": Range(-1, 1),
        **{name: Range(0, 1) for name in ("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not")},
    }
)

ADDITION_FORMULAS: Mapping[str, tuple[tuple[int, str, str], ...]] = MappingProxyType(
    {"sin": ((1, "sin", "cos"), (1, "cos", "sin")), "cos": ((1, "cos", "cos"), (-1, "sin", "sin"))}
)
"""`op(a + b) = sum of sign * f(a) * g(b)`: functions that are not homomorphisms but whose shifts span a plane."""

PARITY: Mapping[str, int] = MappingProxyType({"sin": -1, "cos": 1})
"""`op(-a) = parity * op(a)`."""

ORDER_AS: Mapping[str, str] = MappingProxyType({"max": "max", "min": "min", "or": "max", "and": "min", "argmax": "argmax", "argmin": "argmin"})
"""Reductions that select by order: on truth values (0, 1), `or` is `max` and `and` is `min`."""


@dataclass(frozen=True)
class UserOperator:
    """A user's operator, by definition (`body` over `Param`s) or opaque (None), and the laws declared for it.

    `name` may be written with or without its `@`. `identity`, `associative` and `commutative` matter where it is used as a
    reduction; `inverse` names the operator that undoes it; `distributes_over` the operators it distributes over;
    `homomorphism` = (source, target): `f(source(a, b)) = target(f(a), f(b))`.
    """

    name: str
    params: tuple[str, ...]
    body: Expr | None = None
    associative: bool = False
    commutative: bool = False
    identity: float | None = None
    inverse: str | None = None
    distributes_over: tuple[str, ...] = ()
    monotone: Direction | None = None
    homomorphism: tuple[str, str] | None = None

    @property
    def op(self) -> str:
        """The name as `Apply.op` writes it."""
        return "@" + self.name.removeprefix("@")


@dataclass(frozen=True)
class Laws:
    """The tables a derivation works with: the built-in ones, a user's operators, and the constants known to be positive."""

    users: tuple[UserOperator, ...] = ()
    positive: frozenset[str] = field(default_factory=frozenset[str])

    def with_operators(self, *operators: UserOperator) -> Laws:
        """These laws and the given operators; a later one replaces an earlier one of the same name."""
        named = {u.op: u for u in (*self.users, *operators)}
        return replace(self, users=tuple(named.values()))

    def with_positive(self, names: Iterable[str]) -> Laws:
        """These laws, with fiber constants (`Param`s) of these names known to be greater than zero (a temperature, a count)."""
        return replace(self, positive=self.positive | frozenset(names))

    def user(self, op: str) -> UserOperator | None:
        return next((u for u in self.users if u.op == op), None)

    def inline(self, expr: Expr) -> Expr:
        """The expression with every user operator that has a body replaced by it."""
        if not self.users or not isinstance(expr, Apply):
            return expr
        whole = Apply(expr.op, tuple(self.inline(a) for a in expr.args), expr.merge)
        opened = self.opened(whole)
        return whole if opened is None else self.inline(opened)

    def opened(self, expr: Apply) -> Expr | None:
        """One application of a user's operator with a body, replaced by it; None for any other."""
        user = self.user(expr.op) if self.users else None
        if user is None or user.body is None:
            return None
        return substitute_params(user.body, dict(zip(user.params, expr.args, strict=True)))

    def distribution(self, outer: str, inner: str) -> Distribution | None:
        user = self.user(outer)
        if user is not None:
            return Distribution(outer, inner) if inner in user.distributes_over else None
        return next((d for d in DISTRIBUTIONS if d.outer == outer and d.inner == inner), None)

    def distributing_over(self, inner: str) -> tuple[Distribution, ...]:
        """Every operator known to distribute over `inner`."""
        declared = (Distribution(u.op, inner) for u in self.users if inner in u.distributes_over)
        return (*(d for d in DISTRIBUTIONS if d.inner == inner), *declared)

    def homomorphism(self, op: str, source: str) -> Homomorphism | None:
        user = self.user(op)
        if user is not None and user.homomorphism is not None and user.homomorphism[0] == source:
            return Homomorphism(op, *user.homomorphism)
        return next((h for h in HOMOMORPHISMS if h.op == op and h.source == source), None)

    def monotone(self, op: str) -> Monotone | None:
        user = self.user(op)
        if user is not None and user.monotone is not None and len(user.params) == 1:
            return Monotone((user.monotone,), strict=False)
        return MONOTONE.get(op)

    def inverse(self, op: str) -> str | None:
        user = self.user(op)
        return user.inverse if user is not None else INVERSES.get(op)

    def identity(self, op: str) -> float | None:
        """The identity of a reduction operator, None where the name is unknown or a user's has none."""
        known = REDUCTION_OPERATORS.get(op)
        if known is not None:
            return known.identity
        user = self.user(op)
        return None if user is None else user.identity

    def reduces(self, op: str) -> bool:
        """True if `op` is a commutative monoid, so that a fiber may be folded in any order and grouping."""
        user = self.user(op)
        return op in REDUCTION_OPERATORS or (user is not None and user.associative and user.commutative and user.identity is not None)


DEFAULT_LAWS = Laws()
