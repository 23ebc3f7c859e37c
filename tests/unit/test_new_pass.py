"""`einfold new-pass`: what it writes runs, passes its own test, and can fail it; nothing is overwritten."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from einfold.tools.einfold import main

BINARIES = Path(sys.executable).parent
RUFF = ["--select", "E,F,W,I,UP,B,C4,SIM,PIE,RUF", "--line-length", "150", "--isolated"]


def lit(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BINARIES / "lit"), "-v", str(folder)], capture_output=True, text=True, timeout=60, env={**os.environ, "PATH": "/usr/bin:/bin"}
    )


def test_the_pass_that_is_written_passes_its_test_and_can_fail_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "my passes"
    assert main(["new-pass", "square-powers2", "--dir", str(folder)]) == 0
    out = capsys.readouterr().out
    assert sorted(p.name for p in folder.iterdir()) == ["lit.cfg.py", "square-powers2.mlir", "square_powers2.py"]
    assert f"test it:  lit -v '{folder}/square-powers2.mlir'" in out
    command = next(line for line in out.splitlines() if line.startswith("run it:")).removeprefix("run it:")
    done = subprocess.run(f"{BINARIES}/{command.strip()}", shell=True, capture_output=True, text=True, timeout=60)
    assert "%S = einsum.compute [m] = exp(%A[m])" in done.stdout
    assert lit(folder).returncode == 0
    code = folder / "square_powers2.py"
    subprocess.run([str(BINARIES / "ruff"), "check", *RUFF, str(code)], check=True, capture_output=True)
    code.write_text(code.read_text().replace("Num(1) in args", "Num(2) in args"))
    assert "FAIL: passes :: square-powers2.mlir" in lit(folder).stdout


def test_json_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["new-pass", "mine", "--dir", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["files"] == [f"{tmp_path}/{file}" for file in ("mine.py", "mine.mlir", "lit.cfg.py")]
    assert found["run"] == f"einfold-opt {tmp_path}/mine.mlir --load-plugin {tmp_path}/mine.py -p mine"
    assert found["test"] == f"lit -v {tmp_path}/mine.mlir"


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["new-pass", "mine", "--dir", str(tmp_path)]) == 0
    (tmp_path / "mine.py").write_text("# changed\n")
    (tmp_path / "mine.mlir").unlink()
    capsys.readouterr()
    assert main(["new-pass", "mine", "--dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}/mine.py: error: exists already; it is not overwritten\n"
    assert (tmp_path / "mine.py").read_text() == "# changed\n"
    assert not (tmp_path / "mine.mlir").exists()
    assert main(["new-pass", "yours", "--dir", str(tmp_path)]) == 0, "lit.cfg.py is there and stays"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Mine", "'Mine' cannot be a pass's name; those are words of lower-case letters and digits joined by '-', as in 'square-powers'"),
        ("../mine", "'../mine' cannot be a pass's name"),
        ("mine-", "'mine-' cannot be a pass's name"),
        ("1st", "'1st' cannot be a pass's name"),
        ("mi ne", "'mi ne' cannot be a pass's name"),
        ("é", "'é' cannot be a pass's name"),
        ("a" * 81, "cannot be a pass's name"),
        ("", "'' cannot be a pass's name"),
        ("cse", "there is a pass 'cse' already"),
        ("einsum-one-pass", "there is a pass 'einsum-one-pass' already"),
    ],
)
def test_names_are_checked(name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["new-pass", name, "--dir", str(tmp_path)]) == 1
    err = capsys.readouterr().err
    assert err.startswith("einfold new-pass: error: ")
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("")
    assert main(["new-pass", "mine", "--dir", str(tmp_path / "file" / "x")]) == 1
    assert capsys.readouterr().err == f"{tmp_path}/file/x: error: cannot be made: Not a directory\n"
