"""Pages as Markdown and as LaTeX: words are words, code is code, and formulas are what they are in either format."""

from __future__ import annotations

import pytest
from page_checks import check_latex

from einfold.algebra.affine import Affine, Comparison
from einfold.algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from einfold.tools.whiteboard.blocks import Block, Code, Display, Heading, Items, Listing, Math, Paragraph, Strong, Table, Text, joined, sentence
from einfold.tools.whiteboard.formula import Applied, Fold, Formula, Matrix, Number, Operation, Product, Related, Statement, Symbol
from einfold.tools.whiteboard.latex import escape as latex_escape
from einfold.tools.whiteboard.latex import to_latex
from einfold.tools.whiteboard.latex_math import math_text
from einfold.tools.whiteboard.latex_words import LATEX, MARKDOWN
from einfold.tools.whiteboard.layout import DEEPEST, broken
from einfold.tools.whiteboard.markdown import code, escape, to_markdown

NASTY = '<b>*x*_y_ [l](u) `c` $d$ a|b # \\ & ~ {} \n# %^"é'
M, P = Affine.rank("m"), Affine.rank("p")
X = Symbol("X", (P, M))


def test_words_of_markdown_are_escaped():
    assert escape(NASTY) == r"&lt;b&gt;\*x\*\_y\_ \[l\](u) \`c\` \$d\$ a\|b \# \\ &amp; \~ \{\}  \# %^" + '"é'


def test_words_of_latex_are_escaped():
    expected = r"\textless{}b\textgreater{}*x*\_y\_ [l](u) `c` \$d\$ a\textbar{}b \# \textbackslash{} \& \textasciitilde{} \{\}  \# \%"
    assert latex_escape(NASTY) == expected + r"\textasciicircum{}" + '"?'


@pytest.mark.parametrize(
    ("text", "written"), [("GM[p]", "`GM[p]`"), ("a`b", "``a`b``"), ("`a``", "``` `a`` ```"), ("a\nb", "`a b`"), ("<i>", "`<i>`"), (" ", "`   `")]
)
def test_code_of_markdown_holds_anything(text: str, written: str):
    assert code(text) == written


def test_every_block_in_both_formats():
    line = Related(X, "at least", Number(0))
    blocks: list[Block] = [
        Heading(2, sentence("Of {}", Code("a_b"))),
        Paragraph(sentence("{} and {}, {}.", Strong("so_lid"), Math(X), Text("1 < 2"))),
        Display((line,)),
        Display((line, Related(None, "minus", X))),
        Table(((Text("a"),), (Text("b"),)), (((Code("x|y"),), joined([(Code("u"),), (Code("v"),)])),)),
        Items((sentence("one"), sentence("two"))),
        Listing(("einfold check a_b",)),
    ]
    assert to_markdown(blocks) == (
        "## Of `a_b`\n\n**so\\_lid** and $X_{p,m}$, 1 &lt; 2.\n\n$$\nX_{p,m} \\ge 0\n$$\n\n"
        "$$\n\\begin{aligned}\nX_{p,m} &\\ge 0 \\cr\n&\\quad - X_{p,m}\n\\end{aligned}\n$$\n\n"
        "| a | b |\n|---|---|\n| `x&#124;y` | `u` and `v` |\n\n- one\n- two\n\n```sh\neinfold check a_b\n```\n"
    )
    text = to_latex(blocks)
    check_latex(text)
    assert "\\subsection{Of \\texttt{a\\_b}}\n\n\\textbf{so\\_lid} and $X_{p,m}$, 1 \\textless{} 2.\n\n\\[\nX_{p,m} \\ge 0\n\\]\n\n" in text
    assert "\\begin{align*}\nX_{p,m} &\\ge 0 \\\\\n&\\quad - X_{p,m}\n\\end{align*}" in text
    assert (
        "\\begin{tabular}{lp{0.36\\linewidth}}\na & b \\\\\n\\hline\n\\texttt{x\\textbar{}y} & \\texttt{u} and \\texttt{v} \\\\\n\\end{tabular}"
        in text
    )
    assert "\\begin{flushleft}\n\\texttt{einfold check a\\_b}\n\\end{flushleft}" in text


def test_a_sentence_takes_as_many_parts_as_it_has_places():
    with pytest.raises(ValueError, match="1 parts for 2 places"):
        sentence("{} and {}", Text("one"))
    assert joined([Text("a"), Text("b"), Text("c")]) == (Text("a"), Text(", "), Text("b"), Text(" and "), Text("c"))


@pytest.mark.parametrize(
    ("formula", "latex", "markdown"),
    [
        (Symbol("GM", (P,)), r"\mathit{GM}_{p}", "GM_{p}"),
        (Symbol("GM", (M * 2 + P,), ("old",)), r"\mathit{GM}_{2 m + p}^{\mathrm{old}}", r"GM_{2 m + p}^{\mathrm{old}}"),
        (Symbol("H", (), ("(1)", "L")), r"H^{(1),\mathrm{L}}", r"H^{(1),\mathrm{L}}"),
        (Symbol("b", (Affine((), 0),)), "b_{0}", "b_{0}"),
        (Symbol("row", kind="size"), r"\operatorname{size}(\mathit{row})", r"\operatorname{size}(row)"),
        (Symbol("RSS", kind="bold"), r"\mathbf{RSS}", r"\mathbf{RSS}"),
        (Operation("lt", (X, Number(3))), "[X_{p,m} < 3]", r"[X_{p,m} \lt 3]"),
        (Statement(Operation("gt", (X, Number(3)))), "X_{p,m} > 3", r"X_{p,m} \gt 3"),
        (Statement(Operation("and", (X, Operation("not", (X,))))), *[r"(X_{p,m} \ne 0) \land (\lnot (X_{p,m} \ne 0))"] * 2),
        (Operation("add", (X, X), "intersection"), *[r"X_{p,m} \mathbin{+^{\mathrm{intersection}}} X_{p,m}"] * 2),
        (Operation("lt", (X, X), "left"), r"[X_{p,m} \mathbin{<^{\mathrm{left}}} X_{p,m}]", r"[X_{p,m} \mathbin{\lt^{\mathrm{left}}} X_{p,m}]"),
        (Operation("max", (X, X), "union"), *[r"\operatorname{max}^{\mathrm{union}}(X_{p,m}, X_{p,m})"] * 2),
        (Fold("add", ("e", "m"), Operation("add", (X, X))), *[r"\sum_{e,m} (X_{p,m} + X_{p,m})"] * 2),
        (Fold("argmax", ("m",), X), *[r"\operatorname*{argmax}_{m} X_{p,m}"] * 2),
        (Fold("@my_op", ("m",), X), *[r"\operatorname*{my\_op}_{m} X_{p,m}"] * 2),
        (Fold("max", ("m",), X, (Comparison(M, "<", P),)), r"\max_{m : m < p} X_{p,m}", r"\max_{m : m \lt p} X_{p,m}"),
        (Fold("min", ("m",), X, tile=Symbol("T", kind="script")), *[r"\min_{m \in \mathcal{T}} X_{p,m}"] * 2),
        (
            Matrix(((Number(1), None), (X, Number(2)))),
            *[rf"\left(\begin{{array}}{{cc}} 1 & 0 {r} X_{{p,m}} & 2 \end{{array}}\right)" for r in (r"\\", r"\cr")],
        ),
        (Applied(None, (X, X)), *["(X_{p,m}, X_{p,m})"] * 2),
        (Product((Symbol("K", kind="bold"), Operation("add", (X, X)))), *[r"\mathbf{K} (X_{p,m} + X_{p,m})"] * 2),
        (Related(X, "equals", X, (Comparison(M, "<=", P),)), *[r"X_{p,m} = X_{p,m} \quad \text{where } m \le p"] * 2),
    ],
)
def test_formulas_in_both_spellings(formula: Applied, latex: str, markdown: str):
    assert math_text(formula, LATEX) == latex
    assert math_text(formula, MARKDOWN) == markdown


def test_every_operator_has_a_sign_of_its_own():
    """No operator of the tables falls back to what is written for unknown ones, and no two read alike."""
    texts = {op: math_text(Operation(op, (X, Number(7), Symbol("z"))[: o.arity]), LATEX) for op, o in SCALAR_OPERATORS.items()}
    assert len(set(texts.values())) == len(texts)
    upright = {op for op, text in texts.items() if r"\operatorname" in text}
    assert upright == {"round", "sign", "sigmoid"}
    folds = {op: math_text(Fold(op, ("m",), X), LATEX) for op in REDUCTION_OPERATORS}
    assert len(set(folds.values())) == len(folds)
    assert {op for op, text in folds.items() if r"\operatorname" in text} == {"argmax", "argmin"}


def test_what_nobody_could_read_is_left_out():
    """Expressions of any depth are written; long sums and products in full."""
    deep: Formula = X
    for _ in range(280):
        deep = Operation("sin", (deep,))
    text = math_text(deep, LATEX)
    assert text.count(r"\sin") == DEEPEST and r"\cdots" in text and text.count("(") == text.count(")")
    assert broken(Related(X, "equals", deep))
    long: Formula = X
    for _ in range(150):
        long = Operation("add", (long, Operation("mul", (X, X))))
    assert math_text(long, LATEX).count("X") == 301
    assert sum(math_text(line, LATEX).count("X") for line in broken(Related(None, "equals", long))) == 301
