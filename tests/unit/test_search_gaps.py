"""Why a gap is what it is, what fills idle elements, and that bounds hold for kernels that leave iterations out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from searching import on_machine, searched

from einfold.backend.simulate import simulate
from einfold.dialects.accel_nest import scheduled as operations
from einfold.lowering.mapping import DEFAULT, EinsumMapping
from einfold.search.forms import forms_of
from einfold.search.gaps import Gap, gap_of
from einfold.search.judge import Candidate, Judged, judge, kernels_of
from einfold.search.list_schedule import list_schedule
from einfold.search.scheduling import scheduled_mapping
from einfold.search.search import least_of, scheduled
from einfold.search.spreads import fuller_spreads
from einfold.search.tilings import tilings

SMALL = "b=1,h=2,p=512,m=512"


def test_lanes_beside_a_grid_take_a_second_rank() -> None:
    """2,048 lanes and tiles of 512 columns: three quarters of the lanes are idle with one rank over them, none with two."""
    found = searched("attention.mlir", "tpu-v4-like", "b=1,h=4")
    einsums = found.best.candidate.mapping.einsums
    assert any(e.cols is not None and len(e.cols) > 1 for e in einsums.values())
    assert gap_of(found).total < 0.02
    plain = judge(Candidate(found.best.candidate.form, DEFAULT), on_machine("attention.mlir", "tpu-v4-like", "b=1,h=4")[1], "analytic")
    assert isinstance(plain, Judged)
    assert plain.result.cycles > 1.3 * found.best.result.cycles


def test_spreads_are_fuller_or_none() -> None:
    module, machine = on_machine("attention.mlir", "tpu-v4-like", "b=1,h=1")
    form = next(f for f in forms_of(module, machine) if f.passes)
    plain = judge(Candidate(form), machine, "analytic")
    assert isinstance(plain, Judged)
    spreads = fuller_spreads(kernels_of(plain), "pe1d", form.cascade.sizes)
    busy = plain.result.busy["pe1d"]
    assert spreads and all(0 < s.left < 1 and len(s.cols) > 1 and not s.rows for s in spreads.values())
    for name, spread in spreads.items():
        stated = replace(DEFAULT, einsums={name: EinsumMapping(rows=spread.rows, cols=spread.cols)})
        moved = judge(Candidate(form, stated), machine, "analytic")
        assert isinstance(moved, Judged)
        assert moved.result.busy["pe1d"].get(name, 0.0) == pytest.approx(busy[name] * spread.left)

    return EinsumMapping()


@pytest.mark.parametrize("name", ["causal", "sliding"])
def test_bounds_hold_for_what_is_left_out(name: str) -> None:
    """No form in any tiles has kernels with less work than the form's bound."""
    module, machine = on_machine(f"{name}.mlir", "fusemax-edge", "b=1,h=1,p=256,m=256,e=16,f=16")
    seen = 0
    for form in forms_of(module, machine):
        least = least_of(form)
        for mapping in tilings(form.cascade, machine):
            judged = judge(Candidate(form, mapping), machine, "analytic")
            if isinstance(judged, Judged):
                seen += any(op.guard_ for kernel in kernels_of(judged) for op in operations(kernel))
                assert judged.result.cycles >= least.cycles * (1 - 1e-9), (form.pipeline, mapping.kernels[0].tiles)
    assert seen >= 4


def test_each_kernel_has_the_schedule_that_suits_it() -> None:
    module, machine = on_machine("causal.mlir", "fusemax-cloud", SMALL)
    form = next(f for f in forms_of(module, machine) if not any(p.name.startswith("einsum-one") for p in f.passes))
    bounded = judge(Candidate(form), machine, "analytic")
    assert isinstance(bounded, Judged) and len(kernels_of(bounded)) > 1
    best = scheduled(bounded, machine, "latency", [list_schedule])
    assert best is not None
    made = [DEFAULT, *(m[0] for dense in (False, True) if (m := scheduled_mapping(kernels_of(bounded), DEFAULT, list_schedule, dense)) is not None)]
    each = [j.result.kernels for m in made if isinstance(j := judge(Candidate(form, m), machine), Judged)]
    assert best[0].result.cycles == pytest.approx(sum(min(k[i].cycles for k in each) for i in range(len(each[0]))))


@pytest.mark.parametrize(
    ("file", "machine", "sizes", "part", "told"),
    [
        ("causal.mlir", "fusemax-edge", "b=1,h=2,p=64,m=64", "placement", "filters leave part of a tile, or ranks do not fill rows and columns"),
        ("softmax.mlir", "fusemax-cloud", "p=16", "waits", "waits while the pipeline fills and drains, or for another array's results"),
        ("attention.mlir", "fusemax-cloud", "b=1,h=2,p=256,m=1024", "waits", "waits while the pipeline fills and drains"),
    ],
)
def test_reasons(file: str, machine: str, sizes: str, part: str, told: str) -> None:
    gap = gap_of(searched(file, machine, sizes))
    assert gap.total > 0.01
    assert gap.largest == part, gap
    assert told in gap.reason
    assert gap.reason.startswith(f"{part}: ")


def test_parts_add_up() -> None:
    found = searched("causal.mlir", "fusemax-edge", "b=1,h=2,p=64,m=64")
    gap = gap_of(found)
    assert gap.total == pytest.approx(found.gap)
    assert gap.waiting == pytest.approx(1 - simulate(found.best.kernels, fidelity="analytic").cycles / found.best.result.cycles)
    assert Gap(0.1, 0.3, 0.2, "of that").reason == "placement: 30 % since of that"
