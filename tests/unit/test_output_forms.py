"""One derivation, several ways to write it: a loop over tiles or elements, parts merged at once or in pairs, or nothing rebased at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import PassFailedException

from einfold.analysis import remarks
from einfold.dialects.einsum import CascadeOp, Einsum, IterateOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

CASCADES = sorted(Path("benchmarks/cascades").glob("*.mlir"))
Form = Literal["loop", "sequential", "split", "tree", "deferred"]
FORMS: dict[str, EinsumOnePass] = {
    "loop": EinsumOnePass(rank="m", size=6),
    "sequential": EinsumOnePass(rank="m", form="sequential"),
    "split, a tile a part": EinsumOnePass(rank="m", size=30, form="split", parts=4),
    "split, ragged loops": EinsumOnePass(rank="m", size=3, form="split", parts=3),
    "split, empty parts": EinsumOnePass(rank="m", size=1, form="split", parts=16),
    "tree": EinsumOnePass(rank="m", size=3, form="tree", parts=4),
    "tree of two": EinsumOnePass(rank="m", size=30, form="tree", parts=2),
}


def parse(text: str) -> tuple[Context, ModuleOp]:
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(Einsum)
    return context, Parser(context, text).parse_module()


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def small(path: Path, m: int = 22) -> str:
    text = re.sub(r"\bm = \d+", f"m = {m}", path.read_text())
    text = re.sub(r"\bp = \d+", "p = 5", text)
    return re.sub(r"\b([ef]) = \d+", r"\1 = 3", text).replace(": f32 {", ": f64 {")


def rewritten(text: str, rewrite: EinsumOnePass) -> CascadeOp:
    context, module = parse(text)
    with remarks.collect():
        rewrite.apply(context, module)
    module.verify()
    return cascade_of(module)


def inputs(cascade: CascadeOp, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", CASCADES, ids=lambda path: path.stem)
def test_every_form_has_the_values_of_the_cascade(path: Path, form: str) -> None:
    text = small(path)
    cascade = cascade_of(parse(text)[1])
    found = rewritten(text, FORMS[form])
    given = inputs(cascade)
    for actual, expected in zip(run_cascade(found, given), run_cascade(cascade, given), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-10)
    assert passes_over(found, "m") == passes_over(rewritten(text, FORMS["loop"]), "m")


MASKED = """einsum.cascade @masked ranks {p = 7, m = 11, e = 2, f = 3} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f], [p] : f64 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m) where FILTER
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p]) where FILTER
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m) where FILTER
  %SNV = einsum.compute [p, f] = %SN[m, p] * %V[m, f] reduce add(m) where FILTER
  einsum.return %SNV[p, f], %SD[p]
}"""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kept", ["m <= p", "m < p - 2", "p - 3 < m and m <= p", "m >= 4", "p < m", "m + p < 4"])
def test_masked_parts_and_rows_keep_their_values(form: str, kept: str) -> None:
    text = MASKED.replace("FILTER", kept)
    cascade = cascade_of(parse(text)[1])
    given = inputs(cascade)
    for actual, expected in zip(run_cascade(rewritten(text, FORMS[form]), given), run_cascade(cascade, given), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-12)


@pytest.mark.parametrize("form", [f for f in FORMS if f != "sequential"])
def test_large_scores_and_inputs_of_minus_infinity_stay_apart_in_every_part(form: str) -> None:
    """Scores near -2e6, where a sentinel of -1e6 for nothing would win, and parts that are masked to their last element by their data."""
    text = (CASCADES[1]).read_text().replace("m = 1024", "m = 20").replace("p = 64", "p = 3").replace(": f32 {", ": f64 {")
    x = -2e6 + np.random.default_rng(1).normal(size=(3, 20))
    x[1, :11] = -np.inf
    x[2, 3:] = -np.inf
    expected = [np.logaddexp.reduce(row) for row in x]
    np.testing.assert_allclose(run_cascade(rewritten(text, FORMS[form]), {"X": x})[0], expected, rtol=1e-12)


def test_the_forms_differ_in_structure_only_where_something_is_rebased() -> None:
    text = small(Path("benchmarks/cascades/04-attention.mlir"))
    loops = {name: [op.rank.data for op in rewritten(text, form).walk() if isinstance(op, IterateOp)] for name, form in FORMS.items()}
    assert loops == {
        "loop": ["m1"],
        "sequential": ["m"],
        "split, a tile a part": [],
        "split, ragged loops": ["m1"],
        "split, empty parts": ["m1"],
        "tree": ["m1"],
        "tree of two": [],
    }
    deferred = small(Path("benchmarks/cascades/01-fusemax-cascade-1.mlir"))
    assert not [op for op in rewritten(deferred, EinsumOnePass(rank="m", form="split")).walk() if isinstance(op, IterateOp)]


def test_deferred_takes_what_needs_no_rebasing_and_more_where_cancellation_is_accepted() -> None:
    attention, variance = (small(Path(f"benchmarks/cascades/{name}.mlir")) for name in ("04-attention", "15-variance"))
    assert passes_over(rewritten(attention, EinsumOnePass(rank="m", form="deferred")), "m") == 2
    assert passes_over(rewritten(variance, EinsumOnePass(rank="m", form="deferred")), "m") == 2
    assert passes_over(rewritten(variance, EinsumOnePass(rank="m", form="deferred", numerics="fast")), "m") == 1


def test_an_accumulator_that_two_reductions_carry_is_carried_once() -> None:
    """The denominator of softmax is also the weight of the weighted variance; the count of a mean is also the variance's."""
    for name, count in (("11-softmax-weighted-variance", 5), ("15-variance", 4)):
        found = rewritten(small(Path(f"benchmarks/cascades/{name}.mlir")), FORMS["loop"])
        assert [len(op.results) for op in found.walk() if isinstance(op, IterateOp)] == [count]


@pytest.mark.parametrize(
    ("form", "parts", "message"),
    [
        ("loop", 4, "parts=4 is for form=split or form=tree"),
        ("split", 0, "parts=0: there is at least one part"),
        ("tree", 6, "parts=6: a tree merges a power of two of them"),
    ],
)
def test_wrong_numbers_of_parts(form: Form, parts: int, message: str) -> None:
    context, module = parse(small(CASCADES[3]))
    with pytest.raises(PassFailedException, match=re.escape(message)):
        EinsumOnePass(form=form, parts=parts).apply(context, module)
