"""What a page is made of: headings, paragraphs, formulas, tables and lists, before any format has a say.

`sentence` puts words and formulas together; all words are escaped by the format that writes them, so names from a file may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .formula import Formula, Related


@dataclass(frozen=True, slots=True)
class Text:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A name as the file has it, or a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that stand out."""

    text: str


@dataclass(frozen=True, slots=True)
class Math:
    """A formula in a line of words."""

    formula: Formula


Inline: TypeAlias = Text | Code | Strong | Math
Inlines: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 is a cascade, 2 a rank, 3 a part of that."""

    level: int
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class Paragraph:
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class Display:
    """Lines of mathematics, aligned at their relations."""

    lines: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[Inlines, ...]
    rows: tuple[tuple[Inlines, ...], ...]


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Inlines, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Commands to type."""

    lines: tuple[str, ...]


Block: TypeAlias = Heading | Paragraph | Display | Table | Items | Listing


def sentence(template: str, *parts: Inline | Inlines) -> Inlines:
    """The template's words with `{}` filled in, in order."""
    pieces = template.split("{}")
    if len(pieces) != len(parts) + 1:
        raise ValueError(f"{len(parts)} parts for {len(pieces) - 1} places")
    found: list[Inline] = [Text(pieces[0])] if pieces[0] else []
    for part, words in zip(parts, pieces[1:], strict=True):
        found += part if isinstance(part, tuple) else (part,)
        if words:
            found.append(Text(words))
    return tuple(found)


def paragraph(template: str, *parts: Inline | Inlines) -> Paragraph:
    return Paragraph(sentence(template, *parts))


def joined(parts: Iterable[Inline | Inlines], last: str = " and ") -> Inlines:
    """`a, b and c`."""
    listed = [p if isinstance(p, tuple) else (p,) for p in parts]
    found: list[Inline] = []
    for i, part in enumerate(listed):
        if i:
            found.append(Text(last if i == len(listed) - 1 else ", "))
        found += part
    return tuple(found)


def names(found: Sequence[str], last: str = " and ") -> Inlines:
    """Names of the file, listed."""
    return joined([Code(n) for n in found], last)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 pass`, `2 passes`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
