"""`benchmarks/scalesim_gemm.py` without SCALE-Sim: its own side runs, and its cycles are sane and those that SCALE-Sim gave."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path("benchmarks").resolve()))

import scalesim_gemm

MEASURED = {
    "output-stationary": {(100, 70, 130): 2303, (32, 32, 32): 93, (512, 512, 512): 146943},
    "weight-stationary": {(100, 70, 130): 2909, (32, 32, 32): 125, (512, 512, 512): 155135},
    "input-stationary": {(100, 70, 130): 3279, (32, 32, 32): 125, (512, 512, 512): 155135},
}
"""Cycles that SCALE-Sim 3.0.0 reported; it numbers the last cycle, counting from 0."""


@pytest.mark.parametrize("dataflow", scalesim_gemm.DATAFLOWS)
def test_cycles_are_those_that_scalesim_gave(dataflow: str) -> None:
    ours = {shape: scalesim_gemm.einfold_run(dataflow, shape).cycles for shape in MEASURED[dataflow]}
    assert ours == {shape: cycles + 1 for shape, cycles in MEASURED[dataflow].items()}


@pytest.mark.parametrize("dataflow", scalesim_gemm.DATAFLOWS)
@pytest.mark.parametrize("form", scalesim_gemm.FORMS)
def test_cycles_grow_with_the_reduction_and_a_ragged_fold_is_not_free(dataflow: str, form: str) -> None:
    deep = [scalesim_gemm.einfold_run(dataflow, (48, 40, k), form).cycles for k in (31, 64, 65)]
    assert deep == sorted(deep) and deep[0] < deep[1] < deep[2]
    whole, ragged, next_whole = (scalesim_gemm.einfold_run(dataflow, (s, s, s), form).cycles for s in (32, 33, 64))
    assert whole < ragged <= next_whole


@pytest.mark.parametrize("dataflow", scalesim_gemm.DATAFLOWS)
def test_each_statement_left_out_makes_it_no_slower(dataflow: str) -> None:
    stated, unfenced, together, unfilled = (scalesim_gemm.einfold_run(dataflow, (70, 70, 70), form).cycles for form in scalesim_gemm.FORMS)
    assert stated >= unfenced >= together > unfilled


def test_there_are_fifty_shapes_with_every_size_on_every_side() -> None:
    shapes = scalesim_gemm.shapes()
    assert len(set(shapes)) == len(shapes) == 50
    assert all(set(side) == set(scalesim_gemm.SIDES) for side in zip(*shapes, strict=True))


def test_errors_are_told_relative_to_scalesim() -> None:
    assert scalesim_gemm.spread("t", [101, 98, 240], [100, 100, 200]) == "| t | +1.00% | 20.00% | 20.00% | -2 to +40 |"
    assert scalesim_gemm.quantile([3.0, 1.0, 2.0], 0.5) == 2.0


@pytest.mark.parametrize(
    ("dataflow", "counted", "ragged"),
    [("output-stationary", 49152, 75400), ("weight-stationary", 36864, 48100), ("input-stationary", 32768, 49400)],
)
def test_reads_are_those_that_scalesim_counted(dataflow: str, counted: int, ragged: int) -> None:
    for form in (scalesim_gemm.STATED, scalesim_gemm.TOGETHER):
        assert scalesim_gemm.einfold_run(dataflow, (64, 96, 128), form).reads == counted
        assert scalesim_gemm.einfold_run(dataflow, (100, 70, 130), form).reads == ragged, "a ragged fold reads what there is, whoever splits it"


def test_an_interpreter_without_scalesim_is_refused_in_one_line() -> None:
    for python, told in ((sys.executable, "No module named 'scalesim'"), ("no/such/python", "No such file")):
        with pytest.raises(SystemExit) as exit_:
            scalesim_gemm.scalesim_runs(python, [("output-stationary", (1, 1, 1))])
        assert told in str(exit_.value) and "\n" not in str(exit_.value)


def test_packages_that_cannot_be_had_are_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(tmp_path)), ("PIP_CONFIG_FILE", "/dev/null")):
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="cannot be installed here, so there is nothing to compare with: ERROR: No matching distribution"):
        scalesim_gemm.environment(tmp_path / "environment")
