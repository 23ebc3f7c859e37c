"""Exponentials as powers of two: the polynomials' errors, what the pass may scale, and that values stay."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reducing import parse
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from einfold.algebra.evaluate import evaluate
from einfold.algebra.exp2 import COEFFICIENTS, RELATIVE_ERROR, definition
from einfold.algebra.expr import Param
from einfold.analysis import remarks
from einfold.analysis.resize import resize
from einfold.dialects.einsum import CascadeOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_exp2 import EinsumExp2Pass
from einfold.passes.einsum_one_pass import EinsumOnePass

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("degree", sorted(COEFFICIENTS))
def test_the_stated_error_of_a_polynomial_is_its_error(degree: int) -> None:
    x = np.linspace(-0.5, 0.5, 20_001)
    p = np.polynomial.polynomial.polyval(x, COEFFICIENTS[degree])
    error = np.max(np.abs(p / 2.0**x - 1))
    assert 0.99 * RELATIVE_ERROR[degree] < error <= RELATIVE_ERROR[degree]


@pytest.mark.parametrize("degree", sorted(COEFFICIENTS))
@pytest.mark.parametrize("x", [0.0, 0.5, -0.5, 1.0, -3.25, -125.9, 17.3])
def test_the_definition_is_a_power_of_two(degree: int, x: float) -> None:
    value = float(evaluate(definition(degree), {Param("x"): x}))
    assert value == pytest.approx(2.0**x, rel=1.01 * RELATIVE_ERROR[degree])


@pytest.mark.parametrize("x", [-126.5, -1e30, -np.inf])
def test_far_below_it_is_zero(x: float) -> None:
    assert float(evaluate(definition(4), {Param("x"): x})) == 0


def test_all_arguments_of_fp16() -> None:
    """The table in the docs: a polynomial of degree 4 and six multiply-adds differ for 26 of 19,553 arguments, by one unit."""
    accuracy: Any = runpy.run_path(str(ROOT / "benchmarks" / "exp_accuracy.py"))["accuracy"]
    four, five, three = accuracy(4), accuracy(5), accuracy(3)
    assert (four.macs, four.differing, four.apart, four.arguments) == (4, 26, 1, 19_553)
    assert (five.macs, five.differing) == (6, 0)
    assert four.ulps < 0.504 < three.ulps < 0.65


def rewritten(module: ModuleOp, degree: int = 4) -> list[str]:
    with remarks.collect() as made:
        EinsumExp2Pass(degree=degree).apply(Context(), module)
    return [r.message for r in made]


@pytest.mark.parametrize("name", ["attention", "causal", "gqa", "mla", "sliding"])
@pytest.mark.parametrize("one_pass", [False, True])
def test_values_stay_within_the_polynomial_s_error(name: str, one_pass: bool) -> None:
    module, cascade = parse((ROOT / "examples" / f"{name}.mlir").read_text())
    resize(module, dict.fromkeys((r for r in cascade.sizes if r not in ("m", "p")), 3) | {"m": 6, "p": 6})
    rng = np.random.default_rng(0)
    inputs = {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    expected = run_cascade(cascade, inputs, dtype="f64")
    if one_pass:
        with remarks.collect():
            EinsumOnePass(size=4).apply(Context(), module)
    assert any("powers of two" in told for told in rewritten(module, 5))
    module.verify()
    after = next(op for op in module.walk() if isinstance(op, CascadeOp))
    assert "exp(" not in str(after) and "@exp2_p5(" in str(after)
    for found, value in zip(run_cascade(after, inputs, dtype="f64"), expected, strict=True):
        np.testing.assert_allclose(found, value, atol=1e-6)  # weights within 1.5e-7 of sums of values below 5


CASCADE = "einsum.cascade @c ranks {{p = 2, m = 3, e = 4}} (%Q[p, e], %K[m, e], %X[p, m]) -> {out} : f32 {{\n{body}\n}}"


def refused(out: str, *lines: str) -> list[str]:
    module, _ = parse(CASCADE.format(out=out, body="\n".join(lines)))
    before = str(module)
    told = rewritten(module)
    assert str(module) == before
    return told


QK = "%S = einsum.compute [p, m] = %Q[p, e] * %K[m, e] reduce add(e)"


def test_a_given_argument_stays() -> None:
    told = refused("[p, m]", "%E = einsum.compute [p, m] = exp(%X[p, m])", "einsum.return %E[p, m]")
    assert told == ["an exponential stays: %X is given, so that scaling it would cost as much as it saves"]


def test_scaled_scores_that_are_a_result_stay() -> None:
    told = refused("[p, m], [p, m]", QK, "%E = einsum.compute [p, m] = exp(%S[p, m])", "einsum.return %E[p, m], %S[p, m]")
    assert told == ["an exponential stays: %S is a result, or read where scaling it would show"]


def test_scores_that_something_else_reads_stay() -> None:
    told = refused(
        "[p, m], [p, m]",
        QK,
        "%E = einsum.compute [p, m] = exp(%S[p, m])",
        "%T = einsum.compute [p, m] = tanh(%S[p, m])",
        "einsum.return %E[p, m], %T[p, m]",
    )
    assert told == ["an exponential stays: %T would change if %S were scaled"]


def test_an_argument_with_an_offset_stays() -> None:
    told = refused("[p, m]", QK, "%T = einsum.compute [p, m] = %S[p, m] + 1", "%E = einsum.compute [p, m] = exp(%T[p, m])", "einsum.return %E[p, m]")
    assert told == ["an exponential stays: %T does not scale with what it is made of"]


def test_a_quotient_of_scaled_scores_stays_as_it_is() -> None:
    body = (
        QK,
        "%G = einsum.compute [p] = %S[p, m] reduce max(m)",
        "%E = einsum.compute [p, m] = exp(%S[p, m] - %G[p])",
        "%R = einsum.compute [p, m] = %S[p, m] / %G[p]",
        "einsum.return %E[p, m], %R[p, m]",
    )
    module, _ = parse(CASCADE.format(out="[p, m], [p, m]", body="\n".join(body)))
    assert rewritten(module) == ["1 exponentials as powers of two; the change of base goes into %S"]
    assert "%R = einsum.compute [p, m] = %S[p, m] / %G[p]" in str(module)
