"""Pages that are walked from top to bottom, as a reader does: files shown with a title are written, commands run in order, in one folder.

Commands stand in ```shell-session blocks, with what they print, in which `...` stands for anything. Those that install are left out.
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
PAGES = ["writing-a-pass.md", "plug-ins.md", "einfold-opt.md"]
BLOCK = re.compile(r'^```(?P<language>[\w-]+)(?: title="(?P<file>[^"]+)")?\n(?P<text>.*?)^```$', re.M | re.S)
FAILS = re.compile(r"\berror:|^FAIL:", re.M)


def matches(shown: str, printed: str) -> bool:
    """Whether all that was printed is what is shown, `...` apart."""
    pattern = ".*".join(re.escape(piece.strip("\n")) for piece in shown.strip("\n").split("..."))
    return re.fullmatch(rf"\s*{pattern}\s*", printed, re.S) is not None


def run(command: str, shown: str, folder: Path, where: str) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "150"}
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    assert (done.returncode != 0) == (FAILS.search(shown) is not None), f"{where}: $ {command}\n{done.stdout}"
    assert matches(shown, done.stdout), f"{where}: $ {command}\nshown:\n{shown}\nprinted:\n{done.stdout}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_followed(name: str, tmp_path: Path):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    walked = 0
    for block in BLOCK.finditer(page):
        where = f"{name}:{page.count(chr(10), 0, block.start()) + 1}"
        if block["file"] is not None:
            (tmp_path / block["file"]).write_text(block["text"], encoding="utf-8")
        elif block["language"] == "shell-session":
            for part in re.split(r"^\$ ", block["text"], flags=re.M)[1:]:
                command, _, shown = part.partition("\n")
                if command.startswith("pip "):
                    break  # what follows would run with what was installed
                run(command, shown, tmp_path, where)
                walked += 1
    assert walked > 3


def test_the_pass_of_the_tutorial_is_about_thirty_lines():
    page = (ROOT / "docs" / "writing-a-pass.md").read_text(encoding="utf-8")
    shown = next(b["text"] for b in BLOCK.finditer(page) if b["file"] == "square_powers.py")
    body = [line for line in shown[shown.index("@dataclass") :].splitlines() if line.strip()]
    assert 20 <= len(body) <= 32
