"""Split-K in the search: where it is tried, where it is chosen, and that its kernels compute the cascade."""

from __future__ import annotations

from pathlib import Path

import pytest
from searching import on_machine, searched

from einfold.passes.places import passes_over
from einfold.search.forms import forms_of
from einfold.search.judge import Candidate, Judged, judge, kernels_of
from einfold.search.scheduling import scheduled_mapping, solvers
from einfold.search.splits import splits
from einfold.search.tilings import tilings
from einfold.tools.values_check import check_values

VOCABULARY = str(Path(__file__).parents[2] / "benchmarks" / "cascades" / "02-log-sum-exp.mlir")
TOY = """name: toy
clock_hz: 1000000000
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 64000000000, row_bytes: 8, energy_pj: {read: 10, write: 10}}
  buffer: {capacity_bytes: 4096, row_bytes: 64, energy_pj: {read: 1, write: 2}}
arrays:
  grid: {rows: 4, cols: 8, cycles: {mac: 1, add: 1, max: 1, exp: 6}}
  lanes: {rows: 1, cols: 8, cycles: {mac: 1, add: 1, max: 1, exp: 6, div: 2, log: 6}}
"""


def test_one_row_of_a_vocabulary_is_split_over_the_2d_array() -> None:
    """A loop over tiles leaves all rows of the array but one idle; parts fill the columns and their elements the rows."""
    found = searched(VOCABULARY, sizes="p=1,m=131072")
    assert 'form="split"' in found.best.candidate.form.pipeline
    assert found.best.result.critical == "dram"
    loops = min(t.bound for t in found.tried if "split" not in t.pipeline)
    assert loops > 5 * found.best.result.cycles


def test_decode_has_no_use_for_parts_where_bytes_decide() -> None:
    """They are tried, and no better: keys and values are read once whatever the form."""
    found = searched("attention.mlir", sizes="b=1,h=1,p=1,m=65536")
    parts = [t for t in found.tried if "split" in t.pipeline]
    assert parts and all(t.judged.result.critical == "dram" for t in parts)
    assert min(t.bound for t in parts) == pytest.approx(found.best.result.cycles, rel=1e-3)


def test_one_query_with_more_bandwidth_is_split(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "backend" / "machines" / "fusemax-cloud.yaml").read_text(encoding="utf-8")
    assert text.count("429496729600") == 1
    (tmp_path / "wide.yaml").write_text(text.replace("429496729600", str(32 * 429496729600)))
    found = searched("attention.mlir", str(tmp_path / "wide.yaml"), "b=1,h=1,p=1,m=16384", contract=False)
    assert 'form="split"' in found.best.candidate.form.pipeline
    assert min(t.bound for t in found.tried if "split" not in t.pipeline) > 1.5 * found.best.result.cycles


@pytest.mark.parametrize(("sizes", "tried"), [("", False), ("p=255", True), ("p=1,m=256", False), ("p=1,m=512", True)])
def test_a_rank_is_split_where_reductions_keep_less_than_a_row_of_the_array(sizes: str, tried: bool) -> None:
    """Neither where there are queries enough, nor where a part would be one key."""
    module, _ = on_machine("attention.mlir", sizes=sizes)
    assert bool(splits(module, ["m"])) == tried


def test_a_machine_that_cannot_run_the_cascade_gets_no_parts(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY.replace("div: 2, ", ""))
    module, _ = on_machine("attention.mlir", str(tmp_path / "toy.yaml"), "p=1")
    assert splits(module, ["m"]) == []


@pytest.mark.parametrize(
    ("file", "sizes"),
    [("attention.mlir", "b=1,h=2,p=1,m=96,e=4,f=4"), ("attention.mlir", "b=2,h=1,p=3,m=61,e=4,f=2"), ("causal.mlir", "b=1,h=1,p=2,m=40,e=2,f=4")],
)
def test_parts_compute_what_the_cascade_says(file: str, sizes: str, tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY)
    module, machine = on_machine(file, str(tmp_path / "toy.yaml"), sizes)
    forms = [f for f in forms_of(module, machine) if "split" in f.pipeline]
    assert forms
    strided = 0
    for form in forms:
        assert passes_over(form.cascade, "m") == 1
        for mapping in tilings(form.cascade, machine):
            own = judge(Candidate(form, mapping), machine)
            if not isinstance(own, Judged):
                continue
            assert check_values(module, own.kernels, own.lowered, 1, "a test").deviation < 1e-9
            strided += sum("m2" in line and "m1" in line for k in kernels_of(own) for line in str(k).splitlines() if "accel.load" in line)
            made = scheduled_mapping(kernels_of(own), mapping, solvers()["list"])
            assert made is not None
            timed = judge(Candidate(form, made[0]), machine)
            assert isinstance(timed, Judged)
            assert check_values(module, timed.kernels, timed.lowered, 1, "a test").deviation < 1e-9
    assert strided, "some form walks its parts in tiles, so that a tile is strided"
