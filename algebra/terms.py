"""The pieces a body is separated into: splits `a(x) + c(d)`, waves `f(k (a + c))`, and terms, which are products of all of these.

Everything is kept as its author wrote it, and nothing is multiplied out that is a shift: `(x - mu)^2` stays a square, because that is the
form in which it is carried well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from .build import ONE, Addend, Factor, product, total
from .expr import Apply, Expr, Param, substitute_params
from .linear import addends, collect, factors

HOLE = Param("#")
"""Stands for the argument in a `Wave.function`."""


class NotSeparable(Exception):
    """No structural separation; `where` is the sub-expression that mixes elements and summaries for good."""

    def __init__(self, where: Expr, why: str):
        super().__init__(why)
        self.where = where
        self.why = why


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
    """The waves of a product. Exponentials of the same addends become one; others stay apart, each as bounded as its author made it."""
    merged = list(a)
    for wave in b:
        twin = next((i for i, w in enumerate(merged) if w.kind == "exp" and _addends(w) == _addends(wave)), None)
        if twin is None:
            merged.append(wave)
            continue
        merged[twin] = replace(wave, split=merged[twin].split.plus(wave.split))
    return tuple(w for w in merged if w.split.elements or w.split.summaries)


def _addends(wave: Wave) -> object:
    split = wave.split
    return wave.function, wave.scale, frozenset(e for _, e in split.elements), frozenset(e for _, e in split.summaries)


def join_exponentials(term: Term) -> Term:
    """`exp(a(x)) * exp(c(d))` as the wave `exp(a + c)`, so that the summaries can keep it bounded."""
    found = [_exponents(term.elements), _exponents(term.scalars)]
    if not all(found):
        return term
    elements, scalars = (tuple(f for f in part if not _is_exp(f[0])) for part in (term.elements, term.scalars))
    wave = Wave("exp", Apply("exp", (HOLE,)), ONE, Split(found[0], found[1]))
    return replace(term, elements=elements, scalars=scalars, waves=(*term.waves, wave))


def _exponents(found: tuple[Factor, ...]) -> tuple[Addend, ...]:
    return tuple((n * k, e) for base, n in found if isinstance(base, Apply) and _is_exp(base) for k, e in addends(base.args[0]))


def _is_exp(e: Expr) -> bool:
    return isinstance(e, Apply) and e.op == "exp" and e.merge is None


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
    leading, _ = (*split.elements, *split.summaries)[0]
    factor = sizes.pop() * (1 if leading > 0 else -1)
    return factor, split.scaled(1 / factor)


def wave_value(wave: Wave) -> Expr:
    factor, split = normal(wave.split)
    if abs(factor) == 1:
        return substitute_params(wave.function, {HOLE.name: scaled(wave.scale, wave.split.expr)})
    argument = product([(scaled(wave.scale, split.expr), 1)], factor)
    return substitute_params(wave.function, {HOLE.name: argument})


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
