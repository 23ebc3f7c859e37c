"""Side conditions that published derivations get wrong, each as a regression test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from algebra_terms import P, R, T, absolute, exp, maximum, n, rounded, s, select, sin, softmax, sqrt, text, v, w, weight, x, y

from einfold.algebra.derivation import Derived, Options, Reduction, Refusal
from einfold.algebra.derive import derive_chain
from einfold.algebra.differential import Arithmetic, Machine
from einfold.algebra.evaluate import FLOAT_FUNCTIONS
from einfold.algebra.expr import Expr
from einfold.algebra.laws import DEFAULT_LAWS

INF = math.inf


class UndefinedDifference(AssertionError):
    pass


def strict_sub(a: float, b: float) -> float:
    """A subtraction that must never see the same infinity twice."""
    if math.isinf(a) and a == b:
        raise UndefinedDifference(f"{a} - {b}")
    return a - b


def data(**columns: Sequence[float]) -> list[dict[Expr, Any]]:
    leaves = {"s": s, "v": v, "w": w, "x": x, "y": y}
    size = len(next(iter(columns.values())))
    return [{leaves[k].e: float(c[i]) for k, c in columns.items()} for i in range(size)]


def run(
    chain: list[Reduction],
    rows: list[dict[Expr, Any]],
    tiles: Sequence[int],
    constants: Mapping[Expr, Any] | None = None,
    functions: Mapping[str, Any] = FLOAT_FUNCTIONS,
    literal: Any = float,
    options: Options = Options(),  # noqa: B008
    counts: Sequence[Expr] = (),
) -> dict[str, Any]:
    """The derived form over tiles of these sizes."""
    results = derive_chain(chain, options=options, counts=counts)
    assert all(isinstance(r, Derived) for r in results)
    machine = Machine(results, DEFAULT_LAWS, Arithmetic(functions, literal, 0), constants or {})
    state, at = machine.start(), 0
    for size in tiles:
        state, at = machine.tile(state, rows[at : at + size]), at + size
    assert at == len(rows)
    return machine.finish(state, {})


def form(chain: list[Reduction], options: Options = Options()) -> Derived:  # noqa: B008
    last = derive_chain(chain, options=options)[-1]
    assert isinstance(last, Derived), last
    return last


CASCADE_3 = [R("Y", "add", x * y), R("Z", "add", x / P.Y)]


def test_fusemax_cascade_3_never_divides_by_a_running_sum_that_may_be_zero() -> None:
    """A = (1, 1, 1), B = (1, -1, 1): the running Y is 1, 0, 1; rebasing on it gives 1 or nan, the truth is 3."""
    rows = data(x=[1, 1, 1], y=[1, -1, 1])
    for options in (Options(), Options(numerics="fast")):
        derived = form(CASCADE_3, options)
        assert derived.form == "deferred"
        assert derived.rebased_on == ()
        assert run(CASCADE_3, rows, [1, 1, 1], options=options)["Z"] == 3


def test_a_scale_by_a_signed_sum_is_deferred_even_where_it_would_keep_powers_small() -> None:
    derived = form([R("Y", "add", x), R("Z", "add", (x / P.Y) ** 2)])
    assert derived.form == "deferred"
    assert "may be zero" in derived.why


def test_an_exponential_scaled_by_a_signed_sum_is_refused_with_the_reason() -> None:
    refusal = derive_chain([R("Y", "add", x), R("Z", "add", exp(s - 1 / P.Y))])[-1]
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "an unbounded exponential of the elements would be carried: its correction divides by a value that may be zero"


ATTENTION = [*softmax(), R("AV", "add", weight() * v)]


@pytest.mark.parametrize("tiles", [[2, 2, 2], [3, 3], [1] * 6, [0, 2, 0, 4]])
def test_masked_and_empty_tiles_never_evaluate_minus_infinity_minus_itself(tiles: list[int]) -> None:
    functions = {**FLOAT_FUNCTIONS, "sub": strict_sub}
    rows = data(s=[-INF, -INF, -INF, 0.5, -INF, 1.5], v=[1, 2, 3, 4, 5, 6])
    p = [math.exp(a - 1.5) for a in (0.5, 1.5)]
    got = run(ATTENTION, rows, tiles, functions=functions)
    assert got["AV"] == pytest.approx((p[0] * 4 + p[1] * 6) / sum(p))


def test_without_the_safe_replacements_the_masked_tile_is_undefined() -> None:
    """The guard is what makes the difference: the mutated derivation gives nan."""
    from dataclasses import replace

    results = tuple(replace(r, safe=()) if isinstance(r, Derived) else r for r in derive_chain(ATTENTION))
    machine = Machine(results, DEFAULT_LAWS, Arithmetic(FLOAT_FUNCTIONS, float, 0), {})
    state = machine.tile(machine.start(), data(s=[-INF, -INF], v=[1, 2]))
    assert math.isnan(machine.finish(state, {})["SD"])


def test_scores_far_below_any_sentinel() -> None:
    """A sentinel of -1e6 for "nothing seen" would win against scores near -2e6."""
    rows = data(s=[-2e6, -2e6 + 1, -2e6 + 2], v=[1, 2, 3])
    p = [math.exp(-2), math.exp(-1), 1]
    assert run(ATTENTION, rows, [1, 1, 1])["AV"] == pytest.approx(sum(a * b for a, b in zip(p, (1, 2, 3), strict=True)) / sum(p))


def test_a_fiber_without_elements_has_the_identities() -> None:
    results = derive_chain(ATTENTION)
    machine = Machine(results, DEFAULT_LAWS, Arithmetic(FLOAT_FUNCTIONS, float, 0), {})
    state = machine.merge(machine.tile(machine.start(), []), machine.start())
    assert state.summaries == {"GM": -INF, "SD": 0, "AV": 0}
    assert not results[-1].empty_safe  # type: ignore[union-attr]
    assert text(results[-1].empty) == "%SD == 0"  # type: ignore[union-attr]


def test_a_fiber_of_masked_elements_is_undefined_as_in_the_original() -> None:
    got = run(ATTENTION, data(s=[-INF, -INF], v=[1, 2]), [1, 1])
    assert math.isnan(got["AV"])


def test_rounding_is_opaque() -> None:
    refusal = derive_chain([R("M", "max", absolute(x)), R("Z", "add", rounded(x / P.M * 448) * w)])[-1]
    assert isinstance(refusal, Refusal)
    assert refusal.certificate is not None


def test_rounding_is_monotone_all_the_same() -> None:
    derived = form([R("M", "max", absolute(x)), R("Z", "max", rounded(x / (P.M + 1)))])
    assert derived.form == "ordered"


def test_the_reducer_is_part_of_the_memo_key() -> None:
    """The same bodies under add and under max are different problems."""
    added = form([R("S", "add", x), R("Z", "add", x - P.S)])
    largest = form([R("S", "add", x), R("Z", "max", x - P.S)])
    assert (added.form, largest.form) == ("rebased", "ordered")
    rows = data(x=[1, 2, 4])
    assert run([R("S", "add", x), R("Z", "max", x - P.S)], rows, [1, 2])["Z"] == -3
    assert run([R("S", "max", x), R("Z", "add", x - P.S)], rows, [1, 2])["Z"] == -5


def single(function: Any) -> Any:
    return lambda *args: np.float32(function(*(np.float32(a) for a in args)))


FP32 = {**{name: single(f) for name, f in FLOAT_FUNCTIONS.items()}, "exp": single(np.exp)}
VARIANCE = [R("S", "add", x), R("V", "add", (x - P.S / n) ** 2)]


def test_variance_at_a_large_mean_in_fp32() -> None:
    """Deferred, sum x^2 - n mu^2 cancels; rebased on the mean of what was seen it does not. "fast" accepts that, and only when asked.

    Rebased on sum / n, which is no mean before the last element, it is in between: who knows the count should say so.
    """
    values = np.random.default_rng(0).normal(1e4, 1, 512).astype(np.float32)
    truth = float(np.var(values.astype(np.float64)))
    constants = {n.e: np.float32(512)}
    rows: list[dict[Expr, Any]] = [{x.e: a} for a in values]

    def variance(options: Options, counts: Sequence[Expr] = ()) -> float:
        return float(run(VARIANCE, rows, [64] * 8, constants, FP32, np.float32, options, counts)["V"] / 512)

    assert variance(Options(), (n.e,)) == pytest.approx(truth, rel=1e-4)
    assert abs(variance(Options()) - truth) < abs(variance(Options(numerics="fast")) - truth) / 10
    assert abs(variance(Options(numerics="fast"), (n.e,)) - truth) > 1


@pytest.mark.filterwarnings("ignore:overflow")
def test_large_logits_in_fp32() -> None:
    """The running max is rebased on in either mode: exp(500) is beyond fp32."""
    rows: list[dict[Expr, Any]] = [{s.e: np.float32(a), v.e: np.float32(b)} for a, b in ((500, 1), (501, 2), (499, 3))]
    for options in (Options(), Options(numerics="fast")):
        got = run(ATTENTION, rows, [1, 1, 1], None, FP32, np.float32, options)["AV"]
        assert got == pytest.approx((math.exp(-1) + 2 + 3 * math.exp(-2)) / (math.exp(-1) + 1 + math.exp(-2)), rel=1e-5)
    assert form(ATTENTION, Options(numerics="fast")).rebased_on == ("GM",)


def test_a_summary_of_other_data_at_its_bottom_does_not_swallow_elements() -> None:
    """While everything the max looks at is masked, other elements still count: nothing absorbs them, so they are counted from the anchor."""
    chain = [R("GM", "max", s), R("Z", "add", y - P.GM)]
    rows = data(s=[-INF, -INF, 3], y=[1, 2, 4])
    assert run(chain, rows, [1, 1, 1])["Z"] == (1 - 3) + (2 - 3) + (4 - 3)
    chain = [R("GM", "max", s), R("Z", "add", exp(y - P.GM) * v)]
    rows = data(s=[-INF, 3], y=[1, 2], v=[1, 1])
    assert run(chain, rows, [1, 1], options=Options(numerics="fast"))["Z"] == pytest.approx(math.exp(-2) + math.exp(-1))


def test_an_exponential_that_no_summary_bounds_is_refused_unless_asked_for() -> None:
    """Other data's max bounds nothing: before it moves, exp(y - max) may overflow where the original does not. Sums wander even more."""
    for chain in (
        [R("GM", "max", s), R("Z", "add", exp(y - P.GM))],
        [R("GS", "add", s), R("Z", "add", exp(s - P.GS))],
        [R("GM", "max", s * P.t), R("Z", "add", exp(s * P.u - P.GM))],
    ):
        refused = derive_chain(chain)[-1]
        assert isinstance(refused, Refusal) and "no summary bounds it" in refused.reason
        assert isinstance(derive_chain(chain, options=Options(numerics="fast"))[-1], Derived)


def test_an_exponential_about_the_mean_follows_the_mean_of_what_was_seen() -> None:
    chain = [R("SX", "add", x), R("Z", "add", exp(x - P.SX / n))]
    found = derive_chain(chain, counts=[n.e])
    assert isinstance(found[0], Derived) and found[0].estimate is not None
    rows = data(x=[700.0, 701.0, 699.0, 702.0])
    expected = sum(math.exp(v - 700.5) for v in (700, 701, 699, 702))
    assert run(chain, rows, [1, 1, 2], {n.e: 4.0}, counts=[n.e])["Z"] == pytest.approx(expected)


def test_a_zero_norm_is_a_bottom_too() -> None:
    chain = [R("M", "max", absolute(x)), R("Z", "add", (x / P.M) ** 2)]
    assert form(chain).rebased_on == ("M",)
    assert run(chain, data(x=[0, 0, 2, 1]), [1, 1, 2])["Z"] == 1.25
    assert run(chain, data(x=[1e30, 2e30]), [1, 1])["Z"] == 1.25


def test_an_absolute_difference_from_the_minimum_is_no_absolute_value() -> None:
    """Sampled carelessly, |x - min| looks inseparable; on every point that occurs it is x - min."""
    assert form([R("LO", "min", x), R("Z", "add", absolute(x - P.LO))]).k == 2


def test_elements_are_sampled_beside_summaries_that_they_can_have() -> None:
    """sqrt((x - min)^2) is x - min wherever it is evaluated, and of infinite rank on points that do not occur: no certificate.

    Nor is it decomposed from its values: at sampled elements and other minima the root would take the other branch.
    """
    for op in ("min", "max"):
        refusal = derive_chain([R("END", op, x), R("Z", "add", sqrt((x - P.END) ** 2))])[-1]
        assert isinstance(refusal, Refusal)
        assert refusal.certificate is None
        assert refusal.reason.endswith("a root or logarithm in it may change branch")


def test_nothing_follows_a_running_value_that_may_be_undefined() -> None:
    """y / sum x may be infinite on a prefix; what subtracts it is not corrected on the way, and not at the end, where squares may cancel.

    Where the squared data has a maximum, the squares are carried about that, and nothing cancels that does not in the cascade as written.
    """
    chain = [R("D", "add", x), R("Q", "add", y / P.D), R("Z", "add", (w - P.Q) ** 2)]
    refused = derive_chain(chain)[-1]
    assert isinstance(refused, Refusal)
    assert "the running value of Q may be undefined on a prefix" in refused.reason
    derived = form([R("TOP", "max", w), *chain])
    assert (derived.form, derived.rebased_on) == ("rebased", ("TOP",))
    got = run([R("TOP", "max", w), *chain], data(x=[1, -1, 2], y=[1, 1, 2], w=[0, 1, 2]), [1, 1, 1])
    assert (got["Q"], got["Z"]) == (2, 5)


def test_what_tells_an_empty_fiber() -> None:
    """A positive sum does, a count does; a sum that real elements may leave at zero does not."""
    norm = form([R("D", "add", x * x), R("Z", "add", y / sqrt(P.D))])
    assert (norm.empty_safe, norm.empty) == (False, None)
    signed = form([R("D", "add", x), R("Z", "add", y / P.D)])
    assert (signed.empty_safe, signed.empty) == (False, None)
    counted = form([R("D", "add", x), R("Z", "add", x / P.D - 1)])
    assert text(counted.empty) == "%Z.0 == 0"
    assert text(counted.accumulators[0].basis) == "1"


def test_exponentials_written_apart_are_carried_together() -> None:
    """exp(s) / exp(max) overflows as written; its carried form does not."""
    derived = form([R("GM", "max", s), R("Z", "add", exp(s) / exp(P.GM) * v)])
    assert [text(a.basis) for a in derived.accumulators] == ["exp(s - %GM) * v"]
    assert run([R("GM", "max", s), R("Z", "add", exp(s) / exp(P.GM) * v)], data(s=[800, 801], v=[1, 1]), [1, 1])["Z"] == pytest.approx(
        1 + math.exp(-1)
    )


def test_terms_of_both_kinds_at_one_bottom() -> None:
    """While the max has seen only -inf, x - max is counted from the anchor and exp(s - max) is absorbed: one summary, two stand-ins."""
    chain = [R("GM", "max", s), R("Z", "add", (x - P.GM) + exp(s - P.GM))]
    for offset in (0.0, -900.0):
        rows = data(s=[-INF, -INF, offset, offset - 1], x=[1, 2, 3, 4])
        assert run(chain, rows, [1, 1, 1, 1])["Z"] == pytest.approx(10 - 4 * offset + 1 + math.exp(-1))
        assert run(chain, rows, [0, 4])["Z"] == pytest.approx(10 - 4 * offset + 1 + math.exp(-1))


def test_points_on_one_side_of_a_step_prove_nothing() -> None:
    """min(x, d) agrees with x at most sampled points; no decomposition from values is accepted for a body with cases."""
    refusal = derive_chain([R("D", "max", y * y), R("Z", "add", maximum(x, -P.D))])[-1]
    assert isinstance(refusal, Refusal)


def test_a_branch_not_taken_is_not_multiplied_by_zero() -> None:
    chain = [R("D", "add", y), R("Z", "add", select(P.c > 0, w, P.D / x))]
    assert run(chain, data(x=[0, 1], y=[1, 2], w=[5, 6]), [1, 1], {P.c.e: 1.0})["Z"] == 11


def test_a_root_of_a_product_needs_the_sign_of_both() -> None:
    """sqrt(y D) = sqrt(y) sqrt(D) fails at D = 0, y < 0, where sqrt|y| sqrt(D) is right; a power that may be a whole one has values below 0."""
    chain = [R("D", "add", x * x), R("Z", "add", T((P.D * y).e) ** 0.5)]
    last = derive_chain(chain)[-1]
    assert isinstance(last, Derived)
    assert [text(a.basis) for a in last.accumulators] == ["pow(abs(y), 0.5)"]
    assert isinstance(derive_chain([R("D", "add", x), R("Z", "add", T((P.D * y).e) ** P.n)])[-1], Refusal)


def test_products_are_not_sums() -> None:
    """A product over elements that does not separate is refused; the forms of sums are not tried on it."""
    assert isinstance(derive_chain([R("D", "max", x), R("Z", "mul", exp(P.D) - P.D * y)])[-1], Refusal)


def test_a_summary_of_what_is_shifted_by_a_masked_one_is_infinite_while_that_one_is() -> None:
    """While all of s is masked its maximum is -inf, and the maximum of x less that is +inf: it must not be subtracted from anything."""
    masked = select(y > 0, s, -INF)
    chain = [R("T", "max", masked), R("U", "max", x - P.T), R("Z", "add", exp(masked - P.T) * (x - P.U))]
    rows = data(s=[9, 9, 1, 2], x=[5, 1, 3, 4], y=[-1, -1, 1, 1])
    top = 2 - 0
    expected = sum(math.exp(a - top) * (b - (5 - top)) for a, b in ((1, 3), (2, 4)))
    for options in (Options(), Options(check=False)):
        for tiles in ([1, 1, 1, 1], [2, 2], [4]):
            assert run(chain, rows, tiles, options=options)["Z"] == pytest.approx(expected, rel=1e-12)


def test_elements_that_were_seen_while_a_summary_was_infinite_are_counted() -> None:
    """While exp(s) has added up to 0, the maximum of w / sum is infinite; what was added under it by then was not nothing."""
    chain = [R("D", "add", exp(s)), R("U", "max", w / P.D), R("Z", "add", sin(x) * (x - P.U / n))]
    rows = data(s=[-INF, -INF, 0, 0], w=[1, -1, 4, 2], x=[1, 2, 3, 4])
    expected = sum(math.sin(a) * (a - 2 / 4) for a in (1, 2, 3, 4))
    for options in (Options(), Options(check=False)):
        for tiles in ([1, 1, 1, 1], [2, 2], [4]):
            assert run(chain, rows, tiles, {n.e: 4.0}, options=options)["Z"] == pytest.approx(expected, rel=1e-12)
