"""Text under its name, asked for lines and columns.

Locations in IR name a file and nothing else, so the sources read by this process are kept by name to show their lines later.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

CHUNK_SEPARATOR = "// -----"
"""The line between the independent parts of a file that is split (`--split-input-file`)."""


@dataclass(frozen=True)
class Source:
    """A text and its name; `first_line` is the number of its first line, for a chunk of a larger file."""

    name: str
    text: str
    first_line: int = 1

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, position = [0], self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    @cached_property
    def visible_end(self) -> int:
        """Offset behind the last character that is not white space."""
        return len(self.text.rstrip())

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of the character at `offset`."""
        index = bisect_right(self._line_starts, offset) - 1
        return self.first_line + index, offset - self._line_starts[index] + 1

    def line(self, number: int) -> str | None:
        """The text of line `number` without its end, or None if this source does not have it."""
        index = number - self.first_line
        if not 0 <= index < len(self._line_starts):
            return None
        start = self._line_starts[index]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")

    @property
    def line_count(self) -> int:
        return len(self._line_starts)

    def chunks(self, marker: str = CHUNK_SEPARATOR) -> tuple[Source, ...]:
        """The parts between lines that read `marker`, each knowing where in the file it stands."""
        parts: list[Source] = []
        begin, first = 0, self.first_line
        for index, start in enumerate(self._line_starts):
            number = self.first_line + index
            if (self.line(number) or "").rstrip() == marker:
                parts.append(Source(self.name, self.text[begin:start], first))
                begin, first = start + len(marker), number
        return (*parts, Source(self.name, self.text[begin:], first))


_known: dict[str, Source] = {}


def known_source(name: str) -> Source | None:
    """The source of that name read last by this process."""
    return _known.get(name)


def remember(source: Source) -> Source:
    """Keep a source so that locations which name it can show their lines."""
    _known[source.name] = source
    return source
