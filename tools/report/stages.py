"""The IR after each pass, as texts, with what the pass said, and which lines it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeAlias

from xdsl.dialects.builtin import ModuleOp

from ...analysis.remarks import Remark
from ...dialects.accel_machine import MachineOp
from ..diagnostics import file_location
from ..running import to_text

MOST_LINES = 4000
"""Lines of a text up to which changes are looked for line by line."""

Change: TypeAlias = tuple[str, int, int, int, int]
"""What happens to a run of lines: as `difflib` says it, (tag, from, to, from, to)."""


@dataclass
class Stages:
    """Collects texts; `made` is the list that remarks are collected in."""

    made: Sequence[Remark]
    texts: list[tuple[str, str, tuple[Remark, ...]]] = field(default_factory=list[tuple[str, str, tuple[Remark, ...]]])
    seen: int = 0

    def add(self, name: str, module: ModuleOp) -> None:
        """The module as the pass `name` leaves it, and the remarks since the one before."""
        self.texts.append((name, _without_machines(module), tuple(self.made[self.seen :])))
        self.seen = len(self.made)

    def to_json(self, most: int) -> list[dict[str, object]]:
        """Per stage its name, text, remarks, and changes against the stage before as `[tag, from, to, from, to]` in lines.

        Texts come to `most` characters in all; one that does not fit is null, and so are the changes against it.
        """
        found: list[dict[str, object]] = []
        before: list[str] | None = None
        for name, text, remarks in self.texts:
            told = [{"kind": r.kind, "pass": r.pass_name, "message": r.message, "location": place(r)} for r in remarks]
            fits = len(text) <= most
            most -= len(text) if fits else 0
            lines = text.rstrip("\n").split("\n") if fits else None
            changes = None if lines is None or before is None else changed(before, lines)
            found.append({"name": name, "text": text if fits else None, "lines": text.count("\n"), "remarks": told, "changes": changes})
            before = lines
        return found


def _without_machines(module: ModuleOp) -> str:
    """The module as text; its machines, which no pass changes, are shown elsewhere."""
    copy = module.clone()
    for machine in [op for op in copy.walk() if isinstance(op, MachineOp)]:
        machine.detach()
    return to_text(copy)


def changed(before: list[str], after: list[str]) -> list[Change]:
    """Runs of lines that are equal, replaced, deleted or inserted: lines that define the same value stand for one another."""
    if max(len(before), len(after)) > MOST_LINES:
        return [("replace", 0, len(before), 0, len(after))]
    return [part for code in _matched(before, after, str.strip) for part in (_paired(before, after, *code[1:]) if code[0] == "replace" else [code])]


def _matched(before: Sequence[str], after: Sequence[str], key: Callable[[str], str]) -> list[Change]:
    return [*SequenceMatcher(None, [key(x) for x in before], [key(x) for x in after], autojunk=False).get_opcodes()]


def _paired(before: list[str], after: list[str], a: int, b: int, c: int, d: int) -> Iterator[Change]:
    """A replaced run, taken apart by what its lines define."""
    for tag, i, j, k, m in _matched(before[a:b], after[c:d], _defined):
        yield "replace" if tag == "equal" else tag, a + i, a + j, c + k, c + m


def _defined(line: str) -> str:
    head, equals, _ = line.partition("=")
    return head.strip().lower() if equals and line.lstrip().startswith("%") else line.strip().split(" ")[0]


def place(remark: Remark) -> str | None:
    found = file_location(remark.location)
    return None if found is None else f"{found.filename.data}:{found.line.data}:{found.column.data}"
