"""The pass-reducing rewrites change no value of any cascade: random chains of maps and reductions over one rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from cascades import cascades, draw_inputs
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.passes import ModulePass

from einfold.analysis.passes_over import count_passes
from einfold.dialects.einsum import CascadeOp, Einsum
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_defer import EinsumDefer
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.einsum_online import EinsumOnline

ELEMENTS = ("%X[m, p]", "%W[m]", "%X[m, p] * %W[m]", "exp(%W[m])", "abs(%X[m, p])", "(m - p)", "1")
MAPS = ("{e} * {d}", "{e} - {d}", "{e} + {d}", "exp({e} - {d})", "{e} / (1 + abs({d}))", "max({e}, {d})", "{e} * {d} * {d}", "tanh({e}) * exp({d})",
        "abs({e} * {d})", "select(%W[m] > 0.3, {e} / {d}, 0)", "select(%W[m] > 0.3, exp({e} - {d}), 0)", "log(abs({d})) * {e}", "{d} - {e}",
        "select(%W[m] > 0.3, {e} * {d}, 0)", "sqrt(abs({e})) * {d}", "{e} / (1 + {d} * {d})", "pow({e} - {d}, 2)", "exp({e} - {d}) * %W[m]", "select(%W[m] > 0, {e} * {d}, 0)", "sin({e} - {d})")  # fmt: skip
FILTERS = ("", "", "", " where m <= p + 2", " where m < p", " where p - 2 < m and m <= p", " where m >= 3")
EPILOGUES = ("{d} / shape(m)", "rsqrt(1 + {d} * {d})", "max({d}, 0)", "-{d}", "log(1 + abs({d}))")


@st.composite
def chains(draw: st.DrawFn) -> str:
    """A cascade over m in which later reductions depend on earlier ones, through maps, filters and epilogues."""
    sizes = f"p = {draw(st.integers(2, 5))}, m = {draw(st.integers(4, 13))}"
    lines: list[str] = []
    summaries: list[str] = []
    results: list[str] = []
    where = draw(st.sampled_from(FILTERS))
    for i in range(draw(st.integers(2, 5))):
        element = draw(st.sampled_from(ELEMENTS))
        if summaries and draw(st.integers(0, 4)):
            element = draw(st.sampled_from(MAPS)).format(e=element, d=draw(st.sampled_from(summaries)))
        reduction = draw(st.sampled_from(("add", "add", "add", "max", "min", "argmax")))
        if reduction in ("max", "argmax") and not draw(st.integers(0, 3)):
            element = f"select(%W[m] > 0.3, {element}, -inf)"
        filtered = where if draw(st.integers(0, 5)) else draw(st.sampled_from(FILTERS))
        if draw(st.booleans()):
            lines.append(f"%E{i} = einsum.compute [m, p] = {element}{draw(st.sampled_from((filtered, '')))}")
            element = f"%E{i}[m, p]"
        coordinate = f", %I{i}" if reduction == "argmax" else ""
        lines.append(f"%D{i}{coordinate} = einsum.compute [p] = {element} reduce {reduction}(m){filtered}")
        results += [f"%D{i}[p]", *([f"%I{i}[p]"] if coordinate and draw(st.booleans()) else [])]
        summary = f"%D{i}[p]"
        if draw(st.booleans()):
            lines.append(f"%F{i} = einsum.compute [p] = {draw(st.sampled_from(EPILOGUES)).format(d=summary)}")
            summary = f"%F{i}[p]"
        summaries.append(summary)
    outputs = ", ".join("[p]" for _ in results)
    body = "\n".join(f"  {line}" for line in lines)
    return f"einsum.cascade @c ranks {{{sizes}}} (%X[m, p], %W[m]) -> {outputs} : f64 {{\n{body}\n  einsum.return {', '.join(results)}\n}}\n"


def parse(text: str) -> ModuleOp:
    ctx = Context()
    ctx.load_dialect(Builtin)
    ctx.load_dialect(Einsum)
    module = Parser(ctx, text).parse_module()
    module.verify()
    return module


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def passes_over_m(cascade: CascadeOp) -> int:
    counted = count_passes(cascade)
    return max((counted[r].passes for r in ("m", "m1") if r in counted), default=0)


def assert_same(made: Sequence[np.ndarray], wanted: Sequence[np.ndarray], text: str) -> None:
    defined = np.array(True)
    for a, b in zip(made, wanted, strict=True):
        of_value = np.issubdtype(b.dtype, np.integer)  # a coordinate; it means something where the value does that comes before it, if one does
        beside = defined if defined.shape == b.shape else np.zeros(b.shape, bool)
        defined = beside if of_value else np.isfinite(b)  # what overflows or divides by zero has nothing to keep
        scale = np.max(np.abs(b[defined]), initial=1.0)
        np.testing.assert_allclose(a[defined], b[defined], rtol=1e-6, atol=1e-7 * scale, err_msg=text)


REWRITES = (
    EinsumOnePass(size=1),
    EinsumOnePass(size=3),
    EinsumOnePass(size=4, numerics="fast"),
    EinsumOnePass(form="sequential"),
    EinsumOnePass(size=2, form="split", parts=3),
    EinsumOnePass(size=16, form="split", parts=5),
    EinsumOnePass(size=2, form="tree", parts=4),
    EinsumOnePass(form="deferred", numerics="fast"),
    EinsumOnline(size=3),
    EinsumDefer(),
)


@pytest.mark.parametrize("rewrite", REWRITES, ids=str)
@given(text=chains(), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_chains_keep_their_values_in_no_more_passes(rewrite: ModulePass, text: str, seed: int) -> None:
    module = parse(text)
    rng = np.random.default_rng(seed)
    given_ = {str(a.name_hint): rng.normal(size=a.type.get_shape()) for a in cascade_of(module).body.block.args}
    wanted, before = run_cascade(cascade_of(module), given_), passes_over_m(cascade_of(module))
    rewrite.apply(Context(), module)
    module.verify()
    assert_same(run_cascade(cascade_of(module), given_), wanted, text)
    assert passes_over_m(cascade_of(module)) <= max(before, 1), text


@given(text=cascades(), seed=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_any_cascade_keeps_its_values(text: str, seed: int) -> None:
    module = parse(text)
    given_ = draw_inputs(seed, cascade_of(module).sizes)
    wanted = run_cascade(cascade_of(module), given_)
    EinsumOnePass(size=2).apply(Context(), module)
    module.verify()
    assert_same(run_cascade(cascade_of(module), given_), wanted, text)
