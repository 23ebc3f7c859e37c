"""What an outline of a text is made of: statements and definitions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .tokens import Token

Kind = Literal["value", "rank", "symbol"]


@dataclass(slots=True)
class Statement:
    """An operation: `name` at `at`, from `start` to `end`, in the body of `parent`. `body` is the range inside its outermost braces."""

    name: str
    start: int
    at: int
    end: int
    parent: Statement | None
    symbol: Token | None = None
    results: tuple[Token, ...] = ()
    body: tuple[int, int] | None = None
    children: list[Statement] = field(default_factory=list["Statement"])

    @property
    def top(self) -> Statement:
        """The outermost statement around it."""
        found = self
        while found.parent is not None:
            found = found.parent
        return found


@dataclass(frozen=True, slots=True)
class Definition:
    """A name, where it stands, and the range in which it means this."""

    kind: Kind
    token: Token
    name: str
    seen: tuple[int, int]
    statement: Statement
