"""Summaries over two ranks together, of which the traversal of each knows its own part: one pass over either, nothing waits for the other."""

from __future__ import annotations

import numpy as np
import pytest
from algebra_terms import s as score
from reducing import parse
from xdsl.context import Context

from einfold.algebra.derivation import Derived, Options, Reduction, Refusal
from einfold.algebra.derive import derive_chain
from einfold.algebra.expr import Apply, Param
from einfold.dialects.einsum import CascadeOp, IterateOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

SCORES = "%S[p, a], %V[a, f], %T[p, b], %W[b, f]"
JOINT = """
  %MA = einsum.compute [p] = %S[p, a] reduce max(a)
  %MB = einsum.compute [p] = %T[p, b] reduce max(b)
  %M = einsum.compute [p] = max(%MA[p], %MB[p])
  %DA = einsum.compute [p] = exp(%S[p, a] - %M[p]) reduce add(a)
  %DB = einsum.compute [p] = exp(%T[p, b] - %M[p]) reduce add(b)
  %D = einsum.compute [p] = %DA[p] + %DB[p]
  %OA = einsum.compute [p, f] = exp(%S[p, a] - %M[p]) / %D[p] * %V[a, f] reduce add(a)
  %OB = einsum.compute [p, f] = exp(%T[p, b] - %M[p]) / %D[p] * %W[b, f] reduce add(b)
  %O = einsum.compute [p, f] = %OA[p, f] + %OB[p, f]"""

# name: (arguments, result, Einsums)
CASES = {
    "attention over two caches": (SCORES, "%O[p, f]", JOINT),
    "attention over two caches, new keys under a causal mask": (SCORES, "%O[p, f]", JOINT.replace("(b)", "(b) where b <= p + 1")),
    "two log-sum-exps added": (
        SCORES,
        "%O[p, f]",
        """
  %MA = einsum.compute [p] = %S[p, a] reduce max(a)
  %MB = einsum.compute [p] = %T[p, b] reduce max(b)
  %DA = einsum.compute [p] = exp(%S[p, a] - %MA[p]) reduce add(a)
  %DB = einsum.compute [p] = exp(%T[p, b] - %MB[p]) reduce add(b)
  %LA = einsum.compute [p] = log(%DA[p]) + %MA[p]
  %LB = einsum.compute [p] = log(%DB[p]) + %MB[p]
  %M = einsum.compute [p] = max(%LA[p], %LB[p])
  %L = einsum.compute [p] = log(exp(%LA[p] - %M[p]) + exp(%LB[p] - %M[p])) + %M[p]
  %OA = einsum.compute [p, f] = exp(%S[p, a] - %L[p]) * %V[a, f] reduce add(a)
  %OB = einsum.compute [p, f] = exp(%T[p, b] - %L[p]) * %W[b, f] reduce add(b)
  %O = einsum.compute [p, f] = %OA[p, f] + %OB[p, f]""",
    ),
    "variance about a mean over both": (
        "%S[p, a], %T[p, b]",
        "%O[p]",
        """
  %MA = einsum.compute [p] = %S[p, a] reduce add(a)
  %MB = einsum.compute [p] = %T[p, b] reduce add(b)
  %M = einsum.compute [p] = (%MA[p] + %MB[p]) / (shape(a) + shape(b))
  %OA = einsum.compute [p] = pow(%S[p, a] - %M[p], 2) reduce add(a)
  %OB = einsum.compute [p] = pow(%T[p, b] - %M[p], 2) reduce add(b)
  %O = einsum.compute [p] = (%OA[p] + %OB[p]) / (shape(a) + shape(b))""",
    ),
    "norm scaled by the largest of both": (
        "%S[p, a], %T[p, b]",
        "%O[p]",
        """
  %MA = einsum.compute [p] = abs(%S[p, a]) reduce max(a)
  %MB = einsum.compute [p] = abs(%T[p, b]) reduce max(b)
  %M = einsum.compute [p] = max(%MA[p], %MB[p])
  %OA = einsum.compute [p] = pow(%S[p, a] / %M[p], 2) reduce add(a)
  %OB = einsum.compute [p] = pow(%T[p, b] / %M[p], 2) reduce add(b)
  %O = einsum.compute [p] = %M[p] * sqrt(%OA[p] + %OB[p])""",
    ),
}
FORMS = (
    EinsumOnePass(size=4),
    EinsumOnePass(form="sequential"),
    EinsumOnePass(size=2, form="split", parts=3),
    EinsumOnePass(size=2, form="tree", parts=4),
)


def text_of(arguments: str, result: str, einsums: str, element: str = "f64") -> str:
    name, _, kept = result.partition("[")
    return f"""einsum.cascade @c ranks {{p = 3, a = 13, b = 7, f = 2}} ({arguments}) -> [{kept} : {element} {{{einsums}
  einsum.return {name}[{kept}
}}"""


def given(cascade: CascadeOp, seed: int) -> dict[str, np.ndarray]:
    """Signed data; very different sizes in the two; all of one masked, or of its first elements."""
    rng = np.random.default_rng(seed)
    found = {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    found["S"] *= (1, 1e6, 1, 1)[seed]
    found["T"] += (0, 0, 1e4, 0)[seed]
    if seed == 3 and "V" in found:
        found["S"][0], found["T"][1], found["S"][2, :6] = -np.inf, -np.inf, -np.inf
    return found


@pytest.mark.parametrize("rewrite", FORMS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_one_pass_over_each_of_two_ranks(name: str, rewrite: EinsumOnePass) -> None:
    text = text_of(*CASES[name])
    module, cascade = parse(text)
    written = parse(text)[1]
    assert min(passes_over(cascade, rank) for rank in "ab") >= 2
    rewrite.apply(Context(), module)
    module.verify()
    assert [passes_over(cascade, rank) for rank in "ab"] == [1, 1]
    for seed in range(4):
        wanted, made = (run_cascade(each, given(written, seed))[0] for each in (written, cascade))
        defined = np.isfinite(wanted)  # a log-sum-exp of nothing but masked scores is not
        assert defined[2].all() and (defined.all() or "%LA" in text)
        np.testing.assert_allclose(made[defined], wanted[defined], rtol=1e-9, atol=1e-300)


def test_neither_loop_reads_what_the_other_makes() -> None:
    module, cascade = parse(text_of(*CASES["attention over two caches"]))
    EinsumOnePass(size=4).apply(Context(), module)
    loops = [op for op in cascade.body.block.ops if isinstance(op, IterateOp)]
    assert len(loops) == 2
    read = {operand.owner for loop in loops for op in loop.body.walk() for operand in op.operands}
    assert read.isdisjoint(loops)


def test_a_mean_over_both_far_from_zero_in_fp32() -> None:
    """Squares about a joint mean are carried about the rank's own: at a mean of 10,000 their sum is right to the digits that the data has."""
    text = text_of(*CASES["variance about a mean over both"], "f32")
    module, cascade = parse(text)
    EinsumOnePass(size=2).apply(Context(), module)
    rng = np.random.default_rng(0)
    data = {"S": (rng.normal(size=(3, 13)) + 1e4).astype(np.float32), "T": (rng.normal(size=(3, 7)) + 1e4).astype(np.float32)}
    exact = run_cascade(parse(text)[1], data, dtype="f64")[0]
    np.testing.assert_allclose(run_cascade(cascade, data)[0], exact, rtol=5e-3)


def test_what_is_known_late_is_in_nothing_that_is_carried() -> None:
    """`f(max, late)` stands in the exponent, a late factor before it: both are applied at the end, and the algebra needs no name for f."""
    top, outside = Param("TOP"), Param("OUTSIDE")
    centre = Apply("log", (Apply("add", (Apply("exp", (top,)), Apply("exp", (outside,)))),))
    body = Apply("mul", (Apply("exp", (Apply("sub", (score.e, centre)),)), Param("FACTOR")))
    chain = [Reduction("TOP", "max", score.e), Reduction("Z", "add", body)]
    found = derive_chain(chain, late=("OUTSIDE", "FACTOR"))[-1]
    assert isinstance(found, Derived)
    assert (found.rebased_on, found.waits_for) == (("TOP",), ("FACTOR", "OUTSIDE"))
    proved = derive_chain(chain, options=Options(prove=True), late=("OUTSIDE", "FACTOR"))[-1]
    assert isinstance(proved, Derived)
    assert {o.result for o in proved.obligations} <= {"proved", "tested"}


def test_weights_of_any_sign() -> None:
    """A mean under weights that may cancel has no running value; squares about it are carried about the largest element, which joins the pass."""
    text = """einsum.cascade @c ranks {p = 3, m = 64} (%X[p, m], %W[m]) -> [p] : f32 {
      %SW = einsum.compute [] = %W[m] reduce add(m)
      %MU = einsum.compute [p] = %W[m] * %X[p, m] reduce add(m)
      %V = einsum.compute [p] = %W[m] * pow(%X[p, m] - %MU[p] / %SW[], 2) / %SW[] reduce add(m)
      einsum.return %V[p]
    }"""
    module, cascade = parse(text)
    EinsumOnePass(size=8).apply(Context(), module)
    module.verify()
    assert passes_over(cascade, "m") == 1
    rng = np.random.default_rng(0)
    data = {"X": (rng.normal(size=(3, 64)) + 1e4).astype(np.float32), "W": rng.uniform(-1, 3, 64).astype(np.float32)}
    data["W"][:2] = 1, -1  # the weights of the first elements cancel
    exact = run_cascade(parse(text)[1], data, dtype="f64")[0]
    np.testing.assert_allclose(run_cascade(cascade, data)[0], exact, rtol=2e-3)


def test_what_does_not_separate_waits_for_what_is_known_late() -> None:
    """max(a late value, x) is of no form; without that value nothing is sampled for a certificate, and the reduction waits as before."""
    late = Apply("max", (Param("OUTSIDE"), score.e))
    refused = derive_chain([Reduction("Z", "add", late)], late=("OUTSIDE",))[-1]
    assert isinstance(refused, Refusal)
    assert refused.certificate is None
