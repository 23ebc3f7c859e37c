"""Random small Einsums against a per-point reading of their definition in plain Python.

The oracle shares no code with the interpreter: it walks the iteration space point by point, decides by truth table whether a point
is visited, evaluates the tree with Python numbers and folds fibers from left to right.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from einfold.algebra.affine import Affine, Comparison
from einfold.algebra.expr import Access, Apply, Expr, Num, Param, RankShape, RankValue
from einfold.dialects.notation import Reduction
from einfold.interpreter import compute
from einfold.interpreter.compute import evaluate_compute
from einfold.interpreter.user_operators import UserOperator

TABLES = {
    "pass-through": "1111",
    "none": "0000",
    "intersection": "0001",
    "left-only": "0010",
    "left": "0011",
    "right-only": "0100",
    "right": "0101",
    "exclusive-or": "0110",
    "union": "0111",
    "nor": "1000",
    "xnor": "1001",
    "not-right": "1010",
    "implies-left": "1011",
    "not-left": "1100",
    "implies-right": "1101",
    "nand": "1110",
}
BINARY = ("add", "sub", "mul", "div", "max", "min", "and", "or", "lt", "le", "gt", "ge", "eq", "ne")
UNARY = ("neg", "not", "abs", "sign", "floor")
DEFAULTS = dict.fromkeys(BINARY, "union") | {"mul": "intersection", "and": "intersection", "div": "right"}
IDENTITIES = {"add": 0, "mul": 1, "max": -math.inf, "min": math.inf, "or": 0, "and": 1, "argmax": -math.inf, "argmin": math.inf}

LEAST, MOST = -(2**63), 2**63 - 1

# A user's operator that is associative but not commutative (the first operand that is not 0), and one that is neither.
FIRST = UserOperator("@first", ("a", "b"), Apply("select", (Apply("ne", (Param("a"), Num(0))), Param("a"), Param("b"))), 0, True)
MIX = UserOperator("@mix", ("a", "b"), Apply("sub", (Apply("mul", (Num(2), Param("a"))), Param("b"))), 0, False)
TWICE = UserOperator("@twice", ("x",), Apply("mul", (Param("x"), Num(2))))
USERS = {o.name: o for o in (FIRST, MIX, TWICE)}


@dataclass
class Case:
    out: tuple[Affine, ...]
    expr: Expr
    reductions: tuple[Reduction, ...]
    where: tuple[Comparison, ...]
    empty: int | float | None
    operands: list[Any]
    empties: list[int | float | None]
    sizes: dict[str, int]
    fixed: dict[str, int]
    dtype: str
    block: int = 2**22
    exact: bool = field(default=True)


# The oracle.


def value(expr: Expr, case: Case, point: Mapping[str, int], params: Mapping[str, Any] | None = None) -> Any:
    match expr:
        case Num(v):
            return float(v) if case.dtype == "f64" else min(max(v, LEAST), MOST)
        case Access(tensor, subscripts):
            return case.operands[tensor][tuple(s.evaluate(point) for s in subscripts)].item()
        case RankValue(rank):
            return float(point[rank]) if case.dtype == "f64" else point[rank]
        case RankShape(rank):
            return float(case.sizes[rank]) if case.dtype == "f64" else case.sizes[rank]
        case Param(name):
            assert params is not None
            return params[name]
        case Apply(op, args):
            given_ = [value(a, case, point, params) for a in args]
            if op.startswith("@"):
                return value(USERS[op].body, case, point, dict(zip(USERS[op].params, given_, strict=True)))
            return scalar(op, given_, case.dtype)


def scalar(op: str, a: Sequence[Any], dtype: str) -> Any:
    number = float if dtype == "f64" else int
    match op, *a:
        case "add", x, y:
            return x + y
        case "sub", x, y:
            return x - y
        case "mul", x, y:
            return x * y
        case "div", x, y:
            return divide(x, y) if dtype == "f64" else (0 if y == 0 else abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1))
        case "max", x, y:
            return math.nan if x != x or y != y else max(x, y)
        case "min", x, y:
            return math.nan if x != x or y != y else min(x, y)
        case "and", x, y:
            return number(x != 0 and y != 0)
        case "or", x, y:
            return number(x != 0 or y != 0)
        case "lt", x, y:
            return number(x < y)
        case "le", x, y:
            return number(x <= y)
        case "gt", x, y:
            return number(x > y)
        case "ge", x, y:
            return number(x >= y)
        case "eq", x, y:
            return number(x == y)
        case "ne", x, y:
            return number(x != y)
        case "neg", x:
            return -x
        case "not", x:
            return number(x == 0)
        case "abs", x:
            return abs(x)
        case "sign", x:
            return x if x != x else number((x > 0) - (x < 0))
        case "floor", x:
            return x if dtype != "f64" or not math.isfinite(x) else float(math.floor(x))
        case "select", c, x, y:
            return x if c != 0 else y
    raise AssertionError(op)


def divide(x: float, y: float) -> float:
    if y != 0 or x != x:
        return x / y if y != 0 else math.nan
    return math.nan if x == 0 else math.copysign(math.inf, x) * math.copysign(1, y)


def present(expr: Expr, case: Case, point: Mapping[str, int], params: Mapping[str, Any] | None = None) -> bool | None:
    """None: takes no part."""
    match expr:
        case Access(tensor):
            empty = case.empties[tensor]
            return empty is None or value(expr, case, point) != empty
        case Param(name):
            assert params is not None
            return params[name]
        case Apply(op, args, merge):
            seen = [present(a, case, point, params) for a in args]
            if op.startswith("@") and merge is None:
                return present(USERS[op].body, case, point, dict(zip(USERS[op].params, seen, strict=True)))
            if merge is None:
                taking = [s for s in seen if s is not None]
                if len(args) == 3 or len(taking) < 2:
                    return any(taking) if taking else None
                return TABLES[DEFAULTS[op]][2 * taking[0] + taking[1]] == "1"
            left = True if seen[0] is None else seen[0]
            right = True if len(seen) == 1 or seen[1] is None else seen[1]
            return TABLES[merge][2 * left + right] == "1"
        case _:
            return None


def visited(case: Case, point: Mapping[str, int]) -> bool:
    compare = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "==": "__eq__"}
    if not all(getattr(c.lhs.evaluate(point), compare[c.op])(c.rhs.evaluate(point)) for c in case.where):
        return False
    return present(case.expr, case, point) is not False


def fold(op: str, values: list[Any], case: Case) -> Any:
    total = values[0]
    for v in values[1:]:
        if op.startswith("@"):
            total = value(USERS[op].body, case, {}, dict(zip(USERS[op].params, (total, v), strict=True)))
        else:
            total = scalar(op.removeprefix("arg"), (total, v), case.dtype)
    if op in ("and", "or") and len(values) == 1:
        return scalar("ne", (total, 0), case.dtype)
    return total


def reduced(case: Case, point: Mapping[str, int], level: int) -> tuple[Any, int] | None:
    """The value at a point after `level` reductions and the coordinate it stands at; None if nothing is visited."""
    if level == 0:
        return (value(case.expr, case, point), -1) if visited(case, point) else None
    reduction = case.reductions[level - 1]
    found: list[tuple[int, Any]] = []
    for flat, at in enumerate(itertools.product(*(range(case.sizes[r]) for r in reduction.ranks))):
        inner = reduced(case, {**point, **dict(zip(reduction.ranks, at, strict=True))}, level - 1)
        if inner is not None:
            found.append((flat, inner[0]))
    if not found:
        return None
    total = fold(reduction.op, [v for _, v in found], case)
    where_ = next((flat for flat, v in found if v == total or v != v), -1)
    return total, where_


def oracle(case: Case) -> list[Any]:
    shape = [s.substitute({r: Affine((), c) for r, c in case.fixed.items()}).bounds(case.sizes)[1] + 1 for s in case.out]
    dtype = np.float64 if case.dtype == "f64" else np.int64
    results = [np.full(shape, 0 if case.empty is None else limited(case.empty, case.dtype), dtype), np.full(shape, -1, np.int64)]
    kept = list(dict.fromkeys(r for s in case.out for r in s.ranks))
    for at in itertools.product(*(range(case.sizes[r]) for r in kept)):
        point = {**case.fixed, **dict(zip(kept, at, strict=True))}
        target = tuple(s.evaluate(point) for s in case.out)
        found = reduced(case, point, len(case.reductions))
        if found is not None:
            results[0][target], results[1][target] = found
        elif case.reductions:
            op = case.reductions[-1].op
            results[0][target] = limited(USERS[op].identity if op in USERS else IDENTITIES[op], case.dtype)
    return results if case.reductions and case.reductions[-1].op.startswith("arg") else results[:1]


def limited(number: int | float | None, dtype: str) -> Any:
    assert number is not None
    return number if dtype == "f64" else min(max(number, LEAST), MOST)


# Random Einsums.

RANKS = ("i", "j", "k", "l")


@st.composite
def affines(draw: st.DrawFn, ranks: Sequence[str]) -> Affine:
    if ranks and draw(st.integers(0, 3)):
        return Affine.rank(draw(st.sampled_from(ranks)))
    terms = draw(st.dictionaries(st.sampled_from(ranks), st.sampled_from((-2, -1, 1, 2, 3)), max_size=2)) if ranks else {}
    return Affine.of(terms, draw(st.integers(-1, 2)))


@st.composite
def result_subscripts(draw: st.DrawFn, kept: Sequence[str], sizes: Mapping[str, int]) -> tuple[Affine, ...]:
    """Subscripts that write each coordinate once: every rank in one of them, two ranks as a mixed-radix number."""
    left = list(kept)
    found: list[Affine] = []
    while left:
        rank = left.pop()
        form = draw(st.integers(0, 4))
        if form == 1 and left:
            other = left.pop()
            found.append(Affine.of({rank: sizes[other], other: 1}))
        elif form == 2:
            found.append(Affine.of({rank: 2}, 1))
        elif form == 3:
            found.append(Affine.of({rank: -1}, sizes[rank]))
        else:
            found.append(Affine.rank(rank))
    if draw(st.integers(0, 7)) == 0:
        found.append(Affine((), draw(st.integers(0, 1))))
    return tuple(draw(st.permutations(found)))


@st.composite
def cases(draw: st.DrawFn, dtype: str, presence: bool, product: bool = False) -> Case:
    """`product`: sums of products only. Numbers are drawn from a seed: drawn one by one they would mostly be alike."""
    ranks = draw(st.lists(st.sampled_from(RANKS), min_size=2 if product else 1, max_size=4, unique=True))
    sizes = {r: draw(st.sampled_from((3, 2, 4, 1))) for r in ranks}
    roles = {r: draw(st.sampled_from(("first", "kept", "kept", "second", "first", "fixed"))) for r in ranks}
    fixed = {r: draw(st.integers(0, sizes[r] - 1)) for r in ranks if roles[r] == "fixed"}
    box = {r: 1 if r in fixed else s for r, s in sizes.items()}
    points = {r: Affine((), c) for r, c in fixed.items()}
    groups = [tuple(r for r in ranks if roles[r] == g) for g in ("first", "second")]
    folds = ("add",) if product else ("@first", "add", "max", "min", "or", "and", "@mix", *(("mul",) if dtype == "f64" else ()))
    reductions = [Reduction(draw(st.sampled_from(folds)), g) for g in groups if g]
    if reductions and not product and draw(st.integers(0, 3)) == 0:
        reductions[-1] = Reduction(draw(st.sampled_from(("argmax", "argmin"))), reductions[-1].ranks)
    if any(r.op in ("mul", "@mix") for r in reductions):
        assume(math.prod(sizes[r] for g in groups for r in g) <= 8)
    guards: list[Comparison] = []
    shapes: list[tuple[int, ...]] = []

    def guard(subscript: Affine, size: int) -> None:
        low, high = subscript.substitute(points).bounds(box)
        if low < 0:
            guards.append(Comparison(subscript, ">=", Affine()))
        if high >= size:
            guards.append(Comparison(subscript, "<", Affine((), size)))

    def tensor() -> Access:
        position = draw(st.integers(0, min(len(shapes), 2)))
        if position == len(shapes):
            subscripts = tuple(draw(affines(ranks)) for _ in range(draw(st.integers(0, 3))))
            ends = (s.substitute(points).bounds(box)[1] + 1 for s in subscripts)
            shapes.append(tuple(max(1, end - draw(st.sampled_from((0, 0, 0, 1)))) for end in ends))
        else:
            subscripts = tuple(draw(affines(ranks)) for _ in shapes[position])
        for s, size in zip(subscripts, shapes[position], strict=True):
            guard(s, size)
        return Access(position, subscripts)

    def tree(depth: int) -> Expr:
        kind = draw(st.integers(0, 9)) if depth else 9
        merge = draw(st.sampled_from((None, *TABLES))) if presence and draw(st.integers(0, 1)) else None
        if kind <= 4:
            op = draw(st.sampled_from(("mul", "add", *BINARY)))
            return Apply(op, (tree(depth - 1), tree(depth - 1)), merge)
        if kind == 5:
            return Apply(draw(st.sampled_from((*UNARY, "@twice"))), (tree(depth - 1),), merge)
        if kind == 6:
            return Apply("select", (tree(depth - 1), tree(depth - 1), tree(depth - 1)))
        if kind == 7:
            return draw(st.sampled_from((Num(0), Num(2), Num(-1), Num(math.inf), Num(-math.inf)) if dtype == "f64" else (Num(0), Num(2), Num(-1))))
        if kind == 8:
            return draw(st.sampled_from((RankValue, RankShape)))(draw(st.sampled_from(ranks)))
        return tensor()

    def products() -> Expr:
        found: Expr = Apply("mul", (tensor(), tensor()))
        for _ in range(draw(st.integers(0, 2))):
            found = Apply("mul", (found, draw(st.sampled_from((Num(2), Num(-3)))) if draw(st.integers(0, 1)) else tensor()))
        return found

    expr = products() if product else tree(draw(st.integers(0, 3)))
    kept = [r for r in ranks if roles[r] == "kept"]
    out = draw(result_subscripts(kept, sizes))
    for _ in range(draw(st.sampled_from((0, 1, 0, 1, 2)))):
        lhs, rhs = draw(affines(ranks)), draw(affines(ranks))
        guards.append(Comparison(lhs, draw(st.sampled_from(("<", "<=", ">", ">=", "=="))), rhs))
    special = (math.inf, -math.inf, math.nan) if dtype == "f64" and draw(st.integers(0, 2)) == 0 else ()
    numbers = (0, 0, 1, 2, -1, 3, -5, *special)
    declared = (None, 0, 1, -1, math.inf) if dtype == "f64" else (None, 0, 1)
    empties = [draw(st.sampled_from(declared)) if presence else None for _ in shapes]
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    operands = [np.asarray(generator.choice(np.array(numbers, np.float64 if dtype == "f64" else np.int64), shape)) for shape in shapes]
    empty = draw(st.sampled_from((None, 0, 7, -math.inf) if dtype == "f64" else (None, 0, 7)))
    block = draw(st.sampled_from((1, 2, 5, 2**22)))
    return Case(out, expr, tuple(reductions), tuple(guards), empty, operands, empties, sizes, fixed, dtype, block)


def check(case: Case) -> None:
    event(f"reductions: {len(case.reductions)}")
    block, compute.BLOCK = compute.BLOCK, case.block
    try:
        got = evaluate_compute(
            case.out,
            case.expr,
            case.reductions,
            case.where,
            case.empty,
            case.operands,
            case.empties,
            case.sizes,
            case.fixed,
            case.dtype,
            USERS,
        )
    finally:
        compute.BLOCK = block
    expected = oracle(case)
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        assert isinstance(g, np.ndarray)
        assert g.shape == e.shape
        assert g.dtype == e.dtype
        np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-9)


QUICK = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
)


@QUICK
@given(case=cases("f64", presence=False))
def test_dense_einsums_agree_with_the_definition(case: Case) -> None:
    check(case)


@QUICK
@given(case=cases("f64", presence=True))
def test_einsums_with_merges_and_empty_values_agree_with_the_definition(case: Case) -> None:
    check(case)


@QUICK
@given(case=cases("f64", presence=False, product=True) | cases("f64", presence=True, product=True))
def test_sums_of_products_agree_with_the_definition(case: Case) -> None:
    check(case)


@QUICK
@given(case=cases("i64", presence=True))
def test_integer_einsums_agree_with_the_definition(case: Case) -> None:
    check(case)
