"""Separation by structure: a body as a sum of terms, each a product of summary factors, element factors and shifted atoms.

`F(x, d) = sum of coefficient * scalars(d) * elements(x) * product (a(x) + c(d))^n * product f(k * (a(x) + c(d)))`, with f a function that
turns sums into products (exp) or a wave (sin, cos). By laws alone, without sympy: attention takes well under a millisecond.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from .build import ONE, ZERO, Addend, Factor, product, rational, total
from .cases import extreme, selected, settled
from .evaluate import evaluate
from .expr import Apply, Expr, Num
from .invariants import Invariants
from .laws import ADDITION_FORMULAS, PARTIAL, Domain
from .linear import addends, collect, factors, plain
from .terms import HOLE, NotSeparable, Split, Term, Wave, join_exponentials, merge_terms, normal, power_of, with_common_factor

MAX_TERMS = 64
"""Bound on the terms of an expansion; beyond it the body counts as not separable by structure."""


def separate(body: Expr, known: Invariants) -> list[Term]:
    """The terms of `body`. Raises `NotSeparable`."""
    return [join_exponentials(t) for t in _Separation(known).terms(body) if t.coefficient != 0]


class _Separation:
    def __init__(self, known: Invariants):
        self.known = known
        self.scope = known.scope

    def terms(self, e: Expr) -> list[Term]:
        dependence = self.scope.of(e)
        if not dependence.mixed:
            if isinstance(e, Num) and rational(e) is None:
                return [Term(elements=((e, 1),))]  # an infinity stays with its mask
            return self.pure(e)
        if not isinstance(e, Apply) or not plain(e):
            raise NotSeparable(e, "a merge decides by presence, and no law holds through it")
        plainer = self.known.laws.opened(e) or settled(e, self.known)
        if plainer is not None:
            return self.terms(plainer)
        match e.op, e.args:
            case (("add" | "sub" | "neg"), _):
                return self.sum(addends(e))
            case "mul", (a, b):
                return self.product(self.terms(a), self.terms(b), e)
            case "div", (a, b):
                return self.product(self.terms(a), [self.inverse(b)], e)
            case "pow", (a, b):
                return self.power(e, a, b)
            case "log", (a,):
                return self.logarithm(e, a)
            case "select", (condition, a, b):
                return self.select(condition, a, b)
            case (("max" | "min"), (a, b)):
                return extreme(e, self.terms(a), self.terms(b), self.known)
            case op, (a,):
                return self.unary(e, op, a)
            case _:
                raise NotSeparable(e, "no law takes the summaries out of it")

    def sum(self, parts: Iterable[Addend]) -> list[Term]:
        """A sum: its pure addends form one shift, its mixed addends are terms of their own."""
        elements: list[Addend] = []
        summaries: list[Addend] = []
        found: list[Term] = []
        for k, e in parts:
            dependence = self.scope.of(e)
            if dependence.mixed:
                found += [replace(t, coefficient=t.coefficient * k) for t in self.terms(e)]
            else:
                (summaries if dependence.summaries else elements).append((k, e))
        real = any(self.scope.of(e).elements for _, e in elements)
        if summaries and real:
            scale, split = normal(Split(tuple(elements), tuple(summaries)))
            found.insert(0, Term(coefficient=scale, shifts=((split, 1),)))
        elif elements or summaries:
            found[:0] = self.pure(total([*elements, *summaries]))
        return found

    def pure(self, e: Expr) -> list[Term]:
        """What does not mix elements and summaries, as factors."""
        coefficient, parts = factors(e)
        powers = tuple(collect(parts).items())
        return [Term(coefficient, elements=powers)] if self.scope.of(e).elements else [Term(coefficient, scalars=powers)]

    def product(self, left: list[Term], right: list[Term], where: Expr) -> list[Term]:
        if len(left) * len(right) > MAX_TERMS:
            raise NotSeparable(where, f"it expands to more than {MAX_TERMS} terms")
        return [merge_terms(a, b) for a in left for b in right]

    def single(self, e: Expr) -> Term:
        """The one term of `e`, without shifts: what homomorphisms and inverses can act on."""
        found = with_common_factor(self.terms(e))
        if found is None or found.shifts or found.mask or any(w.kind != "exp" for w in found.waves):
            raise NotSeparable(e, "it mixes elements and summaries in a sum")
        return found

    def select(self, condition: Expr, a: Expr, b: Expr) -> list[Term]:
        if self.scope.mixed(condition):
            raise NotSeparable(condition, "a condition compares elements with summaries")
        return selected(condition, self.terms(a), self.terms(b), self.scope)

    def inverse(self, e: Expr) -> Term:
        t = self.single(e)
        if t.coefficient == 0:
            raise NotSeparable(e, "it divides by zero")
        waves = tuple(replace(w, split=w.split.scaled(Fraction(-1))) for w in t.waves)
        return Term(1 / t.coefficient, tuple((b, -n) for b, n in t.scalars), tuple((b, -n) for b, n in t.elements), waves=waves)

    def power(self, e: Expr, a: Expr, b: Expr) -> list[Term]:
        exponent = rational(b)
        if exponent is not None and exponent.denominator == 1:
            n = int(exponent)
            if n < 0:
                return [power_of(self.inverse(a), -n)]
            base = self.terms(a)
            if len(base) == 1:
                return [power_of(base[0], n)]
            result = [Term()]
            for _ in range(n):
                result = self.product(result, base, e)
            return result
        if self.scope.of(b).constant:
            domain = "nonnegative" if self.known.nonnegative(b) else "positive"
            return [self.multiplicative(self.single(a), lambda f: Apply("pow", (f, b)), e, domain, b, partial=exponent is not None)]
        if self.scope.of(a).constant and self.known.positive(a):
            return [self.wave(Apply("pow", (a, HOLE)), "exp", b, e)]
        raise NotSeparable(e, "its exponent depends on the data")

    def unary(self, e: Expr, op: str, a: Expr) -> list[Term]:
        if isinstance(a, Apply) and a.op == "select" and plain(a) and not self.scope.of(a.args[0]).summaries:
            condition, then, otherwise = a.args
            return self.select(condition, _folded(op, then), _folded(op, otherwise))
        laws = self.known.laws
        if op in ADDITION_FORMULAS and laws.user(op) is None:
            return [self.wave(Apply(op, (HOLE,)), op, a, e)]
        law = laws.homomorphism(op, "add")
        if law is not None and law.target == "mul":
            return [self.wave(Apply(op, (HOLE,)), "exp", a, e)]
        law = laws.homomorphism(op, "mul")
        if law is not None and law.target == "mul":
            partial = op in PARTIAL and laws.user(op) is None
            return [self.multiplicative(self.single(a), lambda f: Apply(op, (f,)), e, law.domain, _EXPONENTS.get(op), partial=partial)]
        raise NotSeparable(e, f"{op} has no law that takes a summary out of it")

    def wave(self, function: Expr, kind: str, argument: Expr, where: Expr) -> Term:
        """`function(argument)`, if the argument is a sum of an element part and a summary part."""
        found = self.terms(argument)
        if len(found) == 1 and self.scales(found[0]):
            t = found[0]
            split = t.shifts[0][0]
            if abs(t.coefficient) == 1:
                return Term(waves=(Wave(kind, function, product(t.scalars), split.scaled(t.coefficient)),))
            return Term(waves=(Wave(kind, function, product(t.scalars, t.coefficient), split),))
        elements: list[Addend] = []
        summaries: list[Addend] = []
        for t in found:
            if t.mask or t.waves:
                raise NotSeparable(where, "its argument mixes elements and summaries")
            if self.scales(t):
                scale = product(t.scalars, t.coefficient)
                for part, out in ((t.shifts[0][0].elements, elements), (t.shifts[0][0].summaries, summaries)):
                    out += [(k, product([(scale, 1), (e, 1)])) for k, e in part]
            elif not t.shifts and not t.elements:
                (summaries if self.summary_factors(t.scalars) else elements).append((t.coefficient, product(t.scalars)))
            elif not t.shifts and not self.summary_factors(t.scalars):
                elements.append((t.coefficient, product([*t.scalars, *t.elements])))
            else:
                raise NotSeparable(where, "its argument multiplies elements by summaries")
        return Term(waves=(Wave(kind, function, ONE, Split(tuple(elements), tuple(summaries))),))

    def scales(self, t: Term) -> bool:
        """True if the term is one shift times a constant of the fiber."""
        return not (t.mask or t.waves or t.elements or self.summary_factors(t.scalars)) and len(t.shifts) == 1 and t.shifts[0][1] == 1

    def summary_factors(self, scalars: Iterable[Factor]) -> bool:
        return any(self.scope.of(b).summaries for b, _ in scalars)

    def multiplicative(
        self, t: Term, f: Callable[[Expr], Expr], where: Expr, domain: Domain, exponent: Expr | None, *, partial: bool = False
    ) -> Term:
        """`f` of a product, for f(a b) = f(a) f(b) on `domain`; `exponent` says what f does to an exponential inside.

        `partial`: f has no value on negative numbers. Where f(a b) has one, a and b have one sign, and it is f(|a|) f(|b|).
        """
        if t.waves and exponent is None:
            raise NotSeparable(where, "it has no law for an exponential inside")
        each, rest = self.parted(t)
        summary = product(each)
        fine = domain == "real" or self.known.positive(summary)
        fine = fine or (domain == "nonnegative" and self.known.nonnegative(summary) and self.known.nonnegative(rest))
        if not fine and partial:
            each, rest = [(self.size(b), n) for b, n in each], self.size(rest)
        elif not fine:
            raise NotSeparable(where, "a summary inside it may be negative")
        waves = tuple(replace(w, scale=product([(w.scale, 1), (exponent, 1)])) for w in t.waves) if exponent is not None else ()
        if domain != "real" and not all(self.known.nonnegative(b) for b, _ in each):
            each = [(summary, 1)] if each else []
        scalars = tuple((self.sized(f, b), n) for b, n in each)
        elements = () if rest == ONE else ((self.sized(f, rest), 1),)
        return Term(scalars=scalars, elements=elements, waves=waves)

    def parted(self, t: Term) -> tuple[list[Factor], Expr]:
        """The summary factors of a term without shifts, and the product of all others but its waves."""
        each = [(b, n) for b, n in t.scalars if self.scope.of(b).summaries]
        return each, product([*((b, n) for b, n in t.scalars if not self.scope.of(b).summaries), *t.elements], t.coefficient)

    def size(self, part: Expr) -> Expr:
        """`|part|`, left as it is where it is never negative."""
        return part if self.known.nonnegative(part) else Apply("abs", (part,))

    def sized(self, f: Callable[[Expr], Expr], part: Expr) -> Expr:
        """`f(part)`; an absolute value of what is never negative is left out."""
        result = f(part)
        return part if isinstance(result, Apply) and result.op == "abs" and self.known.nonnegative(part) else result

    def logarithm(self, e: Expr, a: Expr) -> list[Term]:
        """The logarithm of a product: the sum of logarithms; of sizes, where signs are unknown: where it has a value, signs cancel."""
        t = self.single(a)
        each, rest = self.parted(t)
        if not self.known.positive(product(each)):
            each, rest = [(self.size(b), n) for b, n in each], self.size(rest)
        elif not all(self.known.positive(b) for b, _ in each):
            each = [(product(each), 1)]
        parts: list[Addend] = [(Fraction(n), Apply("log", (b,))) for b, n in [*([(rest, 1)] if rest != ONE else []), *each]]
        for w in t.waves:
            if not (isinstance(w.function, Apply) and w.function.op == "exp"):
                raise NotSeparable(e, "it has no law for an exponential inside")
            parts += [(k, product([(w.scale, 1), (p, 1)])) for k, p in (*w.split.elements, *w.split.summaries)]
        return self.sum(parts)


_EXPONENTS: dict[str, Expr] = {"sqrt": Num(0.5), "rsqrt": Num(-0.5), "abs": ONE, "sign": ZERO}
"""What a multiplicative function does to the exponent of an exponential inside: `sqrt(exp(a)) = exp(0.5 a)`."""


def _folded(op: str, argument: Expr) -> Expr:
    """`op(argument)`, evaluated where the argument is an infinity: `exp(-inf)` is 0."""
    if isinstance(argument, Num) and rational(argument) is None:
        value = evaluate(Apply(op, (argument,)), {})
        if value == int(value) if math.isfinite(value) else not math.isnan(value):
            return Num(int(value)) if math.isfinite(value) else Num(value)
    return Apply(op, (argument,))
