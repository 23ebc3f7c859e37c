"""Separation through cases: absolute values, max and min of mixed terms, and `select`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from .build import ZERO, product, total
from .expr import Apply, Expr
from .invariants import Invariants
from .scope import Scope
from .terms import NotSeparable, Split, Term, wave_value, with_common_factor


def settled(e: Apply, known: Invariants) -> Expr | None:
    """An absolute value, max or min that the invariants decide: `abs(x - min)` is `x - min`."""
    match e.op, e.args:
        case "abs", (a,):
            sign = known.interval(a)
            return a if sign.nonnegative else Apply("neg", (a,)) if sign.nonpositive else None
        case (("max" | "min"), (a, b)):
            sign = known.interval(Apply("sub", (a, b)))
            if sign.nonnegative or sign.nonpositive:
                return a if sign.nonnegative == (e.op == "max") else b
            return None
        case _:
            return None


def extreme(e: Apply, a: list[Term], b: list[Term], known: Invariants) -> list[Term]:
    """`max(a, b)` or `min(a, b)` of these terms: what both sides share and what distributes over it comes out, a non-negative factor or an addend."""
    left, right = with_common_factor(a), with_common_factor(b)
    if left is None or right is None or left.mask or right.mask or left.waves != right.waves:
        raise NotSeparable(e, "its sides mix elements and summaries")
    if not left.shifts and not right.shifts and frozenset(left.scalars) == frozenset(right.scalars):
        factor = product([*left.scalars, *((wave_value(w), 1) for w in left.waves)])
        if known.nonnegative(factor):
            sides = tuple(product(t.elements, t.coefficient) for t in (left, right))
            return [Term(scalars=left.scalars, elements=((Apply(e.op, sides), 1),), waves=left.waves)]
    if all(t.shifts and len(t.shifts) == 1 and t.shifts[0][1] == 1 and t == Term(shifts=t.shifts) for t in (left, right)):
        splits = (left.shifts[0][0], right.shifts[0][0])
        if frozenset(splits[0].summaries) == frozenset(splits[1].summaries):
            joint: Expr = Apply(e.op, (total(splits[0].elements), total(splits[1].elements)))
            return [Term(shifts=((Split(((Fraction(1), joint),), splits[0].summaries), 1),))]
    raise NotSeparable(e, "its sides share no factor or addend")


def selected(condition: Expr, then: list[Term], otherwise: list[Term], scope: Scope) -> list[Term]:
    """`select(condition, then, otherwise)`: an element condition masks terms, a summary condition chooses among coefficients."""
    dependence = scope.of(condition)
    found: list[Term] = []
    for branch, polarity in ((then, True), (otherwise, False)):
        for t in branch:
            if t.coefficient == 0:
                continue
            if dependence.elements:
                found.append(replace(t, mask=(*t.mask, (condition, polarity))))
            else:
                value = product(t.scalars)
                chosen = Apply("select", (condition, value, ZERO) if polarity else (condition, ZERO, value))
                found.append(replace(t, scalars=((chosen, 1),)))
    return found or [Term(coefficient=Fraction(0))]
