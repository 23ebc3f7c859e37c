"""Every command that the README and the docs show is run, and where they show its output, that is what it prints.

In a ```console block, lines starting with `$ ` are commands, run in order in a folder of their own that holds the examples; lines up
to the next command are its output, in which `...` stands for anything. ```mlir blocks must parse, verify and round-trip. A block of any
language with `title="NAME"` is a file: the commands of its page find it in their folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SETS_UP = re.compile(r"^(make|pip|git|cd|\.|mkdocs|python3? -m (venv|pip)) ?")
"""Commands that set a machine up; the continuous integration runs those."""
TITLED = re.compile(r'^```\w+ title="([\w.-]+)"\n(.*?)^```$', re.M | re.S)


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    text = page.read_text()
    found = re.finditer(rf"^```{language}(?: title=[^\n]*)?\n(.*?)^```$", text, re.M | re.S)
    return [(text.count("\n", 0, m.start()) + 2, m.group(1)) for m in found]


def commands(block: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", block, flags=re.M)[1:]
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1] if "\n" in part else "") for part in parts]


def matches(shown: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(piece.strip("\n")) for piece in shown.strip().split("..."))
    return re.search(pattern, printed, re.S) is not None


def walked(page: Path) -> set[str]:
    text = page.read_text()
    return {titled[2] for titled in TITLED.finditer(text)} if "```shell-session" in text else set()


CONSOLE = [(page, line, block) for page in PAGES for line, block in blocks(page, "console")]
MLIR = [(page, line, block) for page in PAGES for line, block in blocks(page, "mlir") if block not in walked(page)]
"""IR that stands for itself; the files of a page that is walked as one (`test_walked_pages.py`) are read there."""


@pytest.mark.parametrize(("page", "line", "block"), CONSOLE, ids=lambda v: v.name if isinstance(v, Path) else str(v)[:8])
def test_commands_run_and_print_what_is_shown(page: Path, line: int, block: str, tmp_path: Path) -> None:
    for folder in ("examples", "benchmarks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for titled in TITLED.finditer(page.read_text()):
        (tmp_path / titled[1]).write_text(titled[2])
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "160"}
    for command, shown in commands(block):
        if SETS_UP.match(command):
            continue
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        where = f"{page.name}:{line}: $ {command}"
        fails = "error:" in shown
        assert (done.returncode != 0) == fails, f"{where}\n{done.stdout}{done.stderr}"
        assert matches(shown, done.stdout + done.stderr), f"{where}\nshown:\n{shown}\nprinted:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(("page", "line", "block"), MLIR, ids=lambda v: v.name if isinstance(v, Path) else str(v)[:8])
def test_ir_shown_parses_and_round_trips(page: Path, line: int, block: str, tmp_path: Path) -> None:
    file = tmp_path / "shown.mlir"
    file.write_text(block)
    tool = [str(Path(sys.executable).parent / "einfold-opt")]
    once = subprocess.run([*tool, file], capture_output=True, text=True, timeout=60)
    assert once.returncode == 0, f"{page.name}:{line}\n{once.stderr}"
    file.write_text(once.stdout)
    again = subprocess.run([*tool, file], capture_output=True, text=True, timeout=60)
    assert again.stdout == once.stdout
