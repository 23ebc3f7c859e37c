"""Where results go is looked at before the work is done, and names from files cannot speak to a terminal."""

from __future__ import annotations

import os
import sys
import zipfile
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from einfold.tools.einfold import main
from einfold.tools.figures.svg import Drawing, Text
from einfold.tools.opt import main as opt
from einfold.tools.output import check_folder, check_writable, printable, write_text

MISSING = "missing.mlir"
"""What is to be read is not there, and nothing is said of that: it has not been looked for by then."""

SMALL = """einsum.cascade @"\\1B[31mred\\E2\\80\\AE" ranks {p = 2, m = 3} (%A[p, m], %B[m]) -> [p] : f32 {
  %S = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %S[p]
}
"""


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, tool=main) -> str:
    assert tool(list(arguments)) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", MISSING, "-o", "no/r.html"],
        ["report", MISSING, "--machine", "fusemax-cloud", "-o", "-", "--trace", "no/t.json"],
        ["simulate", MISSING, "--machine", "fusemax-cloud", "--trace", "no/t.json"],
        ["simulate", MISSING, "--machine", "fusemax-cloud", "--roofline", "no/r.svg"],
        ["roofline", MISSING, "--machine", "fusemax-cloud", "-o", "no/r.png"],
        ["machine", "missing", "--svg", "no/m.svg"],
        ["eval", MISSING, "--output", "no/out.npz"],
        ["explain", MISSING, "-o", "no/x.md"],
        ["passes", MISSING, "--proof", "no/proof"],
        ["explore", MISSING, "--machine", "fusemax-cloud", "--keep", "no/k.yaml"],
    ],
    ids=lambda a: " ".join([a[0], a[-2]]),
)
def test_a_folder_that_is_not_there_is_told_at_once(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(capsys, *arguments) == f"{arguments[-1]}: error: cannot be written: there is no folder 'no'\n"
    assert list(tmp_path.iterdir()) == []


def test_einfold_opt_looks_first_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    told = refused(capsys, str(tmp_path / "not-there.mlir"), "-o", str(tmp_path), tool=opt)
    assert told == f"{tmp_path}: error: cannot be written: is a directory\n"


def test_a_folder_of_results(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in ("file", "file/below/it"):
        told = refused(capsys, "evaluate", "fusemax", "--out", str(tmp_path / out))
        assert told.startswith(f"{tmp_path / out}: error: ") and " file" in told.partition("error: ")[2]
    check_folder(str(tmp_path / "a" / "b"))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_places_that_are_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").write_text("old")
    (tmp_path / "link").symlink_to("new-behind-a-link")
    check_writable(None, "-", os.devnull, "new", "old", "link", str(tmp_path / "new"))
    assert (tmp_path / "old").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "old"]


def test_names_say_nothing_to_a_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "red.mlir").write_text(SMALL)
    for command in ("passes", "explain", "report --json -o -", "simulate --machine fusemax-edge"):
        monkeypatch.setattr(sys, "stdout", terminal := Terminal())
        assert main([*command.split(), str(tmp_path / "red.mlir")]) == 0
        told = terminal.getvalue()
        assert "\x1b[31m" not in told and "\u202e" not in told, command
        assert "red" in told
    assert printable("a\tb\n\x1b[0m\u202e\u2028é𝔘") == "a\tb\n\ufffd[0m\ufffd\ufffdé𝔘"


def test_what_is_piped_is_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    write_text(None, "\x1b[31m")
    assert capsys.readouterr().out == "\x1b[31m"


def test_drawings_hold_what_xml_can(tmp_path: Path) -> None:
    drawing = Drawing(10, 10, "a\x01\ufffe\ud800")
    drawing.shapes.append(Text(1, 1, "<b>\uffff"))
    assert "a\ufffd\ufffd\ufffd</title>" in drawing.render()
    assert "&lt;b&gt;\ufffd" in drawing.render()


def test_an_array_that_unpacks_to_much_more_is_not_unpacked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "s.mlir").write_text(SMALL)
    np.savez_compressed(tmp_path / "big.npz", A=np.zeros(1 << 16), B=np.zeros(3))
    told = refused(capsys, "eval", str(tmp_path / "s.mlir"), "--inputs", str(tmp_path / "big.npz"))
    assert told == f"{tmp_path / 'big.npz'}: error: argument 'A' has 6 elements, the array in it takes 524,416 bytes\n"
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as file:
        file.writestr("../outside.npy", b"")
    told = refused(capsys, "eval", str(tmp_path / "s.mlir"), "--inputs", str(tmp_path / "many.npz"))
    assert told == f"{tmp_path / 'many.npz'}: error: no argument is called '../outside'\n"
