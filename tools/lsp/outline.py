"""What stands where in a text, read from its tokens alone, so that it is known while the text is half-written.

A statement is an operation from its results to its end, bodies included. Definitions are results, arguments, ranks and symbols, each with
the range in which it is seen. Nothing is known of any dialect but the forms that those of einfold share with MLIR's own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from .outline_reading import OutlineReader
from .statements import Definition, Kind, Statement
from .tokens import Token, tokens

KINDS: dict[str, Kind] = {"value": "value", "symbol": "symbol", "word": "rank"}
"""Kind of token -> what it can name."""


class Outline:
    """Statements and definitions of a text. `roots` are the outermost statements."""

    def __init__(self, text: str):
        self.text = text
        self.tokens = list(tokens(text))
        self._starts = [t.start for t in self.tokens]
        reader = OutlineReader(self.tokens, len(text))
        reader.read()
        self.roots, self.statements, self.definitions = reader.roots, reader.statements, reader.definitions
        self._by_name: dict[tuple[Kind, str], list[Definition]] = {}
        for each in self.definitions:
            self._by_name.setdefault((each.kind, each.name), []).append(each)

    def token_at(self, offset: int) -> Token | None:
        """The token at a character, or one that ends there."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return None
        found = self.tokens[index]
        if found.start == offset and found.kind == "punctuation" and index and self.tokens[index - 1].end == offset:
            found = self.tokens[index - 1]
        return found if found.start <= offset <= found.end else None

    def statement_at(self, offset: int) -> Statement | None:
        """The innermost statement around a character."""
        found: Statement | None = None
        level: Sequence[Statement] = self.roots
        while level:
            index = bisect_right(level, offset, key=lambda s: s.start) - 1
            if index < 0 or offset > level[index].end:
                break
            found = level[index]
            level = found.children
        return found

    def definition_at(self, offset: int) -> Definition | None:
        """What the name at a character means: the definition in the nearest scope, and there the last one before it."""
        token = self.token_at(offset)
        if token is None:
            return None
        kind = KINDS.get(token.kind)
        if kind is None:
            return None
        name = token.text if token.kind == "word" else token.name
        known = [d for d in self._by_name.get((kind, name), ()) if d.seen[0] <= token.start <= d.seen[1]]
        known.sort(key=lambda d: (d.seen[0], d.token.start <= token.start, d.token.start))
        return known[-1] if known else None
