"""What is not readable IR ends in one clear message, exit code 1 and no output, whatever it is."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from einfold.tools.opt import main
from einfold.tools.reading import MEBIBYTE

VALID = '"test.op"() {a = 1 : i32} : () -> ()\n'
CASCADE = """einsum.cascade @f ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}
"""


def told(capsys: pytest.CaptureFixture[str], *args: str, code: int = 1) -> str:
    """Run einfold-opt, which has to fail without output; what it said, and said within ten seconds."""
    begin = time.monotonic()
    assert main(list(args)) == code
    assert time.monotonic() - begin < 10
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


BAD = {
    "empty": (b"", ":1:1: error: expected an operation, found the end of the input"),
    "comment only": (b"// nothing\n", ":1:11: error: expected an operation, found the end of the input"),
    "truncated in a line": (CASCADE[: CASCADE.index("einsum.compute")].encode(), ":2:7: error: operation name expected"),
    "truncated in a region": (CASCADE.rpartition("}")[0].encode(), ":3:21: error: expected an operation, a block label or '}', found the end"),
    "random bytes": (bytes(range(1, 256)), ":2:118: error: not UTF-8 text: byte 0x80"),
    "stray byte": (b'"test.op"() : () -> ()\n  \xff', ":2:3: error: not UTF-8 text: byte 0xff"),
    "NUL": (b'"test\0op"', ":1:6: error: not text: it holds a NUL character"),
    "bytecode": (b"ML\xefR\x01", ": error: MLIR bytecode, not text; convert it with mlir-opt"),
    "parentheses": (("einsum.operator @f(%x) = " + "(" * 10000 + "%x" + ")" * 10000).encode(), ": error: expression is nested deeper than"),
    "brackets": (('"test.op"() {a = ' + "[" * 10000 + "]" * 10000 + "} : () -> ()").encode(), ": error: nested too deeply to be read"),
    "regions": (('"test.op"() ({' * 10000).encode(), ": error: nested too deeply to be read"),
    "closed regions": (('"test.op"() ({\n' * 10000 + "}) : () -> ()\n" * 10000).encode(), ": error: nested too deeply to be read"),
    "open string": (('"test.op"() {a = "' + "a" * 10**6).encode(), ":1:18: error: End of file reached before closing string literal."),
    "long number": (('"test.op"() {a = ' + "1" * 10**6 + "} : () -> ()").encode(), ":1:18: error: number of 1000000 characters"),
    "one long line": (("a" * 10**6).encode(), ":1:1: error: unknown operation"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_one_line_with_its_place(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    content, expected = BAD[name]
    path, output = tmp_path / "bad.mlir", tmp_path / "out.mlir"
    path.write_bytes(content)
    err = told(capsys, str(path), "-o", str(output))
    first, *excerpt = err.splitlines()
    assert first.startswith(f"{path}:")
    assert expected in first
    assert all(len(line) < 200 for line in excerpt)
    assert os.listdir(tmp_path) == ["bad.mlir"]


def test_missing_files_directories_and_unreadable_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "attention.mlir"
    path.write_text(VALID)
    missing = tmp_path / "attentoin.mlir"
    assert told(capsys, str(missing)) == f"{missing}: error: no such file; did you mean 'attention.mlir'?\n"
    assert told(capsys, str(tmp_path / "none" / "at.mlir")) == f"{tmp_path}/none/at.mlir: error: no such file\n"
    (tmp_path / "folder.mlir").mkdir()
    assert told(capsys, str(tmp_path / "folder.mlir")) == f"{tmp_path}/folder.mlir: error: is a directory, not a file\n"
    assert told(capsys, str(path), "-o", str(tmp_path)).endswith(": error: cannot be written: is a directory\n")
    assert told(capsys, str(path), "-o", str(tmp_path / "no" / "out")).endswith(f"error: cannot be written: there is no folder '{tmp_path / 'no'}'\n")
    (tmp_path / "a.yaml").write_text("a: 1")
    assert (
        told(capsys, str(tmp_path / "a.yaml"))
        == f"{tmp_path}/a.yaml: error: files named '.yaml' are not known (known: .mlir, .edge); --from chooses an importer\n"
    )


def test_large_files_are_refused_before_they_are_parsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "big.mlir"
    with path.open("wb") as file:
        file.truncate(100 * MEBIBYTE)
    assert told(capsys, str(path)) == f"{path}: error: larger than 16 MiB, the limit for inputs; raise it with --input-limit=MIB\n"
    path.write_text(VALID)
    assert told(capsys, str(path), "--input-limit", "0.00001").startswith(f"{path}: error: larger than 1e-05 MiB")
    assert main([str(path), "--input-limit", "0.001"]) == 0


def test_output_replaces_a_file_only_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source, output = tmp_path / "in.mlir", tmp_path / "out.mlir"
    output.write_text("as it was")
    output.chmod(0o640)
    source.write_text(VALID + "// -----\n" + "nonsense")
    told(capsys, str(source), "--split-input-file", "-o", str(output))
    assert output.read_text() == "as it was"
    source.write_text(VALID)
    assert main([str(source), "-o", str(output)]) == 0
    assert output.read_text() == 'builtin.module {\n  "test.op"() {a = 1 : i32} : () -> ()\n}\n\n'
    assert output.stat().st_mode & 0o777 == 0o640
    assert main([str(source), "-o", str(source)]) == 0
    assert source.read_text() == output.read_text()
    assert sorted(os.listdir(tmp_path)) == ["in.mlir", "out.mlir"]


def test_a_file_without_an_extension_is_mlir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "some.folder").mkdir()
    (tmp_path / "some.folder" / "file").write_text(VALID)
    monkeypatch.chdir(tmp_path)
    assert main(["./some.folder/file"]) == 0
    assert "test.op" in capsys.readouterr().out


def test_a_byte_order_mark_and_carriage_returns_are_no_obstacle(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "dos.mlir"
    path.write_bytes(b"\xef\xbb\xbf" + CASCADE.replace("\n", "\r\n").encode())
    assert main([str(path)]) == 0
    capsys.readouterr()
    path.write_bytes(CASCADE.replace("\n", "\r\n").replace("return", "retrun").encode())
    assert told(capsys, str(path)).splitlines()[1:] == ["  einsum.retrun %S[]", "  ^^^^^^^^^^^^^"]


def test_standard_input_is_named(monkeypatch: pytest.MonkeyPatch):
    run = subprocess.run([sys.executable, "-m", "einfold.tools.opt", "-"], input=b"nonsense", capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr.decode().splitlines()[0]) == (1, b"", "<stdin>:1:1: error: unknown operation 'nonsense'")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path):
    path = tmp_path / "many.mlir"
    path.write_text(VALID * 5000)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "einfold.tools.opt", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
