"""T3, ordered reductions: a max (or min, any, all, argmax) of a function that is monotone in the elements needs only their extremes.

`max_m Phi(g(x_m), d) = Phi(max_m g(x_m), d)` where Phi(., d) never decreases; where it never increases the min is carried; where the
direction depends on the sign of a summary, and for |g - d|, both ends are. No inverse, no rebase: d is applied at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from .build import Addend, Factor, product, total
from .derivation import Accumulator
from .evaluate import Opaque, evaluate
from .expr import Apply, Expr, Num, Param
from .invariants import Invariants
from .laws import ORDER_AS
from .linear import addends, collect, factors, plain
from .samples import Samples

_TRUTH = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})


class NotOrdered(Exception):
    """The body is not known to be monotone in the elements."""


@dataclass
class Ordered:
    """The accumulators found so far for the reduction `name`; `best` is the whole theory."""

    name: str
    op: str
    known: Invariants
    accumulators: list[Accumulator] = field(default_factory=list[Accumulator])
    masks: tuple[tuple[Expr, bool], ...] = ()

    @property
    def argument(self) -> bool:
        """True for argmax and argmin, whose coordinate survives strictly increasing functions only."""
        return self.op.startswith("arg")

    def final(self, body: Expr) -> Expr:
        """The reduction's value from the extremes. Raises `NotOrdered`."""
        if self.op in ("or", "and") and not (isinstance(body, Apply) and body.op in _TRUTH):
            raise NotOrdered("it is not a truth value")
        if self.argument and not self.known.scope.of(body).elements:
            raise NotOrdered("all its elements are equal, and nothing carried has a coordinate")
        return self.best(body, ORDER_AS[self.op].endswith("max"))

    def best(self, e: Expr, up: bool) -> Expr:
        """The largest (`up`) or smallest value of `e` over the elements."""
        dependence = self.known.scope.of(e)
        if not dependence.elements:
            return e
        if not dependence.summaries:
            return self.extreme(e, up)
        if not isinstance(e, Apply) or not plain(e):
            raise NotOrdered("a merge decides by presence")
        match e.op, e.args:
            case (("add" | "sub" | "neg"), _):
                return self.sum(e, up)
            case (("mul" | "div"), _):
                return self.product(e, up)
            case "abs", (a,):
                return self.absolute(a, up)
            case "pow", (a, Num(int() as n)) if n > 0:
                if n % 2 == 1 or self.known.nonnegative(a):
                    return Apply("pow", (self.best(a, up), e.args[1]))
                return Apply("pow", (self.absolute(a, up), e.args[1]))
            case "pow", (a, b) if self.known.scope.of(b).constant and self.known.nonnegative(a) and self.known.interval(b).nonzero:
                return Apply("pow", (self.best(a, up == self.known.positive(b)), b))
            case "select", (condition, a, b):
                return self.select(condition, a, b, up)
            case _:
                return self.monotone(e, up)

    def extreme(self, e: Expr, up: bool) -> Expr:
        op = ("argmax" if up else "argmin") if self.argument else ("max" if up else "min")
        absent = Num(-math.inf if up else math.inf)
        for condition, polarity in self.masks:
            e = Apply("select", (condition, e, absent) if polarity else (condition, absent, e))
        found = next((a for a in self.accumulators if a.op == op and a.basis == e), None)
        if found is None:
            found = Accumulator(f"{self.name}.{len(self.accumulators)}", op, -math.inf if up else math.inf, e)
            self.accumulators.append(found)
        if self.argument and len(self.accumulators) > 1:
            raise NotOrdered("its coordinate could come from either end")
        return Param(found.name)

    def sum(self, e: Expr, up: bool) -> Expr:
        parts = addends(e)
        mixed = [(k, p) for k, p in parts if self.known.scope.mixed(p)]
        pure = [(k, p) for k, p in parts if self.known.scope.of(p).elements and not self.known.scope.mixed(p)]
        rest = [(k, p) for k, p in parts if not self.known.scope.of(p).elements]
        if not mixed:
            k = pure[0][0]
            if len(pure) == 1:  # keep the coefficient outside: -x wants the min of x
                return total([(k, self.extreme(pure[0][1], up == (k > 0))), *rest])
            return total([(Fraction(1), self.extreme(total(pure), up)), *rest])
        if pure or len(mixed) > 1:
            taken_apart = [(k * n, q) for k, p in parts for n, q in self.logarithm(p)]
            if taken_apart != parts:
                return self.sum(total(taken_apart), up)
            raise NotOrdered("a sum moves with the elements in several ways")
        k, p = mixed[0]
        return total([(k, self.best(p, up == (k > 0))), *rest])

    def logarithm(self, p: Expr) -> list[Addend]:
        """The addends of a logarithm of a product of positive factors, exponentials undone; anything else as it is."""
        if not isinstance(p, Apply) or p.op != "log" or not plain(p):
            return [(Fraction(1), p)]
        coefficient, found = factors(p.args[0])
        if coefficient <= 0 or len(found) < 2 or not all(self.known.positive(b) for b, _ in found):
            return [(Fraction(1), p)]
        parts: list[Addend] = [] if coefficient == 1 else [(Fraction(1), Apply("log", (product([], coefficient),)))]
        for base, n in found:
            power = addends(base.args[0]) if isinstance(base, Apply) and base.op == "exp" else [(Fraction(1), Apply("log", (base,)))]
            parts += [(k * n, q) for k, q in power]
        return parts

    def as_written(self, e: Apply, up: bool) -> Expr | None:
        """A product with the best of its one moving side in that side's place, where the other side's sign is known.

        Every float product and quotient is monotone too, so that the value is rounded as the original's: what a step makes of it is the same.
        """
        moving = [i for i, a in enumerate(e.args) if self.known.scope.of(a).elements]
        if len(moving) != 1 or (e.op == "div" and moving == [1]):
            return None
        sign = self.known.interval(e.args[1 - moving[0]])
        if not (sign.nonzero if self.argument else sign.nonnegative or sign.nonpositive):
            return None
        args = list(e.args)
        args[moving[0]] = self.best(args[moving[0]], up == sign.nonnegative)
        return Apply(e.op, tuple(args))

    def product(self, e: Apply, up: bool) -> Expr:
        if (kept := self.as_written(e, up)) is not None:
            return kept
        coefficient, found = factors(e)
        powers = collect(found)
        scalars: list[Factor] = [(b, n) for b, n in powers.items() if self.known.scope.of(b).summaries and not self.known.scope.of(b).elements]
        pure: list[Factor] = [(b, n) for b, n in powers.items() if not self.known.scope.of(b).summaries]
        mixed: list[Factor] = [(b, n) for b, n in powers.items() if self.known.scope.mixed(b)]
        outer = (coefficient, scalars)
        moving = any(self.known.scope.of(b).elements for b, _ in pure)
        if len(mixed) > 1 or (mixed and moving):
            raise NotOrdered("a product moves with the elements in several ways")
        if not mixed:
            inner = product(pure)
        else:
            base, n = mixed[0]
            outer = (coefficient, [*scalars, *pure])
            if n == -1 and self.known.interval(base).nonzero:
                return self.scaled(outer, lambda direction: product([(self.best(base, not direction), -1)]), up)
            if n < 0:
                raise NotOrdered("it divides by a term that may be zero")
            inner = base if n == 1 else Apply("pow", (base, Num(n)))
        return self.scaled(outer, lambda direction: self.best(inner, direction), up)

    def scaled(self, outer: tuple[Fraction, list[Factor]], best: Callable[[bool], Expr], up: bool) -> Expr:
        """`outer * inner`, the direction by the sign of the outer product, both ends where that is unknown."""
        coefficient, scalars = outer
        sign = self.known.interval(product(scalars, coefficient))
        if self.argument and not sign.nonzero:
            raise NotOrdered("it is scaled by what may be zero")
        if sign.nonnegative or sign.nonpositive:
            return product([(best(up == sign.nonnegative), 1), *scalars], coefficient)
        ends = tuple(product([(best(direction), 1), *scalars], coefficient) for direction in (True, False))
        return Apply("max" if up else "min", ends)

    def absolute(self, a: Expr, up: bool) -> Expr:
        if self.known.nonnegative(a):
            return self.best(a, up)
        coefficient, found = factors(a)
        if not any(self.known.scope.mixed(b) for b, _ in found):
            inner = product((b, n) for b, n in found if not self.known.scope.of(b).summaries)
            outer = [(b if self.known.nonnegative(b) else Apply("abs", (b,)), n) for b, n in found if self.known.scope.of(b).summaries]
            return self.scaled((abs(coefficient), outer), lambda direction: self.extreme(Apply("abs", (inner,)), direction), up)
        if not up:
            raise NotOrdered("the smallest absolute value is not at an end")
        return Apply("max", (self.best(a, True), total(addends(self.best(a, False), Fraction(-1)))))

    def select(self, condition: Expr, a: Expr, b: Expr, up: bool) -> Expr:
        if self.argument or self.known.scope.mixed(condition):
            raise NotOrdered("a condition compares elements with summaries")
        if not self.known.scope.of(condition).elements:
            return Apply("select", (condition, self.best(a, up), self.best(b, up)))
        absent = Num(-math.inf if up else math.inf)
        branches = [self.branch(e, (condition, polarity), up) for e, polarity in ((a, True), (b, False)) if e != absent]
        return branches[0] if len(branches) == 1 else Apply("max" if up else "min", tuple(branches))

    def branch(self, e: Expr, mask: tuple[Expr, bool], up: bool) -> Expr:
        """The best of one branch; where the condition never holds for it, that must come out as the identity."""
        if not self.known.scope.of(e).elements:
            raise NotOrdered("a branch is taken or not by the elements, but does not depend on them")
        before = self.masks
        self.masks = (*before, mask)
        value = self.best(e, up)
        self.masks = before
        identities: dict[Expr, float] = {Param(a.name): a.identity for a in self.accumulators}
        try:
            absent = evaluate(value, {**Samples(self.known, [value]).draw(), **identities})
        except Opaque:
            absent = math.nan
        if absent != (-math.inf if up else math.inf):
            raise NotOrdered("a branch that no element takes would leave a finite value")
        return value

    def monotone(self, e: Apply, up: bool) -> Expr:
        """An operator with a law of monotonicity, one of whose arguments moves with the elements."""
        law = self.known.laws.monotone(e.op)
        opened = self.known.laws.opened(e)
        if law is None and opened is not None:
            return self.best(opened, up)
        if law is None or (self.argument and not law.strict):
            raise NotOrdered(f"{e.op} is not known to be monotone")
        moving = [i for i, a in enumerate(e.args) if self.known.scope.of(a).elements]
        joins = e.op in (("max", "or") if up else ("min", "and"))
        if len(moving) > 1 and not joins:
            raise NotOrdered(f"both sides of {e.op} move with the elements")
        args = list(e.args)
        for i in moving:
            args[i] = self.best(args[i], up == (law.directions[i] == "increasing"))
        return Apply(e.op, tuple(args))
