"""What the language server finds in texts without being asked through a pipe: good, wrong, half-written, strange."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from einfold.tools.lsp.budget import Budget
from einfold.tools.lsp.checking import check
from einfold.tools.lsp.hovering import Hoverer
from einfold.tools.lsp.outline import Outline
from einfold.tools.lsp.positions import Lines, units

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.mlir"))
PIECES = [
    "",
    "{",
    "}",
    "(",
    ")",
    "%",
    "@",
    "=",
    "\n",
    '"',
    "𝔘",
    "//",
    "einsum.compute",
    "einsum.iterate m init(",
    "[m]",
    "%x = ",
    "\r",
    "\u2028",
    "-1",
]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_examples_have_no_errors_and_every_name_a_definition(file: Path) -> None:
    text = file.read_text()
    outline = Outline(text)
    checked = check(text, outline)
    assert [f.message for f in checked.found if f.severity != "remark"] == []
    assert checked.counts
    hoverer = Hoverer(outline, checked)
    for token in outline.tokens:
        if token.kind in ("value", "symbol"):
            found = outline.definition_at(token.start)
            assert found is not None, token
            assert found.name == token.name
            assert hoverer.at(token.start) is not None, token


def test_broken_texts_are_read_all_the_same() -> None:
    texts = [f.read_text() for f in EXAMPLES]
    draw = random.Random(0)
    for _ in range(150):
        text = draw.choice(texts)
        text = text[: draw.randrange(len(text))] if draw.random() < 0.4 else text
        for _ in range(draw.randrange(4)):
            at = draw.randrange(len(text) + 1)
            text = text[:at] + draw.choice(PIECES) + text[at + draw.randrange(20) :]
        outline = Outline(text)
        checked = check(text, outline)
        assert all(0 <= f.start <= f.end <= len(text) for f in checked.found)
        lines = Lines(text)
        for offset in (draw.randrange(len(text) + 1) for _ in range(5)):
            outline.definition_at(offset)
            Hoverer(outline, checked).at(offset)
            assert lines.offset(*lines.position(offset)) <= offset


@pytest.mark.parametrize("text", ["(" * 50_000, "{" * 50_000, "module {\n" * 5_000, "%x, " * 20_000 + "= a.b", '"' * 50_000, "a.b\n" * 10_000])
def test_strange_texts_are_read_in_time_in_line_with_their_length(text: str) -> None:
    outline = Outline(text)
    assert check(text, outline, Budget(20)).found
    assert max((len(list(_depth(s))) for s in outline.roots), default=0) <= 101


def _depth(statement):  # type: ignore[no-untyped-def]
    while statement is not None:
        yield statement
        statement = statement.children[0] if statement.children else None


def test_errors_that_follow_from_others_are_not_told() -> None:
    text = """einsum.cascade @a ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [m] = %B[m]
  %T = einsum.compute [] = %S[m] reduce add(m)
  einsum.return %T[]
}"""
    assert [f.message for f in check(text).found] == ["unknown tensor '%B'"]
    assert [f.message for f in check(text.replace("%B[m]", "%A[k]")).found] == ["unknown rank 'k'; known: m"]
    assert [f.message for f in check(text[:-1]).found] == ["unknown tensor '%B'"]
    good = text.replace("%B[m]", "exp(%A[m])").replace("%S[m] reduce", "%Q[m] reduce")
    assert [f.message for f in check(good).found] == ["unknown tensor '%Q'"]  # and not that what is left lacks its end
    endless = good.replace("%Q", "%S").replace("  einsum.return %T[]\n", "")
    assert any("is not a terminator" in f.message for f in check(endless).found)


def test_a_budget_that_is_spent_says_so() -> None:
    text = EXAMPLES[0].read_text()
    assert [f.message for f in check(text, budget=Budget(-1)).found] == ["not checked to the end: it takes too long"]
    assert check("// nothing yet\n").found == []


def test_positions_in_all_encodings() -> None:
    text = "aé𝔘b\r\n\u2028x\ry"
    assert [units(text[:3], e) for e in ("utf-8", "utf-16", "utf-32")] == [7, 4, 3]  # type: ignore[arg-type]
    lines = Lines(text)
    assert [lines.position(i) for i in range(len(text) + 1)] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (0, 4),
        (0, 5),
        (0, 5),
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 0),
        (2, 1),
    ]
    assert lines.offset(0, 3) == 2
    assert lines.offset(0, 99) == 4
    assert lines.offset(99, 0) == len(text)
    assert lines.offset(-1, 5) == 0
