"""What is carried: monomials of elements and shifted atoms, closed under moving the summaries, and the matrix that moves them.

A monomial is `mask? elements(x) * scale(d) * product (a(x) + c(d))^n * product f(k (a(x) + c(d)))` where `c` holds only the summary
addends that are *kept*, i.e. rebased on; dropped ones went to the coefficient that is applied at the end. Moving d to d' adds
`c(d') - c(d)` to each atom, so a monomial becomes, by the binomial theorem and f(a + b) = f(a) f(b), a combination of monomials with
smaller powers: that is the matrix K(d, d'), with K(d, d) = I and the cocycle law by construction, and no inverse is ever taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import comb
from typing import TypeVar, cast

from .build import ONE, ZERO, Addend, Factor, exponential, product, total
from .derivation import OLD
from .expr import Apply, Expr, Param
from .laws import ADDITION_FORMULAS, PARITY
from .linear import collect, factors
from .scope import Scope, rename_params
from .terms import HOLE, Split, Term, Wave, gathered, merge_terms, paired, wave_value

Kept = tuple[Addend, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Monomial:
    """One carried basis function; `shifts` are (atom, power >= 1) with only kept summary addends, `scale` the kept summary factors."""

    elements: tuple[Factor, ...] = ()
    shifts: tuple[tuple[Split, int], ...] = ()
    waves: tuple[Wave, ...] = ()
    scale: tuple[Factor, ...] = ()
    mask: tuple[tuple[Expr, bool], ...] = ()

    @property
    def summary_parts(self) -> tuple[Expr, ...]:
        """The kept summary addends and factors."""
        splits = (*(s for s, _ in self.shifts), *(w.split for w in self.waves))
        return (*(e for s in splits for _, e in s.summaries), *(b for b, _ in self.scale))

    @property
    def basis(self) -> Expr:
        parts: list[Factor] = [(wave_value(w), 1) for w in self.waves]
        parts += [(s.expr, n) for s, n in self.shifts]
        value = product([*parts, *self.elements, *self.scale])
        for condition, polarity in self.mask:
            value = Apply("select", (condition, value, ZERO) if polarity else (condition, ZERO, value))
        return value


@dataclass(frozen=True)
class Choice:
    """What to keep of a term: summary addends per wave and per shift, and summary factors; the difference to what is there is deferred.

    Kept addends are usually some of those that are there, but any will do: `exp(a + c) = exp(a + k) exp(c - k)`.
    """

    waves: Sequence[Kept]
    shifts: Sequence[Kept]
    scale: tuple[Factor, ...]


@dataclass
class Carried:
    """The monomials, in order, and the body as a combination of them: (monomial, coefficient, deferred summary factors)."""

    scope: Scope
    monomials: list[Monomial] = field(default_factory=list[Monomial])
    combination: list[tuple[Monomial, Fraction, tuple[Factor, ...]]] = field(default_factory=list[tuple[Monomial, Fraction, tuple[Factor, ...]]])
    centres: dict[tuple[Addend, ...], tuple[Addend, ...]] = field(default_factory=dict[tuple[Addend, ...], tuple[Addend, ...]])
    known: dict[frozenset[object], tuple[object, ...]] = field(default_factory=dict[frozenset[object], tuple[object, ...]])

    def add(self, term: Term, choice: Choice) -> None:
        """Carry one term of the body, as chosen."""
        for monomial, coefficient, deferred in self._expand(term, choice):
            self.combination.append((self._canonical(monomial), coefficient, deferred))

    def close(self) -> None:
        """Collect what was added, drop what cancels, and close the monomials under moving the summaries. Call once, after all `add`s."""
        collected: dict[tuple[Monomial, frozenset[Factor]], tuple[Fraction, tuple[Factor, ...]]] = {}
        for monomial, coefficient, deferred in self.combination:
            key = (monomial, frozenset(deferred))
            collected[key] = (collected.get(key, (Fraction(0), ()))[0] + coefficient, deferred)
        self.combination = [(m, c, deferred) for (m, _), (c, deferred) in collected.items() if c != 0]
        for monomial, _, _ in self.combination:
            for lower in _lower(monomial):
                if self._canonical(lower) not in self.monomials:
                    self.monomials.append(self._canonical(lower))

    def _canonical(self, monomial: Monomial) -> Monomial:
        """The monomial with each product in the order in which it was first seen: equal products are equal tuples."""

        def first(part: tuple[T, ...]) -> tuple[T, ...]:
            return cast("tuple[T, ...]", self.known.setdefault(frozenset(part), part))

        return Monomial(first(monomial.elements), first(monomial.shifts), first(monomial.waves), first(monomial.scale), first(monomial.mask))

    def _expand(self, term: Term, choice: Choice) -> list[tuple[Monomial, Fraction, tuple[Factor, ...]]]:
        kept_scale = choice.scale
        deferred = collect([*term.scalars, *((b, -n) for b, n in kept_scale)]).items()
        partial = [Term(term.coefficient, tuple(deferred), term.elements, mask=term.mask)]
        for wave, kept in zip(term.waves, choice.waves, strict=True):
            pieces = _wave_pieces(wave, kept)
            partial = [merge_terms(p, q) for p in partial for q in pieces]
        for (split, n), kept in zip(term.shifts, choice.shifts, strict=True):
            pieces = self._shift_pieces(split, n, kept)
            partial = [merge_terms(p, q) for p in partial for q in pieces]
        return [(Monomial(p.elements, p.shifts, p.waves, kept_scale, p.mask), p.coefficient, p.scalars) for p in partial]

    def _shift_pieces(self, split: Split, n: int, kept: Kept) -> list[Term]:
        """`(u + r)^n` by the binomial theorem, u the kept atom and r the deferred rest. Atoms with equal element parts share one centre."""
        kept = self.centres.setdefault(split.elements, kept)
        rest = total([*split.summaries, *((-k, e) for k, e in kept)])
        pieces: list[Term] = []
        for j in range(n + 1 if rest != ZERO else 1):
            shifts = ((Split(split.elements, kept), n - j),) if kept and n > j else ()
            elements = ((total(split.elements), n - j),) if not kept and n > j else ()
            coefficient, parts = factors(rest)
            deferred = tuple((b, e * j) for b, e in parts) if j else ()
            pieces.append(Term(comb(n, j) * coefficient**j, deferred, elements, shifts))
        return pieces

    def correction(self) -> list[list[Expr | None]]:
        """K, rows and columns in the order of `monomials`, over `Param(D.old)` and `Param(D)`."""
        return [[_entry(high, low, self.scope) for low in self.monomials] for high in self.monomials]

    def final(self, names: Sequence[str], finite: Callable[[Expr], bool]) -> Expr:
        """The combination of the accumulators of these names that is the reduction's value; `finite` tells which summary parts surely are.

        A masked term asks for its summary part only where the mask lets an element through: its accumulator is 0 where it does not, and then
        the term is 0 whatever the summary part is (a quotient by a sum of nothing, a maximum of nothing).
        """
        index = {m: i for i, m in enumerate(self.monomials)}
        parts: list[Addend] = []
        for monomial, coefficient, deferred in self.combination:
            accumulator = Param(names[index[monomial]])
            term = chosen_product([(accumulator, 1), *deferred])
            if monomial.mask and not finite(product(deferred)):
                term = Apply("select", (Apply("eq", (accumulator, ZERO)), ZERO, term))
            parts.append((coefficient, term))
        return total(parts)

    def rebased_on(self) -> tuple[str, ...]:
        """The summaries that the carried monomials depend on, in order of dependence."""
        found: dict[str, None] = {}
        for m in self.monomials:
            for e in m.summary_parts:
                found.update((n, None) for n in self.scope.of(e).summaries)
        return tuple(sorted(found, key=self.scope.order.index))


def chosen_product(found: Sequence[Factor]) -> Expr:
    """The product; a factor `select(c, h, 0)` selects the whole product, so that what is not chosen is never multiplied by zero."""
    for i, (base, exponent) in enumerate(found):
        match base:
            case Apply("select", (condition, then, otherwise)) if exponent == 1 and ZERO in (then, otherwise):
                others = [f for k, f in enumerate(found) if k != i]
                if otherwise == ZERO:
                    return Apply("select", (condition, chosen_product([*others, (then, 1)]), ZERO))
                return Apply("select", (condition, ZERO, chosen_product([*others, (otherwise, 1)])))
            case _:
                pass
    return product(found)


def _wave_pieces(wave: Wave, kept: Kept) -> list[Term]:
    dropped = gathered((*wave.split.summaries, *((-k, e) for k, e in kept)))
    elements = Split(wave.split.elements, ())
    if wave.kind in ADDITION_FORMULAS:
        pieces: list[Term] = []
        for sign, f, g in ADDITION_FORMULAS[wave.kind]:
            left = wave_value(replace(wave, function=Apply(f, (HOLE,)), split=elements))
            flip = all(k < 0 for k, _ in dropped)
            right = wave_value(replace(wave, function=Apply(g, (HOLE,)), split=Split(dropped, ()).scaled(Fraction(-1 if flip else 1))))
            pieces.append(Term(Fraction(sign * (PARITY[g] if flip else 1)), ((right, 1),), ((left, 1),)))
        return pieces
    scalars: tuple[Factor, ...] = ()
    if dropped:
        scalars = _wave_factors(wave, dropped)
    if kept:
        return [Term(scalars=scalars, waves=(replace(wave, split=Split(wave.split.elements, kept)),))]
    return [Term(scalars=scalars, elements=((wave_value(replace(wave, split=elements)), 1),))]


def _lower(monomial: Monomial) -> list[Monomial]:
    """The monomials that moving the summaries makes of this one: all smaller powers of its shifts, largest first."""
    ranges = [range(n, -1, -1) for _, n in monomial.shifts]
    found: list[Monomial] = []
    for powers in itertools.product(*ranges):
        shifts = tuple((s, p) for (s, _), p in zip(monomial.shifts, powers, strict=True) if p)
        found.append(replace(monomial, shifts=shifts))
    return found


def _entry(high: Monomial, low: Monomial, scope: Scope) -> Expr | None:
    """The coefficient of `low` at the old summaries in `high` at the new ones."""
    if replace(high, shifts=()) != replace(low, shifts=()):
        return None
    found: list[Factor] = [f for w in high.waves for f in _wave_factors(w, moved(w.split, scope))]
    powers = dict(low.shifts)
    coefficient = 1
    for split, n in high.shifts:
        lower = powers.pop(split, 0)
        if lower > n:
            return None
        coefficient *= comb(n, lower)
        if n > lower:
            found.append((distance(split, scope), n - lower))
    if powers:
        return None
    for base, exponent in high.scale:
        found += [(base, exponent), (old(base, scope), -exponent)]
    return product(found, Fraction(coefficient))


def _wave_factors(wave: Wave, parts: tuple[Addend, ...]) -> tuple[Factor, ...]:
    """The homomorphism's value on a sum, as factors."""
    if wave.scale == ONE and isinstance(wave.function, Apply) and wave.function.op == "exp":
        return exponential(parts)
    return ((wave_value(replace(wave, split=Split(parts, ()))), 1),)


def moved(split: Split, scope: Scope) -> tuple[Addend, ...]:
    """`c(new) - c(old)`."""
    return (*split.summaries, *((-k, old(e, scope)) for k, e in split.summaries))


def distance(split: Split, scope: Scope) -> Expr:
    """`c(new) - c(old)` as one expression, summary by summary."""
    return paired(split.summaries, tuple((-k, old(e, scope)) for k, e in split.summaries))


def old(expr: Expr, scope: Scope) -> Expr:
    """The expression at the summaries before the tile."""
    return rename_params(expr, lambda n: n + OLD if n in scope.summaries else n)
