"""What is carried about another centre than the one written is as accurate as the cascade as written, whatever is masked, large or far away."""

from __future__ import annotations

import numpy as np
import pytest
from reducing import parse
from xdsl.context import Context

from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over


def accurate(einsums: str, given: dict[str, np.ndarray], rtol: float, arguments: str = "%X[p, m]", out: str = "p") -> None:
    """One pass over m in fp32, and its results within `rtol` of those of the cascade as written in fp64."""
    text = f"einsum.cascade @c ranks {{p = 4, m = 256, e = 4}} ({arguments}) -> [{out}] : f32 {{{einsums}\n  einsum.return %V[{out}]\n}}"
    module, cascade = parse(text)
    EinsumOnePass(rank="m", size=16).apply(Context(), module)
    module.verify()
    assert passes_over(cascade, "m") == 1
    exact = run_cascade(parse(text)[1], given, dtype="f64")[0]
    assert np.isfinite(exact).all()
    np.testing.assert_allclose(run_cascade(cascade, given)[0], exact, rtol=rtol)


def normal(*shape: int, mean: float = 0.0, scale: float = 1.0) -> np.ndarray:
    return (np.random.default_rng(1).normal(size=shape) * scale + mean).astype(np.float32)


def test_what_is_masked_may_be_any_number() -> None:
    """Padding of 1e30 under a mask: the maximum that squares are carried about is one of the elements that count."""
    data = {"X": normal(4, 256, mean=100), "W": normal(256) + np.float32(0.5), "K": np.where(np.arange(256) < 100, 1, -1).astype(np.float32)}
    data["X"][:, 100:] = 1e30
    accurate(
        """
  %SW = einsum.compute [] = select(%K[m] > 0, %W[m], 0) reduce add(m)
  %SX = einsum.compute [p] = select(%K[m] > 0, %W[m] * %X[p, m], 0) reduce add(m)
  %V = einsum.compute [p] = select(%K[m] > 0, %W[m] * pow(%X[p, m] - %SX[p] / %SW[], 2), 0) / %SW[] reduce add(m)""",
        data,
        1e-3,
        "%X[p, m], %W[m], %K[m]",
    )


@pytest.mark.parametrize(
    "einsums",
    [
        """
  %MU = einsum.compute [p] = %X[p, m] / shape(m) reduce add(m)
  %V = einsum.compute [p] = pow(%X[p, m] - %MU[p], 2) / shape(m) reduce add(m)""",
        """
  %MU = einsum.compute [p] = %X[p, m] * 0.00390625 reduce add(m)
  %V = einsum.compute [p] = pow(%X[p, m] - %MU[p], 4) reduce add(m)""",
        """
  %S = einsum.compute [p] = %X[p, m] reduce add(m) where m <= p + 100
  %V = einsum.compute [p] = pow(%X[p, m] - %S[p] / (p + 101), 2) reduce add(m) where m <= p + 100""",
    ],
    ids=["divided inside", "times a number", "of a filtered fiber"],
)
def test_a_mean_however_it_is_written(einsums: str) -> None:
    accurate(einsums, {"X": normal(4, 256, mean=10_000)}, 5e-3)


@pytest.mark.parametrize(
    "centre",
    ["%S[p] / 256", "%S[p] / 256 + %T[p]", "%T[p]", "%S[0] / 256"],
    ids=["a mean", "a mean and another's maximum", "another's maximum", "the mean of another fiber"],
)
def test_exponentials_never_overflow_on_a_prefix(centre: str) -> None:
    """Logits of hundreds whose centre comes late: relative to their own running maximum they are carried in range. F makes the largest term 1."""
    logits, other = np.sort(normal(4, 256, scale=300)), normal(4, 256, scale=100)
    late = {"%S[p] / 256": logits.mean(axis=1), "%S[0] / 256": logits[0].mean(), "%T[p]": (logits * 0.5 + other).max(axis=1)}
    total = sum((late[term] for term in centre.split(" + ")), np.zeros(4))
    accurate(
        f"""
  %S = einsum.compute [p] = %X[p, m] reduce add(m)
  %T = einsum.compute [p] = %X[p, m] * 0.5 + %Y[p, m] reduce max(m)
  %D = einsum.compute [p] = exp((%X[p, m] - ({centre})) - %F[p]) reduce add(m)
  %V = einsum.compute [p] = log(%D[p]) + %F[p]""",
        {"X": logits, "Y": other, "F": (logits.max(axis=1) - total).astype(np.float32)},
        1e-4,
        "%X[p, m], %Y[p, m], %F[p]",
    )


def test_two_summaries_in_one_exponent_before_anything_counts() -> None:
    """exp(mean_old + max_old - mean - max) with nothing seen is exp(0 - inf + ..): both old values stand at their new ones, or exp(2000) * 0 comes out."""
    accurate(
        """
  %MU = einsum.compute [p] = %X[p, m] / shape(m) reduce add(m)
  %M = einsum.compute [p] = %X[p, m] - %MU[p] reduce max(m)
  %D = einsum.compute [p] = exp(%X[p, m] - %MU[p] - %M[p]) reduce add(m)
  %V = einsum.compute [p] = log(%D[p]) + %M[p]""",
        {"X": normal(4, 256, mean=-2000)},
        1e-4,
    )


def test_a_power_that_is_a_constant_is_taken_of_the_quotient() -> None:
    """|x|^q overflows where (|x| / max)^q does not, for any q."""
    accurate(
        """
  %M = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
  %S = einsum.compute [p] = pow(abs(%X[p, m]) / %M[p], 1 + abs(%Q[])) reduce add(m)
  %V = einsum.compute [p] = %M[p] * pow(%S[p], 1 / (1 + abs(%Q[])))""",
        {"X": normal(4, 256, scale=1e4), "Q": np.array(20.0, np.float32)},
        1e-5,
        "%X[p, m], %Q[]",
    )


def test_a_fiber_of_skipped_elements_is_zero() -> None:
    """Every element of a fiber is masked: what skips them whatever the summaries are gives 0, as written."""
    text = """einsum.cascade @c ranks {p = 2, m = 6} (%X[p, m], %K[p, m]) -> [p] : f64 {
      %T = einsum.compute [p, m] = select(%K[p, m] > 0, %X[p, m], -inf)
      %M = einsum.compute [p] = %T[p, m] reduce max(m)
      %D = einsum.compute [p] = exp(%T[p, m] - %M[p]) reduce add(m)
      %V = einsum.compute [p] = select(%K[p, m] > 0, exp(%T[p, m] - %M[p]) / %D[p] * log(%D[p]), 0) reduce add(m)
      einsum.return %V[p]
    }"""
    module, cascade = parse(text)
    given = {"X": normal(2, 6), "K": np.array([[1.0] * 6, [-1.0] * 6])}
    wanted = run_cascade(cascade, given)[0]
    EinsumOnePass(rank="m", size=2).apply(Context(), module)
    assert passes_over(cascade, "m") == 1 and wanted[1] == 0
    np.testing.assert_allclose(run_cascade(cascade, given)[0], wanted, rtol=1e-12)


def test_a_centre_that_another_link_asked_for() -> None:
    """A norm of the whole tensor before a product for each row: the row's sum may follow what the whole's does, which its body does not read."""
    accurate(
        """
  %MU = einsum.compute [] = %X[p, m] / (shape(p) * shape(m)) reduce add(p, m)
  %S = einsum.compute [] = pow(%X[p, m] - %MU[], 2) / (shape(p) * shape(m)) reduce add(p, m)
  %V = einsum.compute [p, e] = (%X[p, m] - %MU[]) * rsqrt(%S[] + 0.00001) * abs(%W[m, e]) * (1 + %X[p, m]) reduce add(m)""",
        {"X": normal(4, 256, mean=50), "W": normal(256, 4)},
        5e-3,
        "%X[p, m], %W[m, e]",
        "p, e",
    )


def test_a_centre_is_not_worth_a_pass() -> None:
    """Nothing has read X when its sum is known: a maximum of X put in before would cost the pass over X that it is to save."""
    text = """einsum.cascade @c ranks {p = 2, m = 4} (%X[m, p]) -> [p], [p] : f64 {
      %N = einsum.compute [p] = m - p reduce add(m)
      %A = einsum.compute [p] = max(%X[m, p], %N[p]) reduce add(m)
      %B = einsum.compute [p] = exp(%X[m, p] - %N[p]) reduce add(m)
      einsum.return %A[p], %B[p]
    }"""
    module, cascade = parse(text)
    EinsumOnePass(rank="m", size=2).apply(Context(), module)
    assert passes_over(cascade, "m") == 1
    assert "_top" not in str(module)
