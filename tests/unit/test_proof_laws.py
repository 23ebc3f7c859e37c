"""The laws that proofs rest on are true of the functions themselves, whatever they are applied to, and say enough to prove what follows from them."""

from __future__ import annotations

import random

import pytest
from algebra_terms import P, T, exp, log, of, x
from smt_reading import Evaluator, answer, asserted, constants

from einfold.algebra.expr import Apply, Expr, Param
from einfold.algebra.laws import DEFAULT_LAWS, UserOperator
from einfold.algebra.smt import Query
from einfold.algebra.smt_laws import Instances
from einfold.algebra.smt_text import Writer


def call(op: str, *args: T | float) -> T:
    return T(Apply(op, tuple(of(a).e for a in args)))


a, b, c = P.a, P.b, P.c
TERMS = [
    exp(a - b) * exp(b - c) / exp(a),
    exp(a) * exp(a) * exp(a) / exp(2 * b),
    exp(a / 2 - b / 3) / (exp(c) * exp(a / 2)),
    exp(30 * call("tanh", x / 30) - a) * exp(a),
    exp(a * (b - c)) * exp(c * a),
    exp((a - b) / (c * c + 1)) / exp(a / (c * c + 1)),
    exp(0.1 + a) * exp(0.2 - a),
    exp(a - log(b * b + 1)) * b,
    log(exp(a) * (b * b + 1) / 3),
    call("sqrt", a * a + 1) * call("rsqrt", b * b + 2),
    call("sin", a - 2 * b + c) + call("cos", 3 * a),
    call("sin", a / 2) * call("cos", a / 3 - b),
    call("pow", call("abs", a) * 2 / (b * b + 1), P.p),
    call("max", call("tanh", a), call("tanh", b)) - call("sigmoid", c) * call("sigmoid", a),
    call("max", call("rsqrt", a * a + 1), call("rsqrt", b * b + 1)),
    call("max", exp(a), exp(b)) * call("max", log(a * a + 1), log(b * b + 1)),
    call("select", call("lt", a, b), exp(a), call("sign", b)) + call("floor", c),
]


def stated(terms: list[Expr], apart: bool) -> str:
    writer = Writer()
    laws = Instances(terms, DEFAULT_LAWS, writer, True, apart).formulas()
    return "\n".join((*writer.declarations(), *(f"(assert {law})" for law in laws)))


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("apart", [False, True])
def test_every_instance_of_a_law_is_true(term: T, apart: bool) -> None:
    script = stated([term.e], apart)
    laws = list(asserted(script))
    assert laws
    source = random.Random(2)
    for _ in range(40):
        values = {n: source.uniform(-2, 2) for n in constants(script)}
        evaluate = Evaluator(script, values)
        for _, law in laws:
            assert evaluate.value(law), (law, values)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (exp(a - b) * exp(b - c), exp(a - c)),
        (exp(a) / exp(b) * exp(2 * b), exp(a + b)),
        (exp(a / 2) * exp(a / 2), exp(a)),
        (exp(a * (b - c)) * exp(c * a), exp(a * b)),
        (exp(a - log(exp(b))), exp(a - b)),
        (log(exp(a) * exp(b)), a + b),
        (call("sqrt", a * a) * call("sqrt", a * a), a * a),
        (call("rsqrt", a * a + 1) * call("rsqrt", a * a + 1) * (a * a + 1), a * 0 + 1),
        (call("sin", a - b) * call("cos", b) + call("cos", a - b) * call("sin", b), call("sin", a)),
        (call("max", exp(a), exp(b)), exp(call("max", a, b))),
        (call("abs", a * call("rsqrt", b * b + 1)), call("abs", a) * call("rsqrt", b * b + 1)),
    ],
)
def test_what_follows_is_proved(left: T, right: T) -> None:
    found = Query(2000).equal([(left.e, right.e)])
    assert found.result == "proved"
    assert answer(found.smtlib) == "unsat"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (exp(a) * exp(b), exp(a * b)),
        (exp(2 * a), exp(a)),
        (call("sqrt", a * a), a),
        (call("sin", a + b), call("sin", a) + call("sin", b)),
        (call("max", call("rsqrt", a * a + 1), call("rsqrt", b * b + 1)), call("rsqrt", call("max", a * a + 1, b * b + 1))),
    ],
)
def test_what_does_not_follow_is_not_proved(left: T, right: T) -> None:
    assert Query(500).equal([(left.e, right.e)]).result == "unknown"


def test_a_branch_that_is_not_taken_need_not_be_defined() -> None:
    """`x > 0 ? x / x : 0` has a value at 0, where it is not 1: that it divides by x excludes nothing there."""
    query = Query(500)
    left, right = call("select", x > 0, x / x, 0), call("select", call("ge", x, 0), 1, 0)
    query.where_defined(left.e)
    assert query.equal([(left.e, right.e)]).result == "unknown"
    query = Query(500)
    query.where_defined(left.e)
    assert query.equal([(left.e, call("select", x > 0, 1, 0).e)]).result == "proved"


def test_an_opaque_operator_is_known_by_its_declared_laws_only() -> None:
    f = UserOperator("f", ("x",), monotone="increasing", homomorphism=("add", "mul"))
    outer = UserOperator("outer", ("x", "y"), distributes_over=("add",))
    laws = DEFAULT_LAWS.with_operators(f, outer)
    apart = (call("@f", a + b).e, (call("@f", a) * call("@f", b)).e)
    spread = (call("@outer", c, a + b).e, (call("@outer", c, a) + call("@outer", c, b)).e)
    order = (call("max", call("@f", a), call("@f", b)).e, call("@f", call("max", a, b)).e)
    for pair in (apart, spread, order):
        assert Query(2000, laws).equal([pair]).result == "proved"
        assert Query(500).equal([pair]).result == "unknown", "without the declaration"


def test_names_that_smtlib_cannot_write_stay_apart() -> None:
    query = Query(500)
    assert query.equal([(Param("a|b"), Param("a!b"))]).result == "unknown"
    assert query.equal([(Apply("@f", (a.e,), "union"), Apply("@f", (a.e,)))]).result == "unknown"
    assert "(declare-const |%a!7c!b| Real)" in Query(500).equal([(Param("a|b"), Param("c"))]).smtlib
