"""Why a gap is what it is, what fills idle elements, and that bounds hold for kernels that leave iterations out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from searching import judged, on_machine, one_pass
from xdsl.passes import ModulePass

from einfold.backend.simulate import simulate
from einfold.dialects.accel_nest import scheduled as operations
from einfold.lowering.mapping import DEFAULT, CascadeMapping, EinsumMapping
from einfold.passes.einsum_fuse_maps import EinsumFuseMapsPass
from einfold.passes.einsum_push_filters import EinsumPushFiltersPass
from einfold.search.assignment import improved
from einfold.search.bounds import LowerBound
from einfold.search.gaps import Gap, gap_of
from einfold.search.judge import Candidate, Judged, judge, kernels_of
from einfold.search.list_schedule import list_schedule
from einfold.search.picking import least_of
from einfold.search.scheduling import scheduled, scheduled_mapping
from einfold.search.search import Found
from einfold.search.spreads import fuller_spreads
from einfold.search.tilings import tilings

PUSHED = EinsumPushFiltersPass()


def test_lanes_beside_a_grid_take_a_second_rank() -> None:
    """2,048 lanes and tiles of 512 columns: three quarters of the lanes are idle with one rank over them, none with two."""
    plain = judged("attention.mlir", one_pass(256), "tpu-v4-like", "b=1,h=1")
    form, busy = plain.candidate.form, plain.result.busy["pe1d"]
    spreads = fuller_spreads(kernels_of(plain), "pe1d", form.cascade.sizes)
    assert {"LSN", "LGM", "LSD"} <= set(spreads)
    assert spreads["LSN"].cols == ("p", "m0") and spreads["LSN"].left == 1 / 4
    einsums = {name: EinsumMapping(rows=s.rows, cols=s.cols) for name, s in spreads.items()}
    _, machine = on_machine("attention.mlir", "tpu-v4-like")
    moved = judge(Candidate(form, replace(DEFAULT, einsums=einsums)), machine)
    assert isinstance(moved, Judged)
    for name, spread in spreads.items():
        assert moved.result.busy["pe1d"][name] == pytest.approx(busy[name] * spread.left)
    assert fuller_spreads(kernels_of(moved), "pe1d", form.cascade.sizes) == {}
    assert improved(plain, machine, "latency").result.cycles < 0.3 * plain.result.cycles


@pytest.mark.parametrize("name", ["causal", "sliding"])
def test_bounds_hold_for_what_is_left_out(name: str, machine: str = "fusemax-edge") -> None:
    """No form in any tiles has kernels with less work than the form's bound."""
    sizes = "b=1,h=1,p=192,m=192,e=16,f=16"
    _, described = on_machine(f"{name}.mlir", machine, sizes)
    forms: list[tuple[ModulePass, ...]] = [(PUSHED,), (*one_pass(32), PUSHED), (*one_pass(8), PUSHED, EinsumFuseMapsPass(contract=True))]
    guarded = 0
    for passes in forms:
        form = judged(f"{name}.mlir", passes, machine, sizes).candidate.form
        for mapping in tilings(form.cascade, described):
            found = improved(judged(f"{name}.mlir", passes, machine, sizes, mapping), described, "latency")
            guarded += any(op.guard_ for kernel in kernels_of(found) for op in operations(kernel))
            assert simulate(found.kernels, fidelity="analytic").cycles >= least_of(form).cycles * (1 - 1e-9)
    assert guarded >= 3


def test_each_kernel_has_the_schedule_that_suits_it() -> None:
    sizes = "b=1,h=2,p=512,m=512"
    bounded = judged("causal.mlir", (PUSHED,), sizes=sizes)
    _, machine = on_machine("causal.mlir", sizes=sizes)
    kernels, form = kernels_of(bounded), bounded.candidate.form
    assert len(kernels) > 1
    best = scheduled(bounded, machine, "latency", [list_schedule])
    assert best is not None
    made = [DEFAULT, *(m[0] for dense in (False, True) if (m := scheduled_mapping(kernels, DEFAULT, list_schedule, dense)) is not None)]
    each = [j.result.kernels for m in made if isinstance(j := judge(Candidate(form, m), machine), Judged)]
    assert best[0].result.cycles == pytest.approx(sum(min(k[i].cycles for k in each) for i in range(len(kernels))))


def gap(file: str, passes: tuple[ModulePass, ...], machine: str, sizes: str, mapping: CascadeMapping = DEFAULT) -> Gap:
    """Of the lowering's own schedule, as if a search had found it."""
    best = judged(file, passes, machine, sizes, mapping)
    return gap_of(Found(best, least_of(best.candidate.form), best.candidate.form.pipeline, (), (), (), True))


@pytest.mark.parametrize(
    ("file", "passes", "machine", "sizes", "part", "told"),
    [
        ("attention.mlir", one_pass(256), "tpu-v4-like", "b=1,h=8", "placement", "of @pe1d's elements are idle while it works, most in L"),
        ("causal.mlir", (*one_pass(32), PUSHED), "tpu-v4-like", "b=1,h=8", "placement", "filters leave part of a tile"),
        ("causal.mlir", (PUSHED,), "fusemax-cloud", "b=1,h=8", "placement", "; between kernels %GM, %S, %SD go off the chip and back"),
        ("attention.mlir", one_pass(256), "fusemax-cloud", "b=1,h=1,p=256,m=512", "waits", "waits while the pipeline fills and drains, or for"),
        ("sliding.mlir", (*one_pass(256), PUSHED), "fusemax-cloud", "b=1,h=2", "waits", "whose nest passes over iterations that are left"),
        ("layernorm.mlir", (), "fusemax-edge", "p=4096,d=512", "placement", "@dram moves bytes more than once (most for %"),
    ],
)
def test_reasons(file: str, passes: tuple[ModulePass, ...], machine: str, sizes: str, part: str, told: str) -> None:
    found = gap(file, passes, machine, sizes)
    assert (found.largest, told in found.reason) == (part, True), found
    assert found.reason.startswith(f"{part}: ")


def test_a_form_that_another_one_beats() -> None:
    best = judged("attention.mlir", one_pass(256), sizes="b=1,h=2")
    less = LowerBound(least_of(best.candidate.form).operations / 8, 0.0)
    found = gap_of(Found(best, less, "einsum-other", (), (), (), True))
    assert found.reason.endswith("since a form with fewer operations has kernels that take longer: einsum-other")
    assert found.total == pytest.approx(1 - less.cycles / best.result.cycles)
    assert Gap(0.1, 0.3, 0.2, "of that").reason == "placement: 30 % since of that"
