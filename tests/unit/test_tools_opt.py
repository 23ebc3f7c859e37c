"""einfold-opt's options beyond reading and writing, and how it ends."""

import sys
from pathlib import Path

import pytest

from einfold.tools import cli
from einfold.tools.loading import load_module, new_context
from einfold.tools.opt import EinfoldOptMain, main

PLUGIN = str(Path(__file__).parents[1] / "filecheck" / "tools" / "Inputs" / "plugin.py")
CASCADE = """einsum.cascade @f ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}
"""


@pytest.fixture
def cascade(tmp_path: Path) -> str:
    path = tmp_path / "f.mlir"
    path.write_text(CASCADE)
    return str(path)


def output(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> tuple[str, str]:
    assert main(["--load-plugin", PLUGIN, *args]) == code
    return capsys.readouterr()


def test_the_ir_after_each_pass_goes_to_standard_error(cascade: str, capsys: pytest.CaptureFixture[str]):
    plain, _ = output(capsys, cascade, "-p", "test-mark,cse")
    out, err = output(capsys, cascade, "-p", "test-mark,cse", "--print-between-passes")
    assert out == plain
    assert [line for line in err.splitlines() if line.startswith("// ")] == ["// IR after test-mark:", "// IR after cse:"]
    assert err.count('{mark = "seen"}') == 2
    out, err = output(capsys, cascade, "-p", "test-mark,cse,test-mark", "--print-ir-after-change")
    assert [line for line in err.splitlines() if line.startswith("// ")] == ["// IR after test-mark:"]


def test_times_and_the_pipeline_go_to_standard_error(cascade: str, capsys: pytest.CaptureFixture[str]):
    plain, _ = output(capsys, cascade, "-p", "test-remark,cse", "--remarks=none")
    out, err = output(capsys, cascade, "-p", "test-remark,cse", "--remarks=none", "--time-passes", "--dump-pass-pipeline")
    assert out == plain
    dumped, *times = err.splitlines()
    assert dumped == "test-remark,cse"
    assert [line.split()[1:] for line in times] == [["s", "test-remark"], ["s", "cse"]]
    assert all(0 <= float(line.split()[0]) < 10 for line in times)


def test_lists_name_what_there_is(capsys: pytest.CaptureFixture[str]):
    out, _ = output(capsys, "--show-dialects")
    assert {"einsum", "accel", "builtin"} <= set(out.split())
    out, _ = output(capsys, "--list-passes")
    described = out.splitlines()
    at = described.index("test-refuse  Refuses, at the first einsum.compute if there is one.")
    assert described[at + 1 : at + 4] == ["    reason: str", "    times: int = 1", "    factor: float = 1.0"]
    out, _ = output(capsys, "--list-targets")
    assert "mlir" in [line.split()[0] for line in out.splitlines()]


def test_a_crash_is_exit_code_three_and_keeps_the_input(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out, err = output(capsys, cascade, "-p", "test-crash", "--crash-dir", str(tmp_path / "new"), code=3)
    assert out == ""
    assert err.startswith(f"{cascade}: error: pass 'test-crash' crashed: ZeroDivisionError: on purpose (plugin.py:")
    kept = tmp_path / "new" / "test-crash.crash.mlir"
    assert CASCADE.splitlines()[1] in kept.read_text().replace("    %S", "  %S")
    (tmp_path / "file").write_text("")
    _, err = output(capsys, cascade, "-p", "test-crash", "--crash-dir", str(tmp_path / "file" / "x"), code=3)
    assert "note: no reproducer: " in err


def test_disabled_verification_lets_invalid_ir_through(cascade: str, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    path = tmp_path / "later.mlir"
    path.write_text('"test.op"(%a) : (i32) -> ()\n%a = "test.op"() : () -> i32\n')
    output(capsys, str(path), code=1)
    out, _ = output(capsys, str(path), "--disable-verify")
    assert '"test.op"(%a)' in out


def test_round_trips_that_fail_are_told(cascade: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    assert output(capsys, cascade, "--verify-roundtrip")[1] == ""
    monkeypatch.setattr("einfold.tools.roundtrip.to_text", lambda module, generic: "nonsense")
    _, err = output(capsys, cascade, "--verify-roundtrip", code=1)
    assert err.splitlines()[:2] == [
        f"{cascade}:pretty: error: the pretty form does not read back",
        f"{cascade}:pretty:1:1: error: unknown operation 'nonsense'",
    ]
    monkeypatch.setattr("einfold.tools.roundtrip.to_text", lambda module, generic: '"test.op"() : () -> ()')
    _, err = output(capsys, cascade, "--verify-roundtrip", code=1)
    assert err == f"{cascade}: error: the pretty form reads back as other IR\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--remarks=loud"], "argument --remarks: unknown kind 'loud' (known: applied, missed, analysis, all, none)"),
        (["--input-limit=0"], "argument --input-limit: 0 MiB is not between 0 and 2^20"),
        (["--input-limit=x"], "argument --input-limit: 'x' is not a number of MiB"),
        (["--pases=cse"], "unknown option '--pases'; did you mean '--passes'?"),
        (["--load-plugin"], "argument --load-plugin: expected one argument"),
        (["--frontend", "mlr"], "argument -f/--frontend: invalid choice: 'mlr' (choose from 'mlir')"),
    ],
)
def test_options_are_checked_by_name_and_value(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.replace("'mlr' (choose from mlir)", "'mlr' (choose from 'mlir')") == f"einfold-opt: error: {message}\n"


def test_only_one_target_is_written(cascade: str, capsys: pytest.CaptureFixture[str]):
    assert output(capsys, cascade, "-t", "mlir,mlir", code=1)[1] == "<target>: error: one target is written, 2 are given\n"


def test_run_is_the_interface_of_xdsl(cascade: str, capsys: pytest.CaptureFixture[str]):
    EinfoldOptMain(args=[cascade]).run()
    assert "einsum.cascade @f" in capsys.readouterr().out
    Path(cascade).write_text('"test.op"(%a) : (i32) -> ()\n%a = "test.op"() : () -> i32\n')
    with pytest.raises(SystemExit) as caught:
        EinfoldOptMain(args=[cascade]).run()
    assert caught.value.code == 1


def test_a_loaded_module_is_verified_and_knows_its_places(cascade: str):
    module = load_module(cascade, new_context())
    places = [str(op.location) for op in module.walk()]
    assert places == [f'loc("{cascade}":{line}:{column})' for line, column in ((1, 1), (1, 1), (2, 8), (3, 3))]


def test_every_way_to_end_is_an_exit_code(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def raising(error: BaseException) -> int:
        raise error

    assert cli.guarded(lambda: 3) == 3
    assert cli.guarded(lambda: raising(KeyboardInterrupt())) == cli.INTERRUPTED
    assert capsys.readouterr() == ("", "")
    assert cli.guarded(lambda: raising(RuntimeError("oops"))) == cli.INTERNAL_ERROR
    out, err = capsys.readouterr()
    assert (out, err.split(" (")[0]) == ("", "error: internal error: RuntimeError: oops")
    monkeypatch.setenv(cli.TRACEBACK_VARIABLE, "1")
    with pytest.raises(RuntimeError):
        cli.guarded(lambda: raising(RuntimeError("oops")))
    assert sys.exc_info() == (None, None, None)
