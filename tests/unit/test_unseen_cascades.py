"""Cascades written the way their authors would, which no rule was made for: fewest passes, same values."""

from __future__ import annotations

import re

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser

from einfold.analysis import remarks
from einfold.dialects.einsum import CascadeOp, ComputeOp, Einsum
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

SIZES = {"p": 4, "q": 4, "m": 13, "e": 3, "f": 2, "g": 3, "h": 2, "t": 4}

# name: (arguments, result, Einsums, passes over m as written, passes over m derived)
CASES: dict[str, tuple[str, str, str, int, int]] = {
    "entropy of counts": (
        "%X[p, m]",
        "%H[p]",
        """
        %S = [p] %X[p, m] reduce add(m)
        %Q = [p, m] %X[p, m] / %S[p]
        %H = [p] -%Q[p, m] * log(%Q[p, m]) reduce add(m)""",
        2,
        1,
    ),
    "divergence of counts": (
        "%X[p, m], %Y[p, m]",
        "%D[p]",
        """
        %SX = [p] %X[p, m] reduce add(m)
        %SY = [p] %Y[p, m] reduce add(m)
        %D = [p] %X[p, m] / %SX[p] * log(%X[p, m] / %SX[p] / (%Y[p, m] / %SY[p])) reduce add(m)""",
        2,
        1,
    ),
    "Hellinger affinity of counts": (
        "%X[p, m], %Y[p, m]",
        "%B[p]",
        """
        %SX = [p] %X[p, m] reduce add(m)
        %SY = [p] %Y[p, m] reduce add(m)
        %B = [p] sqrt(%X[p, m] / %SX[p] * %Y[p, m] / %SY[p]) reduce add(m)""",
        2,
        1,
    ),
    "attention by a log-sum-exp without a maximum": (
        "%S[p, m], %V[m, f]",
        "%O[p, f]",
        """
        %L = [p] exp(%S[p, m]) reduce add(m)
        %Z = [p] log(%L[p])
        %O = [p, f] exp(%S[p, m] - %Z[p]) * %V[m, f] reduce add(m)""",
        2,
        1,
    ),
    "softcap after the maximum": (
        "%S[p, m], %V[m, f]",
        "%O[p, f]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %C = [p] 30 * tanh(%M[p] / 30)
        %E = [p, m] exp(30 * tanh(%S[p, m] / 30) - %C[p])
        %L = [p] %E[p, m] reduce add(m)
        %O = [p, f] %E[p, m] / %L[p] * %V[m, f] reduce add(m)""",
        3,
        1,
    ),
    "covariance matrix": (
        "%X[m, p]",
        "%C[p, q]",
        """
        %MU = [p] %X[m, p] / shape(m) reduce add(m)
        %C = [p, q] (%X[m, p] - %MU[p]) * (%X[m, q] - %MU[q]) reduce add(m)""",
        2,
        1,
    ),
    "correlation matrix": (
        "%X[m, p]",
        "%R[p, q]",
        """
        %MU = [p] %X[m, p] / shape(m) reduce add(m)
        %VA = [p] pow(%X[m, p] - %MU[p], 2) reduce add(m)
        %Z = [m, p] (%X[m, p] - %MU[p]) / sqrt(%VA[p])
        %R = [p, q] %Z[m, p] * %Z[m, q] reduce add(m)""",
        3,
        1,
    ),
    "Mahalanobis distances, summed": (
        "%X[m, p], %A[p, q]",
        "%D[]",
        """
        %MU = [p] %X[m, p] / shape(m) reduce add(m)
        %C = [m, p] %X[m, p] - %MU[p]
        %AC = [m, p] %A[p, q] * %C[m, q] reduce add(q)
        %D = [] %C[m, p] * %AC[m, p] reduce add(p, m)""",
        2,
        1,
    ),
    "cross entropy, summed over rows": (
        "%X[p, m], %Y[p, m]",
        "%L[]",
        """
        %M = [p] %X[p, m] reduce max(m)
        %Z = [p] exp(%X[p, m] - %M[p]) reduce add(m)
        %LP = [p, m] %X[p, m] - %M[p] - log(%Z[p])
        %L = [] -%Y[p, m] * %LP[p, m] reduce add(p, m)""",
        3,
        1,
    ),
    "heads averaged": (
        "%S[h, p, m], %V[m, f]",
        "%O[p, f]",
        """
        %M = [h, p] %S[h, p, m] reduce max(m)
        %E = [h, p, m] exp(%S[h, p, m] - %M[h, p])
        %L = [h, p] %E[h, p, m] reduce add(m)
        %O = [p, f] %E[h, p, m] / %L[h, p] * %V[m, f] / shape(h) reduce add(h, m)""",
        3,
        1,
    ),
    "talking heads": (
        "%S[h, p, m], %V[g, m, f], %W[h, g]",
        "%O[g, p, f]",
        """
        %M = [h, p] %S[h, p, m] reduce max(m)
        %E = [h, p, m] exp(%S[h, p, m] - %M[h, p])
        %L = [h, p] %E[h, p, m] reduce add(m)
        %A = [h, p, m] %E[h, p, m] / %L[h, p]
        %B = [g, p, m] %A[h, p, m] * %W[h, g] reduce add(h)
        %O = [g, p, f] %B[g, p, m] * %V[g, m, f] reduce add(m)""",
        3,
        1,
    ),
    "group norm in steps": (
        "%X[p, g, m], %W[g, m, f]",
        "%Y[p, f]",
        """
        %SG = [p, g] %X[p, g, m] reduce add(m)
        %MU = [p] %SG[p, g] / (shape(g) * shape(m)) reduce add(g)
        %VG = [p, g] pow(%X[p, g, m] - %MU[p], 2) reduce add(m)
        %VA = [p] %VG[p, g] / (shape(g) * shape(m)) reduce add(g)
        %Y = [p, f] (%X[p, g, m] - %MU[p]) * rsqrt(%VA[p] + 1.0e-5) * %W[g, m, f] reduce add(g, m)""",
        3,
        1,
    ),
    "stacked maximum of causal scores": (
        "%Q[m, e], %K[m, e], %U[t]",
        "%R[t]",
        """
        %M = [t] %U[t] * %Q[m, e] * %K[m, e] reduce add(e), max(m) where m <= t + 5
        %S = [m, t] %U[t] * %Q[m, e] * %K[m, e] reduce add(e)
        %R = [t] exp(%S[m, t] - %M[t]) reduce add(m) where m <= t + 5""",
        2,
        1,
    ),
    "mean under a mask": (
        "%X[p, m], %K[p, m]",
        "%V[p]",
        """
        %N = [p] select(%K[p, m] > 0.5, 1, 0) reduce add(m)
        %S = [p] select(%K[p, m] > 0.5, %X[p, m], 0) reduce add(m)
        %MU = [p] %S[p] / %N[p]
        %V = [p] select(%K[p, m] > 0.5, pow(%X[p, m] - %MU[p], 2), 0) / %N[p] reduce add(m)""",
        2,
        1,
    ),
    "Huber loss about the mean": (
        "%X[p, m]",
        "%H[p]",
        """
        %MU = [p] %X[p, m] / shape(m) reduce add(m)
        %D = [p, m] abs(%X[p, m] - %MU[p])
        %H = [p] select(%D[p, m] <= 1, 0.5 * %D[p, m] * %D[p, m], %D[p, m] - 0.5) reduce add(m)""",
        2,
        2,
    ),
    "scores against other rows' maxima": (
        "%X[p, m]",
        "%D[p, q]",
        """
        %M = [p] %X[p, m] reduce max(m)
        %D = [p, q] exp(%X[p, m] - %M[q]) reduce add(m)""",
        2,
        1,
    ),
}


def text_of(arguments: str, result: str, einsums: str, element: str = "f64", m: int = 13) -> str:
    sizes = ", ".join(f"{r} = {m if r == 'm' else n}" for r, n in SIZES.items())
    lines = re.sub(r"^\s*(%\w+) = (\[[^\]]*\])", r"  \1 = einsum.compute \2 =", einsums.replace("\n        ", "\n"), flags=re.MULTILINE)
    dims = result[result.index("[") :]
    return f"einsum.cascade @c ranks {{{sizes}}} ({arguments}) -> {dims} : {element} {{{lines}\n  einsum.return {result}\n}}"


def parse(text: str) -> ModuleOp:
    ctx = Context()
    ctx.load_dialect(Builtin)
    ctx.load_dialect(Einsum)
    module = Parser(ctx, text).parse_module()
    module.verify()
    return module


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def arrays(cascade: CascadeOp, seed: int, positive: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {str(a.name_hint): tensor_of(a).get_shape() for a in cascade.body.block.args}
    return {n: rng.uniform(0.1, 3, size=s) if positive else rng.normal(size=s) for n, s in shapes.items()}


PASSES = (
    EinsumOnePass(size=4),
    EinsumOnePass(size=1),
    EinsumOnePass(size=2, form="split", parts=3),
    EinsumOnePass(size=2, form="tree", parts=4),
)


@pytest.mark.parametrize("rewrite", PASSES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_fewest_passes_same_values(name: str, rewrite: EinsumOnePass) -> None:
    arguments, result, einsums, before, after = CASES[name]
    text = text_of(arguments, result, einsums)
    module = parse(text)
    assert passes_over(cascade_of(module), "m") == before
    rewrite.apply(Context(), module)
    module.verify()
    assert passes_over(cascade_of(module), "m") == after
    compared = 0
    for seed in range(4):
        given = arrays(cascade_of(module), seed, positive=seed < 2)
        wanted, made = run_cascade(cascade_of(parse(text)), given)[0], run_cascade(cascade_of(module), given)[0]
        defined = np.isfinite(wanted)  # a logarithm of a negative share has no value to keep
        compared += int(defined.sum())
        np.testing.assert_allclose(made[defined], wanted[defined], rtol=1e-9, atol=1e-10)
    assert compared > 0


def test_what_no_chain_takes_in_is_put_back() -> None:
    """A copy of a mean whose reader is refused is not left behind, though something else in the cascade is rewritten."""
    text = text_of(
        "%X[m, p], %Y[p, m]",
        "%B[p, q]",
        """
        %MU = [p] %X[m, p] / shape(m) reduce add(m)
        %A = [p, q] abs(%X[m, p] - %MU[p]) * abs(%X[m, q] - %MU[q]) reduce add(m)
        %S = [p] %Y[p, m] * %Y[p, m] reduce add(m)
        %N = [p] %Y[p, m] / (1 + %S[p]) reduce add(m)
        %B = [p, q] %A[p, q] + %N[q]""",
    )
    module = parse(text)
    EinsumOnePass(size=4).apply(Context(), module)
    module.verify()
    kept = [op for op in cascade_of(module).body.block.ops if isinstance(op, ComputeOp) and op.reduce is not None]
    assert sorted(str(op.results_[0].name_hint) for op in kept) == ["A", "AN", "MU", "S"]


@pytest.mark.parametrize("weights", ["abs(%W[m])", "exp(%W[m])", "select(%W[m] > 0, 1, 0)"])
def test_a_weighted_variance_far_from_zero_in_fp32(weights: str) -> None:
    """Weights that are never negative may leave a running mean undefined at first; it is followed all the same, or the squares cancel."""
    text = text_of(
        "%X[p, m], %W[m]",
        "%V[p]",
        f"""
        %SW = [] {weights} reduce add(m)
        %SX = [p] {weights} * %X[p, m] reduce add(m)
        %MU = [p] %SX[p] / %SW[]
        %V = [p] {weights} * pow(%X[p, m] - %MU[p], 2) / %SW[] reduce add(m)""",
        "f32",
        256,
    )
    module = parse(text)
    EinsumOnePass(size=16).apply(Context(), module)
    rng = np.random.default_rng(1)
    given = {"X": (rng.normal(size=(4, 256)) + 1e4).astype(np.float32), "W": rng.normal(size=256).astype(np.float32)}
    given["W"][:40] = 0 if weights.startswith("abs") else -5
    exact = run_cascade(cascade_of(parse(text)), given, dtype="f64")[0]
    np.testing.assert_allclose(run_cascade(cascade_of(module), given)[0], exact, rtol=1e-3)
    assert passes_over(cascade_of(module), "m") == 1


def test_elements_masked_by_data_before_others_are_visited() -> None:
    """Everything that the maximum visits first is masked, though not for the sum: the sum then counts from the value that stands in for -inf."""
    text = text_of(
        "%X[p, m], %W[m]",
        "%D[p]",
        """
        %M = [p] select(%W[m] > 0.3, %X[p, m], -inf) reduce max(m)
        %D = [p] %X[p, m] - %M[p] reduce add(m) where m >= 3""",
    )
    module = parse(text)
    EinsumOnePass(size=1).apply(Context(), module)
    given = arrays(cascade_of(module), 1, positive=False)
    given["W"] = np.where(np.arange(13) < 7, 0.0, 1.0)
    wanted = run_cascade(cascade_of(parse(text)), given)[0]
    np.testing.assert_allclose(run_cascade(cascade_of(module), given)[0], wanted, rtol=1e-12)


def test_the_coordinate_of_what_is_equal_everywhere_stays_a_pass() -> None:
    """It is found nowhere but in the elements that are visited; the search for chains must come to an end all the same."""
    text = """einsum.cascade @c ranks {p = 4, m = 5} (%W[m]) -> [p], [p] : f64 {
      %S = einsum.compute [p] = %W[m] reduce add(m) where m <= p
      %V, %I = einsum.compute [p] = 1 / (1 + %S[p] * %S[p]) reduce argmax(m) where m <= p
      einsum.return %V[p], %I[p]
    }"""
    module = parse(text)
    given = {"W": np.arange(5.0)}
    wanted = run_cascade(cascade_of(module), given)
    EinsumOnePass(size=2).apply(Context(), module)
    for made, original in zip(run_cascade(cascade_of(module), given), wanted, strict=True):
        np.testing.assert_array_equal(made, original)


def test_a_step_of_a_scaled_extreme_is_rounded_as_written() -> None:
    """floor(x * (127 / max)) is 126 or 127 at the largest element, as the roundings of that very product and quotient have it."""
    text = text_of(
        "%X[p, m]",
        "%A[p]",
        """
        %S = [p] abs(%X[p, m]) reduce max(m)
        %A = [p] floor(abs(%X[p, m]) * (127 / %S[p])) reduce max(m)""",
    )
    module = parse(text)
    EinsumOnePass(size=4).apply(Context(), module)
    assert passes_over(cascade_of(module), "m") == 1
    found: set[float] = set()
    for seed in range(30):
        given = arrays(cascade_of(module), seed, positive=False)
        wanted = run_cascade(cascade_of(parse(text)), given)[0]
        np.testing.assert_array_equal(run_cascade(cascade_of(module), given)[0], wanted)
        found |= set(wanted.tolist())
    assert found == {126.0, 127.0}


@pytest.mark.parametrize(
    ("arguments", "element", "reason"),
    [("%X[p, m]", "i32", "the algebra is of real numbers"), ("%X[p, m] empty 0", "f64", "presence decides which points it visits")],
)
def test_a_reduction_outside_the_algebra_is_told_so(arguments: str, element: str, reason: str) -> None:
    einsums = """
        %S = [p] %X[p, m] reduce add(m)
        %V = [p] %X[p, m] * %S[p] reduce add(m)"""
    module = parse(text_of(arguments, "%V[p]", einsums, element))
    with remarks.collect() as found:
        EinsumOnePass(size=4).apply(Context(), module)
    assert [r.message.startswith(f"V stays a later pass over m: {reason}") for r in found if r.kind == "missed"] == [True]
