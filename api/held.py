"""What a `Module` holds: IR that nobody changes, where it came from, and the context that knows its dialects."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ..dialects.einsum import CascadeOp
from ..tools.choosing import choose_cascade
from ..tools.source import Source, remember


@dataclass(frozen=True, eq=False)
class Held:
    """`ir` was read from `source`; `rewritten` if it is no longer what that says."""

    ir: ModuleOp
    source: Source
    ctx: Context
    rewritten: bool = False

    @property
    def name(self) -> str:
        return self.source.name

    def with_ir(self, ir: ModuleOp) -> Held:
        return replace(self, ir=ir, rewritten=True)

    def cascade(self, name: str | None) -> CascadeOp:
        """The cascade of that name, or the only one. Raises `Failure`."""
        return choose_cascade(self.ir, name, self.name)

    def remembered(self) -> Source:
        """The source, such that locations in it are shown with its lines, whatever was read under its name since."""
        return remember(self.source)
