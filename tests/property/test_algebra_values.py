"""Intervals contain every value; sums and products survive being taken apart and put together; sympy agrees with fp64."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from einfold.algebra.affine import Affine
from einfold.algebra.build import product, total
from einfold.algebra.evaluate import FLOAT_FUNCTIONS, evaluate
from einfold.algebra.expr import Access, Apply, Expr, Num, Param, walk
from einfold.algebra.intervals import Interval
from einfold.algebra.invariants import Invariants
from einfold.algebra.laws import Laws
from einfold.algebra.linear import addends, collect, factors, linear
from einfold.algebra.precision import Bounds, Digits, Undecided
from einfold.algebra.scope import Scope
from einfold.algebra.sympy_bridge import Bridge, sympy

X, Y, C = Access(0, (Affine.rank("m"),)), Access(1, (Affine.rank("m"),)), Param("c")
NUMBERS = st.sampled_from([-2, -1, 0, 1, 2, 3, 0.5, -0.25])
UNARY = ("neg", "exp", "abs", "tanh", "sigmoid", "sqrt", "log", "rsqrt", "sin", "cos", "sign", "floor", "round")
SMOOTH = ("neg", "exp", "tanh", "sin", "cos")


def expressions(unary: tuple[str, ...], binary: tuple[str, ...]) -> st.SearchStrategy[Expr]:
    leaves: st.SearchStrategy[Expr] = st.sampled_from([X, Y, C]) | NUMBERS.map(Num)
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda op, a: Apply(op, (a,)), st.sampled_from(unary), inner)
            | st.builds(lambda op, a, b: Apply(op, (a, b)), st.sampled_from(binary), inner, inner)
            | st.builds(lambda a, n: Apply("pow", (a, Num(n))), inner, st.sampled_from([2, 3]))
            | st.builds(lambda c, a, b: Apply("select", (Apply("gt", (c, Num(0))), a, b)), inner, inner, inner)
        ),
        max_leaves=8,
    )


ANY = expressions(UNARY, ("add", "sub", "mul", "div", "max", "min", "lt", "ge"))
VALUES = st.floats(-4, 4).map(lambda v: round(v, 3))


def inside(value: float, interval: Interval) -> bool:
    slack = 1e-9 * (1 + abs(value))
    return float(interval.low) - slack <= value <= float(interval.high) + slack


@settings(max_examples=150, deadline=None)
@given(ANY, VALUES, VALUES, st.floats(0.1, 4))
def test_intervals_contain_every_value(e: Expr, x: float, y: float, c: float) -> None:
    """Also when the constant is known to be positive."""
    value = evaluate(e, {X: x, Y: y, C: c})
    assume(math.isfinite(value))
    known = Invariants(Scope(()), Laws().with_positive(["c"]))
    assert inside(value, known.interval(e))


@settings(max_examples=60, deadline=None)
@given(ANY, st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6), st.sampled_from(["add", "max", "min"]))
def test_summaries_are_in_their_ranges(e: Expr, points: list[tuple[float, float]], op: str) -> None:
    terms = [evaluate(e, {X: x, Y: y, C: 1.5}) for x, y in points]
    assume(all(map(math.isfinite, terms)))
    known = Invariants(Scope(("D",)), Laws())
    known.add("D", op, e, True)
    value = {"add": sum, "max": max, "min": min}[op](terms)
    assert inside(value, known.summaries["D"].range)


@settings(max_examples=100, deadline=None)
@given(ANY, VALUES, VALUES)
def test_taking_apart_and_putting_together(e: Expr, x: float, y: float) -> None:
    point: dict[Expr, float] = {X: x, Y: y, C: 1.25}
    value = evaluate(e, point)
    assume(math.isfinite(value) and abs(value) < 1e6)
    assume(all(abs(evaluate(p, point)) < 1e6 for p in walk(e)))
    assume(all(abs(evaluate(p.args[1], point)) > 1e-3 for p in walk(e) if isinstance(p, Apply) and p.op == "div"))
    atoms, constant = linear(e)
    as_linear = total([*((c, a) for a, c in atoms.items()), (constant, Num(1))])
    coefficient, found = factors(e)
    for rebuilt in (total(addends(e)), as_linear, product(found, coefficient), product(collect(found).items(), coefficient)):
        again = evaluate(rebuilt, point)
        assert math.isclose(again, value, rel_tol=1e-6, abs_tol=1e-6)


@settings(max_examples=60, deadline=None)
@given(ANY, VALUES, VALUES)
def test_more_digits_and_bounds_agree_with_fp64(e: Expr, x: float, y: float) -> None:
    value = evaluate(e, {X: x, Y: y, C: 1.25})
    digits, bounds = Digits(30), Bounds(60)
    point = {X: Fraction(x), Y: Fraction(y), C: Fraction(1.25)}
    assume(all(abs(evaluate(p, {X: x, Y: y, C: 1.25})) < 1e6 for p in walk(e)))
    assume(not any(isinstance(p, Apply) and p.op in ("floor", "round", "sign", "lt", "ge", "select") for p in walk(e)))  # steps amplify rounding
    precise = evaluate(e, {k: digits.literal(v) for k, v in point.items()}, digits.functions, digits.literal)
    if math.isfinite(value) and digits.finite(precise):
        assume(all(abs(evaluate(p.args[1], {X: x, Y: y, C: 1.25})) > 1e-3 for p in walk(e) if isinstance(p, Apply) and p.op == "div"))
        assert math.isclose(float(precise), value, rel_tol=1e-6, abs_tol=1e-6)
    try:
        interval = evaluate(e, {k: bounds.literal(v) for k, v in point.items()}, bounds.functions, bounds.literal)
    except Undecided:
        return
    if digits.finite(precise):
        slack = 1e-20 * (1 + abs(precise))
        assert interval.a.mid - slack <= precise <= interval.b.mid + slack


@settings(max_examples=40, deadline=None)
@given(expressions(SMOOTH, ("add", "sub", "mul")), VALUES, VALUES)
def test_sympy_there_and_back(e: Expr, x: float, y: float) -> None:
    assume(not any(isinstance(p, Apply) and p.op == "select" for p in walk(e)))
    point: dict[Expr, float] = {X: x, Y: y, C: 1.25}
    value = evaluate(e, point)
    assume(all(abs(evaluate(p, point)) < 1e4 for p in walk(e)))
    bridge = Bridge()
    back = bridge.from_sympy(sympy().expand(bridge.to_sympy(e)))
    assert math.isclose(evaluate(back, point, FLOAT_FUNCTIONS), value, rel_tol=1e-5, abs_tol=1e-5)
