"""Offsets in a text as the Language Server Protocol counts them: lines from 0, columns in code units of UTF-16 unless agreed otherwise."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

LINE_END = re.compile(r"\r\n|\n|\r")
"""What ends a line for the protocol; other separators of Unicode do not."""


def units(text: str, encoding: Encoding) -> int:
    """Code units that a text takes. A lone surrogate, which JSON can hold, is one character like others."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return sum(2 if ord(c) > 0xFFFF else 1 for c in text)
    return sum(1 if ord(c) < 0x80 else 2 if ord(c) < 0x800 else 3 if ord(c) < 0x10000 else 4 for c in text)


@dataclass(frozen=True)
class Lines:
    """A text asked for positions in both directions; what lies outside is moved to the nearest place inside."""

    text: str
    encoding: Encoding = "utf-16"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(m.end() for m in LINE_END.finditer(self.text))]

    def _line(self, index: int) -> tuple[int, int]:
        """Start and end of a line, without what ends it."""
        start = self._starts[index]
        end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self.text)
        return start, start + len(self.text[start:end].rstrip("\r\n"))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character."""
        offset = min(max(offset, 0), len(self.text))
        index = bisect_right(self._starts, offset) - 1
        start, end = self._line(index)
        return index, units(self.text[start : min(offset, end)], self.encoding)

    def offset(self, line: int, column: int) -> int:
        """The character at a line and column; one inside a character is its start."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        start, end = self._line(line)
        at, left = start, max(column, 0)
        while at < end and (needed := units(self.text[at], self.encoding)) <= left:
            left -= needed
            at += 1
        return at


class Places:
    """Offsets of the places that diagnostics name: lines and columns from 1, lines ended by newlines alone."""

    def __init__(self, text: str):
        self._length = len(text)
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def offset(self, line: int, column: int) -> int:
        return min(self._starts[min(max(line, 1), len(self._starts)) - 1] + column - 1, self._length)
