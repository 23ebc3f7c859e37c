"""Each structural rewrite keeps the values of random cascades, leaves valid IR, and prints text that reads back the same."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from cascades import cascades, draw_inputs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.printer import Printer

from einfold.analysis.passes_over import count_passes
from einfold.dialects.einsum import CascadeOp, ComputeOp
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_count_passes import EinsumCountPassesPass
from einfold.passes.einsum_cse import EinsumCsePass
from einfold.passes.einsum_dce import EinsumDcePass
from einfold.passes.einsum_fuse_maps import EinsumFuseMapsPass
from einfold.passes.einsum_reorder import EinsumReorderPass
from einfold.passes.einsum_split_rank import EinsumSplitRankPass
from einfold.tools.loading import new_context
from einfold.tools.parsing import parse_source
from einfold.tools.source import Source
from einfold.tools.verifying import verify_module

EXACT: dict[str, ModulePass] = {
    "cse": EinsumCsePass(),
    "dce": EinsumDcePass(),
    "dce-ranks": EinsumDcePass(ranks=True),
    "fuse-one": EinsumFuseMapsPass(),
    "fuse-many": EinsumFuseMapsPass(max_uses=3),
    "layout": EinsumReorderPass(order=("p", "n")),
    "asap": EinsumReorderPass(schedule="asap"),
    "alap": EinsumReorderPass(schedule="alap"),
    "by-pass": EinsumReorderPass(schedule="pass", rank="m"),
    "count": EinsumCountPassesPass(),
}
"""Rewrites that change no bit."""

REASSOCIATING: dict[str, ModulePass] = {
    "split-m": EinsumSplitRankPass(rank="m", size=3),
    "split-n": EinsumSplitRankPass(rank="n", size=2),
    "split-p": EinsumSplitRankPass(rank="p", size=1),
    "two-level": EinsumSplitRankPass(rank="m", size=2, two_level=True),
}
"""Rewrites that may add in another order."""


CONTEXT = new_context()


def parse(text: str) -> ModuleOp:
    source = Source("<random>", text)
    module = parse_source(source, CONTEXT)
    verify_module(module, source)
    return module


def text_of(module: ModuleOp) -> str:
    stream = StringIO()
    Printer(stream=stream).print_op(module)
    return stream.getvalue()


def the_cascade(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def check(text: str, seed: int, rewrite: ModulePass, exact: bool) -> None:
    module = parse(text)
    inputs = draw_inputs(seed, the_cascade(module).sizes)
    before = run_cascade(the_cascade(module), inputs)
    rewrite.apply(CONTEXT, module)
    after_text = text_of(module)
    verify_module(module)
    after = run_cascade(the_cascade(module), inputs)
    assert text_of(parse(after_text)) == after_text
    for old, new in zip(before, after, strict=True):
        if exact:
            np.testing.assert_array_equal(old, new, err_msg=after_text)
        else:
            np.testing.assert_allclose(old, new, rtol=1e-9, atol=1e-9, err_msg=after_text)


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades(), seed=st.integers(0, 2**16))
def test_exact_rewrites_change_no_value(name: str, text: str, seed: int) -> None:
    check(text, seed, EXACT[name], exact=True)


@pytest.mark.parametrize("name", REASSOCIATING)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades(), seed=st.integers(0, 2**16))
def test_splits_keep_values_up_to_the_order_of_sums(name: str, text: str, seed: int) -> None:
    check(text, seed, REASSOCIATING[name], exact=False)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades(iterates=False), seed=st.integers(0, 2**16))
def test_rewrites_compose(text: str, seed: int) -> None:
    module = parse(text)
    inputs = draw_inputs(seed, the_cascade(module).sizes)
    before = run_cascade(the_cascade(module), inputs)
    count = sum(isinstance(op, ComputeOp) for op in module.walk())
    for rewrite in (EXACT["cse"], EXACT["dce"], EXACT["fuse-many"], EXACT["by-pass"], REASSOCIATING["split-m"], EXACT["layout"], EXACT["dce"]):
        rewrite.apply(CONTEXT, module)
        verify_module(module)
    after = run_cascade(the_cascade(module), inputs)
    assert sum(isinstance(op, ComputeOp) for op in module.walk()) <= count
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(old, new, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades())
def test_reordering_changes_no_count(text: str) -> None:
    module = parse(text)
    before = {r: (c.passes, c.phases, c.summary_passes) for r, c in count_passes(the_cascade(module)).items()}
    for name in ("asap", "alap", "by-pass", "layout", "count"):
        EXACT[name].apply(CONTEXT, module)
        assert {r: (c.passes, c.phases, c.summary_passes) for r, c in count_passes(the_cascade(module)).items()} == before, name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades())
def test_a_split_changes_no_count(text: str) -> None:
    """The passes over m are those over its tiles; m itself is no longer traversed where nothing reads along it by its name."""
    module = parse(text)
    before = {r: c.passes for r, c in count_passes(the_cascade(module)).items()}
    EinsumSplitRankPass(rank="m", size=2).apply(CONTEXT, module)
    after = {r: c.passes for r, c in count_passes(the_cascade(module)).items()}
    assert {r: after.get(r, count) for r, count in before.items()} == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades(), rank=st.sampled_from("mnpe"))
def test_phases_keep_dependences(text: str, rank: str) -> None:
    """Einsums of a phase read nothing of a later phase, and each pass after the first has a reason."""
    counted = count_passes(the_cascade(parse(text))).get(rank)
    if counted is not None:
        assert 1 <= counted.passes <= counted.phases == max(counted.phase_of.values())
        assert {r.phase for r in counted.reasons} == set(range(2, counted.phases + 1))
        assert len(counted.live) == counted.phases - 1
        assert all(phases[-1] <= counted.phases and len(phases) <= counted.passes for phases in counted.fibers.values())
