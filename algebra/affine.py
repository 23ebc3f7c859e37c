"""Affine expressions of rank variables, and conjunctions of comparisons between them.

Subscripts (`2 * p + s`) and filters (`where m <= p`) of an Einsum are affine; that is what lets sizes, bounds and emptiness be
decided instead of tested (EDGE, arXiv 2404.11591, "rank expressions" and "filters").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast


def _canonical(term: tuple[str, int]) -> tuple[int, int, str]:
    name, coefficient = term
    return -abs(coefficient), -coefficient, name


@dataclass(frozen=True, slots=True)
class Affine:
    """`sum(coefficient * rank) + const`, in canonical order (largest coefficient first, then by name).

    Build it with `Affine.of`, which drops zero coefficients and sorts, so that equal expressions compare equal.
    """

    terms: tuple[tuple[str, int], ...] = ()
    const: int = 0

    @staticmethod
    def of(terms: Mapping[str, int] | Iterable[tuple[str, int]] = (), const: int = 0) -> Affine:
        total: dict[str, int] = {}
        pairs = cast("Mapping[str, int]", terms).items() if isinstance(terms, dict | Mapping) else terms
        for name, coefficient in pairs:
            total[name] = total.get(name, 0) + coefficient
        kept = [(n, c) for n, c in total.items() if c != 0]
        return Affine(tuple(sorted(kept, key=_canonical) if len(kept) > 1 else kept), const)

    @staticmethod
    def rank(name: str) -> Affine:
        return Affine(((name, 1),))

    @property
    def ranks(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.terms)

    @property
    def plain(self) -> str | None:
        """The rank this expression consists of, if it is one rank variable and nothing else."""
        if self.const == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return None

    def coefficient(self, rank: str) -> int:
        return next((c for n, c in self.terms if n == rank), 0)

    def __add__(self, other: Affine) -> Affine:
        if not other.terms:
            return Affine(self.terms, self.const + other.const)
        return Affine.of((*self.terms, *other.terms), self.const + other.const)

    def __sub__(self, other: Affine) -> Affine:
        return self + other * -1

    def __mul__(self, factor: int) -> Affine:
        if factor > 0:  # keeps the order
            return self if factor == 1 else Affine(tuple((n, c * factor) for n, c in self.terms), self.const * factor)
        return Affine.of([(n, c * factor) for n, c in self.terms], self.const * factor)

    def substitute(self, replacement: Mapping[str, Affine]) -> Affine:
        """Replace rank variables by affine expressions; ranks without a replacement stay."""
        if not any(name in replacement for name, _ in self.terms):
            return self
        terms: list[tuple[str, int]] = []
        const = self.const
        for name, coefficient in self.terms:
            put = replacement.get(name)
            if put is None:
                terms.append((name, coefficient))
            else:
                terms += [(n, coefficient * c) for n, c in put.terms]
                const += coefficient * put.const
        return Affine.of(terms, const)

    def bounds(self, sizes: Mapping[str, int]) -> tuple[int, int]:
        """Smallest and largest value while each rank r runs over 0 .. sizes[r]-1."""
        low = high = self.const
        for name, coefficient in self.terms:
            reach = coefficient * (sizes[name] - 1)
            low, high = low + min(0, reach), high + max(0, reach)
        return low, high

    def evaluate(self, point: Mapping[str, int]) -> int:
        return self.const + sum(c * point[n] for n, c in self.terms)

    def __str__(self) -> str:
        text = ""
        for name, coefficient in self.terms:
            sign = "-" if coefficient < 0 else "+"
            factor = name if abs(coefficient) == 1 else f"{abs(coefficient)} * {name}"
            text += f" {sign} {factor}" if text else (f"-{factor}" if coefficient < 0 else factor)
        if self.const or not text:
            text += f" {'-' if self.const < 0 else '+'} {abs(self.const)}" if text else str(self.const)
        return text


ComparisonOp = Literal["<", "<=", ">", ">=", "=="]
COMPARISONS: tuple[ComparisonOp, ...] = ("<", "<=", ">", ">=", "==")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`lhs op rhs` on coordinates; kept as written so that it prints as written."""

    lhs: Affine
    op: ComparisonOp
    rhs: Affine

    @property
    def ranks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.lhs.ranks + self.rhs.ranks))

    def nonnegative(self) -> tuple[Affine, ...]:
        """The same condition as affine expressions that must all be >= 0 (integers: `a < b` is `b - a - 1 >= 0`)."""
        less, more, one = self.rhs - self.lhs, self.lhs - self.rhs, Affine((), 1)
        match self.op:
            case "<":
                return (less - one,)
            case "<=":
                return (less,)
            case ">":
                return (more - one,)
            case ">=":
                return (more,)
            case "==":
                return (less, more)

    def substitute(self, replacement: Mapping[str, Affine]) -> Comparison:
        return Comparison(self.lhs.substitute(replacement), self.op, self.rhs.substitute(replacement))

    def holds(self, point: Mapping[str, int]) -> bool:
        return all(a.evaluate(point) >= 0 for a in self.nonnegative())

    def __str__(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}"


class _System:
    """Rational inequalities `a . x + b >= 0` with Fourier-Motzkin elimination (few ranks, few constraints)."""

    def __init__(self, rows: Iterable[tuple[dict[str, Fraction], Fraction]]):
        self.rows = [(dict(a), b) for a, b in rows]

    def eliminate(self, name: str) -> None:
        lower = [(a, b) for a, b in self.rows if a.get(name, 0) > 0]
        upper = [(a, b) for a, b in self.rows if a.get(name, 0) < 0]
        kept = [(a, b) for a, b in self.rows if a.get(name, 0) == 0]
        for la, lb in lower:
            for ua, ub in upper:
                scale_l, scale_u = -ua[name], la[name]
                merged = {n: la.get(n, Fraction(0)) * scale_l + ua.get(n, Fraction(0)) * scale_u for n in la.keys() | ua.keys()}
                kept.append(({n: c for n, c in merged.items() if c != 0 and n != name}, lb * scale_l + ub * scale_u))
        unique = {(tuple(sorted(a.items())), b): (a, b) for a, b in kept}
        self.rows = list(unique.values())


def _rows(sizes: Mapping[str, int], where: Iterable[Comparison]) -> list[tuple[dict[str, Fraction], Fraction]]:
    conditions = [a for comparison in where for a in comparison.nonnegative()]
    rows = [({n: Fraction(c) for n, c in a.terms}, Fraction(a.const)) for a in conditions]
    for name in dict.fromkeys(n for a in conditions for n in a.ranks):
        rows.append(({name: Fraction(1)}, Fraction(0)))
        rows.append(({name: Fraction(-1)}, Fraction(sizes[name] - 1)))
    return rows


def is_empty(sizes: Mapping[str, int], where: Iterable[Comparison]) -> bool:
    """True if no rational point of the box 0 <= r < sizes[r] meets every comparison (so no integer point does)."""
    rows = _rows(sizes, where)
    system = _System(rows)
    for name in dict.fromkeys(n for a, _ in rows for n in a):
        system.eliminate(name)
    return any(b < 0 for _, b in system.rows)


def extent(expression: Affine, sizes: Mapping[str, int], where: Iterable[Comparison] = ()) -> tuple[int, int]:
    """Smallest and largest value of `expression` over the filtered box, rounded inwards from the rational relaxation.

    Without a filter this is exact; with one it is the relaxation's bound, which is exact for the filters that splits make.
    """
    low, high = expression.bounds(sizes)
    where = [c for c in where if not set(c.ranks).isdisjoint(expression.ranks)]
    if not where:
        return low, high
    value = "$value"
    rows = _rows({**sizes}, where)
    for name in expression.ranks:
        rows.append(({name: Fraction(1)}, Fraction(0)))
        rows.append(({name: Fraction(-1)}, Fraction(sizes[name] - 1)))
    terms = {n: Fraction(c) for n, c in expression.terms}
    rows.append(({**terms, value: Fraction(-1)}, Fraction(expression.const)))
    rows.append(({**{n: -c for n, c in terms.items()}, value: Fraction(1)}, Fraction(-expression.const)))
    system = _System(rows)
    for name in dict.fromkeys(n for a, _ in rows for n in a if n != value):
        system.eliminate(name)
    for a, b in system.rows:
        slope = a.get(value, Fraction(0))
        if slope > 0:
            low = max(low, -((b / slope).__floor__()))
        elif slope < 0:
            high = min(high, (b / -slope).__floor__())
    return low, high


def project(where: Iterable[Comparison], ranks: Iterable[str], sizes: Mapping[str, int]) -> tuple[Comparison, ...] | None:
    """The condition on the other ranks under which some coordinates of `ranks` meet `where`; () if they always do.

    None if elimination over the rationals would not be exact for integers (no coefficient of an eliminated rank is 1).
    """
    eliminated = tuple(ranks)
    conditions = [a for comparison in where for a in comparison.nonnegative()]
    involved = [r for r in eliminated if any(a.coefficient(r) for a in conditions)]
    rows = [({n: Fraction(c) for n, c in a.terms}, Fraction(a.const)) for a in conditions]
    for name in involved:
        rows.append(({name: Fraction(1)}, Fraction(0)))
        rows.append(({name: Fraction(-1)}, Fraction(sizes[name] - 1)))
    system = _System(rows)
    for name in involved:
        lower = [abs(a[name]) for a, _ in system.rows if a.get(name, 0) > 0]
        upper = [abs(a[name]) for a, _ in system.rows if a.get(name, 0) < 0]
        if any(c != 1 for c in lower) and any(c != 1 for c in upper):
            return None
        system.eliminate(name)
    found: list[Comparison] = []
    for a, b in system.rows:
        scale = math.lcm(*(c.denominator for c in (*a.values(), b)))
        expression = Affine.of({n: int(c * scale) for n, c in a.items()}, int(b * scale))
        if expression.bounds(sizes)[0] < 0:
            found.append(Comparison(expression, ">=", Affine()))
    return tuple(found)
