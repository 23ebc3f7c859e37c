"""What is known about the values of summaries: ranges and inequalities, attached as each reduction is derived.

A summary of a max bounds every element (`x <= max`), a sum of non-negative terms bounds every term, a softmax denominator is at
least the term of the largest element, 1. These facts decide whether a division is safe and whether a carried term is bounded.
All of them are about fibers with at least one visited element and real element data.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from .build import rational
from .expr import Access, Apply, Expr, Num, Param, RankShape, RankValue
from .intervals import INCREASING, NONNEGATIVE, POSITIVE, REAL, Interval, point
from .laws import RANGES, Laws
from .linear import collect, factors, linear, plain
from .orders import exponents, ordered
from .scope import Scope, params, replace_subexpression

LATE = -1
"""Inside the engine: the tensor that stands for the elements behind a late value."""

LinearForm: TypeAlias = tuple[Mapping[Expr, Fraction], Fraction]


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of one summary: its range, the linear forms that bound it, and whether its running value is always finite.

    `above`: linear forms f with f(x) <= summary for every visited element; `below`: f(x) >= summary.
    """

    name: str
    op: str
    body: Expr
    range: Interval
    above: tuple[LinearForm, ...] = ()
    below: tuple[LinearForm, ...] = ()
    total: bool = True


@dataclass
class Invariants:
    """The summaries known so far, and the interval of any expression over them, the constants and the elements.

    `counted`: the number of elements visited is known (`COUNT`).
    """

    scope: Scope
    laws: Laws
    counted: bool = False
    summaries: dict[str, Summary] = field(default_factory=dict[str, Summary])
    remembered: dict[Hashable, object] = field(default_factory=dict[Hashable, object], repr=False, compare=False)
    """What others have worked out about these summaries, by what it is and the summary's name."""

    def add(self, name: str, op: str, body: Expr, total: bool) -> None:
        """Record a reduction. `body` may mention earlier summaries; `total`: its running value is finite on every prefix."""
        body_range = self.interval(body)
        form = linear(body)
        above: tuple[LinearForm, ...] = ()
        below: tuple[LinearForm, ...] = ()
        match op:
            case "max" | "argmax":
                values, above = body_range, (form,)
            case "min" | "argmin":
                values, below = body_range, (form,)
            case "add":
                values = self._sum(body, body_range)
                above = (form,) if body_range.nonnegative else ()
                below = (form,) if body_range.nonpositive else ()
            case "mul":
                values = POSITIVE if body_range.positive else NONNEGATIVE if body_range.nonnegative else REAL
            case "or" | "and":
                values = Interval(Fraction(0), Fraction(1))
            case _:
                values = REAL
        self.summaries[name] = Summary(name, op, body, values, above, below, total)

    def add_late(self, name: str) -> None:
        """Record a value of the fiber that is known only after its elements were traversed: a summary without a running value."""
        anything = Access(LATE, ())
        self.summaries[name] = Summary(name, "late", anything, REAL, total=False)

    def _sum(self, body: Expr, each: Interval) -> Interval:
        """A sum of at least one term: at least its smallest term, and at least the term of the element that attains a max or min."""
        if each.nonnegative:
            best = Interval(each.low, math.inf, each.low_open, True)
            for name in params(body):
                summary = self.summaries.get(name)
                if summary is not None and summary.op in ("max", "min"):
                    attained = replace_subexpression(body, summary.body, Param(name))
                    low = self.interval(attained)
                    best = best.within(Interval(low.low, math.inf, low.low_open, True))
            return best
        return Interval(-math.inf, each.high, True, each.high_open) if each.nonpositive else REAL

    def interval(self, expr: Expr) -> Interval:
        """An interval that contains every value of `expr`."""
        match expr:
            case Num(value):
                return REAL if isinstance(value, float) and not math.isfinite(value) else point(Fraction(value))
            case RankShape():
                return Interval(Fraction(1), math.inf, False, True)
            case RankValue():
                return NONNEGATIVE
            case Access():
                return REAL
            case Param(name):
                known = self.summaries.get(name)
                return known.range if known is not None else POSITIVE if name in self.laws.positive else REAL
            case Apply():
                return self._apply(expr) if plain(expr) else REAL

    def _apply(self, expr: Apply) -> Interval:
        opened = self.laws.opened(expr)
        if opened is not None:
            return self.interval(opened)
        match expr.op, expr.args:
            case (("add" | "sub" | "neg"), _):
                atoms, constant = linear(expr)
                return self.linear_interval(atoms, constant)
            case (("mul" | "div"), _):
                return self._product(expr)
            case "pow", (a, Num(int() as n)):
                return self.interval(a).power(n)
            case "pow", (a, _):
                base = self.interval(a)
                return POSITIVE if base.positive else NONNEGATIVE if base.nonnegative else REAL
            case "abs", (a,):
                return self.interval(a).absolute()
            case "max", (a, b):
                p, q = self.interval(a), self.interval(b)
                low = max((p.low, p.low_open), (q.low, q.low_open))
                return Interval(low[0], p.hull(q).high, low[1], p.hull(q).high_open)
            case "min", (a, b):
                return -self._apply(Apply("max", (Apply("neg", (a,)), Apply("neg", (b,)))))
            case "select", (_, a, b):
                return self.interval(a).hull(self.interval(b))
            case "rsqrt", (a,):
                return self.interval(a).within(NONNEGATIVE).monotone(INCREASING["sqrt"], NONNEGATIVE).reciprocal()
            case op, (a,) if op in INCREASING:
                inner = self.interval(a)
                return inner.monotone(INCREASING[op], _image(self.laws, op))
            case op, _:
                return _image(self.laws, op)

    def _product(self, expr: Expr) -> Interval:
        coefficient, found = factors(expr)
        result = point(Fraction(1))
        for base, exponent in collect(found).items():
            result = result * self.interval(base).power(exponent)
        return result.scaled(coefficient)

    def linear_interval(self, atoms: Mapping[Expr, Fraction], constant: Fraction) -> Interval:
        """The interval of a linear form, using the facts about summaries where plain arithmetic gives an infinite end."""
        result = point(constant)
        for e, c in atoms.items():
            result = result + self.interval(e).scaled(c)
        if len(atoms) < 2:
            return result
        negated = {e: -c for e, c in atoms.items()}
        return result.within(self._bounded_above(atoms, constant)).within(-self._bounded_above(negated, -constant))

    def _bounded_above(self, atoms: Mapping[Expr, Fraction], constant: Fraction) -> Interval:
        best = REAL
        for small, large in itertools.permutations(atoms, 2):
            if atoms[small] > 0 > atoms[large] and ordered(small, large, self):
                both = min(atoms[small], -atoms[large])  # both * (small - large) <= 0
                rest = {**atoms, small: atoms[small] - both, large: atoms[large] + both}
                high = self.linear_interval({e: c for e, c in rest.items() if c != 0}, constant)
                best = best.within(Interval(-math.inf, high.high, True, high.high_open))
        for e, c in atoms.items():
            for form, scale in self._facts(e, c):
                rest = dict(atoms)
                rest[e] = rest[e] - scale[1]
                for inner, weight in form[0].items():
                    rest[inner] = rest.get(inner, Fraction(0)) - weight * scale[0]
                kept = {k: v for k, v in rest.items() if v != 0}
                if len(kept) <= len(atoms):
                    high = self.linear_interval(kept, constant - form[1] * scale[0])
                    best = best.within(Interval(-math.inf, high.high, True, high.high_open))
        return best

    def _facts(self, atom: Expr, c: Fraction) -> list[tuple[LinearForm, tuple[Fraction, Fraction]]]:
        """Forms `w0 * f + w1 * atom <= 0` that may cancel `c * atom`: ((f), (w0, w1)) with w1 = c."""
        if isinstance(atom, Param) and atom.name in self.summaries:
            summary = self.summaries[atom.name]
            if c < 0:
                return [(f, (-c, c)) for f in summary.above]
            return [(f, (-c, c)) for f in summary.below]
        if isinstance(atom, Apply) and plain(atom) and atom.op == "log" and isinstance(atom.args[0], Param):
            return [(linear(exponent), (-c, c)) for exponent in exponents(atom.args[0].name, c < 0, self)]
        if isinstance(atom, Apply) and plain(atom) and ((atom.op == "max" and c < 0) or (atom.op == "min" and c > 0)):
            return [(linear(a), (-c, c)) for a in atom.args]
        return []

    def positive(self, expr: Expr) -> bool:
        return self.interval(expr).positive

    def nonnegative(self, expr: Expr) -> bool:
        return self.interval(expr).nonnegative

    def defined(self, expr: Expr) -> Expr | None:
        """None if `expr`, over summaries and constants, is finite at every reachable value; else the part that may not be.

        What depends on constants only is taken as given: where it is undefined the original cascade is undefined everywhere.
        """
        if not isinstance(expr, Apply) or self.scope.of(expr).constant:
            if isinstance(expr, Param) and expr.name in self.summaries and not self.summaries[expr.name].total:
                return expr
            return None
        opened = self.laws.opened(expr)
        if opened is not None:
            return self.defined(opened)
        for a in expr.args:
            bad = self.defined(a)
            if bad is not None:
                return bad
        match expr.op, expr.args:
            case "div", (_, b):
                fine = self.interval(b).nonzero or self.scope.of(b).constant
            case (("log" | "rsqrt"), (a,)):
                fine = self.positive(a)
            case "sqrt", (a,):
                fine = self.nonnegative(a)
            case "pow", (a, n):
                exponent = rational(n)
                integral = exponent is not None and exponent.denominator == 1
                fine = (integral and exponent is not None and exponent >= 0) or (self.interval(a).nonzero if integral else self.positive(a))
                fine = fine or (self.nonnegative(a) and self.positive(n))
            case _:
                fine = True
        return None if fine else expr


def _image(laws: Laws, op: str) -> Interval:
    known = None if laws.user(op) is not None else RANGES.get(op)
    if known is None:
        return REAL
    return Interval(_end(known.low), _end(known.high), known.low_open, known.high_open)


def _end(value: float) -> Fraction | float:
    return Fraction(value) if math.isfinite(value) else value
