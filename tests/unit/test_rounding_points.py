"""Narrowing casts are opaque: a value that a cascade rounds is rounded in what is derived, at the same place, or the pass stays and says so."""

from __future__ import annotations

import numpy as np
import pytest
from reducing import parse
from xdsl.context import Context

from einfold.analysis import remarks
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

EXACT = "einsum.cascade @c ranks {{p = 1, m = 4097}} (%X[p, m]) -> [p] : f32 {{{0}\n  einsum.return %Z[p]\n}}"
ONES = np.ones((1, 4097), np.float32)

# name: (Einsums, the value of Z on 4097 ones, what it would be if rounding were the identity)
SUMS = {
    "a sum": (
        """
  %Y = einsum.compute [p] = %X[p, m] reduce add(m) : f16
  %Z = einsum.compute [p] = %X[p, m] * %Y[p] reduce add(m)""",
        4097.0 * 4096,
        4097.0 * 4097,
    ),
    "a sum in bf16": (
        """
  %Y = einsum.compute [p] = %X[p, m] reduce add(m) : bf16
  %Z = einsum.compute [p] = %X[p, m] * %Y[p] reduce add(m)""",
        4097.0 * 4096,
        4097.0 * 4097,
    ),
    "a map of a sum": (
        """
  %S = einsum.compute [p] = %X[p, m] reduce add(m)
  %Y = einsum.compute [p] = 1 + %S[p] : f16
  %Z = einsum.compute [p] = %X[p, m] * %Y[p] reduce add(m)""",
        4097.0 * 4096,
        4097.0 * 4098,
    ),
    "a mean that is subtracted": (
        """
  %Y = einsum.compute [p] = %X[p, m] reduce add(m) : f16
  %Z = einsum.compute [p] = pow(%X[p, m] - %Y[p] / 4096, 2) reduce add(m)""",
        0.0,
        4097.0 / 4096**2,
    ),
    "the last sum": (
        """
  %S = einsum.compute [p] = %X[p, m] reduce max(m)
  %Y = einsum.compute [p] = %X[p, m] * %S[p] reduce add(m) : f16
  %Z = einsum.compute [p] = %Y[p] + 0""",
        4096.0,
        4097.0,
    ),
    "an extreme of quotients": (
        """
  %S = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %Y = einsum.compute [p] = abs(%X[p, m]) * %S[p] reduce max(m) : f16
  %Z = einsum.compute [p] = %Y[p] + 0""",
        4096.0,
        4097.0,
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_rounded_where_it_was(name: str) -> None:
    einsums, value, unrounded = SUMS[name]
    module, cascade = parse(EXACT.format(einsums))
    assert passes_over(cascade, "m") == 2
    assert run_cascade(cascade, {"X": ONES})[0].tolist() == [value]
    EinsumOnePass(rank="m").apply(Context(), module)
    module.verify()
    assert passes_over(cascade, "m") == 1
    assert run_cascade(cascade, {"X": ONES})[0].tolist() == [value]
    assert value != unrounded


def attention(weights: str, maximum: str = "", total: str = "") -> str:
    return f"""einsum.cascade @c ranks {{p = 3, m = 40, f = 2}} (%S[p, m], %V[m, f]) -> [p, f] : f32 {{
      %M = einsum.compute [p] = %S[p, m] reduce max(m){maximum}
      %A = einsum.compute [p, m] = exp(%S[p, m] - %M[p]){weights}
      %D = einsum.compute [p] = %A[p, m] reduce add(m){total}
      %O = einsum.compute [p, f] = %A[p, m] / %D[p] * %V[m, f] reduce add(m)
      einsum.return %O[p, f]
    }}"""


def scores() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"S": rng.normal(size=(3, 40)).astype(np.float32) * 5, "V": rng.normal(size=(40, 2)).astype(np.float32)}


@pytest.mark.parametrize("narrow", ["bf16", "f16"])
def test_rounded_weights_are_not_corrected(narrow: str) -> None:
    """exp(s - m) rounded is not exp(m' - m) times another rounded one: what reads it waits for the maximum. The two sums still share a pass."""
    text = attention(f" : {narrow}")
    module, cascade = parse(text)
    given = scores()
    written = run_cascade(cascade, given)[0]
    with remarks.collect() as found:
        EinsumOnePass(rank="m", size=8).apply(Context(), module)
    module.verify()
    np.testing.assert_allclose(run_cascade(cascade, given)[0], written, rtol=3e-6)
    assert passes_over(cascade, "m") == 2
    assert f"D stays a later pass over m: it reads A, rounded to {narrow}, and no law holds through rounding" in [r.message for r in found]


@pytest.mark.parametrize("narrow", ["bf16", "f16"])
@pytest.mark.parametrize("place", ["maximum", "total"])
def test_attention_with_a_rounded_summary(narrow: str, place: str) -> None:
    """A maximum is rounded as it goes; a denominator once, at the end: the values are those of the cascade as written but for fp32 rounding."""
    text = attention("", **{place: f" : {narrow}"})
    module, cascade = parse(text)
    EinsumOnePass(rank="m", size=8).apply(Context(), module)
    module.verify()
    assert passes_over(cascade, "m") == 1
    given = scores()
    written, unrounded = (run_cascade(parse(t)[1], given)[0] for t in (text, attention("")))
    made = run_cascade(cascade, given)[0]
    np.testing.assert_allclose(made, written, rtol=3e-6)
    if place == "total":
        assert np.abs(written - unrounded).max() > 1e-4


def test_a_cascade_of_one_type_is_taken_as_real() -> None:
    """Where everything is of one type nothing is cast: its roundings are those of the arithmetic, of which nothing is promised."""
    module, cascade = parse(attention("").replace("f32", "f16"))
    EinsumOnePass(rank="m", size=8).apply(Context(), module)
    assert passes_over(cascade, "m") == 1


def test_wider_than_the_cascade_is_no_cast() -> None:
    text = attention("", " : f32", " : f32").replace("-> [p, f] : f32", "-> [p, f] : bf16")
    module, cascade = parse(text)
    EinsumOnePass(rank="m", size=8).apply(Context(), module)
    assert passes_over(cascade, "m") == 1
