"""Where the values of a derived form lie: what is stated is tight where it should be, and no value is ever outside."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from algebra_terms import BENCHMARK, P, R, T, absolute, exp, mean, mu, n, s, softmax, t, text, variance, weight, x

from einfold.algebra.build import ONE
from einfold.algebra.derivation import Accumulator, Derived, Options, Reduction, Refusal
from einfold.algebra.derive import derive_chain
from einfold.algebra.differential import Arithmetic, Machine, leaves
from einfold.algebra.enclosures import Enclosure, enclosures, ends, growth_text
from einfold.algebra.enclosures import text as interval_text
from einfold.algebra.evaluate import FLOAT_FUNCTIONS
from einfold.algebra.expr import Expr, RankValue
from einfold.algebra.intervals import Interval
from einfold.algebra.laws import DEFAULT_LAWS

REDUCED = [name for name, (_, k) in BENCHMARK.items() if k is not None]
MORE = {
    "odd powers of a signed quotient": [R("M", "max", absolute(x)), R("Z", "add", (x / P.M) ** 3)],
    "about a sum of weights that fall": [R("GM", "max", s), R("L", "add", absolute(x) * exp(s - P.GM)), R("Z", "add", (x - P.L) ** 2)],
    "about the mean of what is not negative": [R("L", "add", absolute(x)), R("Z", "add", (x - P.L / n) ** 2)],
    "about a minimum": [R("LO", "min", x), R("Z", "add", (x - P.LO) ** 2)],
    "an exponential without a bound": [R("M", "max", t), R("Z", "add", (s - P.M) * exp(s - P.M))],
}
CHAINS = {name: BENCHMARK[name][0] for name in REDUCED} | MORE


def found(chain: list[Reduction], numerics: Any = "safe") -> tuple[tuple[Derived | Refusal, ...], tuple[Enclosure | None, ...]]:
    results = derive_chain(chain, options=Options(numerics=numerics), counts=(n.e,))
    return results, enclosures(results)


def of(chain: list[Reduction], numerics: Any = "safe") -> tuple[Derived, Enclosure]:
    """The last reduction of a chain, derived, and its enclosure."""
    results, inside = found(chain, numerics)
    assert isinstance(results[-1], Derived) and inside[-1] is not None
    return results[-1], inside[-1]


def pairs(intervals: Any) -> list[Any]:
    return [None if i is None else ends(i) for i in intervals]


def test_a_softmax_is_in_the_unit_interval() -> None:
    """exp(x - m) and exp(m_old - m) are in [0, 1], the denominator is at least 1."""
    _, inside = of(softmax())
    assert pairs(inside.terms) == [(0, 1)]
    assert pairs(inside.correction[0]) == [(0, 1)]
    assert ends(inside.summary) == (1, None)
    assert inside.degrees == (0,) and inside.bounded


def test_products_that_bound_each_other() -> None:
    _, entropy = of([*softmax(), R("H", "add", weight() * (s - P.GM))])
    assert pairs(entropy.terms)[0][1] == 0
    assert -0.3678795 < pairs(entropy.terms)[0][0] < -0.3678794  # -1/e is the least of u exp(u)
    assert entropy.bounded
    _, norm = of(BENCHMARK["max-scaled L2 norm"][0])
    assert norm.degrees == (0,)
    assert pairs(norm.terms) == [(0, 1)] and pairs(norm.correction[0]) == [(0, 1)]
    _, p_norm = of(BENCHMARK["L1-normalised p-norm"][0])
    assert pairs(p_norm.terms) == [(0, 1)] and pairs(p_norm.correction[0]) == [(0, 1)]


def test_a_sign_that_may_differ_is_no_quotient_below_one() -> None:
    """(x / max |x|)^2 is at most 1 and at least 0, x / max |x| may be -1; x / max x may be anything."""
    item, inside = of([R("M", "max", absolute(x)), R("Z", "add", (x / P.M) ** 2)])
    assert text(item.accumulators[0].basis) == "pow(x / %M, 2)" and pairs(inside.terms) == [(0, 1)]
    _, odd = of(MORE["odd powers of a signed quotient"])
    assert pairs(odd.terms) == [(-1, 1)] and pairs(odd.correction[0]) == [(0, 1)]


def by_hand(*chain: Reduction, basis: T) -> tuple[float | None, float | None]:
    """Where a term lies that some form might carry for the last reduction of a chain."""
    *before, last = derive_chain(chain)
    known = derive_chain([R("Z", "add", x)])[0]
    assert isinstance(known, Derived)
    carried = replace(known, reduction=last.reduction, form="rebased", accumulators=(Accumulator("Z.0", "add", 0.0, basis.e),))
    inside = enclosures([*before, carried])[-1]
    assert inside is not None
    return ends(inside.terms[0])


def test_a_quotient_is_below_one_only_by_what_is_known() -> None:
    bound, other = R("M", "max", absolute(x)), R("D", "add", t * t + 1)
    last = R("Z", "add", x)
    assert by_hand(bound, other, last, basis=(x / P.M) ** 2) == (0, 1)
    assert by_hand(bound, other, last, basis=(x / P.D) ** 2) == (0, None)
    assert by_hand(R("M", "max", x), last, basis=(x / P.M) ** 2) == (0, None)
    assert by_hand(bound, last, basis=x / P.M * t) == (None, None)
    assert by_hand(bound, last, basis=3 * (x / P.M)) == (-3, 3)
    assert by_hand(R("M", "max", s), last, basis=exp(s - P.M) * (P.M - s) ** 2)[0] == 0
    assert by_hand(R("M", "max", t), last, basis=exp(s - P.M) * (s - P.M)) == (None, None)


def test_centred_powers_are_of_the_degree_of_the_original() -> None:
    item, inside = of(variance)
    assert item.form == "rebased"
    assert inside.degrees == (2, 1, 0)
    assert pairs(inside.terms) == [(0, None), (None, None), (1, 1)]
    assert pairs(inside.correction[0]) == [(1, 1), (None, None), (0, None)] and inside.correction[2] == (None, None, inside.terms[2])
    assert not inside.bounded


def test_a_sum_that_follows_another_summary_does_not_only_rise() -> None:
    """sum exp(x - max) falls when a larger element arrives, so SD_old / SD is not below 1; a running sum of |x| only rises."""
    body = (exp(s - P.GM) / P.SD) ** 2
    item, inside = of([*softmax(), R("Z", "add", body)])
    assert all(high is None or high <= 1 for _, high in pairs(inside.correction[0]))
    assert item.rebased_on == ("GM",)
    for name in ("about a sum of weights that fall", "about the mean of what is not negative"):
        _, falls = of(MORE[name])
        assert pairs(falls.correction[0])[1] == (None, None)
    _, rising = of([R("L", "add", absolute(x)), R("Z", "add", (absolute(x) / P.L) ** 3)])
    assert pairs(rising.correction[0]) == [(0, 1)]


@pytest.mark.parametrize("numerics", ["safe", "fast"])
@pytest.mark.parametrize("name", REDUCED)
def test_no_exponential_grows(name: str, numerics: str) -> None:
    """What is carried is bounded or a power of the data, also where cancellation is accepted."""
    for inside in found(BENCHMARK[name][0], numerics)[1]:
        assert inside is not None and None not in inside.degrees


def test_an_exponential_without_a_bound_is_refused_or_said_to_grow() -> None:
    """The maximum of other data bounds nothing: refused, and with numerics=fast shown to grow."""
    chain = [R("M", "max", t), R("Z", "add", exp(s - P.M))]
    results, _ = found(chain)
    assert isinstance(results[-1], Refusal) and "no summary bounds it" in results[-1].reason
    results, inside = found(chain, "fast")
    assert isinstance(results[-1], Derived) and inside[-1] is not None and inside[-1].degrees == (None,)
    assert growth_text(None) == "grows exponentially"


def test_fast_differs_in_form_where_only_cancellation_is_at_stake() -> None:
    assert (of(variance)[0].form, of(variance, "fast")[0].form) == ("rebased", "deferred")
    assert (of(softmax())[0].form, of(softmax(), "fast")[0].form) == ("rebased", "rebased")


def test_a_refusal_has_none_and_what_depends_on_it_still_has() -> None:
    results, inside = found([*mean, R("D", "add", absolute(x - mu)), R("Z", "add", x / P.D)])
    assert isinstance(results[1], Refusal) and inside[1] is None
    assert inside[2] is not None and pairs(inside[2].terms) == [(None, None)]


class Watched(Machine):
    """Keeps the values of the expressions asked for."""

    watched: dict[Expr, Interval]
    outside: list[str]
    seen: int

    def value(self, expr: Expr, values: Any) -> Any:
        result = super().value(expr, values)
        if expr in self.watched and math.isfinite(result):
            interval = self.watched[expr]
            slack = Fraction(1, 10**9) * (1 + abs(Fraction(result)))  # the values are floats
            self.seen += 1
            if not interval.low - slack <= Fraction(result) <= interval.high + slack:
                self.outside.append(f"{text(expr)} = {result} is not in {interval_text(interval)}")
        return result


@pytest.mark.parametrize("numerics", ["safe", "fast"])
@pytest.mark.parametrize("name", CHAINS)
def test_no_value_is_outside(name: str, numerics: str) -> None:
    """Random tiles and merges: every basis and every entry of a correction, as it is evaluated, lies where it is said to."""
    chain = CHAINS[name]
    results, inside = found(chain, numerics)
    if any(isinstance(item, Refusal) for item in results):
        assert name == "an exponential without a bound" and numerics == "safe"
        return
    elements, constants = leaves(chain)
    source = random.Random(3)
    for scale in (1.0, 30.0):
        fixed: dict[Expr, Any] = dict.fromkeys(constants, 0.75) | {n.e: 12.0}
        machine = Watched(results, DEFAULT_LAWS, Arithmetic(FLOAT_FUNCTIONS, float, 0), fixed)
        machine.outside, machine.seen, machine.watched = [], 0, {}
        for item, enclosure in zip(results, inside, strict=True):
            assert isinstance(item, Derived) and enclosure is not None
            entries = [(e, i) for row, bounds in zip(item.correction, enclosure.correction, strict=True) for e, i in zip(row, bounds, strict=True)]
            terms = [(a.basis, i) for a, i in zip(item.accumulators, enclosure.terms, strict=True)]
            machine.watched |= {e: i for e, i in (*terms, *entries) if e is not None and i is not None and e != ONE}
        data = [{e: float(i) if isinstance(e, RankValue) else source.gauss(0, scale) for e in elements} for i in range(12)]
        parts = [machine.tile(machine.tile(machine.start(), data[at : at + 2]), data[at + 2 : at + 4]) for at in (0, 4, 8)]
        machine.merge(machine.merge(parts[0], machine.start()), machine.merge(parts[1], parts[2]))
        assert machine.seen > 0 and machine.outside == []


def test_ends_are_rounded_outwards_and_texts_say_what_is_missing() -> None:
    third = Fraction(1, 3)
    low, high = ends(Interval(third, third))
    assert low is not None and high is not None and Fraction(low) < third < Fraction(high)
    assert ends(Interval(Fraction(10) ** 400, math.inf)) == (None, None)
    assert [interval_text(Interval(a, b)) for a, b in ((Fraction(0), Fraction(1)), (Fraction(1), math.inf), (-math.inf, Fraction(2)))] == [
        "[0, 1]",
        "at least 1",
        "at most 2",
    ]
    assert interval_text(Interval(-math.inf, math.inf)) == "any number"
    assert growth_text(Fraction(3, 2)) == "of degree 1.5" and growth_text(Fraction(0)) == "bounded"
