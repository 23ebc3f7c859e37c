"""`einfold explain` on every cascade of the benchmark and the examples: what it says is what was derived, in both formats.

Every page is told once; the two formats are written from the same blocks, and read back with a reader of LaTeX that does not know the writer.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from latex_reader import hashed, read, value
from page_checks import check_latex, check_markdown

from einfold.algebra.derivation import Derived, Refusal
from einfold.algebra.expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, to_text, walk
from einfold.dialects.einsum import CascadeOp
from einfold.tools.derivation_json import to_json
from einfold.tools.loading import load_module, new_context
from einfold.tools.whiteboard.blocks import Block, Display, Heading, Math, Table
from einfold.tools.whiteboard.collect import cascade_story
from einfold.tools.whiteboard.formula import Symbol
from einfold.tools.whiteboard.latex import to_latex
from einfold.tools.whiteboard.latex_words import LATEX, MARKDOWN, MathStyle, symbol_text
from einfold.tools.whiteboard.markdown import to_markdown
from einfold.tools.whiteboard.story import CascadeStory, ReductionStory
from einfold.tools.whiteboard.telling import tell

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "benchmarks" / "cascades").glob("*.mlir")), *sorted((ROOT / "examples").glob("*.mlir"))]
CONTEXT = new_context()


@dataclass(frozen=True)
class Page:
    stories: tuple[CascadeStory, ...]
    blocks: tuple[Block, ...]

    @property
    def reductions(self) -> Iterator[tuple[ReductionStory, dict[str, Any]]]:
        """Every reduction told, with what JSON says of it."""
        for story in self.stories:
            for rank in story.ranks:
                found: Any = to_json(rank.report)["reductions"]
                assert [r.name for r in rank.reductions] == [r["name"] for r in found]
                yield from zip(rank.reductions, found, strict=True)


@cache
def page(path: Path) -> Page:
    module = load_module(str(path), CONTEXT)
    stories = tuple(cascade_story(module, op, path.name) for op in module.walk() if isinstance(op, CascadeOp))
    return Page(stories, tuple(b for s in stories for b in tell(s)))


def parts(blocks: tuple[Block, ...]) -> Iterator[list[Block]]:
    """The blocks of each reduction, in order: from its heading to the next one."""
    found: list[Block] | None = None
    for block in blocks:
        if isinstance(block, Heading):
            text = "".join(getattr(i, "text", "") for i in block.inlines)
            if found is not None:
                yield found
            found = [] if block.level == 3 and ": a" in text else None
        elif found is not None:
            found.append(block)
    if found is not None:
        yield found


def test_the_files_are_there():
    assert len(FILES) >= 75


# What is told is what JSON says


def json_leaves(story: ReductionStory, style: MathStyle) -> dict[str, int]:
    """What a leaf is called in JSON, and what on the page -> a value; a name that means two things fails."""
    result = story.result
    assert isinstance(result, Derived)
    entries = [e for row in result.correction for e in row if e is not None]
    leaves = [e for x in (*entries, *(a.basis for a in result.accumulators)) for e in walk(x) if not isinstance(e, Apply | Num)]
    found: dict[str, int] = {}
    for e in leaves:
        text = to_text(e, lambda a: f"{story.naming.tensors[a.tensor]}[{', '.join(map(str, a.subscripts))}]")
        symbol = story.naming.leaf(e)
        assert isinstance(symbol, Symbol)
        written = symbol_text(symbol, style).replace(" ", "")
        if symbol.kind == "size":
            written = symbol.name
        for name in (written, f"json {text}"):
            assert found.setdefault(name, hashed(text)) == hashed(text), f"{name} means two things"
    return found


def parsed(text: str) -> Expr:
    """The expression that JSON's text says, read as Python reads it."""
    text = re.sub(r"%([\w.$-]+)", lambda m: f"param('{m[1]}')", text).replace("@", "")
    return _from_python(ast.parse(text.strip(), mode="eval").body)


def _from_python(e: ast.expr) -> Expr:
    names = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mult", ast.Div: "div", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq"}
    match e:
        case ast.Constant():
            return Num(e.value)  # type: ignore[arg-type]
        case ast.UnaryOp(operand=operand):
            return Apply("neg", (_from_python(operand),))
        case ast.BinOp(left=left, op=op, right=right):
            return Apply(names[type(op)].replace("mult", "mul"), (_from_python(left), _from_python(right)))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return Apply(names[type(op)], (_from_python(left), _from_python(right)))
        case ast.Call(func=ast.Name(id="param"), args=[ast.Constant(value=str() as name)]):
            return Param(f"json %{name}")
        case ast.Call(func=ast.Name(id="shape"), args=[ast.Name(id=rank)]):
            return Param(f"json shape({rank})")
        case ast.Call(func=ast.Name(id=name), args=args):
            return Apply(name, tuple(map(_from_python, args)))
        case ast.Name(id="inf"):
            return Num(float("inf"))
        case ast.Subscript() | ast.Name():
            text = ast.unparse(e)
            return Param("json " + re.sub(r"\[\((.*)\)\]|\[(.*)\]", lambda m: f"[{m[1] or m[2]}]", text))
        case _:
            raise ValueError(ast.dump(e))


def row_of(text: str, style: MathStyle) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)&", text)]


def matrix(text: str, style: MathStyle) -> list[list[str]]:
    """The entries of a matrix as written; a lone entry is a matrix of one."""
    found = re.fullmatch(r"\\left\(\\begin\{array\}\{c+\} (.*) \\end\{array\}\\right\)", text.strip(), re.S)
    if found is None:
        return [[text.strip()]]
    return [row_of(row, style) for row in found[1].split(f" {style.row} ")]


def displays(blocks: list[Block], style: MathStyle) -> list[list[str]]:
    """The lines of every display, as the format writes them."""
    found: list[list[str]] = []
    for block in blocks:
        if isinstance(block, Display):
            text = to_markdown([block]) if style is MARKDOWN else to_latex([block])
            body = re.search(r"(?:\\begin\{aligned\}|\\begin\{align\*\}|\$\$|\\\[)\n(?:\\begin\{aligned\}\n)?(.*?)\n(?:\\end|\$\$|\\\])", text, re.S)
            assert body is not None, text
            found.append([line.removesuffix(f" {style.row}").replace(" &=", " =") for line in body[1].split("\n")])
    return found


def values_told(blocks: list[Block], style: MathStyle, story: ReductionStory) -> tuple[list[list[int | None]], list[int]]:
    """The values of K's entries and of the basis functions, as they are written on the page, its letters replaced by what they stand for."""
    known = json_leaves(story, style)
    told = [line.split(" = ", 1) for lines in displays(blocks, style) for line in joined_lines(lines) if " = " in line]
    letters = {left.replace(" ", ""): right for left, right in told if re.fullmatch(r"\\(delta|rho|kappa)(_\{\d+\})?", left)}

    def leaf(e: Expr) -> int:
        assert isinstance(e, Param)
        return value(read(letters[e.name]), leaf) if e.name in letters else known[e.name]

    corrections = [right for left, right in told if left == r"\mathbf{K}(\mathbf{d}^{\mathrm{old}}, \mathbf{d})"]
    rows = [[None if e == "0" else value(read(e), leaf) for e in row] for row in matrix(corrections[0], style)] if corrections else []
    functions = [(left, right) for left, right in told if re.match(r"b_\{\d+\}\(", left)]
    assert [left.split("(")[0] for left, _ in functions] == [f"b_{{{j}}}" for j in range(len(functions))]
    basis = [value(read(right), leaf) for _, right in functions]
    return rows, basis


def joined_lines(lines: list[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        if line.startswith(r"&\quad "):
            found[-1] += " " + line.removeprefix(r"&\quad ")
        else:
            found.append(line)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_matrix_and_every_basis_is_that_of_the_json(path: Path):
    told = page(path)
    sections = list(parts(told.blocks))
    reductions = list(told.reductions)
    assert len(sections) == len(reductions)
    for blocks, (story, found) in zip(sections, reductions, strict=True):
        if isinstance(story.result, Refusal):
            assert found["form"] == "refused" and not any(isinstance(b, Table) for b in blocks)
            continue
        state = next(b for b in blocks if isinstance(b, Table))
        assert len(state.rows) == len(found["state"])
        text = to_markdown(blocks)
        if found["form"] in ("deferred", "rebased") and story.reduction.op == "add":
            assert f"(the separation rank is $k = {found['k']}$)" in text
        for style in (MARKDOWN, LATEX):
            known = json_leaves(story, style)

            def leaf(e: Expr, known: dict[str, int] = known) -> int:
                assert isinstance(e, Param)
                return known[e.name]

            rows, basis = values_told(blocks, style, story)
            assert rows == [[None if e is None else value(parsed(e), leaf) for e in row] for row in found["correction"]]
            if basis:
                assert basis == [value(parsed(a["basis"]), leaf) for a in found["state"]]
            assert bool(basis) == (found["form"] in ("deferred", "rebased") and story.reduction.op == "add")


def test_there_is_something_to_compare():
    """The benchmark has matrices of every size up to six, and letters of both kinds."""
    texts = [to_markdown(page(p).blocks) for p in FILES]
    sizes = {len(found[1]) for text in texts for found in re.finditer(r"\\begin\{array\}\{(c+)\}", text)}
    assert {2, 3, 4, 5, 6} <= sizes
    assert any(r"\delta_{2}" in t for t in texts) and any(r"\begin{cases}" in t for t in texts)


# The sentences


def text_of(stem: str) -> str:
    return to_markdown(page(next(p for p in FILES if p.stem == stem)).blocks)


def test_attention_is_told():
    text = text_of("04-attention")
    assert "## Over `m`: 3 passes as written, 1 derived" in text
    assert "- `A` starts pass 3: it needs `SD[p]`, reduced over m. It reads `K` again." in text
    assert r"SD_{p}^{(0)} \leftarrow e^{GM_{p}^{\mathrm{old}} - GM_{p}} \cdot SD_{p}^{(0)} + \sum_{m \in \mathcal{T}} e^{S_{m,p} - GM_{p}}" in text
    assert "with it $S_{m,p} - GM_{p} \\le 0$, on every part of the fiber. $SD_{p}$ is not followed but applied at the end." in text
    assert r"The division by $SD_{p}$ at the end is safe: $SD_{p} \ge 1$." in text
    assert (
        text.count(r"GM_{p}^{\mathrm{old}} &\leftarrow \begin{cases} GM_{p} & \text{if } GM_{p}^{\mathrm{old}} = -\infty \cr GM_{p}^{\mathrm{old}} &")
        == 1
    )
    assert "all of it masked, the last formula has no value; $SD_{p} = 0$ tells, and $0$ stands there." in text
    assert "Where nothing was visited the value comes out as $-\\infty$, by itself." in text
    assert r"$H_{p} \ge 0$" not in text_of("09-softmax-entropy"), "nothing builds on it"
    assert "Before anything was seen, or where all was masked, the same stands in as for `SD`." in text
    assert r"AV_{p,f} = \frac{AV_{p,f}^{(0)}}{SD_{p}}" in text
    assert "1 pass instead of 3; at least 1 pass is needed. The count is **optimal**: every element must be read once." in text


def test_a_mean_is_an_estimate_and_what_was_decided_against_is_shown():
    text = text_of("15-variance")
    assert r"SX_{p} = \frac{SX_{p}^{(0)} \cdot M}{SX^{(1)}}" in text
    assert r"SX_{p} &= \frac{SX_{p}^{(0)} \cdot M}{SX^{(1)}} \cr" in text[text.index("### The pass over") :]
    assert "the sum scaled up to the whole fiber" in text
    assert "The same sum, deferred as far as it goes, would be" in text
    assert "subtracts what grows with the data, and cancels" in text
    assert "carries a higher power of the data" in text_of("14-scaled-l2-norm")


@pytest.mark.parametrize("stem", ["23-rmsnorm-amax", "24-max-deviation"])
def test_an_order_needs_no_correction(stem: str):
    text = text_of(stem)
    assert "This needs an order and no algebra" in text and r"\mathbf{K}" not in text
    assert ("both ends are carried" in text) == (stem == "24-max-deviation")


def test_a_refusal_has_its_certificate_in_words():
    text = text_of("28-softmax-data-temperature")
    assert "### `Y`: a sum, refused" in text
    assert "eliminated in interval arithmetic with $400$ digits, and no pivot's interval contains zero: the smallest is at least $10^{-26}$" in text
    assert "Hence no $11$ functions of the elements span the term" in text
    assert "einfold passes 28-softmax-data-temperature.mlir --json -o derivation.json\neinfold check-certificate derivation.json" in text
    assert "The count is **algebra-optimal**" in text
    assert "Constants of the fiber were fixed: $M = 3$." in text_of("31-gaussian-about-mean")


def test_a_result_that_keeps_the_rank_is_named():
    text = text_of("03-softmax")
    assert "2 passes instead of 3; at least 2 passes are needed." in text and "What keeps `m` among the results: `A`." in text


def test_what_needs_one_pass_gets_a_short_text():
    text = text_of("convolution")
    assert "## Nothing to save" in text and "###" not in text and text.count("\n") < 20
    best = "Every element must be read once, so nothing that computes the same makes fewer passes."
    assert best in text and best not in text_of("sssp"), "within an iteration it says nothing about all generations"
    assert "Every fiber of `i`, `s` and `d` is read once (inside the iteration over `i`: once in each generation)" in text_of("sssp")


def test_several_ranks_have_a_section_each():
    text = text_of("40-batchnorm")
    assert re.findall(r"^## Over `(.)`", text, re.M) == ["m", "e"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_obligation_is_told_once_for_every_reduction(path: Path):
    told = page(path)
    text = to_markdown(told.blocks)
    for story in told.stories:
        for rank in story.ranks:
            for r in rank.reductions:
                for o in r.result.obligations if isinstance(r.result, Derived) else ():
                    lines = [x for x in text.splitlines() if x.startswith(f"- **{o.name}** ({o.statement})")]
                    assert any(f"`{r.name}`" in x and o.result in x for x in lines), (r.name, o.name)


# Nothing is keyed on a name


@pytest.mark.parametrize("stem", ["09-softmax-entropy", "15-variance", "24-max-deviation", "27-fp8-gemm"])
def test_other_names_give_the_same_story(stem: str, tmp_path: Path):
    source = next(p for p in FILES if p.stem == stem).read_text()
    names = sorted(set(re.findall(r"%(\w+)", source)))
    fresh = iter("JOUZBCGI")
    other = {n: next(fresh) if len(n) == 1 else f"Z{i:0{len(n) - 1}}" for i, n in enumerate(names)}
    assert len(set(other.values())) == len(names) and not set(other.values()) & set(names)
    renamed = tmp_path / f"{stem}.mlir"
    renamed.write_text(re.sub(r"%(\w+)", lambda m: f"%{other[m[1]]}", source))
    text = to_markdown(page(renamed).blocks)
    assert text != text_of(stem)
    back = {v: k for k, v in other.items()}
    found = re.compile(rf"(?<![A-Za-z])({'|'.join(sorted(back, key=len, reverse=True))})(?![A-Za-z0-9])")
    assert found.sub(lambda m: back[m[1]], text) == text_of(stem)


# The formats


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_latex_is_balanced(path: Path):
    text = to_latex(page(path).blocks)
    check_latex(text)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_markdown_is_well_formed(path: Path):
    check_markdown(to_markdown(page(path).blocks))


def test_tables_have_as_many_cells_as_columns():
    for path in FILES:
        for block in page(path).blocks:
            if isinstance(block, Table):
                assert all(len(row) == len(block.head) for row in block.rows)
                lines = to_markdown([block]).strip().splitlines()
                assert {line.count("|") for line in lines} == {len(block.head) + 1}


def test_each_reduction_has_its_own_symbols():
    """Names of summaries and accumulators differ on a page wherever they differ in the algebra."""
    for path in FILES:
        for story, _ in page(path).reductions:
            if isinstance(story.result, Derived):
                symbols = [story.naming.accumulator(a.name) for a in story.result.accumulators]
                assert len(set(symbols)) == len(symbols)
                assert all(isinstance(i, Math) for s in symbols for i in (Math(s),))


def test_leaves_are_what_they_say():
    for path in FILES[:12]:
        for story, _ in page(path).reductions:
            for e in walk(story.reduction.body):
                if isinstance(e, Access):
                    symbol = story.naming.leaf(e)
                    assert isinstance(symbol, Symbol) and symbol.subscripts == e.subscripts
                elif isinstance(e, RankValue | RankShape):
                    assert isinstance(story.naming.leaf(e), Symbol)
