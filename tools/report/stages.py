"""The IR after each pass, as texts, with what the pass said, and which lines it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from xdsl.dialects.builtin import ModuleOp

from ...analysis.remarks import Remark
from ..diagnostics import file_location
from ..running import to_text

MOST_LINES = 4000
"""Lines of a text up to which changes are looked for line by line."""


@dataclass
class Stages:
    """Collects texts; `made` is the list that remarks are collected in."""

    made: Sequence[Remark]
    texts: list[tuple[str, str, tuple[Remark, ...]]] = field(default_factory=list[tuple[str, str, tuple[Remark, ...]]])
    seen: int = 0

    def add(self, name: str, module: ModuleOp) -> None:
        """The module as the pass `name` leaves it, and the remarks since the one before."""
        self.texts.append((name, to_text(module), tuple(self.made[self.seen :])))
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


def changed(before: list[str], after: list[str]) -> list[list[str | int]]:
    """Runs of lines that are equal, replaced, deleted or inserted."""
    if max(len(before), len(after)) > MOST_LINES:
        return [["replace", 0, len(before), 0, len(after)]]
    matcher = SequenceMatcher(None, [x.strip() for x in before], [x.strip() for x in after], autojunk=False)
    return [list(code) for code in matcher.get_opcodes()]


def place(remark: Remark) -> str | None:
    found = file_location(remark.location)
    return None if found is None else f"{found.filename.data}:{found.line.data}:{found.column.data}"
