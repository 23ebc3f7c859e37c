"""`einfold simulate`: what it prints, and what it says of input that it cannot use."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from einfold.tools.einfold import main

EXAMPLES = Path(__file__).parents[2] / "examples"
ATTENTION = str(EXAMPLES / "attention.mlir")
SMALL = "b=1,h=2,p=20,m=24,e=4,f=4"


def output(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> tuple[str, str]:
    assert main(["simulate", *args]) == code
    return capsys.readouterr()


def told(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """The first line of the diagnostics of a command that fails as it should: exit code 1, nothing on standard output."""
    out, err = output(capsys, *args, code=1)
    assert out == ""
    assert "Traceback" not in err
    return err.splitlines()[0]


def test_a_cascade_on_a_machine(capsys: pytest.CaptureFixture[str]):
    out, err = output(capsys, ATTENTION, "--machine", "fusemax-cloud")
    lines = out.splitlines()
    assert err == ""
    assert lines[0] == "cascade @attention on @fusemax_cloud: b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64"
    assert lines[1] == "kernel @attention: for b < 64, h < 12, m1 < 4, p1 < 4; tiles e = 64, f = 64, m0 = 256, p0 = 256"
    assert "2.01344 ms" in out and "critical resource pe1d" in out
    assert any(line.split()[:2] == ["pe2d", "88.95"] for line in lines)


def test_json_has_the_same_numbers(capsys: pytest.CaptureFixture[str]):
    out, _ = output(capsys, ATTENTION, "--machine", "fusemax-cloud", "--json", "--set", "p=4096,m=4096")
    found = json.loads(out)
    assert found["ranks"]["m"] == 4096
    assert found["machine"] == "fusemax_cloud"
    assert found["seconds"] == pytest.approx(0.0297, rel=0.01)
    assert sum(found["bytes"]["dram"].values()) == 1610612736
    assert found["kernels_in_order"][0]["loops"] == {"b": 64, "h": 12, "m1": 16, "p1": 16}
    assert found["notes"] == []


def test_values_are_those_of_the_reference_interpreter(capsys: pytest.CaptureFixture[str]):
    args = (ATTENTION, "--machine", "fusemax-cloud", "--set", SMALL, "--tile", "m=8,p=8", "--values", "--json")
    found = json.loads(output(capsys, *args)[0])
    assert found["kernels_in_order"][0]["loops"] == {"h": 2, "m1": 3, "p1": 3}
    assert found["values"]["elements"] == 2 * 20 * 4
    assert 0 <= found["values"]["largest_deviation"] < 1e-12
    other = json.loads(output(capsys, *args, "--seed", "5")[0])
    assert other["values"]["seed"] == 5
    out, _ = output(capsys, *args[:-1])
    assert "values: 160 elements, largest deviation from the reference" in out


def test_values_that_differ_are_an_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("einfold.tools.values_check.run_cascade", lambda op, inputs, dtype: [next(iter(inputs.values())) * 0 + 7])
    args = (ATTENTION, "--machine", "fusemax-cloud", "--set", "b=1,h=1,p=4,m=4,e=4,f=4", "--values")
    assert "the kernels compute something else than the cascade" in output(capsys, *args, code=3)[1]


def test_a_pipeline_of_ones_own(capsys: pytest.CaptureFixture[str]):
    out, _ = output(capsys, ATTENTION, "--machine", "fusemax-cloud", "--pipeline", "")
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("kernel")] == [f"kernel @attention_{i}" for i in (1, 2, 3)]
    out, _ = output(capsys, ATTENTION, "--machine", "fusemax-cloud", "--pipeline", "einsum-one-pass{size=128}")
    assert "m1 < 8" in out and "m0 = 128" in out


def test_without_overlap_it_takes_longer(capsys: pytest.CaptureFixture[str]):
    args = (ATTENTION, "--machine", "fusemax-cloud", "--json")
    plain, piped = (json.loads(output(capsys, *args, *more)[0])["cycles"] for more in (["--no-overlap"], []))
    assert plain > 1.05 * piped


def test_kernels_are_simulated_as_they_are(capsys: pytest.CaptureFixture[str]):
    kernel = str(Path(__file__).parents[1] / "filecheck" / "backend" / "fusemax-binding.mlir")
    out, _ = output(capsys, kernel)
    assert "critical resource pe1d" in out
    assert told(capsys, kernel, "--set", "m=8").endswith("error: --set needs an einsum.cascade; there is none in it")
    assert told(capsys, kernel, "--machine", "flat-cloud").endswith("error: --machine needs an einsum.cascade; there is none in it")


def test_notes_go_to_standard_error(capsys: pytest.CaptureFixture[str]):
    path = str(EXAMPLES / "bfs.mlir")
    out, err = output(capsys, path, "--machine", "fusemax-cloud")
    assert "note" not in out
    assert err.startswith(f"{path}: note: the guard after 'until' depends on data")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "attention.mlir: error: no machine in it; name one with --machine (flat-cloud, flat-edge, fusemax-cloud, fusemax-edge, "),
        (["--machine", "fusemax-clod"], "--machine: error: unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?"),
        (["--machine", "./none.yaml"], "--machine: error: cannot read machine './none.yaml': No such file or directory"),
        (["--machine", "fusemax-cloud", "--set", "mm=4"], "--set: unknown rank 'mm'; did you mean 'm'?"),
        (["--machine", "fusemax-cloud", "--set", "m=0"], "--set: rank 'm' has size 0; sizes run from 1 to 2^40"),
        (["--machine", "fusemax-cloud", "--tile", "mm=4"], "--tile: error: tile 'mm=4': unknown rank 'mm'; did you mean 'm'?"),
        (["--machine", "fusemax-cloud", "--tile", "m"], "--tile: error: tile 'm': a tile is written RANK=SIZE, with a size from 1 to 2^40"),
        (["--machine", "fusemax-cloud", "--cascade", "atention"], "error: no cascade '@atention'; did you mean '@attention'?"),
        (["--machine", "fusemax-cloud", "--pipeline", "einsum-onepass"], "--pipeline:1:1: error: unknown pass 'einsum-onepass'"),
        (
            ["--machine", "fusemax-cloud", "--pipeline", "einsum-place,lower-einsum-to-accel"],
            "error: the pipeline leaves 0 cascades; it has to leave",
        ),
        (["--machine", "fusemax-cloud", "--values"], "more than 2e+09; choose smaller ranks with --set"),
        (["--machne", "x"], "einfold simulate: error: unknown option '--machne'; did you mean '--machine'?"),
    ],
)
def test_what_cannot_be_used_is_one_line(capsys: pytest.CaptureFixture[str], args: list[str], message: str):
    if args == ["--machne", "x"]:
        with pytest.raises(SystemExit) as ended:
            main(["simulate", ATTENTION, *args])
        assert ended.value.code == 2
        assert message in capsys.readouterr().err
    else:
        assert message in told(capsys, ATTENTION, *args)


def test_a_machine_file_that_is_wrong_is_told_with_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path = tmp_path / "m.yaml"
    path.write_text("name: m\nclok_hz: 3\n")
    assert told(capsys, ATTENTION, "--machine", str(path)).startswith(
        f"{path}:2:1: error: unknown key 'clok_hz' in the machine; did you mean 'clock_hz'?"
    )


def test_what_a_machine_cannot_do_is_told_at_the_einsum(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path = str(tmp_path / "sine.mlir")
    Path(path).write_text(
        "einsum.cascade @c ranks {p = 8} (%X[p]) -> [p] : f32 {\n  %L = einsum.compute [p] = sin(%X[p])\n  einsum.return %L[p]\n}\n"
    )
    _, err = output(capsys, path, "--machine", "flat-cloud", code=1)
    line, source, caret = err.splitlines()
    assert line.startswith(f"{path}:") and "machine '@flat_cloud' cannot run %L" in line and "'@pe1d' has no 'sin'" in line
    assert "einsum.compute" in source and "^" in caret


def processor_seconds() -> float:
    """What the processes that this one has started and seen end have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_million_tokens_take_no_longer_than_a_thousand():
    """In a process of its own, without NumPy, sympy or z3; the limit is generous, since machines are busy."""
    script = (
        "import sys; from einfold.tools.einfold import main; code = main(sys.argv[1:]);"
        "print([m for m in ('numpy', 'sympy', 'z3') if m in sys.modules]); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, "simulate", ATTENTION, "--machine", "fusemax-cloud", "--set", "p=1048576,m=1048576"]
    begin = processor_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "1891.83 s" in done.stdout
    assert processor_seconds() - begin < 2
