"""One walk over the tokens of a text that finds its statements and definitions, however half-written it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .statements import Definition, Kind, Statement
from .tokens import Token

RANKS = frozenset({"ranks", "nest", "tiles"})
"""Words before a list in braces whose keys are ranks."""

OPEN, CLOSE = "([{", ")]}"


DEEPEST = 100
"""Bodies inside one another that are looked into."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """An open bracket, after how many others, with the statement whose body it opens; `ranks`: it holds ranks and their sizes."""

    text: str
    depth: int
    statement: Statement | None
    ranks: bool


class OutlineReader:
    """One walk over the tokens, with a stack of the brackets that are open."""

    def __init__(self, tokens: Sequence[Token], length: int):
        self.tokens, self.length = tokens, length
        self.roots: list[Statement] = []
        self.statements: list[Statement] = []
        self.definitions: list[Definition] = []
        self.open: list[Bracket] = []
        self.bodies: list[Bracket] = []
        """Those of the open brackets that are bodies."""
        self.current: list[Statement | None] = [None]
        """The statement being read, outside and in each body that is open."""
        self.arguments: list[Token] = []
        self.header = False
        """Whether arguments may still come: up to the `=` of a definition."""
        self.waiting: list[tuple[Kind | Literal["result"], Token, Statement]] = []
        """Definitions whose range is not known yet."""
        self.last = 0
        """Where the last token ends."""

    def read(self) -> None:
        for index, token in enumerate(self.tokens):
            if token.text in OPEN and token.kind == "punctuation":
                self._opened(index, token)
            elif token.text in CLOSE and token.kind == "punctuation":
                self._closed(token)
            elif self._begins(index):
                self._begin(index)
            else:
                self._inside(index, token)
            self.last = token.end
        while self.bodies:
            self._close_body(self.bodies[-1], self.length, self.length)
        self._end(self.last)
        for kind, token, statement in self.waiting:
            self._define(kind, token, statement)

    def _before(self, index: int) -> Token | None:
        return self.tokens[index - 1] if index > 0 else None

    def _after(self, index: int) -> Token | None:
        return self.tokens[index + 1] if index + 1 < len(self.tokens) else None

    def _begins(self, index: int) -> bool:
        """Whether an operation's name stands here."""
        token, before, after = self.tokens[index], self._before(index), self._after(index)
        if self.open and self.open[-1].statement is None:
            return False
        if token.kind == "string":
            return after is not None and after.text == "(" and (before is None or before.text == "=" or before.line < token.line)
        if token.kind != "word" or not ("." in token.text or token.text == "module"):
            return False
        return before is None or before.line < token.line or before.text in "={}" or before.kind == "comment"

    def _begin(self, index: int) -> None:
        token, first = self.tokens[index], index
        results: list[Token] = []
        if (before := self._before(index)) is not None and before.text == "=":
            first = index - 1
            while first > 0 and self.tokens[first - 1].line == before.line and self._of_results(self.tokens[first - 1]):
                first -= 1
                if self.tokens[first].kind == "value":
                    results.append(self.tokens[first])
        start = self.tokens[first].start
        self._end(self.tokens[first - 1].end if first else 0)
        parent = self.bodies[-1].statement if self.bodies else None
        made = Statement(token.text.strip('"'), start, token.start, token.end, parent, results=tuple(reversed(results)))
        (self.roots if parent is None else parent.children).append(made)
        self.statements.append(made)
        self.current[-1], self.arguments, self.header = made, [], True
        for each in made.results:
            self.waiting.append(("result", each, made))

    def _wait(self, made: Statement, arguments: Sequence[Token]) -> None:
        for each in arguments:
            self.waiting.append(("value", each, made))

    @staticmethod
    def _of_results(token: Token) -> bool:
        """Whether the token can stand in `%a, %b:2 =`."""
        return token.kind in ("value", "number") or token.text in ",:"

    def _end(self, offset: int) -> None:
        """The statement that was being read is over."""
        made = self.current[-1]
        if made is not None:
            made.end = max(offset, made.at + 1)
            if made.body is None:
                self._wait(made, self.arguments if made.symbol is not None else ())
            self.arguments, self.current[-1] = [], None

    def _opened(self, index: int, token: Token) -> None:
        made, before = self.current[-1], self._before(index)
        body = token.text == "{" and made is not None and len(self.bodies) < DEEPEST and self._is_body(index)
        bracket = Bracket(token.text, len(self.open), made if body else None, before is not None and before.text in RANKS)
        self.open.append(bracket)
        if made is not None and body:
            made.body = (token.end, self.length)
            self._wait(made, self.arguments)
            self.arguments = []
            self.bodies.append(bracket)
            self.current.append(None)

    def _is_body(self, index: int) -> bool:
        """Whether the brace opens operations, and not a list of names and values."""
        token, before, after = self.tokens[index], self._before(index), self._after(index)
        then = self._after(index + 1)
        if after is None:
            return True
        if after.kind in ("word", "string") and then is not None and then.text in "=,}:" and after.line <= then.line:
            return False
        return (
            after.kind in ("value", "word", "string")
            or after.text[0] in "^"
            or after.line > token.line
            or (before is not None and before.kind != "word")
        )

    def _closed(self, token: Token) -> None:
        """Brackets that do not match are half-written: a brace closes what is open inside it, anything else is ignored."""
        wanted = OPEN[CLOSE.index(token.text)]
        inner = self.bodies[-1].depth if self.bodies else -1
        if wanted == "{":
            while self.open and self.open[-1].text != "{":
                self.open.pop()
        if not self.open or self.open[-1].text != wanted:
            return
        if self.open[-1].depth == inner:
            self._close_body(self.open[-1], token.start, token.end)
        self.open.pop()

    def _close_body(self, bracket: Bracket, inside: int, end: int) -> None:
        owner = bracket.statement
        self._end(self.last)
        self.current.pop()
        self.bodies.pop()
        if owner is not None:
            owner.body = (owner.body[0] if owner.body else inside, inside)
            owner.end = end

    def _inside(self, index: int, token: Token) -> None:
        made, before, after = self.current[-1], self._before(index), self._after(index)
        if made is None:
            return
        depth = len(self.open) - (self.bodies[-1].depth + 1 if self.bodies else 0)
        if depth == 0 and before is not None and before.line < token.line and token.text.startswith("%"):
            self._end(self.last)  # the results of a statement that is still being written
        elif depth == 0 and token.text == "=":
            self.header = False
        elif token.kind == "symbol" and depth == 0 and made.symbol is None and before is not None and before.start == made.at:
            made.symbol = token
            self.waiting.append(("symbol", token, made))
        elif token.kind == "value" and self.header and depth == 1 and self.open[-1].text == "(" and before is not None and before.text in "(,":
            self.arguments.append(token)
        elif token.kind == "word" and depth == 1 and self.open[-1].ranks and after is not None and after.text == "=":
            self.waiting.append(("rank", token, made))

    def _define(self, kind: Kind | Literal["result"], token: Token, made: Statement) -> None:
        """A definition whose range is known once its statement has been read."""
        if kind == "symbol":
            self.definitions.append(Definition(kind, token, token.name, (0, self.length), made))
        elif kind == "rank":
            self.definitions.append(Definition(kind, token, token.text, (made.start, made.end), made))
        elif kind == "result":
            around = made.parent.body if made.parent is not None else None
            self.definitions.append(Definition("value", token, token.name, around or (0, self.length), made))
        else:
            self.definitions.append(Definition(kind, token, token.name, (token.start, made.end), made))
