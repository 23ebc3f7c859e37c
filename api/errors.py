"""The one exception of the Python API: what the tools print as `file:line:col: error: message`, as attributes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from types import MappingProxyType
from typing import ParamSpec, TypeVar

from ..tools.diagnostics import Diagnostic, Failure

_Parameters = ParamSpec("_Parameters")
_Returned = TypeVar("_Returned")

KEYWORDS = MappingProxyType(
    {
        "--accounting": "accounting=",
        "--cascade": "cascade=",
        "--machine": "machine=",
        "--mapping": "mapping=",
        "--pipeline": "pipeline=",
        "--set": "sizes=",
        "--tile": "tiles=",
        "--values": "values=",
    }
)
"""Option of the command line -> the argument that stands for it here."""

OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*\b")


class Error(Exception):
    """Bad input: a text that cannot be read, a rank that is not there, a cascade that does not fit on a machine.

    `message`, `file`, `line` and `column` (from 1; None where the place is the file as a whole) are those of the first of `diagnostics`;
    `str(error)` is all of them as the command line prints them, with the line and a caret.

    >>> import einfold
    >>> try:
    ...     einfold.load("einsum.cascade @c ranks {k = 0}", name="c.mlir")
    ... except einfold.Error as error:
    ...     print(error.file, error.line, error.column, error.message, sep=" | ")
    c.mlir | 1 | 30 | rank 'k' has size 0; sizes run from 1 to 2^40
    """

    def __init__(self, *diagnostics: Diagnostic):
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics

    @property
    def _first(self) -> Diagnostic:
        return self.diagnostics[0] if self.diagnostics else Diagnostic("error", "", "")

    @property
    def message(self) -> str:
        return self._first.message

    @property
    def file(self) -> str:
        return self._first.file

    @property
    def line(self) -> int | None:
        return self._first.line

    @property
    def column(self) -> int | None:
        return None if self._first.line is None else self._first.column


def telling(function: Callable[_Parameters, _Returned]) -> Callable[_Parameters, _Returned]:
    """Make what a function raises as `Failure` an `Error`."""

    @wraps(function)
    def told(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Returned:
        try:
            return function(*args, **kwargs)
        except Failure as failure:
            found = failure
        raise Error(*map(_in_python, found.diagnostics))

    return told


def _in_python(found: Diagnostic) -> Diagnostic:
    """The same diagnostic, with arguments where the command line has options."""
    file = found.file
    if OPTION.fullmatch(file):
        file = KEYWORDS.get(file, file).strip("-=").replace("-", "_")
    return replace(found, message=_arguments(found.message), file=file)


def _arguments(text: str) -> str:
    return OPTION.sub(lambda m: KEYWORDS.get(m[0], m[0]), text)


def wrong(what: str, message: str) -> Failure:
    """A failure about an argument, or about a file as a whole."""
    return Failure(Diagnostic("error", message, what))
