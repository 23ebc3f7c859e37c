"""The TextMate grammar: valid, and every word that the dialects print is something to it.

A grammar of flat `match` rules is read as editors do it: at each place the rule that matches first wins, of several there the first one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import einfold
from einfold.algebra.merges import MERGE_ALIASES, MERGES
from einfold.algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from einfold.backend.machine_yaml import machine_names
from einfold.dialects.accel import Accel
from einfold.dialects.accel_machine import ARRAY_CLAUSES, MEMORY_CLAUSES
from einfold.dialects.accel_task_text import SPACES
from einfold.dialects.einsum import Einsum
from einfold.dialects.einsum_scope import ELEMENT_TYPES

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "editors" / "vscode"
PACKAGE: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text())
GRAMMAR: dict[str, Any] = json.loads((EXTENSION / "syntaxes" / "einfold.tmLanguage.json").read_text())
RULES = [(rule["name"].removesuffix(".einfold"), re.compile(rule["match"])) for rule in GRAMMAR["patterns"]]
EXAMPLES = sorted((ROOT / "examples").glob("*.mlir"))

KEYWORDS = {
    word for file in (ROOT / "dialects").glob("*.py") for word in re.findall(r'parse_(?:optional_)?keyword\("([a-z]+)"', file.read_text())
} | {*MEMORY_CLAUSES, *ARRAY_CLAUSES, *SPACES, "clock", "word", "at", "copies", "stage", "turn", "in", "cost", "delay"}

LAWS = re.findall(r'^    "(\w+)": \w+Attr', (ROOT / "dialects" / "einsum_operator_verify.py").read_text(), re.M)


def scopes(line: str) -> Iterator[tuple[str, str]]:
    """The pieces of a line that some rule matches, and the rule's scope; what lies between has none."""
    at = 0
    while at < len(line):
        found = [(m.start(), order, m, name) for order, (name, rule) in enumerate(RULES) if (m := rule.search(line, at)) and m.end() > m.start()]
        if not found:
            break
        start, _, match, name = min(found, key=lambda f: f[:2])
        yield line[at:start], ""
        yield match[0], name
        at = match.end()
    yield line[at:], ""


def scope_of(text: str, word: str) -> str:
    return next(scope for piece, scope in scopes(text) if word in piece)


def test_files_that_the_extension_names_are_there() -> None:
    contributed = PACKAGE["contributes"]
    for path in (contributed["grammars"][0]["path"], contributed["languages"][0]["configuration"], PACKAGE["main"]):
        assert (EXTENSION / path).is_file()
    assert contributed["grammars"][0]["scopeName"] == GRAMMAR["scopeName"] == "source.einfold"
    configuration = json.loads((EXTENSION / "language-configuration.json").read_text())
    assert re.fullmatch(configuration["wordPattern"], "%QK.part")
    assert re.search(configuration["indentationRules"]["increaseIndentPattern"], "einsum.cascade @a ranks {m = 4} () -> [] : f32 { // x")
    assert PACKAGE["version"] == einfold.__version__


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_every_keyword_is_one(word: str) -> None:
    text = f"%a = x.y [m] = %b[m] {word} (m)" if word in ("reduce", "init") else f"%a[m] {word} %b"
    expected = {"inf": "constant.language", "first": "support.function", "last": "support.function"}
    shown = f"at {word}(m)" if word in ("first", "last") else text
    assert scope_of(shown, word) == expected.get(word, "keyword.other.clause")


@pytest.mark.parametrize("name", [op.name for op in (*Einsum.operations, *Accel.operations)])
def test_every_operation_is_one(name: str) -> None:
    assert scope_of(f"%a = {name} [m]", name) == "keyword.control.operation"
    assert scope_of(f"  {name} @a {{", name) == "keyword.control.operation"


def test_every_operator_law_merge_and_type_is_one() -> None:
    for name, operator in SCALAR_OPERATORS.items():
        if operator.symbol is None:
            assert scope_of(f"= {name}(%a[m])", name).startswith("support.function"), name
        else:
            assert scope_of(f"%a[m] {operator.symbol} %b[m]", operator.symbol) == "keyword.operator"
    assert all(scope_of(f"reduce {name}(m)", name) == "support.function.reduction" for name in REDUCTION_OPERATORS)
    assert all(scope_of(f"%a[m] +{{{name}}} %b[m]", name) == "keyword.other.merge" for name in (*MERGES, *MERGE_ALIASES))
    assert all(scope_of(f"laws {{{name}, x}}", name) == "support.constant.law" for name in LAWS)
    assert len(LAWS) > 5
    assert all(scope_of(f"-> [m] : {name} {{", name) == "storage.type" for name in ELEMENT_TYPES)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_examples_leave_nothing_without_a_scope(file: Path) -> None:
    for line in file.read_text().splitlines():
        assert "".join(piece for piece, _ in scopes(line)) == line
        assert [piece for piece, scope in scopes(line) if not scope and piece.strip()] == []


def test_ranks_are_ranks_even_where_they_look_like_keywords() -> None:
    text = "einsum.cascade @a ranks {on = 4, at = 3} (%A[on, at]) -> [on, m] : f32 {"
    assert [piece for piece, scope in scopes(text) if scope == "variable.parameter.rank"] == ["on", "at", "on", "at", "on", "m"]
    assert scope_of('%a = "einsum.compute"(%b)', "einsum.compute") == "string.quoted.double"
    assert scope_of("%a[m] // %b", "%b") == "comment.line.double-slash"


def test_kernels_and_machines_leave_nothing_without_a_scope() -> None:
    kernels = einfold.example("attention").simulate("fusemax-cloud").kernels.text
    machines = [str(einfold.machine(name).machine.to_op()) for name in machine_names()]
    for line in "\n".join([kernels, *machines]).splitlines():
        assert [piece for piece, scope in scopes(line) if not scope and piece.strip()] == [], line
    ranks = {
        piece for line in kernels.splitlines() if "accel.array" not in line for piece, scope in scopes(line) if scope == "variable.parameter.rank"
    }
    assert ranks & KEYWORDS == set()


MODULES = Path(os.environ.get("NODE_MODULES_AT", ROOT / "editors"))
"""Where the packages lie that the script for the real engine needs, if they are there."""


@pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "node_modules" / "vscode-textmate").is_dir(), reason="needs vscode-textmate, vscode-oniguruma"
)
def test_the_engine_of_editors_reads_the_examples_the_same() -> None:
    told = subprocess.run(
        ["node", ROOT / "editors" / "check_scopes.mjs"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "NODE_MODULES_AT": str(MODULES)},
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{len(EXAMPLES)} files" in told.stdout
