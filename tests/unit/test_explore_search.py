"""`einfold explore FILE --machine NAME`: what a search prints, the files it writes and that they give the same again, and its errors."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from einfold.tools.einfold import main

CASCADE = """
einsum.cascade @softmax ranks {m = 64, p = 16, e = 4} (%Q[p, e], %K[m, e]) -> [m, p] : f16 {
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %G = einsum.compute [p] = %S[m, p] reduce max(m)
  %N = einsum.compute [m, p] = exp(%S[m, p] - %G[p])
  %D = einsum.compute [p] = %N[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %N[m, p] / %D[p]
  einsum.return %A[m, p]
}
"""
OTHER = """
einsum.cascade @total ranks {m = 64, p = 16} (%A[m, p]) -> [p] : f16 {
  %T = einsum.compute [p] = %A[m, p] reduce add(m)
  einsum.return %T[p]
}
"""
SCALED = """
einsum.cascade @scaled ranks {m = 64, p = 16} (%A[m, p], %B[p]) -> [m, p] : f16 {
  %P = einsum.compute [m, p] = %A[m, p] * %B[p]
  %Z = einsum.compute [m, p] = %P[m, p] + %A[m, p]
  einsum.return %Z[m, p]
}
"""
MACHINE = """name: toy
clock_hz: 1000000000
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 16000000000, row_bytes: 8, energy_pj: {read: 10, write: 10}}
  buffer: {capacity_bytes: 65536, row_bytes: 64, energy_pj: {read: 1, write: 2}}
arrays:
  grid: {rows: 4, cols: 8, cycles: {mac: 1, add: 1, max: 1}, energy_pj: {mac: 0.5, add: 0.25, register_read: 0.25, register_write: 0.125}}
  lanes: {rows: 1, cols: 8, cycles: {mac: 1, add: 1, max: 1, exp: 6, div: 2}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "soft max.mlir").write_text(CASCADE + OTHER + SCALED)
    (tmp_path / "toy.yaml").write_text(MACHINE)
    return tmp_path


def arguments(folder: Path, *options: str, cascade: str = "softmax") -> list[str]:
    return [str(folder / "soft max.mlir"), "--machine", str(folder / "toy.yaml"), "--cascade", cascade, *options]


def explored(capsys: pytest.CaptureFixture[str], folder: Path, *options: str, cascade: str = "softmax") -> str:
    assert main(["explore", *arguments(folder, *options, cascade=cascade)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def simulated(capsys: pytest.CaptureFixture[str], *options: str) -> float:
    assert main(["simulate", *options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["cycles"]


def test_the_search_in_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = explored(capsys, folder, "--set", "m=32").splitlines()
    assert lines[0] == "cascade @softmax on @toy: m = 32, p = 16, e = 4"
    assert lines[1].startswith("best of ") and " forms, " in lines[1]
    assert "scheduled by " in lines[2]
    assert [line.split()[0] for line in lines[3:6]] == ["grid", "lanes", "dram"]
    assert lines[6].startswith("  at most ") and " waits, " in lines[6] and " placement, " in lines[6]
    table = next(i for i, line in enumerate(lines) if line.split()[:2] == ["bound", "simulated"])
    assert all(line.split()[0].replace(",", "").isdigit() for line in lines[table + 1 :] if not line.startswith("no kernels"))
    assert "budget" not in lines[-1]


def test_the_search_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(explored(capsys, folder, "--json"))
    assert (found["cascade"], found["machine"], found["ranks"]) == ("softmax", "toy", {"m": 64, "p": 16, "e": 4})
    assert found["bound_cycles"] <= found["cycles"] == min(f["cycles"] for f in found["forms"] if f["cycles"] is not None)
    assert found["gap"] == pytest.approx(1 - found["bound_cycles"] / found["cycles"])
    assert sum(found["gap_parts"].values()) == pytest.approx(found["gap"])
    assert all(part >= 0 for part in found["gap_parts"].values())
    assert found["complete"] is True and found["reason"]
    assert found["scheduled_by"] in ("rule", "list", "cp-sat")
    for kernel in found["kernels"] if found["scheduled_by"] != "rule" else ():
        assert kernel["stages"].keys() == kernel["starts_cycles"].keys()
        assert all(0 <= start < kernel["interval_cycles"] for start in kernel["starts_cycles"].values())


def test_options_change_what_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fast = json.loads(explored(capsys, folder, "--json", cascade="scaled"))
    apart = json.loads(explored(capsys, folder, "--json", "--no-contract", cascade="scaled"))
    saving = json.loads(explored(capsys, folder, "--json", "--objective", "energy", cascade="scaled"))
    own = json.loads(explored(capsys, folder, "--json", "--solver", "list", cascade="scaled"))
    short = json.loads(explored(capsys, folder, "--json", "--budget", "0.000001s", cascade="scaled"))
    assert any("contract" in f["pipeline"] for f in fast["forms"])
    assert not any("contract" in f["pipeline"] for f in apart["forms"])
    assert saving["energy_pj"] <= fast["energy_pj"]
    assert own["scheduled_by"] in ("rule", "list")
    assert short["complete"] is False and len(short["forms"]) == 1 < len(fast["forms"])
    assert "the budget ended the search before all forms were looked at" in explored(capsys, folder, "--budget", "1e-6", cascade="scaled")


@pytest.mark.parametrize(
    ("cascade", "options"), [("softmax", ("--solver", "list", "--set", "m=48,p=20")), ("total", ("--objective", "edp")), ("scaled", ())]
)
def test_what_is_kept_takes_the_same_time_again(folder: Path, cascade: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    kept, emitted = folder / "kept.yaml", folder / "emitted.mlir"
    found = json.loads(explored(capsys, folder, "--json", "--keep", str(kept), "--emit", str(emitted), *options, cascade=cascade))
    assert simulated(capsys, str(emitted)) == found["cycles"]
    assert emitted.read_text().count(f'scheduled_by = "{found["scheduled_by"]}"') == len(found["kernels"])
    comment = [line.removeprefix("# ") for line in kept.read_text().splitlines() if line.startswith("#")]
    pipeline = next(line for line in comment if line.startswith("pipeline: ")).removeprefix("pipeline: ")
    assert pipeline == found["pipeline"]
    sizes = ("--set", options[options.index("--set") + 1]) if "--set" in options else ()
    again = arguments(folder, "--pipeline", pipeline, "--mapping", str(kept), *sizes, cascade=cascade)
    assert simulated(capsys, *again) == found["cycles"]
    command = shlex.split(comment[0].removeprefix("Found by: einfold "))
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_without_or_tools(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einfold.search.scheduling.available", lambda: False)
    assert main(["explore", *arguments(folder, cascade="total")]) == 0
    assert capsys.readouterr().err.endswith("note: scheduled by the built-in list scheduler; einfold[search] brings OR-Tools' CP-SAT\n")
    assert main(["explore", *arguments(folder, "--solver", "cp-sat", cascade="total")]) == 1
    assert capsys.readouterr().err == "--solver: error: cp-sat needs OR-Tools; install einfold[search], or take --solver list\n"
    assert main(["explore", *arguments(folder, "--solver", "list", cascade="total")]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--budget", "soon"], "--budget: error: 'soon' is no time; write seconds, like 30s"),
        (["--budget", "-1"], "--budget: error: '-1' is no time; write seconds, like 30s"),
        (["--budget", "0s"], "--budget: error: '0s' is no time; write seconds, like 30s"),
        (["--budget", "nan"], "--budget: error: 'nan' is no time; write seconds, like 30s"),
        (["--budget", "inf"], "--budget: error: 'inf' is no time; write seconds, like 30s"),
        (["--budget", "1sss"], "--budget: error: '1sss' is no time; write seconds, like 30s"),
        (["--machine", "fusemax-clod"], "--machine: error: unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?"),
        (["--machine", "nowhere.yaml"], "cannot read machine 'nowhere.yaml': No such file or directory"),
        (["--set", "q=4"], "--set: unknown rank 'q'"),
        (["--set", "m"], "--set takes RANK=SIZE, not 'm'"),
        (["--set", "m=0"], "m"),
        (["--cascade", "softmx"], "no cascade '@softmx'; did you mean '@softmax'?"),
        (["--cascade", "total", "--keep", "/nowhere/kept.yaml"], "/nowhere/kept.yaml: error: cannot be written: there is no folder '/nowhere'"),
        (["--cascade", "total", "--emit", "/nowhere/found.mlir"], "/nowhere/found.mlir: error: cannot be written: there is no folder '/nowhere'"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(folder: Path, options: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", *arguments(folder, *options)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in err
    assert err.count("\n") == 1 and ": error: " in err


@pytest.mark.parametrize(("option", "choice"), [("--solver", "simplex"), ("--objective", "size")])
def test_choices_are_told(folder: Path, option: str, choice: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["explore", *arguments(folder, option, choice)])
    assert stopped.value.code == 2
    assert f"argument {option}: invalid choice: '{choice}'" in capsys.readouterr().err


def test_a_file_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", str(folder / "none.mlir"), "--machine", "fusemax-cloud"]) == 1
    assert capsys.readouterr().err == f"{folder}/none.mlir: error: no such file\n"
    (folder / "empty.mlir").write_text("builtin.module {}")
    assert main(["explore", str(folder / "empty.mlir"), "--machine", "fusemax-cloud"]) == 1
    assert "no einsum.cascade" in capsys.readouterr().err
    assert main(["explore", str(folder / "soft max.mlir"), "--machine", "fusemax-cloud"]) == 1
    assert "softmax" in capsys.readouterr().err


def test_a_machine_that_cannot_run_it_leaves_no_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "toy.yaml").write_text(MACHINE.replace(", exp: 6", ""))
    options = ("--keep", str(folder / "kept.yaml"), "--emit", str(folder / "found.mlir"))
    assert main(["explore", *arguments(folder, *options)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and not (folder / "kept.yaml").exists() and not (folder / "found.mlir").exists()
    assert err.startswith(f"{folder}/soft max.mlir: error: cascade '@softmax' has no kernels on '@toy': machine '@toy' cannot run %")
    assert "'@lanes' has no 'exp'" in err and err.count("\n") == 1
