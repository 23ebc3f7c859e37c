"""The tokens of MLIR text as far as an editor needs them; whatever is half-written is some token, and nothing fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*+)
  | (?P<string>"(?:[^"\\\n]|\\.)*+"?)
  | (?P<value>%(?:[0-9]++|[A-Za-z$._-][A-Za-z0-9$._-]*+))
  | (?P<symbol>@(?:[A-Za-z_][A-Za-z0-9$._]*+|"(?:[^"\\\n]|\\.)*+"?))
  | (?P<other>[!\#^][A-Za-z0-9$._-]++)
  | (?P<number>[0-9]++(?:\.[0-9]*+)?(?:[eE][-+]?[0-9]++)?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_$.]*+)
  | (?P<punctuation>->|[<>=!]=|\S)
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is a group of `TOKEN`; `line` counts newlines before it."""

    kind: str
    text: str
    start: int
    end: int
    line: int

    @property
    def name(self) -> str:
        """A value's or symbol's name without its sign and quotes."""
        return self.text[1:].strip('"')


def tokens(text: str) -> Iterator[Token]:
    """The tokens in order, without comments."""
    line, counted = 0, 0
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or "punctuation"
        if kind == "comment":
            continue
        line += text.count("\n", counted, match.start())
        counted = match.start()
        yield Token(kind, match[0], match.start(), match.end(), line)
