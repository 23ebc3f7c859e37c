"""The forms that come out, as a person would write them, and what the emitter is told about them."""

from __future__ import annotations

import pytest
from algebra_terms import (
    P,
    R,
    T,
    absolute,
    cap,
    exp,
    log,
    m,
    maximum,
    mean,
    minimum,
    mu,
    n,
    s,
    select,
    sin,
    softmax,
    sqrt,
    t,
    text,
    v,
    w,
    weight,
    x,
    y,
)

from einfold.algebra.derivation import Derived, Options, Reduction, Refusal
from einfold.algebra.derive import derive_chain
from einfold.algebra.laws import DEFAULT_LAWS

MINUS_INF = float("-inf")


def last(chain: list[Reduction], **options: object) -> Derived:
    result = derive_chain(chain, options=Options(**options))[-1]  # type: ignore[arg-type]
    assert isinstance(result, Derived), result
    return result


def bases(d: Derived) -> list[str]:
    return [text(a.basis) for a in d.accumulators]


def matrix(d: Derived) -> list[list[str]]:
    return [[text(e) for e in row] for row in d.correction]


def test_attention_is_flash_attention_2() -> None:
    """Rebased on the running max alone; the division by the denominator is deferred."""
    d = last([*softmax(), R("AV", "add", weight() * v)])
    assert bases(d) == ["exp(s - %GM) * v"]
    assert matrix(d) == [["exp(%GM.old - %GM)"]]
    assert text(d.final) == "%AV.0 / %SD"
    assert d.rebased_on == ("GM",)
    assert (d.times, d.starts_safe, d.empty_safe, text(d.empty)) == ("mul", True, False, "%SD == 0")
    assert [(p, text(e)) for p, e in d.safe] == [
        ("GM", "select(%GM == -inf, 0, %GM)"),
        ("GM.old", "select(%GM.old == -inf, select(%GM == -inf, 0, %GM), %GM.old)"),
    ]


def test_a_base_reduction_is_carried_as_it_is() -> None:
    d = last([R("GM", "max", s * 0.125)])
    assert (d.form, bases(d), text(d.final), d.accumulators[0].op) == ("base", ["s * 0.125"], "%GM.0", "max")
    assert d.identity_correction


@pytest.mark.parametrize(
    ("score", "basis"),
    [
        (s * 0.125, "exp(s * 0.125 - %GM) * v"),
        (cap, "exp(30 * T(s / 30) - %GM) * v".replace("T", "tanh")),
        (s + P.slope * m, "exp(s + %slope * m - %GM) * v"),
        (select(m <= P.p, s, MINUS_INF), "exp(select(m <= %p, s, -inf) - %GM) * v"),
    ],
)
def test_scores_of_any_shape(score: T, basis: str) -> None:
    """Scales, softcap, ALiBi, masks: the exponent is bounded by the max of the same score."""
    d = last([*softmax(score), R("AV", "add", weight(score) * v)])
    assert bases(d) == [basis]
    assert d.rebased_on == ("GM",)
    assert "no bound" not in d.why


def test_a_temperature_of_unknown_sign_is_as_bounded_as_the_original() -> None:
    chain = [R("GM", "max", s), R("L", "add", exp((s - P.GM) / P.temp))]
    d = last(chain)
    assert matrix(d) == [["exp((%GM.old - %GM) / %temp)"]]
    assert "no bound on its exponent is provable" in d.why
    known = derive_chain(chain, DEFAULT_LAWS.with_positive(["temp"]))[-1]
    assert isinstance(known, Derived)
    assert "no bound" not in known.why


def test_an_attention_sink_needs_no_guard() -> None:
    """The sink, a constant of the fiber, is a finite floor of the running max."""
    top = maximum(P.GM, P.sink)
    d = last([R("GM", "max", s), R("SD", "add", exp(s - top)), R("AV", "add", exp(s - top) / (P.SD + exp(P.sink - top)) * v)])
    assert d.safe == ()
    assert text(d.final) == "%AV.0 / (%SD + exp(%sink - max(%GM, %sink)))"
    assert d.empty_safe


def test_a_small_exponential_is_simply_deferred() -> None:
    """Bounded by the limit on both sides, it needs no running max: scores capped at 5."""
    small = 5 * T(cap.e) / 30
    d = last([R("GM", "max", small), R("L", "add", exp(small - P.GM))])
    assert (d.form, text(d.final)) == ("deferred", "%L.0 * exp(-%GM)")


def test_log_sum_exp_in_the_weights() -> None:
    """exp(s - m - log l): rebase on m, which bounds it, and defer l."""
    d = last([*softmax(), R("AV", "add", exp(s - P.GM - log(P.SD)) * v)])
    assert (d.rebased_on, text(d.final)) == (("GM",), "%AV.0 / %SD")


def test_variance_is_welford_and_chan() -> None:
    d = last([*mean, R("V", "add", (x - mu) ** 2)])
    assert bases(d) == ["pow(x - %S / shape(m), 2)", "x - %S / shape(m)", "1"]
    delta = "%S.old / shape(m) - %S / shape(m)"
    assert matrix(d) == [["1", f"2 * ({delta})", f"pow({delta}, 2)"], ["0", "1", delta], ["0", "0", "1"]]
    assert d.safe == ()
    fast = last([*mean, R("V", "add", (x - mu) ** 2)], numerics="fast")
    assert (fast.form, bases(fast)) == ("deferred", ["x * x", "x", "1"])


def test_entropy_carries_two_terms() -> None:
    d = last([*softmax(), R("H", "add", -(weight() * log(weight())))])
    k = "exp(%GM.old - %GM)"
    assert matrix(d) == [[k, f"{k} * (%GM.old - %GM)"], ["0", k]]
    assert text(d.final) == "%H.1 * log(%SD) / %SD - %H.0 / %SD"


def test_softmax_backward_is_one_pass() -> None:
    """4 -> 2 with the retained output; the three sums are one pass."""
    dot = weight() * v
    d = last([*softmax(), R("DOT", "add", dot), R("DQ", "add", weight() * (v - P.DOT) * w)])
    assert d.rebased_on == ("GM", "DOT")
    assert d.k == 2


def test_linear_regression_has_six_moments() -> None:
    dx, dy = x - mu, y - P.Y / n
    chain = [*mean, R("Y", "add", y), R("A", "add", dx**2), R("B", "add", dx * dy), R("RES", "add", (dy - dx * P.B / P.A) ** 2)]
    d = last(chain)
    assert (d.k, d.rebased_on) == (6, ("S", "Y"))


def test_what_cancels_is_not_carried() -> None:
    """(x - d)^2 - x^2 looks like four terms and is two."""
    d = last([R("D", "add", x), R("Z", "add", (x - P.D) ** 2 - x * x)])
    assert (d.k, bases(d)) == (2, ["x", "1"])


def test_a_square_written_out_is_no_shift() -> None:
    """x^2 + d^2 does not cancel, so nothing is gained by following d."""
    d = last([R("D", "add", x), R("Z", "add", x * x - 2 * x * P.D + P.D * P.D)])
    assert (d.form, bases(d), text(d.final)) == ("deferred", ["x * x", "1", "x"], "%Z.0 + %Z.1 * (%D * %D) - 2 * (%Z.2 * %D)")


def test_waves_are_deferred_by_their_addition_formula() -> None:
    d = last([R("D", "add", x), R("Z", "add", w * sin(x - P.D))])
    assert text(d.final) == "%Z.0 * cos(%D) - %Z.1 * sin(%D)"


def test_masks_stay_with_their_elements() -> None:
    d = last([*mean, R("Z", "add", select(y > 0, (x - mu) ** 2, 0))])
    assert bases(d)[2] == "select(y > 0, 1, 0)"


def test_shared_factors_come_out_of_extremes() -> None:
    d = last([R("D", "add", x * x), R("Z", "add", maximum(x * P.D, y * P.D))])
    assert (bases(d), text(d.final)) == (["max(x, y)"], "%Z.0 * %D")
    d = last([R("D", "max", x), R("Z", "add", minimum(x - P.D, y - P.D))])
    assert bases(d) == ["min(x, y) - %D", "1"]


def test_a_value_that_structure_does_not_see_through_is_found_from_its_values() -> None:
    """1 / (1 + d^2) divides two terms of a sum; rank 1 by numbers."""
    d = last([R("D", "add", x), R("Z", "add", y / (P.D * P.D * (x * x + 1) + (x * x + 1)))])
    assert (d.form, d.k) == ("deferred", 1)


def test_the_jet_basis_rebases_what_values_alone_would_overflow() -> None:
    d = last([R("GM", "max", s), R("Z", "add", v / (exp(P.GM - s) + exp(P.GM - t)))])
    assert (d.form, matrix(d)) == ("rebased", [["exp(%GM.old - %GM)"]])


@pytest.mark.parametrize(
    ("op", "body", "ops", "final"),
    [
        ("max", absolute(x - mu), ["max", "min"], "max(%Z.0 - %S / shape(m), %S / shape(m) - %Z.1)"),
        ("max", x * P.S, ["max", "min"], "max(%Z.0 * %S, %Z.1 * %S)"),
        ("min", exp(P.S - x), ["max"], "exp(%S - %Z.0)"),
        ("max", absolute(x / sqrt(P.S * P.S + 1)), ["max"], "%Z.0 / sqrt(%S * %S + 1)"),
        ("or", x > mu, ["max"], "%Z.0 > %S / shape(m)"),
        ("and", x > mu, ["min"], "%Z.0 > %S / shape(m)"),
        ("argmax", x - P.S, ["argmax"], "%Z.0 - %S"),
        ("max", select(y > 0, x - P.S, MINUS_INF), ["max"], "%Z.0 - %S"),
    ],
)
def test_ordered(op: str, body: T, ops: list[str], final: str) -> None:
    d = last([*mean, R("Z", op, body)])
    assert d.form == "ordered"
    assert [a.op for a in d.accumulators] == ops
    assert text(d.final) == final


@pytest.mark.parametrize(
    ("op", "body"),
    [
        ("max", (x - P.S) * y),
        ("min", absolute(x - mu)),
        ("argmax", x * P.S),
        ("argmax", maximum(x - P.S, y)),
        ("max", select(y > 0, exp(x - P.S), MINUS_INF)),
    ],
)
def test_not_ordered(op: str, body: T) -> None:
    result = derive_chain([*mean, R("Z", op, body)])[-1]
    assert isinstance(result, Refusal)
    assert result.reason.startswith("not monotone in the elements: ")


def test_products_carry_exponents_and_a_count() -> None:
    d = last([R("GM", "max", s), R("Z", "mul", exp(s - P.GM))])
    assert [(a.op, text(a.basis)) for a in d.accumulators] == [("add", "s"), ("add", "1")]
    assert text(d.final) == "exp(%Z.0 - %Z.1 * %GM)"


def test_what_waits_for_another_pass() -> None:
    """A refused summary may be applied at the end of its dependents; nothing can be rebased on it."""
    from algebra_terms import rounded

    chain = [
        R("M", "max", absolute(x)),
        R("Q", "add", rounded(x / P.M)),
        R("Y", "add", x * w / P.Q),
        R("Z", "add", (x - P.Y) ** 2),
        R("W", "add", exp(x - P.Q)),
    ]
    q, later, cancels, refused = derive_chain(chain)[1:]
    assert isinstance(q, Refusal)
    assert isinstance(later, Derived)
    assert later.waits_for == ("Q",)
    assert isinstance(cancels, Refusal)
    assert "may cancel (numerics=fast accepts that), and it cannot be followed: Y itself needs another pass" in cancels.reason
    deferred = derive_chain(chain, options=Options(numerics="fast"))[3]
    assert isinstance(deferred, Derived)
    assert (deferred.form, deferred.waits_for) == ("deferred", ("Y",))
    assert isinstance(refused, Refusal)
    assert "Q itself needs another pass" in refused.reason


def test_names_are_those_of_the_caller() -> None:
    """Chains that differ only in names share one derivation, under their own names, also in the texts."""
    a = last([R("top", "max", s), R("Z", "add", exp(s - P.top) * P.scale)])
    b = last([R("m", "max", x), R("out", "add", exp(x - P.m) * P.other)])
    assert text(a.final) == "%Z.0 * %scale" or text(a.final) == "%Z.0"
    assert bases(b) == [text(e).replace("top", "m").replace("s ", "x ").replace("scale", "other") for e in [a.accumulators[0].basis]]
    assert "running top," in a.why
    assert "running m," in b.why


def test_errors() -> None:
    with pytest.raises(ValueError, match="two reductions are named Z"):
        derive_chain([R("Z", "add", x), R("Z", "add", y)])
    with pytest.raises(ValueError, match="reduction Y uses Z, which is not an earlier reduction"):
        derive_chain([R("Y", "add", x * P.Z), R("Z", "add", y)])
