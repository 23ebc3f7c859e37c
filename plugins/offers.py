"""The kinds of things that a plug-in may offer, checked as they are made, so that a fault is found where the plug-in is loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp

OPERATOR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$.]*", re.ASCII)
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*", re.ASCII)
SUFFIX = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9_.+-]*", re.ASCII)


class BadInput(Exception):
    """An importer's text is not what it reads: told as `file:line:column: error: message`. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int | None = None, column: int = 1, width: int = 1):
        super().__init__(message)
        self.message, self.line, self.column, self.width = message, line, column, width


@dataclass(frozen=True)
class Operator:
    """An operator of map expressions and reductions, by definition or by a function, with the laws that rewrites may rely on.

    `definition` is in the notation of map expressions over `%parameters`; without it the operator is opaque. `evaluate` gives an opaque
    operator its values: NumPy arrays of one shape in, an array of that shape out. The laws are those of `einsum.operator`: `inverse` and
    `distributes_over` name operators (`add`, `@mine`), `homomorphism` = (source, target) says f(source(a, b)) = target(f(a), f(b)).
    Raises `ValueError` for names that text could not hold. A law is believed: one that does not hold makes wrong rewrites.
    """

    name: str
    params: tuple[str, ...]
    definition: str | None = None
    associative: bool = False
    commutative: bool = False
    identity: float | None = None
    inverse: str | None = None
    distributes_over: Sequence[str] = ()
    monotone: Literal["increasing", "decreasing"] | None = None
    homomorphism: tuple[str, str] | None = None
    evaluate: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        _check(OPERATOR_NAME, self.plain_name, "an operator's name")
        if isinstance(self.params, str):
            raise ValueError(f"the parameters of operator '{self.name}' are a tuple of names, not a text")
        if self.evaluate is not None and not callable(self.evaluate):
            raise ValueError(f"the 'evaluate' of operator '{self.name}' is not a function")
        if not self.params:
            raise ValueError(f"operator '{self.name}' has no parameters")
        for param in self.params:
            _check(OPERATOR_NAME, param, f"a parameter of operator '{self.name}'")
        for law in filter(None, (self.inverse, *self.distributes_over, *(self.homomorphism or ()))):
            _check(OPERATOR_NAME, law.removeprefix("@"), f"an operator in a law of '{self.name}'")
        if self.identity is not None and math.isnan(self.identity):
            raise ValueError(f"operator '{self.name}' has no number for its identity")
        if self.definition is not None and not self.definition.strip():
            raise ValueError(f"operator '{self.name}' has an empty definition")

    @property
    def plain_name(self) -> str:
        return self.name.removeprefix("@")

    @property
    def text(self) -> str:
        """The declaration in the einsum dialect that stands for this operator."""
        head = f"einsum.operator @{self.plain_name}({', '.join(f'%{p}' for p in self.params)})"
        body = "opaque" if self.definition is None else f"= {self.definition}"
        return f"{head} {body} laws {{{', '.join(self._laws())}}}\n"

    def _laws(self) -> list[str]:
        laws = [word for word in ("associative", "commutative") if getattr(self, word)]
        if self.identity is not None:
            laws.append(f"identity = {_number(self.identity)}")
        if self.inverse is not None:
            laws.append(f"inverse = {self.inverse}")
        if self.distributes_over:
            laws.append(f"distributes_over = [{', '.join(self.distributes_over)}]")
        if self.monotone is not None:
            laws.append(f"monotone = {self.monotone}")
        if self.homomorphism is not None:
            laws.append(f"homomorphism = [{', '.join(self.homomorphism)}]")
        return laws


@dataclass(frozen=True)
class MachineFile:
    """A machine by name: the YAML text that describes it, or where that is (`path`, relative to the working directory unless absolute)."""

    name: str
    text: str | None = None
    path: str | Path | None = None

    def __post_init__(self) -> None:
        _check(PLAIN_NAME, self.name, "a machine's name")
        if (self.text is None) == (self.path is None):
            raise ValueError(f"machine '{self.name}' is given by its text or by its path, one of them")

    def read(self) -> str:
        """The YAML text. Raises `OSError` and `UnicodeDecodeError`."""
        return self.text if self.text is not None else Path(str(self.path)).read_text(encoding="utf-8")


ReadText: TypeAlias = "Callable[[str, str], ModuleOp | str]"
"""From a text and the name of its file to a module, or to MLIR text, which is then read as such. Raises `BadInput`."""


@dataclass(frozen=True)
class Importer:
    """A reader of another notation: chosen by name (`--from NAME`) or by a file's suffix (`.edge`).

    `keeps_lines`: it makes MLIR text in which everything stands on the line of what it was made from, so that faults can be told there.
    """

    name: str
    suffixes: tuple[str, ...]
    read: ReadText
    help: str = ""
    keeps_lines: bool = False

    def __post_init__(self) -> None:
        _check(PLAIN_NAME, self.name, "an importer's name")
        for suffix in self.suffixes:
            _check(SUFFIX, suffix, f"a suffix of importer '{self.name}'")


@dataclass(frozen=True)
class Plugin:
    """What a distribution offers under the entry-point group `einfold.plugins`; its passes, dialects and targets go to `xdsl.universe`."""

    operators: Sequence[Operator] = ()
    machines: Sequence[MachineFile] = ()
    importers: Sequence[Importer] = ()


def _check(pattern: re.Pattern[str], name: str, what: str) -> None:
    if not pattern.fullmatch(name):
        raise ValueError(f"'{name}' cannot be {what}")


def _number(value: float) -> str:
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
