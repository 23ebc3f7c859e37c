"""How the command lines meet a terminal and scripts: JSON, exit codes, tables and progress on a terminal, plain text elsewhere, Ctrl-C, pipes."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from einfold.tools import cli, terminal
from einfold.tools.commands import COMMANDS
from einfold.tools.commands.overview import GROUPS, grouped
from einfold.tools.einfold import main
from einfold.tools.running import CRASH_EXIT_CODE

ROOT = Path(__file__).parents[2]
EINFOLD = str(Path(sys.executable).parent / "einfold")
SMALL = """\
einsum.cascade @small ranks {m = 16} (%X[m]) -> [] : f32 {
  %GM = einsum.compute [] = %X[m] reduce max(m)
  %SD = einsum.compute [] = exp(%X[m] - %GM[]) reduce add(m)
  einsum.return %SD[]
}
"""
EVALUATION = ROOT / "examples" / "fusemax" / "evaluation.yaml"

GOOD = {
    "tour": ["--tokens", "64"],
    "examples": [],
    "check": ["small.mlir"],
    "passes": ["small.mlir"],
    "check-certificate": ["certificate.json"],
    "explain": ["small.mlir"],
    "eval": ["small.mlir"],
    "simulate": ["small.mlir", "--machine", "fusemax-cloud"],
    "roofline": ["small.mlir", "--machine", "fusemax-cloud"],
    "machines": [],
    "machine": ["fusemax-cloud"],
    "evaluate": None,  # seconds long; test_evaluate_command.py has it
}
"""Arguments of each command that work; None where another test runs it."""

BAD = {
    "tour": ["--tokens", "0"],
    "examples": ["attentoin"],
    "machine": ["fusemax-clod"],
    "simulate": ["small.mlir", "--machine", "nowhere"],
    "evaluate": ["fusemxa", "--out", "there"],
}
"""Arguments that are wrong but understood; other commands get a file that is not there."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.mlir").write_text(SMALL)
    return tmp_path


def test_every_command_has_json():
    for name, command in COMMANDS.items():
        parser = cli.ArgumentParser(prog=name)
        command.load().configure(parser)
        assert "--json" in parser.format_help(), f"einfold {name} has no --json"


@pytest.mark.parametrize("name", [n for n, arguments in GOOD.items() if arguments is not None])
def test_json_is_one_value_and_nothing_else(name: str, capsys: pytest.CaptureFixture[str]):
    arguments = GOOD[name]
    assert arguments is not None
    if name == "check-certificate":
        assert main(["passes", str(ROOT / "benchmarks/cascades/31-gaussian-about-mean.mlir"), "--json", "-o", "certificate.json"]) == 0
    assert main([name, *arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)
    assert err == "" or "note:" in err


def test_json_of_what_fails_says_so_and_the_exit_code_stays(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "bad.mlir").write_text("einsum.nothing\n")
    assert main(["check", "small.mlir", "bad.mlir", "--json"]) == cli.BAD_INPUT
    good, bad = json.loads(capsys.readouterr().out)
    assert good == {"file": "small.mlir", "valid": True, "operations": 4}
    assert not bad["valid"] and bad["errors"][0].startswith("bad.mlir:1:1: error: ")


def test_explain_in_sections(capsys: pytest.CaptureFixture[str]):
    assert main(["explain", "small.mlir", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["level"] == 1 and found[0]["heading"] == "The passes of `small`"
    assert any(section["heading"].startswith("Over `m`") for section in found)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_wrong_is_one_and_what_is_not_understood_is_two(name: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main([name, "--no-such-option"])
    assert ended.value.code == cli.USAGE
    assert capsys.readouterr().err.startswith(f"einfold {name}: error: ")
    if name in GOOD and (name in BAD or GOOD[name]):
        assert main([name, *BAD.get(name, ["missing.file"])]) == cli.BAD_INPUT
        out, err = capsys.readouterr()
        assert out == "" and ": error: " in err.splitlines()[0]


def test_unknown_commands_are_usage_errors_with_a_hint(capsys: pytest.CaptureFixture[str]):
    assert main(["pases"]) == cli.USAGE
    assert capsys.readouterr().err == "einfold: error: unknown command 'pases'; did you mean 'passes'? (einfold --help lists them)\n"
    assert main(["small.mlir"]) == cli.USAGE
    assert capsys.readouterr().err == "einfold: error: 'small.mlir' is a file, not a command; to ask about it: einfold passes small.mlir\n"


def test_the_page_of_exit_codes_is_that_of_the_code():
    page = (ROOT / "docs" / "exit-codes.md").read_text()
    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.M)}
    assert cli.INTERNAL_ERROR == CRASH_EXIT_CODE
    assert shown == {0, cli.BAD_INPUT, cli.USAGE, cli.INTERNAL_ERROR, cli.INTERRUPTED, cli.BROKEN_PIPE}


def test_einfold_alone_shows_every_command_with_an_example(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "\033" not in out
    for commands in grouped().values():
        for name, example in commands.items():
            assert COMMANDS[name].help in out and f"$ {example}" in out
    assert {name for commands in GROUPS.values() for name in commands} <= COMMANDS.keys()
    assert {name for commands in grouped().values() for name in commands} == COMMANDS.keys()


def test_help_as_a_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["help", "passes"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: einfold passes")


def test_an_example_comes_out_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["examples", "softmax"]) == 0
    assert capsys.readouterr().out == (ROOT / "examples" / "softmax.mlir").read_text()
    assert main(["examples", "softmax", "-o", "s.mlir"]) == 0
    assert main(["check", "s.mlir"]) == 0
    assert main(["examples", "softmaks"]) == cli.BAD_INPUT
    assert "did you mean 'softmax'?" in capsys.readouterr().err


def on_a_terminal(*arguments: str, interrupt_at: str | None = None, **environment: str) -> tuple[str, int]:
    """What a command writes to a terminal of 100 columns, and its exit code; Ctrl-C as soon as it has written something."""
    pid, terminal_fd = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.environ.update({"TERM": "xterm-256color"} | environment)
        os.environ.pop("COLUMNS", None)
        os.execv(EINFOLD, ["einfold", *arguments])
    fcntl.ioctl(terminal_fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    written = b""
    try:
        while data := os.read(terminal_fd, 65536):
            written += data
            if interrupt_at is not None and re.search(interrupt_at.encode(), written):
                interrupt_at = None
                os.write(terminal_fd, b"\x03")
    except OSError:  # Linux says so when the other end has closed
        pass
    os.close(terminal_fd)
    return written.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_terminal_gets_tables_and_no_color_is_honoured(capsys: pytest.CaptureFixture[str]):
    drawn, code = on_a_terminal("simulate", "small.mlir", "--machine", "fusemax-cloud")
    assert code == 0
    assert "────" in drawn and "█" in drawn and "\033[36m" in drawn
    plain, code = on_a_terminal("simulate", "small.mlir", "--machine", "fusemax-cloud", NO_COLOR="1")
    assert code == 0
    assert "────" in plain and not re.search(r"\033\[[\d;]*3\d", plain)
    dumb, _ = on_a_terminal("simulate", "small.mlir", "--machine", "fusemax-cloud", TERM="dumb")
    assert main(["simulate", "small.mlir", "--machine", "fusemax-cloud"]) == 0
    assert dumb == capsys.readouterr().out
    numbers = re.findall(r"\d[\d,.]*", dumb)
    assert set(numbers) <= set(re.findall(r"\d[\d,.]*", plain)), "the table says what the text says"


def test_progress_is_on_terminals_only_and_ctrl_c_ends_it(folder: Path):
    written, code = on_a_terminal("evaluate", str(EVALUATION), "--out", "out", interrupt_at=r"(tables and lengths|einfold evaluate)\b.*\d s")
    assert code == cli.INTERRUPTED, written
    assert "Traceback" not in written and "Error" not in written
    assert not (folder / "out").exists()


def test_a_reader_that_goes_away_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run([EINFOLD, "passes", "small.mlir"], stdout=closed, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (cli.BROKEN_PIPE, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_a_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([EINFOLD, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "standard output: error: cannot be written: No space left on device\n")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, even where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_that_python_would_swallow_comes_again(capsys: pytest.CaptureFixture[str]):
    class Stubborn:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    def body() -> int:
        made = Stubborn()
        del made
        for _ in range(1000):
            time.sleep(0.001)
        return 0

    before = signal.getsignal(signal.SIGINT)
    assert cli.guarded(body) == cli.INTERRUPTED
    assert capsys.readouterr().err == ""
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("share", "bar"), [("100.00 %", "█" * 20), ("0.00 %", ""), ("50 %", "█" * 10), ("0.65 %", "▏"), ("", ""), ("250 %", "█" * 20)]
)
def test_bars(share: str, bar: str):
    assert terminal.bar(share) == bar


def test_a_terminal_that_cannot_draw_lines_gets_something_else():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([EINFOLD, "machine", "fusemax-cloud"], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "? pe2d: 256 x 256 elements ?" in done.stdout


def test_closed_standard_input_is_said_in_a_line():
    done = subprocess.run(["sh", "-c", f'"{EINFOLD}" check - <&-'], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "<stdin>: error: is closed\n")


def test_a_name_with_line_breaks_is_one_line(capsys: pytest.CaptureFixture[str]):
    assert main(["check", "a\nb\x1b[31m"]) == cli.BAD_INPUT
    assert capsys.readouterr().err == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m: error: no such file\n"


def test_narrow_terminals_get_no_bars_and_very_narrow_ones_the_text():
    part = terminal.Table(("what", "share"), [("everything at all", "50.00 %")], ["  everything at all 50.00 %"], frozenset({1}), shares=1)
    drawn = {width: _drawn_at(width, part) for width in (80, 40, 15)}
    assert "█" in drawn[80] and "─" in drawn[80]
    assert "█" not in drawn[40] and "─" in drawn[40] and "50.00 %" in drawn[40]
    assert "─" not in drawn[15] and "".join(drawn[15].split()) == "everythingatall50.00%"


def _drawn_at(width: int, part: terminal.Table) -> str:
    from io import StringIO

    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", screen)
        patch.setenv("COLUMNS", str(width))
        patch.setenv("TERM", "xterm")
        terminal.show([part])
    return screen.getvalue()


def test_results_are_written_before_they_are_told(capsys: pytest.CaptureFixture[str]):
    assert main(["eval", "small.mlir", "--json", "--output", "/nonexistent/x.npz"]) == cli.BAD_INPUT
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("arguments", [["simulate", "x.mlir", "--set=--"], ["report", "x.mlir", "--run=--machine=--"]])
def test_an_option_without_its_value_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == cli.USAGE
    assert capsys.readouterr().err.endswith("expected one argument\n")
