"""Pieces of HTML about a cascade: its equations and its graph."""

from __future__ import annotations

from ...analysis.einsums import Program
from ...dialects.einsum import CascadeOp
from ..whiteboard.equations import Equations
from ..whiteboard.naming import Naming, sizes_of
from .blocks_html import to_html
from .graph_svg import graph_svg

TOO_LARGE = "<p class='note'>{} operations: too many to draw.</p>"


def drawn(cascade: CascadeOp, most: int) -> dict[str, str]:
    """`equations` and `graph`; for more than `most` operations a line that says so."""
    program = Program(cascade)
    if len(program.steps) > most:
        told = TOO_LARGE.format(f"{len(program.steps):,}")
        return {"equations": told, "graph": told}
    names = frozenset(program.names.values()) | frozenset(program.sizes)
    equations = Equations(program, Naming({}, sizes=sizes_of(program.sizes, names)))
    return {"equations": to_html(equations.blocks()), "graph": graph_svg(program, f"What reads what in {cascade.sym_name.data}")}
