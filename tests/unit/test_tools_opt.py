"""einfold-opt's options beyond reading and writing, and how it ends."""

import json
import sys
from pathlib import Path

import pytest

from einfold.tools import cli
from einfold.tools.loading import load_module, new_context
from einfold.tools.opt import EinfoldOptMain, main
from einfold.tools.running import CRASH_EXIT_CODE

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


def dumps(err: str) -> list[str]:
    return [line.removeprefix("// -----// IR Dump ").removesuffix(" //----- //") for line in err.splitlines() if line.startswith("// -----// ")]


def test_the_ir_around_passes_goes_to_standard_error(cascade: str, capsys: pytest.CaptureFixture[str]):
    plain, _ = output(capsys, cascade, "-p", "test-mark,cse")
    for options, expected in (
        (["--print-between-passes"], ["After test-mark", "After cse"]),
        (["--print-ir-after-all"], ["After test-mark", "After cse"]),
        (["--mlir-print-ir-after-all"], ["After test-mark", "After cse"]),
        (["--print-ir-after"], ["After test-mark", "After cse"]),
        (["--print-ir-before-all"], ["Before test-mark", "Before cse"]),
        (["-mlir-print-ir-before=cse"], ["Before cse"]),
        (["--print-ir-before=cse", "--print-ir-after=cse,test-mark"], ["After test-mark", "Before cse", "After cse"]),
        (["--print-ir-after-change"], ["After test-mark"]),
        (["--print-ir-after=cse", "--print-ir-after-change"], []),
        (["--print-ir-after-failure"], []),
    ):
        out, err = output(capsys, cascade, "-p", "test-mark,cse", *options)
        assert (out, dumps(err)) == (plain, expected), options
        assert err.count('{mark = "seen"}') == sum(1 for e in expected if e not in ("Before test-mark",))


def test_the_ir_after_a_failed_pass_is_what_it_left(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = (cascade, "-p", "test-mark,test-refuse{reason=no}", "--print-ir-after-failure")
    _, err = output(capsys, *arguments, code=1)
    assert dumps(err) == ["After Failed test-refuse"]
    assert '{mark = "seen"}' in err


def test_a_pass_to_print_around_must_be_in_the_pipeline(cascade: str, capsys: pytest.CaptureFixture[str]):
    _, err = output(capsys, cascade, "-p", "test-mark,cse", "--print-ir-after=test-marc", code=1)
    assert err == "einfold-opt: error: cannot print IR around 'test-marc': it is not in the pipeline; did you mean 'test-mark'?\n"


def test_changes_are_shown_as_differences_where_that_is_asked_for(cascade: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    arguments = (cascade, "-p", "test-mark,cse", "--print-ir-after-all", "--print-ir-diff=always")
    _, err = output(capsys, *arguments)
    assert [line for line in err.splitlines() if line[:1] in ("+", "-")] == [
        "-    %S = einsum.compute [] = %A[m] reduce add(m)",
        '+    %S = einsum.compute [] = %A[m] reduce add(m) {mark = "seen"}',
    ]
    assert "// no change" in err
    assert "\x1b[" not in err
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m+    %S = einsum.compute" in output(capsys, *arguments)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in output(capsys, *arguments)[1]


def test_times_and_the_pipeline_go_to_standard_error(cascade: str, capsys: pytest.CaptureFixture[str]):
    plain, _ = output(capsys, cascade, "-p", "test-remark,cse", "--remarks=none")
    out, err = output(capsys, cascade, "-p", "test-remark,cse", "--remarks=none", "--mlir-timing", "--dump-pass-pipeline")
    assert out == plain
    dumped, *report = err.splitlines()
    assert dumped == "builtin.module(test-remark,cse)"
    rows = [line.split() for line in report if "%)" in line]
    assert [row[-1] for row in rows] == ["Parser", "test-remark", "cse", "(verify)", "Output", "Rest", "Total"]
    seconds = [float(row[0]) for row in rows]
    assert seconds[-1] == pytest.approx(sum(seconds[:-1]), abs=0.001)


def test_a_dumped_pipeline_is_one_to_run(cascade: str, capsys: pytest.CaptureFixture[str]):
    options = 'reason="say \\"no\\", \\\\ twice" times=2 factor=1e-05'
    _, err = output(capsys, cascade, f"--test-refuse={options}", "--dump-pass-pipeline", code=1)
    dumped, told = err.splitlines()[:2]
    assert dumped == 'builtin.module(test-refuse{reason="say \\"no\\", \\\\ twice" times=2 factor=1e-05})'
    assert told.endswith('say "no", \\ twice, 2 times 1e-05')
    assert output(capsys, cascade, "--pass-pipeline", dumped, code=1)[1].splitlines()[0] == told


def test_statistics_are_what_passes_count_and_the_operations(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    both = tmp_path / "both.mlir"
    both.write_text(CASCADE.replace("  einsum.return", "  %T = einsum.compute [] = %A[m] reduce add(m)\n  einsum.return") + "// -----\n" + CASCADE)
    _, err = output(capsys, str(both), "--einsum-cse", "--einsum-cse", "--einsum-dce", "--pass-statistics", "--split-input-file")
    counted = [" ".join(line.split()) for line in err.splitlines()[3:] if line]
    assert counted == [
        *("einsum-cse", "(S) 1 Einsums merged", "(S) 9 operations before", "(S) 8 operations after"),
        *("einsum-cse", "(S) 8 operations before", "(S) 8 operations after"),
        *("einsum-dce", "(S) 0 operations, states and collected tensors removed", "(S) 0 ranks removed"),
        *("(S) 8 operations before", "(S) 8 operations after"),
    ]


def test_remarks_are_json_lines_for_programs(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "remarks.jsonl"
    _, err = output(capsys, cascade, "-p", "test-remark", "--remarks=applied,missed", "--remarks-output", str(file))
    assert err.count(" remark: ") == 2
    found = [json.loads(line) for line in file.read_text().splitlines()]
    place = {"file": cascade, "line": 2, "column": 8}
    assert found == [
        {"kind": "missed", "pass": "test-remark", "message": "nothing to gain here", **place},
        {"kind": "applied", "pass": "test-remark", "message": "looked at it", **place},
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pass-pipeline=builtin.module(test-mark,cse)"],
        ["-p", " builtin.module( test-mark, cse ) "],
        ["-pass-pipeline=any(test-mark,cse)"],
        ["-p", "builtin.module(any(test-mark,cse))"],
        ["--test-mark", "--cse"],
        ["-test-mark", "--mlir-disable-threading", "-cse"],
    ],
)
def test_passes_are_given_in_any_way_of_mlir_opt(arguments: list[str], cascade: str, capsys: pytest.CaptureFixture[str]):
    assert output(capsys, cascade, *arguments) == output(capsys, cascade, "-p", "test-mark,cse")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cse", "-p", "cse"], "einfold-opt: error: passes are given by -p and as options of their own (--cse); use one of them"),
        (["--pass-pipeline=cse", "-p", "cse"], "einfold-opt: error: give one of -p, --pass-pipeline and --run-reproducer"),
        (["-p", "builtin.module(func.func(cse))"], "<passes>:1:16: error: passes run on builtin.module; they cannot be put on 'func.func'"),
        (["-p", "builtin.module(cse"], "<passes>:1:19: error: expected the ')' of 'builtin.module('"),
        (["-p", "cse,any(cse)"], "<passes>:1:5: error: 'any(...)' stands around the whole pipeline or not at all"),
        (["-p", "builtin.module(csee)"], "<passes>:1:16: error: unknown pass 'csee'; did you mean 'cse'?"),
        (["--run-reproducer"], "{file}: error: not a reproducer: no line that begins '// configuration: --pass-pipeline='"),
        (["--from", "edg"], "einfold-opt: error: no importer is called 'edg'; did you mean 'edge'? (--list-importers lists them)"),
    ],
)
def test_pipelines_that_make_no_sense_are_told(arguments: list[str], message: str, cascade: str, capsys: pytest.CaptureFixture[str]):
    _, err = output(capsys, cascade, *arguments, code=1)
    assert err.splitlines()[0] == message.format(file=cascade)


def test_verification_after_the_last_pass_only(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments = (cascade, "-p", "test-spoil,test-mark", "--crash-dir", str(tmp_path))
    assert "pass 'test-spoil' made invalid IR" in output(capsys, *arguments, code=CRASH_EXIT_CODE)[1]
    assert "pass 'test-spoil' made invalid IR" in output(capsys, *arguments, "--verify-each", code=CRASH_EXIT_CODE)[1]
    assert "the passes made invalid IR" in output(capsys, *arguments, "--verify-each=false", code=CRASH_EXIT_CODE)[1]


def test_lists_name_what_there_is(capsys: pytest.CaptureFixture[str]):
    out, _ = output(capsys, "--show-dialects")
    assert {"einsum", "accel", "builtin"} <= set(out.split())
    out, _ = output(capsys, "--list-passes")
    described = out.splitlines()
    at = described.index("test-refuse  Refuses, at the first einsum.compute if there is one.")
    assert described[at + 1 : at + 4] == ["    reason: str", "    times: int = 1", "    factor: float = 1.0"]
    at = next(i for i, line in enumerate(described) if line.startswith("einsum-one-pass  "))
    assert described[at + 1].split("  ")[0:3:2] == ["", "rank: str"]
    assert "The rank to reduce passes over; every reduced rank if not given" in described[at + 1]
    assert any(line.startswith("    numerics: safe|fast = safe  ") for line in described[at:])
    assert any(line.startswith("    rank: str,...") for line in described)
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


TURNS = """
from dataclasses import dataclass
from xdsl.passes import ModulePass

@dataclass(frozen=True)
class Turn(ModulePass):
    name = "turn"
    def apply(self, ctx, op):
        block = next(o for o in op.walk() if o.name == "einsum.cascade").body.block
        first = block.first_op
        first.detach()
        block.add_op(first)
"""


def test_what_passes_mend_is_no_fault_unless_each_is_verified(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "turns.py").write_text(TURNS)
    arguments = (cascade, "--load-plugin", str(tmp_path / "turns.py"), "-p", "turn,turn", "--crash-dir", str(tmp_path))
    assert "%S = einsum.compute [] = %A[m] reduce add(m)" in output(capsys, *arguments, "--verify-each=false")[0]
    assert "pass 'turn' made invalid IR" in output(capsys, *arguments, code=CRASH_EXIT_CODE)[1]


def test_a_reproducer_runs_again_by_itself(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kept = tmp_path / "kept.mlir"
    arguments = ("-p", "test-mark,test-refuse{reason=no}", "--crash-reproducer", str(kept))
    _, err = output(capsys, cascade, *arguments, code=1)
    assert f"{kept}: note: reproducer written; run: einfold-opt --load-plugin" in err
    assert """// configuration: --pass-pipeline='builtin.module(test-refuse{reason="no"})'""" in kept.read_text()
    _, err = output(capsys, str(kept), "--run-reproducer", code=1)
    assert "error: pass 'test-refuse': no, 1 times 1.0" in err
    _, err = output(capsys, str(kept), "--run-reproducer", "--print-ir-before=test-refuse", "--pass-statistics", code=1)
    assert dumps(err) == ["Before test-refuse"]
    kept.write_text("// configuration: --pass-pipeline='cse\n")
    assert output(capsys, str(kept), "--run-reproducer", code=1)[1].startswith(f"{kept}:1:1: error: malformed configuration: No closing quotation")


def test_a_reproducer_does_not_load_plugins(cascade: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kept = tmp_path / "kept.mlir"
    output(capsys, cascade, "-p", "test-crash", "--crash-reproducer", str(kept), code=CRASH_EXIT_CODE)
    assert main([str(kept), "--run-reproducer"]) == 1
    assert "unknown pass 'test-crash'" in capsys.readouterr().err


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
        (["--verify-each=maybe"], "argument --verify-each: 'maybe' is neither true nor false"),
    ],
)
def test_options_are_checked_by_name_and_value(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"einfold-opt: error: {message}\n"


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
