"""The pieces a body is separated into: splits `a(x) + c(d)`, waves `f(k (a + c))`, and terms, which are products of all of these.

Everything is kept as its author wrote it, and nothing is multiplied out that is a shift: `(x - mu)^2` stays a square, because that is the
form in which it is carried well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from .build import ONE, Addend, Factor, product, rational, total
from .expr import Expr, Param, substitute_params
from .linear import collect, factors

HOLE = Param("#")
"""Stands for the argument in a `Wave.function`."""


@dataclass(frozen=True, slots=True)
class Split:
    """`a + c`: element (and constant) addends, and summary addends."""

    elements: tuple[Addend, ...]
    summaries: tuple[Addend, ...]

    def scaled(self, factor: Fraction) -> Split:
        return Split(tuple((k * factor, e) for k, e in self.elements), tuple((k * factor, e) for k, e in self.summaries))

    def plus(self, other: Split) -> Split:
        return Split(gathered(self.elements + other.elements), gathered(self.summaries + other.summaries))

    @property
    def expr(self) -> Expr:
        """The sum; element and summary addends that match one to one are subtracted pair by pair: `(s - m) - (t - n)`."""
        return paired(self.elements, self.summaries)


def paired(left: tuple[Addend, ...], right: tuple[Addend, ...]) -> Expr:
    """`left + right`. Where each addend on the left has one of opposite coefficient on the right, in order, pairs are added first.

    Partial sums then are of the size of the differences, as in what an author writes, not of the size of the data.
    """
    if len(left) == len(right) > 1 and all(k == -j for (k, _), (j, _) in zip(left, right, strict=True)):
        sign = [Fraction(1 if k > 0 else -1) for k, _ in left]
        return total((s, total([(s * k, e), (s * j, d)])) for s, (k, e), (j, d) in zip(sign, left, right, strict=True))
    return total(left + right)


def gathered(parts: tuple[Addend, ...]) -> tuple[Addend, ...]:
    """Equal addends collected."""
    found: dict[Expr, Fraction] = {}
    for k, e in parts:
        found[e] = found.get(e, Fraction(0)) + k
    return tuple((k, e) for e, k in found.items() if k != 0)


@dataclass(frozen=True, slots=True)
class Wave:
    """`function(scale * (a + c))`, `function` being an expression of `HOLE` and `scale` a constant of the fiber."""

    kind: str  # "exp" for every homomorphism from add to mul, else the operator's name
    function: Expr
    scale: Expr
    split: Split


@dataclass(frozen=True, slots=True)
class Term:
    """One product. Factors carry integer exponents; `mask` are element conditions (with polarity) outside which the term is zero."""

    coefficient: Fraction = Fraction(1)
    scalars: tuple[Factor, ...] = ()
    elements: tuple[Factor, ...] = ()
    shifts: tuple[tuple[Split, int], ...] = ()
    waves: tuple[Wave, ...] = ()
    mask: tuple[tuple[Expr, bool], ...] = ()

    @property
    def separated(self) -> bool:
        """True if nothing in it mixes elements and summaries any more."""
        return not self.shifts and not self.waves


def merge_terms(a: Term, b: Term) -> Term:
    """The product of two terms."""
    shifts: dict[Split, int] = dict(a.shifts)
    for split, n in b.shifts:
        shifts[split] = shifts.get(split, 0) + n
    scalars = tuple(collect([*a.scalars, *b.scalars]).items())
    elements = tuple(collect([*a.elements, *b.elements]).items())
    mask = tuple(dict.fromkeys((*a.mask, *b.mask)))
    return Term(a.coefficient * b.coefficient, scalars, elements, tuple(shifts.items()), _merge_waves(a.waves, b.waves), mask)


def _merge_waves(a: tuple[Wave, ...], b: tuple[Wave, ...]) -> tuple[Wave, ...]:
    merged = list(a)
    for wave in b:
        twin = next((i for i, w in enumerate(merged) if w.kind == "exp" == wave.kind and w.function == wave.function), None)
        if twin is None:
            merged.append(wave)
            continue
        mine, yours = (merged[twin], wave)
        if mine.scale == yours.scale:
            merged[twin] = replace(mine, split=mine.split.plus(yours.split))
        else:
            merged[twin] = replace(mine, scale=ONE, split=_unscaled(mine).plus(_unscaled(yours)))
    return tuple(merged)


def _unscaled(wave: Wave) -> Split:
    value = rational(wave.scale)
    if value is not None:
        return wave.split.scaled(value)

    def inner(part: tuple[Addend, ...]) -> tuple[Addend, ...]:
        return tuple((k, product([(wave.scale, 1), (e, 1)])) for k, e in part)

    return Split(inner(wave.split.elements), inner(wave.split.summaries))


def power_of(t: Term, n: int) -> Term:
    if n == 0:
        return Term()
    result = t
    for _ in range(n - 1):
        result = merge_terms(result, t)
    return result


def normal(split: Split) -> tuple[Fraction, Split]:
    """(factor, split) with the split's coefficients of size one, leading one positive, where they all have the same size."""
    sizes = {abs(k) for k, _ in (*split.elements, *split.summaries)}
    if len(sizes) != 1:
        return Fraction(1), split
    factor = sizes.pop() * (1 if split.elements[0][0] > 0 else -1)
    return factor, split.scaled(1 / factor)


def wave_value(wave: Wave) -> Expr:
    return substitute_params(wave.function, {HOLE.name: scaled(wave.scale, wave.split.expr)})


def scaled(scale: Expr, e: Expr) -> Expr:
    """`scale * e`, as `e / T` where the scale is `1 / T`."""
    coefficient, parts = factors(scale)
    return product([(e, 1), *parts], coefficient)


def with_common_factor(found: list[Term]) -> Term | None:
    """The one term that a sum is, if all its terms share everything but their elements; None otherwise."""
    if len(found) == 1:
        return found[0]
    first = found[0]
    bare = [replace(t, coefficient=Fraction(1), elements=()) for t in found]
    if first.shifts or first.mask or any(frozenset(t.scalars) != frozenset(first.scalars) or t != replace(bare[0], scalars=t.scalars) for t in bare):
        return None
    elements = total((t.coefficient, product(t.elements)) for t in found)
    return replace(bare[0], elements=((elements, 1),))
