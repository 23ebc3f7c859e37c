"""Links with different filters, constants and fibers: merged where that is right, and what is known of one is not believed of another."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reducing import check, parse
from xdsl.context import Context

from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

ATTENTION = """
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %S[m, p] reduce max(m){0}
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p]){1}
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m){2}
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m){3}
  einsum.return %AV[p, f]
"""
FILTERED = {
    "a denominator of the past": ("", "", " where m <= p", ""),
    "a window within the past": ("", "", " where m <= p", " where m <= p and p < m + 3"),
    "a numerator of the past": ("", "", "", " where m <= p"),
    "a maximum of more than the rest": (" where m < 8", "", " where m < 8 and m <= p", " where m <= p and m < 8"),
    "a map that is filtered": ("", " where m <= p", "", ""),
}


@pytest.mark.parametrize("name", FILTERED)
@pytest.mark.parametrize("form", ["loop", "split", "sequential"])
def test_links_with_different_filters_share_a_pass(name: str, form: str) -> None:
    body = ATTENTION.format(*FILTERED[name])
    text = f"einsum.cascade @c ranks {{p = 9, m = 10, e = 3, f = 2}} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f64 {{{body}}}"
    rewrite = EinsumOnePass(rank="m", size=4) if form == "loop" else EinsumOnePass(rank="m", form="split" if form == "split" else "sequential")
    assert check(text, 1, rewrite) == []


def test_a_filtered_maximum_bounds_nothing_outside_its_filter() -> None:
    body = ATTENTION.format(" where m <= p", "", "", " where m <= p")
    text = f"einsum.cascade @c ranks {{p = 9, m = 10, e = 3, f = 2}} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f64 {{{body}}}"
    assert check(text, 1) == []
    assert follows(text) == {"SD_top"}


def follows(text: str) -> set[str]:
    """The maxima that were put beside those of a cascade: what is carried follows them, where it does not believe the others."""
    module, _ = parse(text)
    EinsumOnePass(rank="m", size=4).apply(Context(), module)
    return set(re.findall(r"%R(\w+_top)\[", str(module)))


def test_two_constants_are_not_taken_for_one() -> None:
    """x T <= max x T says nothing of x U."""
    text = """einsum.cascade @c ranks {p = 4, m = 9} (%X[m, p], %T[p], %U[p]) -> [p] : f64 {
      %GM = einsum.compute [p] = %X[m, p] * %T[p] reduce max(m)
      %SD = einsum.compute [p] = exp(%X[m, p] * %SCALE[p] - %GM[p]) reduce add(m)
      einsum.return %SD[p]
    }"""
    for scale, followed in (("T", set[str]()), ("U", {"SD_top"})):
        assert check(text.replace("SCALE", scale), 1) == []
        assert follows(text.replace("SCALE", scale)) == followed


@pytest.mark.parametrize(
    ("ranks", "out", "body", "believed"),
    [
        ("p = 5, m = 9", "p", "exp(%X[m, p] - %GM[4 - p])", False),
        ("p = 5, q = 5, m = 9", "p, q", "exp(%X[m, p] - %GM[q])", False),
        ("p = 5, q = 5, m = 9", "q", "%X[m, q] * %GM[q]", True),
        ("p = 5, q = 5, m = 9", "q", "pow(%X[m, q], 2) / %GM[q]", True),
        ("p = 5, m = 9", "p", "exp(%X[m, p] - %GM[p])", True),
    ],
)
def test_a_summary_of_another_fiber_is_no_bound(ranks: str, out: str, body: str, believed: bool) -> None:
    text = f"""einsum.cascade @c ranks {{{ranks}}} (%X[m, p]) -> [{out}] : f64 {{
      %GM = einsum.compute [p] = %X[m, p] reduce max(m)
      %D = einsum.compute [{out}] = {body} reduce add(m)
      einsum.return %D[{out}]
    }}"""
    assert check(text, 1) == []
    assert follows(text) == (set[str]() if believed else {"D_top"})


def test_scores_that_are_computed_twice_are_the_same_scores() -> None:
    text = """einsum.cascade @c ranks {p = 4, m = 9, e = 2} (%Q[p, e], %K[m, e]) -> [p] : f64 {
      %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
      %GM = einsum.compute [p] = %S[m, p] reduce max(m)
      %T = einsum.compute [m, p] = %K[m, e] * %Q[p, e] reduce add(e)
      %SD = einsum.compute [p] = exp(%T[m, p] - %GM[p]) reduce add(m)
      einsum.return %SD[p]
    }"""
    assert check(text, 1) == []


ARGMAX = """einsum.cascade @c ranks {p = 5, m = 13, e = 3} (%Q[p, e], %K[m, e], %N[m, p]) -> [p], [p], [p] : f64 {
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SD = einsum.compute [p] = exp(%S[m, p] - %GM[p]) reduce add(m)
  %A = einsum.compute [m, p] = log(exp(%S[m, p] - %GM[p]) / %SD[p])
  %B, %I = einsum.compute [p] = BODY reduce argmax(m)
  einsum.return %SD[p], %B[p], %I[p]
}"""


def argmax(body: str) -> str:
    lines = ARGMAX.replace("BODY", body).splitlines()
    return "\n".join(line for line in lines if "%A = " not in line or "%A" in body)


@pytest.mark.parametrize("body", ["%A[m, p]", "%A[m, p] + %N[m, p]", "%S[m, p] - %GM[p]", "%S[m, p] / %SD[p]"])
@pytest.mark.parametrize("form", ["loop", "split", "sequential"])
def test_the_best_of_normalised_scores_is_found_in_the_same_pass(body: str, form: str) -> None:
    """Gumbel-max sampling and greedy decoding: value and coordinate, without waiting for the normaliser."""
    rewrite = EinsumOnePass(rank="m", size=4) if form == "loop" else EinsumOnePass(rank="m", form="split" if form == "split" else "sequential")
    assert check(argmax(body), 1, rewrite) == []


def test_sums_may_follow_an_argmax() -> None:
    text = argmax("%A[m, p]").replace("%GM = einsum.compute [p] = %S[m, p] reduce max(m)", "%GM, %J = einsum.compute [p] = %S[m, p] reduce argmax(m)")
    text = text.replace("%B[p], %I[p]", "%B[p], %J[p]")
    assert check(text, 1) == []


def test_the_best_of_what_has_no_order_stays_a_pass() -> None:
    for body in ("%S[m, p] * %SD[p] * sin(%SD[p])", "sin(%S[m, p] - %SD[p])"):
        declined = check(argmax(body), 2)
        assert len(declined) == 1 and declined[0].startswith("B stays a later pass over m: ")


def test_a_mean_over_two_ranks_is_a_mean() -> None:
    """Group normalisation: the count is the product of two shapes, in either order, or its number."""
    for count in ("(shape(m) * shape(n))", "(shape(n) * shape(m))", "(44)"):
        text = f"""einsum.cascade @c ranks {{p = 3, m = 11, n = 4}} (%X[n, p, m]) -> [p] : f64 {{
          %SX = einsum.compute [p] = %X[n, p, m] reduce add(m, n)
          %MU = einsum.compute [p] = %SX[p] / {count}
          %V = einsum.compute [p] = pow(%X[n, p, m] - %MU[p], 2) reduce add(n, m)
          einsum.return %V[p]
        }}"""
        assert check(text, 1) == []


@pytest.mark.parametrize(
    "body",
    [
        "exp(%S[m, p] - %GM[p]) / %SD[p] * %W[m]",
        "%GM[p] * %W[m]",
        "%W[m] / %SD[p]",
        "log(%SD[p]) * %W[m]",
        "pow(%S[m, p] - %MU[p], 2)",
        "(%S[m, p] - %GM[p]) * exp(%S[m, p] - %GM[p]) / %SD[p]",
    ],
)
@pytest.mark.parametrize("form", ["loop", "split", "sequential"])
def test_a_row_whose_elements_are_all_masked_by_data_keeps_its_value(body: str, form: str) -> None:
    """Nothing is multiplied by a quotient or a maximum of nothing: the cascade says 0 there, and so does the derived form."""
    text = f"""einsum.cascade @c ranks {{p = 4, m = 10}} (%S[m, p], %D[m, p], %W[m]) -> [p] : f64 {{
      %GM = einsum.compute [p] = select(%D[m, p] > 0, %S[m, p], -inf) reduce max(m)
      %SD = einsum.compute [p] = select(%D[m, p] > 0, exp(%S[m, p] - %GM[p]), 0) reduce add(m)
      %N = einsum.compute [p] = select(%D[m, p] > 0, 1, 0) reduce add(m)
      %T = einsum.compute [p] = select(%D[m, p] > 0, %S[m, p], 0) reduce add(m)
      %MU = einsum.compute [p] = %T[p] / %N[p]
      %AV = einsum.compute [p] = select(%D[m, p] > 0, {body}, 0) reduce add(m)
      einsum.return %AV[p]
    }}"""
    rng = np.random.default_rng(3)
    given = {name: rng.normal(size=shape) for name, shape in (("S", (10, 4)), ("D", (10, 4)), ("W", (10,)))}
    given["D"][:, 2] = -1
    given["D"][:5, 1] = -1
    module, cascade = parse(text)
    expected = run_cascade(cascade, given)
    assert expected[0][2] == 0
    rewrite = EinsumOnePass(rank="m", size=4) if form == "loop" else EinsumOnePass(rank="m", form="split" if form == "split" else "sequential")
    rewrite.apply(Context(), module)
    np.testing.assert_allclose(run_cascade(cascade, given)[0], expected[0], rtol=1e-9)
    assert passes_over(cascade, "m") == 1


def test_a_filter_of_whole_fibers_stays_a_filter() -> None:
    """What the filter keeps out may not even be there to read."""
    text = """einsum.cascade @c ranks {p = 5, m = 13, e = 9} (%Q[p, e], %K[m, e]) -> [m, p] : f64 {
      %NQ = einsum.compute [p] = %Q[p, e] * %Q[p, e] reduce add(e)
      %S = einsum.compute [m, p] = %K[m + 4, e] * rsqrt(%NQ[p] + 1) * %Q[p, e] reduce add(e) where m < 9
      einsum.return %S[m, p]
    }"""
    module, cascade = parse(text)
    given = {"Q": np.ones((5, 9)), "K": np.arange(117.0).reshape(13, 9)}
    expected = run_cascade(cascade, given)
    EinsumOnePass(rank="e").apply(Context(), module)
    module.verify()
    np.testing.assert_allclose(run_cascade(cascade, given)[0], expected[0], rtol=1e-12)
    assert passes_over(cascade, "e") == 1


def test_a_fiber_that_is_filtered_away_is_believed_by_no_reader() -> None:
    """`x <= max x` does not hold where the maximum visited nothing; the reader is there, and follows a maximum of its own."""
    text = """einsum.cascade @c ranks {p = 5, m = 13} (%X[m, p], %W[m]) -> [p] : f64 {
      %GM = einsum.compute [p] = %X[m, p] reduce max(m) where p < 3
      %SD = einsum.compute [p] = exp(%X[m, p] - %GM[p]) * abs(%W[m]) reduce add(m)FILTER
      einsum.return %SD[p]
    }"""
    assert check(text.replace("FILTER", " where p < 3 and m <= p"), 1) == []
    assert check(text.replace("FILTER", ""), 1) == []
    assert follows(text.replace("FILTER", "")) == {"SD_top"}


def test_a_minimum_over_nothing_is_followed_by_nobody_who_visits_something() -> None:
    """For p = 0 the filter leaves no element: the minimum is infinite, and so is what is subtracted from it, which a state at rest would not be."""
    declined = check(
        """
einsum.cascade @c ranks {p = 2, m = 8} (%X[p, m]) -> [p], [p] : f64 {
  %D0 = einsum.compute [p] = %X[p, m] reduce min(m) where m < p
  %D1 = einsum.compute [p] = %X[p, m] - %D0[p] reduce add(m)
  %D3 = einsum.compute [p] = %X[p, m] / (1 + abs(%D1[p])) reduce add(m)
  einsum.return %D1[p], %D3[p]
}""",
        2,
    )
    assert declined[0].endswith("D0 may have no element where D1 has some, and then stands for none of them")
