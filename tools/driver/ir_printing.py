"""Printing the IR around passes, as mlir-opt does: before and after those named or all, after those that changed it, after one that failed.

On a terminal a change is shown as what went and what came; elsewhere, and where that is asked for, as the whole text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import IO, Literal, TypeAlias

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..running import Instrument, to_text
from .colours import is_coloured, painted

ALL = None
"""In place of names: every pass."""

Passes: TypeAlias = frozenset[str] | None
DiffChoice: TypeAlias = Literal["auto", "always", "never"]


@dataclass(frozen=True)
class Wanted:
    """Around which passes to print (names, or `ALL`); `only_changed` holds for what is printed after passes."""

    before: Passes = frozenset()
    after: Passes = frozenset()
    only_changed: bool = False
    after_failure: bool = False
    diff: DiffChoice = "auto"

    @property
    def nothing(self) -> bool:
        return self.before == frozenset() and self.after == frozenset() and not self.after_failure


def _includes(names: Passes, name: str) -> bool:
    return names is None or name in names


@dataclass
class IRPrinter(Instrument):
    """Prints to standard error what is wanted. `generic`: in MLIR's generic form."""

    wanted: Wanted
    generic: bool = False
    _before: str = field(default="", init=False)

    def before(self, current: ModulePass, module: ModuleOp) -> None:
        self._before = self._text(module) if self._compares(current) or _includes(self.wanted.before, current.name) else ""
        if _includes(self.wanted.before, current.name):
            self._show("Before", current, self._before)

    def after(self, current: ModulePass, module: ModuleOp) -> None:
        if not _includes(self.wanted.after, current.name):
            return
        text = self._text(module)
        if self.wanted.only_changed and text == self._before:
            return
        self._show("After", current, text, self._before if self._compares(current) else None)

    def failed(self, current: ModulePass, module: ModuleOp) -> None:
        if self.wanted.after_failure:
            self._show("After Failed", current, self._text(module))

    def _compares(self, current: ModulePass) -> bool:
        return _includes(self.wanted.after, current.name) and (self.wanted.only_changed or self._diffs(sys.stderr))

    def _diffs(self, stream: IO[str]) -> bool:
        return self.wanted.diff == "always" or (self.wanted.diff == "auto" and stream.isatty())

    def _text(self, module: ModuleOp) -> str:
        try:
            return to_text(module, generic=self.generic)
        except Exception as error:  # a pass that failed may leave what cannot be printed
            return f"// cannot be printed: {type(error).__name__}: {error}\n"

    def _show(self, when: str, current: ModulePass, text: str, before: str | None = None) -> None:
        coloured = is_coloured(sys.stderr)
        print(painted(f"// -----// IR Dump {when} {current.name} //----- //", "header", coloured), file=sys.stderr)
        if before is not None and self._diffs(sys.stderr):
            text = "".join(f"{line}\n" for line in difference(before, text, coloured))
        print(text, file=sys.stderr)


def difference(before: str, after: str, coloured: bool = False) -> Iterator[str]:
    """The lines of a unified difference without its file names; one line says so if there is none."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3))[2:]
    if not lines:
        yield "// no change"
    for line in lines:
        style = {"+": "added", "-": "removed", "@": "place"}.get(line[:1])
        yield line if style is None else painted(line, style, coloured)
