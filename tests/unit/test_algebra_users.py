"""User operators join by their laws: inlined where they have a body, used as declared where they have none, refused where they lie."""

from __future__ import annotations

import pytest
from algebra_terms import P, R, exp, fn, log, s, sin, tanh, text, v, x

from einfold.algebra.derivation import Derived, Refusal
from einfold.algebra.derive import derive_chain
from einfold.algebra.laws import DEFAULT_LAWS, UserOperator
from einfold.algebra.probe import counterexamples

SOFTCAP = UserOperator("@softcap", ("x",), (30 * tanh(P.x / 30)).e)
LOGADDEXP = UserOperator("logaddexp", ("a", "b"), log(exp(P.a) + exp(P.b)).e, associative=True, commutative=True, identity=float("-inf"))
PLUS = UserOperator("plus", ("a", "b"), (P.a + P.b).e, associative=True, commutative=True, identity=0.0)
GATE = UserOperator("gate", ("x",), monotone="decreasing")
WEIGHT = UserOperator("weight", ("x",), homomorphism=("add", "mul"))
MIX = UserOperator("mix", ("a", "b"), associative=True, commutative=True, identity=0.0)
SPREAD = UserOperator("spread", ("c", "x"), commutative=True, distributes_over=("@mix",))
LAWS = DEFAULT_LAWS.with_operators(SOFTCAP, LOGADDEXP, PLUS, GATE, WEIGHT, MIX, SPREAD)
softcap, gate, weigh, spread = fn("@softcap"), fn("@gate"), fn("@weight"), fn("@spread")


def last(*chain: object) -> Derived:
    result = derive_chain(chain, LAWS)[-1]  # type: ignore[arg-type]
    assert isinstance(result, Derived), result
    return result


def test_an_operator_with_a_body_stays_folded_where_it_can() -> None:
    d = last(R("GM", "max", softcap(s)), R("Z", "add", exp(softcap(s) - P.GM) * v))
    assert text(d.accumulators[0].basis) == "exp(@softcap(s) - %GM) * v"
    assert "no bound" not in d.why


def test_an_operator_with_a_body_is_opened_where_it_must() -> None:
    d = last(R("D", "add", x), R("Z", "add", fn("@plus")(x, P.D) * v))
    assert [text(a.basis) for a in d.accumulators] == ["(x + %D) * v", "v"]


def test_what_distributes_over_a_users_reduction_is_found() -> None:
    """add distributes over logaddexp, mul over plus: nobody declared it."""
    d = last(R("GM", "max", s), R("Z", "@logaddexp", s - P.GM))
    assert (d.form, text(d.final), d.times, d.accumulators[0].identity) == ("deferred", "%Z.0 - %GM", "add", float("-inf"))
    assert text(last(R("D", "max", x), R("Z", "@plus", x * P.D)).final) == "%Z.0 * %D"


def test_declared_laws_of_opaque_operators_are_used() -> None:
    assert text(last(R("D", "add", x), R("Z", "max", gate(x - P.D))).final) == "@gate(%Z.0 - %D)"
    d = last(R("GM", "max", s), R("Z", "add", weigh(s - P.GM) * v))
    assert text(d.correction[0][0]) == "@weight(%GM.old - %GM)"
    assert d.safe != (), "what it does at -inf nobody knows"
    assert [o.result for o in d.obligations if o.name == "differential"] == ["assumed"]
    d = last(R("D", "add", x), R("Z", "@mix", spread(P.D, v)))
    assert (text(d.accumulators[0].basis), text(d.final)) == ("v", "@spread(%D, %Z.0)")


def test_reducing_with_what_is_no_commutative_monoid_is_refused() -> None:
    for op in ("@unknown", "@spread"):
        refusal = derive_chain([R("Z", op, x)], LAWS)[0]
        assert isinstance(refusal, Refusal)
        assert refusal.reason == f"{op} is not a commutative, associative operator with an identity"


SUM, MEAN, SQUARE = (P.a + P.b).e, ((P.a + P.b) / 2).e, (P.x**2).e
DIFFERENCE = (P.a - P.b).e
AB, X = ("a", "b"), ("x",)
SUMS = ("add", "add")


@pytest.mark.parametrize(
    ("operator", "complaint"),
    [
        (UserOperator("f", AB, MEAN, associative=True), "associative, but at -2.5, -2.5, -1 its two sides are -1.75 and -2.125"),
        (UserOperator("f", AB, DIFFERENCE, commutative=True), "commutative, but at -2.5, -1 its two sides are -1.5 and 1.5"),
        (UserOperator("f", AB, SUM, identity=1.0), "to have the identity 1.0, but at -2.5 its two sides are -1.5 and -2.5"),
        (UserOperator("f", AB, SUM, inverse="add"), "to be undone by add, but at -2.5, -2.5 its two sides are -7.5 and -2.5"),
        (UserOperator("f", AB, SUM, distributes_over=("add",)), "to distribute over add, but at -2.5, -2.5, -2.5 its two sides are -7.5 and -10"),
        (
            UserOperator("f", X, SQUARE, homomorphism=("add", "add")),
            "a homomorphism from add to add, but at -2.5, -2.5 its two sides are 25 and 12.5",
        ),
        (UserOperator("f", X, SQUARE, monotone="increasing"), "increasing, but its values at -2.5 and -1 are 6.25 and 1"),
    ],
)
def test_a_declared_law_that_the_body_breaks_is_reported_with_numbers(operator: UserOperator, complaint: str) -> None:
    complaint = f"@f is declared {complaint}"
    assert counterexamples(operator, DEFAULT_LAWS) == (complaint,)
    args = (x,) * len(operator.params)
    refusal = derive_chain([R("D", "add", x), R("Z", "add", fn(operator.op)(*args) * P.D)], DEFAULT_LAWS.with_operators(operator))[-1]
    assert isinstance(refusal, Refusal)
    assert refusal.reason == complaint


def test_true_laws_pass() -> None:
    assert [counterexamples(u, LAWS) for u in (SOFTCAP, LOGADDEXP, PLUS, GATE)] == [(), (), (), ()]
    true = UserOperator("twice", ("x",), (2 * P.x).e, monotone="increasing", homomorphism=("add", "add"))
    assert counterexamples(true, LAWS) == ()
    partial = UserOperator("ln", ("x",), log(P.x).e, monotone="increasing", homomorphism=("mul", "add"))
    assert counterexamples(partial, LAWS) == (), "points where a side is undefined say nothing"


def test_what_was_seen_while_a_summary_was_infinite_may_be_anything_under_an_opaque_operator() -> None:
    """`gate` has no body to evaluate at the elements that were seen while the sum was 0: they are counted."""
    chain = [R("D", "add", exp(s)), R("U", "max", v / P.D), R("Z", "add", gate(x) * sin(s) * (x - P.U))]
    assert {name: text(e) for name, e in last(*chain).safe}["U.old"] == "select(or(%U.old == -inf, %U.old == inf), 0, %U.old)"
