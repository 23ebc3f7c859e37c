"""Every lit test checks something: its RUN lines read it and end in a check, and what looks like a directive is one.

filecheck ignores a misspelt `CHEKC:`, and lit a RUN line that compares with nothing; both pass whatever the tools do.
"""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "filecheck"
FILES = sorted(p for p in FOLDER.rglob("*.mlir") if "Inputs" not in p.parts and "Output" not in p.parts)

LIT_KEYWORDS = frozenset({"RUN", "REQUIRES", "XFAIL", "UNSUPPORTED"})
SUFFIXES = ("", "-NEXT", "-SAME", "-NOT", "-DAG", "-LABEL", "-EMPTY")
DIRECTIVE = re.compile(r"//\s*(?P<name>[A-Z][A-Z0-9_-]*)(?:\{LITERAL\})?:")
SHORTEST = 2
"""Longest name that may stand in a comment with a colon without being taken for a misspelt directive, as ranks and tensors do."""
PREPARATION = re.compile(r"^(?:rm|mkdir|cp)\b")
CHECKS = (
    re.compile(r"\|\s*filecheck\b.*%s"),
    re.compile(r"^filecheck\b.*%s.*--input-file\b"),
    re.compile(r"\|\s*diff\b|^diff\b"),
    re.compile(r"^einfold-opt\b.*--verify-diagnostics\b"),
)


def run_lines(text: str) -> list[str]:
    joined = re.sub(r"\\\n//\s*RUN:", "", text)
    return [match.strip() for match in re.findall(r"^//\s*RUN:(.*)$", joined, re.MULTILINE)]


def problems(text: str) -> list[str]:
    """What keeps a test from checking what it seems to check."""
    found: list[str] = []
    commands = [c for c in run_lines(text) if not PREPARATION.match(c)]
    if not commands:
        found.append("no RUN line")
    for command in commands:
        if not re.search(r"%[sStT]\b|%\{", command):
            found.append(f"reads no input: {command}")
        if not any(check.search(command) for check in CHECKS):
            found.append(f"checks nothing: {command}")
    prefixes = used_prefixes(commands)
    known = LIT_KEYWORDS | {prefix + suffix for prefix in prefixes for suffix in SUFFIXES}
    names = [re.sub(r"-COUNT-\d+$", "", match["name"]) for match in DIRECTIVE.finditer(text)]
    found += [f"not a directive: {name}" for name in names if len(name) > SHORTEST and name not in known]
    for prefix in prefixes:
        if not any(n == prefix or (n.startswith(f"{prefix}-") and n != f"{prefix}-NOT") for n in names):
            found.append(f"nothing to check with prefix {prefix}")
    if any("--verify-diagnostics" in c and not c.startswith("not ") for c in commands) and "expected-" not in text:
        found.append("--verify-diagnostics without an expectation")
    return found


def used_prefixes(commands: list[str]) -> list[str]:
    found: dict[str, None] = {}
    for command in commands:
        if "filecheck" in command:
            given = re.findall(r"--check-prefix(?:es)?[= ]([\w,-]+)", command)
            found.update(dict.fromkeys(p for g in given or ["CHECK"] for p in g.split(",")))
    return list(found)


def test_there_are_lit_tests():
    assert len(FILES) > 10


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(FOLDER)))
def test_a_lit_test_checks_something(path: Path):
    assert problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("// RUN: einfold-opt %s | filecheck %s\n// CHECK: a", []),
        ("// RUN: einfold-opt %s | filecheck %s\n// CHECK-COUNT-2: a", []),
        ("// RUN: einfold-opt %s | filecheck %s --check-prefix=A\n// A: a", []),
        ("// RUN: einfold-opt %s \\\n// RUN: | filecheck %s\n// CHECK: a", []),
        ("// RUN: einfold-opt %s | filecheck %s\n// CHECK: a\n// CHEKC: b", ["not a directive: CHEKC"]),
        ("// RUN: einfold-opt %s | filecheck %s\n// CHECK: a\n// CHECK-NXT: b", ["not a directive: CHECK-NXT"]),
        ("// RUN: einfold-opt %s | filecheck %s\n// CHECK-NOT: b", ["nothing to check with prefix CHECK"]),
        ("// RUN: einfold-opt %s | filecheck %s --check-prefix=A\n// CHECK: a", ["not a directive: CHECK", "nothing to check with prefix A"]),
        ("// RUN: einfold-opt %s\n// CHECK: a", ["checks nothing: einfold-opt %s", "not a directive: CHECK"]),
        (
            "// RUN: einfold-opt | filecheck x\n// CHECK: a",
            ["reads no input: einfold-opt | filecheck x", "checks nothing: einfold-opt | filecheck x"],
        ),
        ("// RUN: einfold-opt %s --verify-diagnostics\n", ["--verify-diagnostics without an expectation"]),
        ("// CHECK: a", ["no RUN line", "not a directive: CHECK"]),
    ],
)
def test_the_check_of_checks_finds_what_it_is_for(text: str, expected: list[str]):
    assert problems(text) == expected
