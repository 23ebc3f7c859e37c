"""A page of `einfold explain` is an algorithm: what it says to do, done on numbers, gives what it says is computed.

Both sides are read from the text: the reductions as written, evaluated over whole fibers, and "The pass over", evaluated tile by tile.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import pytest
from latex_reader import Reader, read

from einfold.algebra.evaluate import FLOAT_FUNCTIONS
from einfold.algebra.expr import Apply, Expr, Num, Param, walk
from einfold.dialects.einsum import CascadeOp
from einfold.tools.loading import load_module, new_context
from einfold.tools.whiteboard.collect import cascade_story
from einfold.tools.whiteboard.markdown import to_markdown
from einfold.tools.whiteboard.telling import tell

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "benchmarks" / "cascades").glob("*.mlir")), *sorted((ROOT / "examples").glob("*.mlir"))]
CONTEXT = new_context()
SIZE, SMALL, TILE, CUT = 11, 2, 3, 4
K = r"\mathbf{K}"
START, FOLLOW, END = "Start from", "in this order,", "At the end"

Leaf = Callable[[str], float]


def lines_after(text: str, words: str) -> list[tuple[str, str, str]]:
    """(left, relation, right) of the display behind some words."""
    at = text.index(words)
    body = text[at:].split("$$\n", 2)[1]
    body = body.removeprefix("\\begin{aligned}\n").split("\n\\end{aligned}")[0].strip()
    found: list[str] = []
    for line in body.split(" \\cr\n"):
        if line.startswith(r"&\quad "):
            found[-1] += " " + line.removeprefix(r"&\quad ")
        else:
            found.append(line.replace(" &", " ", 1))
    parsed = [re.fullmatch(r"(.+?) (=|\\leftarrow) (.+)", line, re.S) for line in found]
    return [(m[1], m[2], m[3]) for m in parsed if m is not None]


@dataclass
class Fiber:
    """Random elements of one fiber, each made when first asked for; `m` counts along it, other reduced ranks are short."""

    rank: str
    random: Random
    values: dict[object, float] = field(default_factory=dict[object, float])
    fixed: int = 6

    def leaf(self, name: str, at: Mapping[str, int], sizes: Mapping[str, int]) -> float:
        if name in sizes:  # the size of a rank
            return sizes[name]
        if name in at:
            return at[name]
        head, _, below = name.partition("_{")
        ranks = tuple(at.get(r, self.fixed) for r in below.rstrip("}").split(",")) if below else ()
        if not below and len(name) == 1 and name.islower():
            return self.fixed  # a rank that is fixed in this fiber
        return self.values.setdefault((head, ranks), round(self.random.uniform(-2, 2), 3))


@dataclass
class Run:
    """Evaluates what was read; `state` holds what was assigned."""

    fiber: Fiber
    sizes: Mapping[str, int]
    state: dict[str, float] = field(default_factory=dict[str, float])
    old: dict[str, float] = field(default_factory=dict[str, float])

    def value(self, e: Expr, tile: range, at: Mapping[str, int]) -> float:
        match e:
            case Num(number):
                return float(number)
            case Param(name):
                if name.endswith((r"^{\mathrm{old}}", r"^{\mathrm{fol}}")):
                    return self.old[name[: name.rindex("^{")]]
                return self.state[name] if name in self.state else self.fiber.leaf(name, at, self.sizes)
            case Apply(op, (Param(below), body)) if op.startswith("fold "):
                terms = [self.value(body, tile, here) for here in self.points(below, tile, at)]
                start = {"add": 0.0, "mul": 1.0, "max": -math.inf, "min": math.inf}[op[5:]]
                for term in terms:
                    start = FLOAT_FUNCTIONS[op[5:]](start, term)
                return start
            case Apply(op, args):
                return FLOAT_FUNCTIONS[op](*(self.value(a, tile, at) for a in args))
            case _:
                raise TypeError(e)

    def points(self, below: str, tile: range, at: Mapping[str, int]) -> Iterator[dict[str, int]]:
        """The coordinates under a sum: `e,m`, `m\\in\\mathcal{T}`, and conditions behind a colon."""
        ranks, _, where = below.partition(":")
        points: list[dict[str, int]] = [dict(at)]
        for rank in ranks.replace(r"\in\mathcal{T}", "").split(","):
            span = tile if rank == self.fiber.rank else range(SMALL)
            points = [{**p, rank: i} for p in points for i in span]
        for point in points:
            if all(self.value(Reader(c).condition(), tile, point) for c in where.split(",") if c):
                yield point


def section(text: str, name: str) -> str:
    start = text.index(f"\n### `{name}`")
    end = text.find("\n### ", start + 5)
    return text[start:end]


def rows_of(text: str) -> list[list[str]]:
    found = re.fullmatch(r"\\left\(\\begin\{array\}\{c+\} (.*) \\end\{array\}\\right\)", text, re.S)
    if found is None:
        raise ValueError(text)
    return [row.split(" & ") for row in found[1].split(r" \cr ")]


def correction(run: Run, text: str, name: str, tile: range) -> list[list[float]]:
    """K of a reduction, its letters first, at the old and new values that the run has."""
    told = section(text, name)
    written = next(right for left, _, right in lines_after(told, "one matrix moves") if left.startswith(K))
    introduced = lines_after(told, "\nwith\n") if "\nwith\n" in told else []
    pending = {left.replace(" ", ""): right for left, _, right in introduced}
    for letter in pending:
        run.state.pop(letter, None)
    for _ in list(pending):
        for letter, right in list(pending.items()):  # one may use another
            if not any(other in right.replace(" ", "") for other in pending):
                run.state[letter] = run.value(read(right), tile, {})
                del pending[letter]
    assert not pending
    return [[run.value(read(e), tile, {}) for e in row] for row in rows_of(written)]


def product(matrix: list[list[float]], vector: list[float]) -> list[float]:
    return [sum(k * a for k, a in zip(row, vector, strict=True)) for row in matrix]


def vector_step(run: Run, text: str, name: str, tile: range, vectors: dict[str, list[float]]) -> None:
    """H <- K H + sum of b, with K, its letters, and b from the section of the reduction."""
    basis = [right for left, _, right in lines_after(section(text, name), "lies in the span") if left.startswith("b_")]
    folded = re.search(r"\\sum_\{[^}]*\}[^$]*?$", next(r for x, _, r in lines_after(pass_of(text), FOLLOW) if x == rf"\mathbf{{{name}}}"))
    assert folded is not None
    under = read_under(folded[0])
    sums = [run.value(Apply("fold add", (Param(under), read(b))), tile, {}) for b in basis]
    moved = product(correction(run, text, name, tile), vectors.get(name, [0.0] * len(basis)))
    vectors[name] = [m + s for m, s in zip(moved, sums, strict=True)]


def read_under(text: str) -> str:
    reader = Reader(text)
    reader.take(r"\sum"), reader.take("_")
    return reader.group()


@dataclass
class State:
    """What a part of the fiber leaves: scalars, and the vectors of those that are corrected by a matrix."""

    run: Run
    vectors: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def part(self, name: str) -> float:
        """A name of the merge, marked L or R, as this part has it."""
        return self.run.state[re.sub(r",?\\mathrm\{[LR]\}", "", name).removesuffix("^{}")]


def pass_of(text: str) -> str:
    return text[text.index("### The pass over") :]


def traverse(text: str, fiber: Fiber, sizes: Mapping[str, int], span: range) -> State:
    """The state after the tiles of a span, from the start."""
    run = Run(fiber, sizes)
    state, told = State(run), pass_of(text)
    for left, _, right in lines_after(told, START):
        if right != r"\mathbf{0}":
            run.state[left.replace(" ", "")] = run.value(read(right), range(0), {})
    for start in range(span.start, span.stop, TILE):
        tile = range(start, min(start + TILE, span.stop))
        for left, relation, right in lines_after(told, FOLLOW):
            key = left.replace(" ", "")
            if key.startswith(r"\mathbf"):
                vector_step(run, text, key[len(r"\mathbf{") : -1], tile, state.vectors)
                continue
            found = run.value(read(right), tile, {})
            if relation == "=":  # a running value: what it was before, or, before the first tile, what stands in
                run.old[key] = run.state.get(key, found)
            run.state[key] = found
    return state


def merged(text: str, left_part: State, right_part: State) -> State:
    """One state of two, reduction by reduction, by what the page says under "make one"."""
    run = Run(left_part.run.fiber, left_part.run.sizes)
    whole, done = State(run), set[str]()
    for left, relation, right in lines_after(pass_of(text), FOLLOW):
        key = left.replace(" ", "")
        if relation == "=":
            run.state[key] = run.value(read(right), range(0), {})
            continue
        name = key[len(r"\mathbf{") : -1] if key.startswith(r"\mathbf") else re.split(r"[_^]", key)[0]
        if name in done:
            continue
        done.add(name)
        lines = lines_after(section(text, name), "make one")
        if key.startswith(r"\mathbf"):
            assert [(x, r) for x, _, r in lines] == [
                (
                    key,
                    rf"{K}(\mathbf{{d}}^{{\mathrm{{L}}}}, \mathbf{{d}}) {key}^{{\mathrm{{L}}}} + "
                    rf"{K}(\mathbf{{d}}^{{\mathrm{{R}}}}, \mathbf{{d}}) {key}^{{\mathrm{{R}}}}",
                )
            ]
            moved = []
            for part in (left_part, right_part):
                run.old = dict(part.run.state)
                moved.append(product(correction(run, text, name, range(0)), part.vectors[name]))
            whole.vectors[name] = [x + y for x, y in zip(*moved, strict=True)]
            continue
        for target, _, told in lines:
            expression = read(told)
            marks = {e.name for e in walk(expression) if isinstance(e, Param) and re.search(r"\\mathrm\{[LR]\}\}$", e.name)}
            here = Run(run.fiber, run.sizes, {**run.state, **{m: (left_part if m.endswith("{L}}") else right_part).part(m) for m in marks}})
            run.state[target.replace(" ", "")] = here.value(expression, range(0), {})
    return whole


def finished(text: str, state: State) -> dict[str, float]:
    """The values at the end, from a state."""
    run = state.run
    for name, values in state.vectors.items():
        names = re.findall(r"^\| \$(\S*\^\{\(\d+\)\})\$ \|", section(text, name), re.M)
        run.state |= dict(zip(names, values, strict=True))
    for left, _, right in lines_after(pass_of(text), END):
        run.state[left.replace(" ", "")] = run.value(read(right), range(SIZE), {})
    return run.state


def run_as_written(text: str, fiber: Fiber, sizes: Mapping[str, int]) -> dict[str, float]:
    run = Run(fiber, sizes)
    for left, _, right in lines_after(text, "the reductions are"):
        run.state[left.replace(" ", "")] = run.value(read(right), range(SIZE), {})
    return run.state


@cache
def pages(path: Path) -> tuple[tuple[str, str], ...]:
    """(rank, text) of every section of a file that describes a pass."""
    found: list[tuple[str, str]] = []
    module = load_module(str(path), CONTEXT)
    for cascade in (op for op in module.walk() if isinstance(op, CascadeOp)):
        story = cascade_story(module, cascade, path.name)
        text = to_markdown(tell(story))
        for rank in story.ranks:
            start = text.index(f"\n## Over `{rank.rank}`")
            end = text.find("\n## ", start + 4)
            found.append((rank.rank, text[start : end if end > 0 else None]))
    return tuple((rank, text) for rank, text in found if "### The pass over" in text)


def test_there_are_pages_to_run():
    assert sum(len(pages(path)) for path in FILES) > 60


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_pass_gives_what_the_reductions_say(path: Path):
    for rank, text in pages(path):
        sizes = {rank.upper(): SIZE, **{r.upper(): SMALL for r in "behmpf" if r != rank}}
        fiber = Fiber(rank, Random(path.stem))
        wanted = run_as_written(text, fiber, sizes)
        whole = finished(text, traverse(text, fiber, sizes, range(SIZE)))
        parts = [traverse(text, fiber, sizes, span) for span in (range(CUT), range(CUT, SIZE))]
        together = finished(text, merged(text, *parts))
        for found in (whole, together):
            compared = [name for name in wanted if name in found]
            assert len(compared) >= 2
            for name in compared:
                assert math.isclose(found[name], wanted[name], rel_tol=1e-9, abs_tol=1e-9), (name, found[name], wanted[name])
