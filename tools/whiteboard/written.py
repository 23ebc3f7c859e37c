"""A cascade's story before any of it is derived: what it computes, with the names that the page gives to sizes."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from ...algebra.expr import Apply, walk
from ...analysis.einsums import Program
from ...dialects.einsum import CascadeOp, ComputeOp
from ...passes.operators import laws_of
from .naming import Naming, sizes_of
from .story import CascadeStory


def written_story(module: ModuleOp, cascade: CascadeOp, file: str) -> CascadeStory:
    """The story of a cascade without its ranks: enough for `as_written`."""
    program = Program(cascade)
    names = frozenset(program.names.values()) | frozenset(program.sizes)
    used = {e.op for op in cascade.walk() if isinstance(op, ComputeOp) for e in walk(op.map.data) if isinstance(e, Apply)}
    used |= {r.op for op in cascade.walk() if isinstance(op, ComputeOp) and op.reduce is not None for r in op.reduce.data}
    operators = tuple(u for u in laws_of(module).users if u.op in used)
    return CascadeStory(file, cascade.sym_name.data, program, Naming({}, sizes=sizes_of(program.sizes, names)), operators, (), ())
