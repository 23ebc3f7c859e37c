"""What bounds what: monotone functions of bounded arguments, logarithms of sums; and points on both sides of a condition."""

from __future__ import annotations

import pytest
from algebra_terms import P, R, T, exp, fn, log, m, s, select, tanh, v, w, x

from einfold.algebra.corners import Corners
from einfold.algebra.derivation import Derived, Refusal
from einfold.algebra.derive import derive_chain
from einfold.algebra.invariants import Invariants
from einfold.algebra.laws import DEFAULT_LAWS
from einfold.algebra.scope import Scope

sigmoid = fn("sigmoid")


def known(*reductions: tuple[str, str, T]) -> Invariants:
    found = Invariants(Scope(tuple(name for name, *_ in reductions)), DEFAULT_LAWS.with_positive(["t"]))
    for name, op, body in reductions:
        found.add(name, op, body.e, True)
    return found


@pytest.mark.parametrize(
    ("body", "bounded"),
    [
        (tanh(s) - tanh(P.GM), True),
        (30 * sigmoid(s / 30) - 30 * sigmoid(P.GM / 30), True),
        (s * P.t - P.GM * P.t, True),
        (tanh(P.GM) - tanh(s), False),
        (s * P.u - P.GM * P.u, False),
        (tanh(s) - sigmoid(P.GM), False),
        (s - log(P.SE), True),
        (2 * s - log(P.SE), False),
    ],
)
def test_a_monotone_function_keeps_a_bound(body: T, bounded: bool) -> None:
    interval = known(("GM", "max", s), ("SE", "add", exp(s))).interval(body.e)
    assert (interval.high <= 0) == bounded


def test_a_log_sum_exp_without_a_maximum_is_followed() -> None:
    last = derive_chain([R("L", "add", exp(s)), R("O", "add", exp(s - log(P.L)) * v)])[-1]
    assert isinstance(last, Derived)
    assert last.form == "rebased" and last.rebased_on == ("L",)


def test_points_meet_and_miss_every_condition() -> None:
    """`m >= 300` and `w == c` are met by no number drawn from -2 .. 2."""
    for condition in (m > 300, fn("eq")(w, P.c)):
        corners = Corners([select(condition, x, 0).e])
        leaves = [e for atoms, _ in corners.forms for e in atoms]
        found: set[float] = set()
        for _ in range(40):
            for point in corners.points(dict.fromkeys(leaves, 0.5)):
                atoms, constant = corners.forms[0]
                found.add(float(sum((float(c) * point[e] for e, c in atoms.items()), float(constant))))
        assert min(found) < 0 < max(found) and 0 in found


def test_a_mask_by_position_is_no_reason_to_forget_the_anchor() -> None:
    """Where the maximum has seen masked elements only, the sum has counted elements from what stands in for -inf."""
    chain = [R("D", "max", select(w > 0.3, x, float("-inf"))), R("S", "add", select(m > 300, x - P.D, 0))]
    last = derive_chain(chain)[-1]
    assert isinstance(last, Derived)
    replaced = dict(last.safe)
    assert replaced["D.old"] != replaced["D"] and "counted from the anchor" in next(o for o in last.obligations if o.name == "bottom").method


def test_an_argmax_of_one_value_is_refused() -> None:
    last = derive_chain([R("S", "add", x), R("I", "argmax", P.S * P.S)])[-1]
    assert isinstance(last, Refusal) and "all its elements are equal" in last.reason
