"""What completion answers, and that bash asks it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from einfold.tools.commands import COMMANDS
from einfold.tools.driver.completion import answers, split_line
from einfold.tools.driver.shells import SCRIPTS
from einfold.tools.einfold import main

PLUGIN = Path(__file__).parents[1] / "filecheck" / "tools" / "Inputs" / "plugin.py"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b ", ["a", "b", ""]),
        ("a  'b c' d", ["a", "b c", "d"]),
        ("a 'b c", ["a", "b c"]),
        ('a "b \\" c', ["a", 'b " c']),
        ("a b\\ c", ["a", "b c"]),
        ("a '' ", ["a", "", ""]),
        ("a \\", ["a", ""]),
    ],
)
def test_unfinished_lines_are_split_as_shells_do(line: str, words: list[str]):
    assert split_line(line) == words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("einfold-opt f.mlir -p einsum-one", ["einsum-one-pass"]),
        ("einfold-opt f.mlir -p 'cse,einsum-onl", ["cse,einsum-online"]),
        ("einfold-opt --pass-pipeline='builtin.module(cse,einsum-onl", ["--pass-pipeline=builtin.module(cse,einsum-online"]),
        ("einfold-opt --passes=einsum-onl", ["--passes=einsum-online"]),
        ("einfold-opt -p 'einsum-one-pass{r", ["einsum-one-pass{rank="]),
        ("einfold-opt -p 'einsum-one-pass{rank=m size=4 ", [f"einsum-one-pass{{rank=m size=4 {o}=" for o in ("form", "numerics", "parts")]),
        ("einfold-opt -p 'einsum-one-pass{form=s", ["einsum-one-pass{form=sequential", "einsum-one-pass{form=split"]),
        ("einfold-opt -p 'einsum-dce{ranks=", ["einsum-dce{ranks=false", "einsum-dce{ranks=true"]),
        ("einfold-opt -p 'einsum-nothing{", []),
        ("einfold-opt --einsum-onl", ["--einsum-online"]),
        ("einfold-opt --print-ir-after-f", ["--print-ir-after-failure"]),
        ("einfold-opt --print-ir-diff ", ["always", "auto", "never"]),
        ("einfold-opt --remarks=missed,ap", ["--remarks=missed,applied"]),
        ("einfold-opt -t e", ["edge"]),
        ("einfold-opt --frontend ", ["edge", "mlir"]),
        ("einfold-opt f.ml", []),
        ("einfold-opt -o ", []),
        (f"einfold-opt --load-plugin {PLUGIN} -p test-rem", ["test-remark"]),
        ("einfold sim", ["simulate"]),
        ("einfold simulate f.mlir --machine fusemax-e", ["fusemax-edge"]),
        ("einfold machine fusemax-e", ["fusemax-edge"]),
        ("einfold simulate f.mlir --pipeline einsum-onl", ["einsum-online"]),
        ("einfold eval f.mlir --dt", ["--dtype"]),
        ("einfold eval f.mlir --dtype ", ["bf16", "f16", "f32", "f64"]),
        ("einfold completion f", ["fish"]),
        ("einfold nothing --x", []),
        ("einfold", []),
        ("", []),
    ],
)
def test_what_could_be_typed_next(line: str, expected: list[str]):
    assert answers(line) == expected


def test_all_commands_are_offered():
    assert set(answers("einfold ")) == {*COMMANDS, "--help", "--version"}


def test_only_the_part_that_the_shell_replaces_is_answered():
    assert answers("einfold-opt -p einsum-one-pass{form=se", "se") == ["sequential"]
    assert answers("einfold-opt --passes=einsum-onl", "einsum-onl") == ["einsum-online"]


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_script_is_one_that_its_shell_reads(shell: str, capsys: pytest.CaptureFixture[str]):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert script == SCRIPTS[shell]
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, timeout=20)


def test_answers_and_scripts_as_json(capsys: pytest.CaptureFixture[str]):
    assert main(["completion", "--answer=einfold sim", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"answers": ["simulate"]}
    assert main(["completion", "fish", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"shell": "fish", "script": SCRIPTS["fish"]}
    assert main(["completion", "--answer=einfold nothing "]) == 0
    assert capsys.readouterr().out == ""


def test_a_shell_has_to_be_named(capsys: pytest.CaptureFixture[str]):
    assert main(["completion"]) == 1
    assert capsys.readouterr().err == "einfold completion: error: name a shell: bash, fish, zsh\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["einfold-opt", "-p", "einsum-onl"], ["einsum-online"]),
        (["einfold-opt", "-p", "'cse,einsum-onl"], ["cse,einsum-online"]),
        (["einfold-opt", "--verify-each", "=", "t"], ["true"]),
        (["einfold-opt", "--einsum-onl"], ["--einsum-online"]),
    ],
)
def test_bash_completes(words: list[str], expected: list[str]):
    line = re.sub(r" = ", "=", " ".join(words))
    quoted = " ".join(f'"{w}"' for w in words)
    script = f"""source <(einfold completion bash)
COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMP_LINE="{line}"; COMP_POINT={len(line)}
_einfold_complete; printf '%s\\n' "${{COMPREPLY[@]}}" """
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split("\n")[:-1] == expected, done.stderr
