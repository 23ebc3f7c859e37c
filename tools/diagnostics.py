"""What the tools say about bad input: `file:line:col: error: message`, the source line, and a caret under the place.

`Failure` is the one exception that the command lines expect: whatever goes wrong with what a user gave ends as one of these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .source import Source, known_source

if TYPE_CHECKING:
    from xdsl.dialects.builtin import FileLineColLoc
    from xdsl.ir import Attribute

Severity = Literal["error", "warning", "remark", "note"]

WIDEST = 160
"""Characters of a source line that are shown, at most, around the place a diagnostic speaks of."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `line` and `column` count from 1; `line` None means the file as a whole; `width` is in characters.

    `source_line` is the text to show under the message, if it is at hand; `notes` follow it and are diagnostics of their own.
    """

    severity: Severity
    message: str
    file: str
    line: int | None = None
    column: int = 1
    width: int = 1
    source_line: str | None = None
    notes: tuple[Diagnostic, ...] = ()

    @property
    def header(self) -> str:
        """`file:line:col: severity: message`, always one line."""
        file = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.file)
        place = file if self.line is None else f"{file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}: {' '.join(self.message.split())}"

    def __str__(self) -> str:
        parts = [self.header]
        if self.source_line is not None:
            parts.append(_excerpt(self.source_line, self.column - 1, self.width))
        return "\n".join([*parts, *map(str, self.notes)])


def _excerpt(line: str, start: int, width: int) -> str:
    """The source line, cut to `WIDEST`, without control characters, and carets under `start`."""
    left = 0 if len(line) <= WIDEST else max(0, min(start - WIDEST // 2, len(line) - WIDEST))
    shown = "".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line[left : left + WIDEST])
    start -= left
    indent = "".join("\t" if c == "\t" else " " for c in shown[:start]).ljust(start)
    return f"{shown}\n{indent}{'^' * max(1, min(width, len(shown) - start))}"


class Failure(Exception):
    """Bad input, told as diagnostics; the tool prints them and ends with `exit_code`: 1 for the user's fault, see `cli.py`."""

    def __init__(self, *diagnostics: Diagnostic, exit_code: int = 1):
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics
        self.exit_code = exit_code


def at_offset(source: Source, message: str, start: int, end: int | None = None, *, severity: Severity = "error") -> Diagnostic:
    """A diagnostic at characters `start` to `end` of a source; the end of the text counts as its last visible character's end."""
    start = min(start, source.visible_end)
    line, column = source.position(start)
    return Diagnostic(severity, message, source.name, line, column, max(1, (end or start) - start), source.line(line))


def at_location(location: Attribute, message: str, fallback: Source | None = None, *, severity: Severity = "error") -> Diagnostic:
    """A diagnostic at an operation's location; without a place in it, one about the file `fallback`."""
    found = file_location(location)
    if found is None:
        return Diagnostic(severity, message, "<unknown>" if fallback is None else fallback.name)
    file, line, column = found.filename.data, found.line.data, found.column.data
    source = fallback if fallback is not None and fallback.name == file else known_source(file)
    text = None if source is None else source.line(line)
    return Diagnostic(severity, message, file, line, column, 1 if text is None else _word_length(text, column - 1), text)


def file_location(location: Attribute) -> FileLineColLoc | None:
    """The first place in a file that a location names: its own, or one of those it was fused or named from."""
    from xdsl.dialects.builtin import CallSiteLoc, FileLineColLoc, FusedLoc, NameLoc  # `einfold --help` does without xDSL

    match location:
        case FileLineColLoc():
            return location
        case NameLoc(location=inner):
            return file_location(inner)
        case CallSiteLoc(callee=inner):
            return file_location(inner)
        case FusedLoc(locations=inner):
            parts: Iterable[Attribute] = inner if isinstance(inner, Iterable) else ()
            return next((f for f in map(file_location, parts) if f is not None), None)
        case _:
            return None


def _word_length(line: str, start: int) -> int:
    end = start
    while end < len(line) and (line[end].isalnum() or line[end] in '._$"'):
        end += 1
    return max(1, end - start)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if something known is close to `word`, else nothing."""
    from ..dialects.notation import nearest  # imported where something already went wrong: the start-up does not pay for it

    return nearest(word, sorted(known))


def suggestion_or_all(word: str, known: Iterable[str]) -> str:
    """The same, or else all that is known if that is not much, in its order."""
    from ..dialects.notation import nearest_or_all

    return nearest_or_all(word, list(known))
