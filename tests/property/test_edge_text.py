"""EDGE text says what the dialect says, for random cascades and expressions; and no text makes the reader do anything but read or refuse."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from einfold.algebra.expr import Expr, to_text
from einfold.dialects.edge_symbols import to_signs
from einfold.dialects.einsum_attrs import subscripts_text
from einfold.frontends import OWN
from einfold.frontends.edge_text import Line, Tensor, expression
from einfold.tools.diagnostics import Failure
from einfold.tools.importing import imported
from einfold.tools.loading import new_context
from einfold.tools.parsing import parse_source
from einfold.tools.source import Source
from einfold.tools.targets.edge import EdgeTarget
from einfold.tools.verifying import verify_module

from .cascades import cascades
from .test_expression_text import expressions

CONTEXT = new_context()
SOME = (Path(__file__).parents[2] / "examples" / "bfs.mlir").read_text()


def edge(text: str) -> str:
    stream = StringIO()
    EdgeTarget().emit(CONTEXT, parse_source(Source("made.mlir", text), CONTEXT), stream)
    return stream.getvalue()


@given(cascades())
@settings(max_examples=25, deadline=None)
def test_cascades_read_back(text: str):
    module = parse_source(Source("made.mlir", text), CONTEXT)
    again = imported(OWN["edge"], Source("made.edge", edge(text)), CONTEXT)
    verify_module(again)
    assert again.is_structurally_equivalent(module)


@given(expressions)
@settings(max_examples=120, deadline=None)
def test_expressions_read_back(expr: Expr):
    plain = to_text(expr, lambda a: f"%T{a.tensor}{subscripts_text(a.subscripts)}")
    signed = to_signs(to_text(expr, lambda a: f"\0{a.tensor}\0"))
    subscripts = iter(re.findall(r"%T\d+\[([^\]]*)\]", plain))
    written = re.sub("\0(\\d+)\0", lambda m: f"T{m[1]}_{{{next(subscripts).replace(' * ', '·')}}}", signed)

    def tensor(found: Tensor) -> str:
        return f"%{found.name}[{', '.join(found.subscripts)}]"

    read, filters = expression(Line(1, 1, written), tensor)
    assert filters == []
    assert "".join(read.split()) == "".join(plain.split())


PIECES = [
    "_{",
    "}",
    "{",
    ":",
    "::",
    "⋁_{m}",
    "=",
    ",",
    "next ",
    "last ",
    "end\n",
    "iterate i\n",
    "\n",
    "(∪)",
    "×",
    "-",
    "∞",
    "0",
    "\0",
    "é",
    "#",
    "(",
    ")",
]


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 6), st.sampled_from(PIECES)), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_text_is_more_than_read_or_refused(edits: list[tuple[int, int, str]]):
    text = edge(SOME)
    for at, gone, put in edits:
        at %= len(text)
        text = text[:at] + put + text[at + gone :]
    try:
        imported(OWN["edge"], Source("edited.edge", text), CONTEXT)
    except Failure as failure:
        assert failure.exit_code == 1
        assert all(d.file == "edited.edge" for d in failure.diagnostics)
