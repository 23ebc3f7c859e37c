"""The parts of EDGE text, read character by character with their places: tensors with subscripts, reductions, and expressions as the dialect's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..algebra.merges import MERGE_ALIASES, MERGES
from ..dialects.edge_symbols import MERGE_SIGNS, OTHER_SIGNS, REDUCTION_SIGNS, SIGNS, merge_of
from ..plugins import BadInput

TENSOR = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_]*?)_\{", re.ASCII)
WORD = re.compile(r"@?[A-Za-z_][A-Za-z0-9_$.]*|[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?", re.ASCII)
MERGE = re.compile(r"\(\s*(?P<sign>[∩∪←→⊕]|[a-z]+(?:-[a-z]+)?)\s*\)")
REDUCE = re.compile(r"\s*(?:⋁|reduce)\s*(?:_\{(?P<ranks>[^{}]*)\})")
OPERATOR = re.compile(r"\s*(?P<op>[+×*]|@?[A-Za-z_][A-Za-z0-9_$.]*)")

DIALECT: dict[str, str] = {**{sign: word for word, sign in SIGNS.items()}, **OTHER_SIGNS}
"""Sign -> what the dialect writes."""

REDUCTION_OF = {**{sign: op for op, sign in REDUCTION_SIGNS.items()}, "*": "mul"}


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: its text without the comment, and where its first character stands."""

    number: int
    column: int
    text: str

    def error(self, message: str, at: int = 0, end: int | None = None) -> BadInput:
        return BadInput(message, self.number, self.column + at, max(1, (len(self.text) if end is None else end) - at))

    def part(self, start: int, end: int | None = None) -> Line:
        """A piece of it, without the blanks around it."""
        piece = self.text[start:end]
        stripped = piece.lstrip()
        return Line(self.number, self.column + start + len(piece) - len(stripped), stripped.rstrip())


@dataclass(frozen=True, slots=True)
class Tensor:
    """`name_{subscripts}` with its subscripts as written, and filters that stood at them (`k: k ≤ i`), in the dialect's signs."""

    name: str
    subscripts: tuple[str, ...]
    filters: tuple[str, ...]
    line: Line
    end: int


def statements(text: str) -> list[Line]:
    """The lines that say something; `#` begins a comment."""
    found: list[Line] = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.split("#", 1)[0].rstrip()
        if said.strip():
            start = len(said) - len(said.lstrip())
            found.append(Line(number, start + 1, said[start:]))
    return found


def split(line: Line, separator: str) -> list[Line]:
    """The pieces between separators that stand in no brackets."""
    pieces: list[Line] = []
    depth = start = 0
    for i, c in enumerate(line.text):
        depth += (c in "({[") - (c in ")}]")
        if depth == 0 and line.text.startswith(separator, i) and i >= start:
            pieces.append(line.part(start, i))
            start = i + len(separator)
    return [*pieces, line.part(start)]


def find(line: Line, word: str) -> int:
    """Where a word stands outside brackets; -1 if nowhere."""
    depth = 0
    for i, c in enumerate(line.text):
        depth += (c in "({[") - (c in ")}]")
        if depth == 0 and line.text.startswith(word, i):
            return i
    return -1


def read_tensor(line: Line, at: int = 0) -> Tensor:
    """The tensor that begins at `at`. Raises `BadInput` if none does."""
    match = TENSOR.match(line.text, at)
    if match is None:
        raise line.error("expected a tensor: a name and its subscripts, as in Q_{p,e}", at, at + 1)
    close = line.text.find("}", match.end())
    if close < 0:
        raise line.error("the subscripts do not end: '}' is missing", at)
    subscripts: list[str] = []
    filters: list[str] = []
    inside = line.text[match.end() : close]
    for piece in split(Line(0, 0, inside), ",") if inside.strip() else ():
        rank, colon, condition = piece.text.partition(":")
        if not rank.strip():
            raise line.error("a subscript is empty", at, close + 1)
        subscripts.append(plain(rank.strip()))
        if colon:
            filters.append(plain(condition.strip()))
    return Tensor(match["name"], tuple(subscripts), tuple(filters), line, close + 1)


def plain(text: str) -> str:
    """Signs as the dialect writes them; nothing else changes."""
    return "".join(f" {DIALECT[c]} " if c in DIALECT else c for c in text)


def expression(line: Line, tensor: Callable[[Tensor], str]) -> tuple[str, list[str]]:
    """An expression in the dialect's words, and the filters at its subscripts; `tensor` writes a tensor. Raises `BadInput`."""
    text, at = "", 0
    filters: list[str] = []
    operator = False
    while at < len(line.text):
        if operator and (merge := MERGE.match(line.text, at)) is not None and _is_merge(merge["sign"]):
            text += f"{{{MERGE_ALIASES.get(merge_of(merge['sign']), merge_of(merge['sign']))}}}"
            at, operator = merge.end(), False
        elif TENSOR.match(line.text, at) is not None:
            found = read_tensor(line, at)
            filters += found.filters
            text += tensor(found)
            at, operator = found.end, False
        elif (word := WORD.match(line.text, at)) is not None:
            text += word[0]
            at, operator = word.end(), True
        else:
            c = line.text[at]
            if c not in DIALECT and c not in "+-*/<>=!(){}, \t":
                raise line.error(f"unexpected character '{c}' in an expression", at, at + 1)
            text += plain(c)
            at, operator = at + 1, c in "+-−*/×·⋅<>=≤≥!"
    if not text.strip():
        raise line.error("expected an expression")
    return text, filters


def _is_merge(sign: str) -> bool:
    return sign in MERGE_SIGNS.values() or sign in MERGES or sign in MERGE_ALIASES


def reductions(line: Line) -> str:
    """`⋁_{e} +(∪) ⋁_{m} max(∪)` as `add(e), max(m)`. Raises `BadInput`."""
    found: list[str] = []
    at = 0
    while at < len(line.text):
        head = REDUCE.match(line.text, at)
        operator = OPERATOR.match(line.text, head.end()) if head is not None else None
        if head is None or operator is None:
            raise line.error("expected a reduction: ⋁ with its ranks, an operator and a merge, as in ⋁_{m} max(∪)", at)
        name = REDUCTION_OF.get(operator["op"], operator["op"])
        found.append(f"{name}({head['ranks'].strip()})")
        at = operator.end()
        if (merge := MERGE.match(line.text, at)) is not None:
            if merge_of(merge["sign"]) != "union":
                raise line.error(f"a reduction merges by union (∪), not by '{merge['sign']}'", merge.start(), merge.end())
            at = merge.end()
        at += len(line.text[at:]) - len(line.text[at:].lstrip(" ,"))
    return ", ".join(found)


def listed(subscripts: Sequence[str]) -> str:
    return f"[{', '.join(subscripts)}]"
