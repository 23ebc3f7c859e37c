"""The formulas of `einfold explain` say what they are made from: whatever is written is read back as the same, in both formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings
from latex_reader import hashed, read, value

from einfold.algebra.affine import Affine
from einfold.algebra.expr import Access, Apply, Expr, Leaf, Num, Param, RankShape, RankValue
from einfold.algebra.operators import SCALAR_OPERATORS
from einfold.tools.whiteboard.formula import Number, Related, Symbol, from_expression
from einfold.tools.whiteboard.latex_math import aligned_text, math_text
from einfold.tools.whiteboard.latex_words import LATEX, MARKDOWN, MathStyle, symbol_text
from einfold.tools.whiteboard.layout import broken
from einfold.tools.whiteboard.naming import Naming

M, P = Affine.rank("m"), Affine.rank("p")
NAMING = Naming(
    {0: "X", 1: "SN_2", 2: "e", 3: "L1"},
    summaries={"GM": (P,), "SD": ()},
    accumulators={"H.0": (P,), "H.12": ()},
    bindings={"const.0": Access(0, (P,))},
    sizes={"m": Symbol("M")},
    letters={"#delta1": Symbol("delta", (Affine((), 1),), kind="greek"), "#rho": Symbol("rho", kind="greek")},
)
LEAVES: list[Leaf] = [
    Access(0, (M, P)),
    Access(1, (M * 2 + P,)),
    Access(2, ()),
    Access(3, (P,)),
    RankValue("m"),
    RankShape("m"),
    RankShape("q"),
    *map(Param, ("GM", "GM.old", "SD", "SD.old.following", "H.0", "H.12", "const.0", "#delta1", "#rho")),
]
NUMBERS = [Num(v) for v in (0, 1, 2, -1, -3, 10, 448, 0.5, -0.25, 1.0, 1e-6, 2.5e-7, -1e30, float("inf"), float("-inf"))]
OPERATORS = [*((name, op.arity) for name, op in SCALAR_OPERATORS.items()), ("@f", 1), ("@g", 2)]


def applied(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    def build(chosen: tuple[str, int]) -> st.SearchStrategy[Expr]:
        name, arity = chosen
        return st.tuples(*[inner] * arity).map(lambda args: Apply(name, args))

    few = [(o, SCALAR_OPERATORS[o].arity) for o in ("add", "sub", "mul", "div", "neg", "pow", "exp", "select")]
    return st.one_of(st.sampled_from(few), st.sampled_from(OPERATORS)).flatmap(build)


EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(st.one_of(st.sampled_from(LEAVES), st.sampled_from(NUMBERS)), applied, max_leaves=12)


def written_leaf(e: Expr, style: MathStyle) -> int:
    """A leaf's value, by what is written for it."""
    if isinstance(e, Apply | Num):
        raise TypeError(e)
    symbol = NAMING.leaf(e)
    if not isinstance(symbol, Symbol):
        raise TypeError(symbol)
    if symbol.kind == "size":
        return hashed("size", None, hashed(symbol.name))
    return hashed(symbol_text(symbol, style).replace(" ", ""))


def read_leaf(e: Expr) -> int:
    if not isinstance(e, Param):
        raise TypeError(e)
    return hashed(e.name)


@settings(deadline=None, max_examples=400)
@given(EXPRESSIONS)
@example(Apply("pow", (Access(2, ()), Param("SD"))))
@example(Apply("pow", (Apply("exp", (Param("SD"),)), Num(2))))
@example(Apply("sub", (Param("SD"), Apply("sub", (Param("GM"), Num(-1))))))
@example(Apply("exp", (Apply("mul", (Apply("div", (Num(1), Param("SD"))), Param("GM"))),)))
def test_what_is_written_is_read_back(expression: Expr):
    for style in (LATEX, MARKDOWN):
        text = math_text(NAMING.formula(expression), style)
        assert value(read(text), read_leaf) == value(expression, lambda e, s=style: written_leaf(e, s)), text


def nested(operators: Sequence[tuple[str, int]], depth: int) -> Iterator[Expr]:
    """Every operator in every place of every other, `depth` levels deep, beside leaves that differ."""
    for name, arity in operators:
        places = [Access(0, (M, P)), Param("GM"), Num(3)][:arity]
        if depth == 1:
            yield Apply(name, tuple(places))
            continue
        for i in range(arity):
            for inner in nested(operators, depth - 1):
                yield Apply(name, (*places[:i], inner, *places[i + 1 :]))


CORE = [(name, SCALAR_OPERATORS[name].arity) for name in ("add", "sub", "mul", "div", "neg", "pow", "exp", "select", "lt", "not", "and")]


@pytest.mark.parametrize(("operators", "depth"), [(OPERATORS, 2), (CORE, 3)], ids=["pairs", "triples"])
def test_every_operator_in_every_place(operators: Sequence[tuple[str, int]], depth: int):
    for expression in nested(operators, depth):
        text = math_text(NAMING.formula(expression), LATEX)
        assert value(read(text), read_leaf) == value(expression, lambda e: written_leaf(e, LATEX)), text


@settings(deadline=None, max_examples=200)
@given(EXPRESSIONS, st.sampled_from([0.0, 12.0, 30.0]))
@example(Apply("add", (Access(0, (M, P)), Apply("add", (Num(-1), Access(0, (M, P)))))), 0.0)
def test_a_line_that_is_broken_says_the_same(expression: Expr, widest: float):
    whole = Related(Symbol("Y"), "equals", NAMING.formula(expression))
    lines = [aligned_text(line, LATEX) for line in broken(whole, widest)]
    assert lines[0].startswith("Y &= ") and all(line.startswith(r"&\quad ") for line in lines[1:])
    text = " ".join([lines[0].removeprefix("Y &= "), *(line.removeprefix(r"&\quad ") for line in lines[1:])])
    assert value(read(text), read_leaf) == value(expression, lambda e: written_leaf(e, LATEX)), text


@settings(deadline=None, max_examples=200)
@given(EXPRESSIONS)
def test_markdown_can_be_read_by_what_takes_a_backslash_for_an_escape(expression: Expr):
    """No backslash before punctuation but in names that hold it, no `<`, `>`, `*` or `|`, and braces that match."""
    text = math_text(NAMING.formula(expression), MARKDOWN).replace(r"SN\_2", "SN2")
    assert not set("<>*|\n") & set(text)
    assert all(c.isalpha() for c in (text[i + 1] for i, b in enumerate(text) if b == "\\"))
    assert text.count("{") == text.count("}")


def test_a_number_is_itself():
    for n in NUMBERS:
        text = math_text(from_expression(n, lambda e: Number(e.value) if isinstance(e, Num) else Symbol("")), LATEX)
        assert value(read(text), read_leaf) == value(n, read_leaf)
