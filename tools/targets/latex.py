"""`-t latex`: a module's cascades as a LaTeX document (article, amsmath): operators, ranks, and the equations in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.target import Target

from .cascades import parts


@dataclass(frozen=True)
class LatexTarget(Target):
    """Cascades as the equations of a LaTeX document."""

    name = "latex"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        from ...dialects.einsum import CascadeOp
        from ..whiteboard.blocks import Block, Code, Heading
        from ..whiteboard.latex import to_latex
        from ..whiteboard.telling import as_written
        from ..whiteboard.written import written_story

        blocks: list[Block] = []
        for op in parts(module, self.name):
            if isinstance(op, CascadeOp):
                blocks.append(Heading(1, (Code(op.sym_name.data),)))
                blocks += as_written(written_story(module, op, ""))
        output.write(to_latex(blocks))
