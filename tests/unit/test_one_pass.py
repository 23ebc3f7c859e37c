"""einsum-one-pass, einsum-online and einsum-defer: fewer passes, the same values, a remark for every refusal."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser

from einfold.analysis import remarks
from einfold.analysis.passes_over import count_passes
from einfold.dialects.einsum import CascadeOp, Einsum, IterateOp
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_defer import EinsumDefer
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.einsum_online import EinsumOnline

ATTENTION = """
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
"""
DEFERRED = """
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %SNV = einsum.compute [p, f] = %SN[m, p] * %V[m, f] reduce add(m)
  %AV = einsum.compute [p, f] = %SNV[p, f] / %SD[p]
  einsum.return %AV[p, f]
"""


def masked(filter_: str) -> str:
    lines = ATTENTION.replace(" reduce max(m)", f" reduce max(m) where {filter_}").replace("%GM[p])\n", f"%GM[p]) where {filter_}\n")
    return lines.replace("%SN[m, p] reduce add(m)", f"%SN[m, p] reduce add(m) where {filter_}").replace(
        "%V[m, f] reduce add(m)", f"%V[m, f] reduce add(m) where {filter_}"
    )


QKV = "(%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f64"
CASES = {
    "attention": (QKV, ATTENTION, 3, 1),
    "deferred": (QKV, DEFERRED, 2, 1),
    "causal": (QKV, masked("m <= p"), 3, 1),
    "causal, zeros outside": (
        QKV,
        ATTENTION.replace(" reduce max(m)", " reduce max(m) where m <= p").replace("%GM[p])\n", "%GM[p]) where m <= p\n"),
        3,
        1,
    ),
    "sliding": (QKV, masked("p - 3 < m <= p"), 3, 1),
    "rows without keys": (QKV, masked("m < p - 2"), 3, 1),
    "alibi": (
        QKV,
        ATTENTION.replace("exp(%QK[m, p] - %GM[p])", "exp(%S[m, p] - %GM[p])").replace(
            "%GM = einsum.compute [p] = %QK[m, p]", "%S = einsum.compute [m, p] = %QK[m, p] - 0.5 * (p - m)\n  %GM = einsum.compute [p] = %S[m, p]"
        ),
        3,
        1,
    ),
    "softcap": (
        QKV,
        ATTENTION.replace("exp(%QK[m, p] - %GM[p])", "exp(%S[m, p] - %GM[p])").replace(
            "%GM = einsum.compute [p] = %QK[m, p]", "%S = einsum.compute [m, p] = 30 * tanh(%QK[m, p] / 30)\n  %GM = einsum.compute [p] = %S[m, p]"
        ),
        3,
        1,
    ),
    "sink": (
        "(%Q[p, e], %K[m, e], %V[m, f], %Z[p]) -> [p, f] : f64",
        ATTENTION.replace("reduce max(m)", "reduce max(m)\n  %GZ = einsum.compute [p] = max(%GM[p], %Z[p])")
        .replace("- %GM[p]", "- %GZ[p]")
        .replace("%SN[m, p] reduce add(m)", "%SN[m, p] reduce add(m)\n  %SZ = einsum.compute [p] = %SD[p] + exp(%Z[p] - %GZ[p])")
        .replace("/ %SD[p]", "/ %SZ[p]"),
        3,
        1,
    ),
    "log-sum-exp": (
        "(%X[m, p]) -> [p] : f64",
        """
  %GM = einsum.compute [p] = %X[m, p] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[m, p] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
""",
        2,
        1,
    ),
    "softmax": (
        "(%X[m, p]) -> [m, p] : f64",
        """
  %GM = einsum.compute [p] = %X[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%X[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  einsum.return %A[m, p]
""",
        3,
        2,
    ),
    "rmsnorm and matmul": (
        "(%X[p, m], %W[m, f]) -> [p, f] : f64",
        """
  %SS = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %R = einsum.compute [p] = rsqrt(%SS[p] / shape(m) + 1e-6)
  %N = einsum.compute [p, m] = %X[p, m] * %R[p]
  %Y = einsum.compute [p, f] = %N[p, m] * %W[m, f] reduce add(m)
  einsum.return %Y[p, f]
""",
        2,
        1,
    ),
    "scaled l2 norm": (
        "(%X[p, m]) -> [p] : f64",
        """
  %GM = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
  %SS = einsum.compute [p] = pow(%X[p, m] / %GM[p], 2) reduce add(m)
  %L = einsum.compute [p] = %GM[p] * sqrt(%SS[p])
  einsum.return %L[p]
""",
        2,
        1,
    ),
    "stacked reductions": (
        QKV,
        ATTENTION.replace("%QK[m, p] reduce max(m)", "%Q[p, e] * %K[m, e] reduce add(e), max(m)"),
        3,
        1,
    ),
    "FuseMax Cascade 1": (
        "(%A[m], %B[m]) -> [] : f64",
        """
  %Y = einsum.compute [] = %A[m] * %B[m] reduce add(m)
  %Z = einsum.compute [] = %Y[] * %A[m] reduce add(m)
  einsum.return %Z[]
""",
        2,
        1,
    ),
}


def parse(header: str, body: str, m: int = 24) -> ModuleOp:
    ctx = Context()
    ctx.load_dialect(Builtin)
    ctx.load_dialect(Einsum)
    text = f"einsum.cascade @c ranks {{p = 9, m = {m}, e = 3, f = 2}} {header} {{{body}}}"
    module = Parser(ctx, text).parse_module()
    module.verify()
    return module


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def inputs_of(cascade: CascadeOp, seed: int, scale: float = 1.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {str(a.name_hint): rng.normal(size=a.type.get_shape()) * scale for a in cascade.body.block.args}


def passes_over_m(cascade: CascadeOp) -> int:
    """Passes over the fiber m, whether it is traversed whole or as tiles numbered by m1."""
    counted = {r: c.passes for r, c in count_passes(cascade, None).items()}
    return max(counted.get("m", 0), counted.get("m1", 0))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("tile", [8, 5, 24])
def test_fewest_passes_same_values(name: str, tile: int) -> None:
    header, body, before, after = CASES[name]
    module = parse(header, body)
    cascade = cascade_of(module)
    given = inputs_of(cascade, 1)
    expected = run_cascade(cascade, given)
    assert passes_over_m(cascade) == before
    EinsumOnePass(size=tile).apply(Context(), module)
    module.verify()
    cascade = cascade_of(module)
    for made, wanted in zip(run_cascade(cascade, given), expected, strict=True):
        np.testing.assert_allclose(made, wanted, rtol=1e-9, atol=1e-12)
    assert passes_over_m(cascade) == after


@pytest.mark.parametrize("name", CASES)
def test_large_scores_and_ties(name: str) -> None:
    """Scores near -2e6 (a sentinel of -1e6 would win the maximum), and all equal."""
    header, body, *_ = CASES[name]
    for shift, scale in ((-2e6, 1.0), (0.0, 0.0), (0.0, 20.0)):
        module = parse(header, body)
        given = {k: v + (shift if k == "X" else 0) for k, v in inputs_of(cascade_of(module), 2, scale).items()}
        expected = run_cascade(cascade_of(module), given)
        EinsumOnePass(size=8).apply(Context(), module)
        for made, wanted in zip(run_cascade(cascade_of(module), given), expected, strict=True):
            defined = ~np.isnan(wanted)  # 0 / 0 in the cascade as written has no value to preserve
            np.testing.assert_allclose(made[defined], wanted[defined], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("first", [0, 8, 24])
def test_scores_of_minus_infinity(first: int) -> None:
    """A tile of -inf only, in front, in the middle or everywhere, must not turn into NaN unless the cascade itself says so."""
    header, body, *_ = CASES["log-sum-exp"]
    module = parse(header, body)
    given = inputs_of(cascade_of(module), 3)
    given["X"][first - 8 if first else 0 : first or 8] = -np.inf
    expected = run_cascade(cascade_of(module), given)
    EinsumOnePass(size=8).apply(Context(), module)
    np.testing.assert_allclose(run_cascade(cascade_of(module), given)[0], expected[0], rtol=1e-9)


def test_online_merges_two_and_leaves_the_third() -> None:
    header, body, *_ = CASES["attention"]
    module = parse(header, body)
    given = inputs_of(cascade_of(module), 4)
    expected = run_cascade(cascade_of(module), given)
    EinsumOnline(size=8).apply(Context(), module)
    module.verify()
    assert passes_over_m(cascade_of(module)) == 2
    assert sum(isinstance(op, IterateOp) for op in module.walk()) == 1
    np.testing.assert_allclose(run_cascade(cascade_of(module), given)[0], expected[0], rtol=1e-9)


def test_defer_moves_the_division_and_needs_no_loop() -> None:
    header, body, *_ = CASES["attention"]
    module = parse(header, body)
    given = inputs_of(cascade_of(module), 5)
    expected = run_cascade(cascade_of(module), given)
    EinsumDefer().apply(Context(), module)
    module.verify()
    assert passes_over_m(cascade_of(module)) == 2
    assert not any(isinstance(op, IterateOp) for op in module.walk())
    np.testing.assert_allclose(run_cascade(cascade_of(module), given)[0], expected[0], rtol=1e-9)


def test_cascade_1_where_its_first_sum_vanishes() -> None:
    """A = (1, 1, 1), B = (1, -1, 1): rebasing on the running sum would divide by zero after two elements."""
    header, body, *_ = CASES["FuseMax Cascade 1"]
    module = parse(header, body, m=3)
    EinsumOnePass(size=1).apply(Context(), module)
    given = {"A": np.ones(3), "B": np.array([1.0, -1.0, 1.0])}
    assert run_cascade(cascade_of(module), given)[0] == 3.0


def test_what_cannot_be_merged_is_said() -> None:
    """Rounding is opaque: the quantised product needs the scale before it traverses the fiber."""
    body = """
  %GM = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
  %Y = einsum.compute [p, f] = round(%X[p, m] / %GM[p]) * %W[m, f] reduce add(m)
  einsum.return %Y[p, f]
"""
    module = parse("(%X[p, m], %W[m, f]) -> [p, f] : f64", body)
    with remarks.collect() as found:
        EinsumOnePass().apply(Context(), module)
    assert passes_over_m(cascade_of(module)) == 2
    missed = [r for r in found if r.kind == "missed"]
    assert len(missed) == 1 and missed[0].message.startswith("Y stays a later pass over m: ")


def test_nothing_follows_a_summary_that_stays_behind() -> None:
    """D1 visits other elements than D0, so it keeps its pass; D2, which would be rebased on D1, must then keep its own."""
    body = """
  %D0 = einsum.compute [p] = %X[p, m] reduce add(m)
  %D1 = einsum.compute [p] = exp(%X[p, m] - %D0[p]) reduce add(m) where m <= p + 2
  %D2 = einsum.compute [p] = exp(%X[p, m] - %D1[p]) reduce add(m)
  einsum.return %D2[p]
"""
    for numerics in ("safe", "fast"):
        module = parse("(%X[p, m]) -> [p] : f64", body)
        given = {"X": inputs_of(cascade_of(module), 6)["X"] * 0.1}
        expected = run_cascade(cascade_of(module), given)
        EinsumOnePass(size=4, numerics=numerics).apply(Context(), module)
        module.verify()
        np.testing.assert_allclose(run_cascade(cascade_of(module), given)[0], expected[0], rtol=1e-9)
