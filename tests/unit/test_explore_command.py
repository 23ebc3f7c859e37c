"""`einfold explore` as its user meets it: options, files, output, and what is wrong with what it is given."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path

import pytest
from exploring import CASCADE, write

from einfold.tools.einfold import main
from einfold.tools.exploring.points import Inputs, Outcome, Point
from einfold.tools.exploring.store import Store
from einfold.tools.figures import png

SMALL = "name: small\nmachine: toy.yaml\naxes: {arrays.lanes.cols: [8, 16], memories.buffer.capacity_bytes: [2, 65536]}\n"


def explore(folder: Path, *options: str, sweep: str = SMALL) -> int:
    arguments = write(folder)
    (folder / "sweep.yaml").write_text(sweep)
    return main([*arguments, "--workers", "0", *options])


def error(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1, captured
    return captured.err.strip()


def test_files_come_out_and_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(tmp_path) == 0
    out, err = capsys.readouterr()
    assert out.startswith("small: 4 points: 2 simulated, 2 cannot work, 0 failed; 0 kept from before\n")
    assert (
        err == f"{tmp_path}/sweep.yaml: note: 'memories.buffer.capacity_bytes' changes, but no area of 'buffer' does; 'follows' may say how it does\n"
    )
    drawn = [f"{a}.{kind}" for a in ("latency-energy", "latency-area", "energy-area") for kind in ("svg", *(["png"] if png.available() else []))]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(["results.sqlite", "points.csv", "pareto.csv", "pareto.json", *drawn])
    assert out.endswith(f"{4 + len(drawn)} files in {tmp_path}/out, to be read first: {tmp_path}/out/pareto.csv\n")


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(tmp_path, "--json", "--objectives", "area,latency") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["done"], told["refused"], told["reused"]) == (4, 2, 2, 0)
    assert told["objectives"] == {"area": "um2", "latency": "s"}
    assert [p["choices"]["arrays.lanes.cols"] for p in told["front"]] == [8, 16]
    assert json.loads((tmp_path / "out" / "pareto.json").read_text())["front"] == told["front"]


def test_another_sweep_in_the_same_folder_runs_what_is_new_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(tmp_path) == 0
    capsys.readouterr()
    assert explore(tmp_path, sweep=SMALL.replace("[8, 16]", "[16, 24, 8]")) == 0
    assert "small: 6 points: 3 simulated, 3 cannot work, 0 failed; 4 kept from before" in capsys.readouterr().out
    assert explore(tmp_path, sweep=SMALL + "fidelity: analytic\n") == 0
    assert "; 0 kept from before" in capsys.readouterr().out


def test_standard_input_and_a_machine_instead_of_the_sweep_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path)
    (tmp_path / "sweep.yaml").write_text("name: s\nmachine: not-there\naxes: {set.m: [16, 32]}\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CASCADE.encode())))
    options = ["--sweep", str(tmp_path / "sweep.yaml"), "--out", str(tmp_path / "out"), "--machine", str(tmp_path / "toy.yaml"), "--workers", "0"]
    assert main(["explore", "-", *options]) == 0
    assert "s: 2 points: 2 simulated" in capsys.readouterr().out


def test_a_machine_of_the_cascade_s_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = write(tmp_path)
    own = "accel.machine @here clock 1e9 word 2 {\n  accel.memory @ram offchip\n  accel.memory @buffer capacity 4096\n  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 2, div = 4}\n}\n"
    (tmp_path / "softmax.mlir").write_text(own + CASCADE)
    (tmp_path / "sweep.yaml").write_text("name: s\nmachine: here\naxes: {arrays.lanes.cols: [4, 8]}\n")
    assert main([*arguments, "--workers", "0", "--objectives", "latency"]) == 0
    assert "s: 2 points: 2 simulated" in capsys.readouterr().out


def test_where_no_point_can_work_the_exit_code_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(tmp_path, sweep=SMALL.replace("[2, 65536]", "[2]")) == 1
    out, _ = capsys.readouterr()
    assert "2 points: 0 simulated, 2 cannot work" in out and "2 cannot work: cascade '@softmax' cannot be lowered" in out
    assert (tmp_path / "out" / "points.csv").read_text().count("refused") == 2


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--objectives", "latency,enrgy"], "--objectives: error: unknown objective 'enrgy'; did you mean 'energy'?"),
        (["--objectives", ""], "--objectives: error: unknown objective ''; there are latency, energy, area, edp, traffic"),
        (["--objectives", "area,area"], "--objectives: error: 'area' is named twice"),
        (["--workers", "-1"], "--workers: error: -1 processes; from 0 to 1024 are possible"),
        (["--workers", "0", "--dask", "tcp://127.0.0.1:1"], "--dask: error: a cluster has its own number of workers; leave --workers out"),
        (["--machine", "fusemax-clod"], "--machine: error: unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?"),
        (["--cascade", "softmx"], "error: no cascade '@softmx'; did you mean '@softmax'?"),
        (["--sweep", "/nowhere/s.yaml"], "/nowhere/s.yaml: error: no such file"),
    ],
)
def test_options_that_make_no_sense(options: list[str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(tmp_path, *options) == 1
    assert error(capsys).endswith(reason)
    assert not (tmp_path / "out").exists()


def test_without_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(write(tmp_path)[:4]) == 1
    assert "a sweep needs --out DIR" in error(capsys)


@pytest.mark.parametrize("option", [["--out", "o"], ["--objectives", "area"], ["--workers", "0"], ["--dask", "tcp://127.0.0.1:1"]])
def test_options_of_a_sweep_need_one(option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*write(tmp_path)[:2], "--machine", str(tmp_path / "toy.yaml"), *option]) == 1
    assert error(capsys) == f"{option[0]}: error: is for a sweep: give --sweep FILE as well"


@pytest.mark.parametrize(
    "option", [["--set", "m=4"], ["--objective", "energy"], ["--budget", "1s"], ["--solver", "list"], ["--no-contract"], ["--emit", "x"]]
)
def test_options_of_a_search_are_no_sweep_s(option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(tmp_path, *option) == 1
    assert error(capsys) == f"{option[0]}: error: is for a search, without --sweep; a sweep's file says all of it"


def test_a_sweep_s_error_has_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explore(tmp_path, sweep=SMALL.replace("lanes.cols", "lanes.colls")) == 1
    where = f"{tmp_path}/sweep.yaml:3:8: error: unknown axis 'arrays.lanes.colls'"
    assert capsys.readouterr().err.startswith(f"{where}: array 'lanes' has no number 'colls'; did you mean 'cols'?\n")


def test_a_cascade_s_error_has_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = write(tmp_path)
    (tmp_path / "softmax.mlir").write_text(CASCADE.replace("%G[p])", "%H[p])"))
    assert main(arguments) == 1
    assert f"{tmp_path}/softmax.mlir:4:" in capsys.readouterr().err


def test_a_folder_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert explore(tmp_path, "--out", str(tmp_path / "file" / "in")) == 1
    assert error(capsys) == f"{tmp_path}/file/in: error: cannot be made: Not a directory"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        ("PRAGMA user_version = 9; PRAGMA application_id = 1701408358", "has results in format 9; this einfold reads format 1"),
        ("CREATE TABLE mine (x)", "is an SQLite file of something else"),
        (None, "results cannot be kept: file is not a database"),
    ],
)
def test_a_file_of_results_that_is_none(make: str | None, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out" / "results.sqlite"
    path.parent.mkdir()
    if make is None:
        path.write_text("a text\n" * 1000)
    else:
        with sqlite3.connect(path) as database:
            database.executescript(make)
    before = path.read_bytes()
    assert explore(tmp_path) == 1
    assert error(capsys) == f"{path}: error: {reason}"
    assert path.read_bytes() == before


def test_what_is_kept_stays_but_failures_are_tried_again(tmp_path: Path) -> None:
    from einfold.backend.machine_yaml import load_machine

    points = [Point(i, {"x": i}, Inputs(load_machine("fusemax-edge")), str(i)) for i in range(3)]
    with Store(tmp_path / "r.sqlite") as store:
        store.put([(points[0], Outcome("0", "done", {"latency": 1.5, "area": None})), (points[1], Outcome("1", "failed", reason="died"))])
        store.put([(points[0], Outcome("0", "failed", reason="late")), (points[1], Outcome("1", "done", {"latency": 2.5}, "pe2d", ("n",), "", 0.5))])
        store.put([(points[2], Outcome("2", "failed", reason="died"))])
        assert set(store.get({"0", "1", "2"}, failed=False)) == {"0", "1"}
        assert set(store.get({"0", "2"})) == {"0", "2"}
    with Store(tmp_path / "r.sqlite") as store:
        kept = store.get({"0", "1", "2"})
    assert kept["0"] == Outcome("0", "done", {"latency": 1.5, "area": None})
    assert kept["1"] == Outcome("1", "done", {"latency": 2.5}, "pe2d", ("n",), "", 0.5)
    with sqlite3.connect(tmp_path / "r.sqlite") as database:
        assert database.execute("SELECT latency, energy, input FROM points WHERE digest = '1'").fetchone()[:2] == (2.5, None)
        assert json.loads(database.execute("SELECT input FROM points").fetchone()[0])["machine"]["name"] == "fusemax_edge"


def test_a_sum_that_goes_on_in_the_accumulators_moved_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gemm.mlir").write_text(
        "einsum.cascade @gemm ranks {i = 2048, j = 2048, k = 8192} (%A[i, k], %B[k, j]) -> [i, j] : f16 {\n"
        "  %Z = einsum.compute [i, j] = %A[i, k] * %B[k, j] reduce add(k)\n  einsum.return %Z[i, j]\n}\n"
    )
    command = ["explore", str(tmp_path / "gemm.mlir"), "--machine", "fusemax-cloud"]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "in the accumulators over all tiles: Z" in told and "moved" not in told
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["moved"], found["in_place"]) == ({}, ["Z"])
