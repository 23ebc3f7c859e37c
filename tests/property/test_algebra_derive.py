"""Random chains of reductions: what is derived equals the original, however the fiber is cut, masked, shifted or merged.

The derivation's own differential check is switched off, so that it cannot hide what the algebra gets wrong.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from algebra_terms import P, R, T, absolute, exp, fn, log, maximum, n, s, select, sin, sqrt, tanh, text, v, w, x, y
from hypothesis import given, settings
from hypothesis import strategies as st

from einfold.algebra.affine import Affine
from einfold.algebra.certificates import check_certificate
from einfold.algebra.derivation import Derived, Options, Reduction, Refusal
from einfold.algebra.derive import derive_chain
from einfold.algebra.differential import Arithmetic, Machine, State, close, leaves
from einfold.algebra.evaluate import FLOAT_FUNCTIONS
from einfold.algebra.expr import Access, Expr, Param, map_leaves
from einfold.algebra.laws import DEFAULT_LAWS

INF = math.inf
UNCHECKED = Options(check=False)


def tree(source: random.Random, depth: int, atoms: list[T]) -> T:
    """A random expression: anything goes, so most chains of these are refused or deferred."""
    if depth == 0 or source.random() < 0.15:
        return source.choice(atoms)
    inner: Callable[[], T] = lambda: tree(source, depth - 1, atoms)  # noqa: E731
    op = source.choice(
        ["add", "sub", "mul", "div", "exp", "abs", "max", "min", "power", "sqrt", "select", "neg", "tanh", "log", "gt", "sin", "scale"]
    )
    match op:
        case "power":
            return inner() ** source.choice([2, 3])
        case "sqrt":
            return sqrt(absolute(inner()))
        case "log":
            return log(absolute(inner()) + source.choice([0, 1]))
        case "select":
            return select(inner() > 0, inner(), source.choice([T(x.e), inner()]))
        case "scale":
            return source.choice([2, 0.5, -1]) * inner()
        case "add" | "sub" | "mul" | "div" | "max" | "min" | "gt":
            return fn(op)(inner(), inner())
        case _:
            return fn(op)(inner())


def wild(source: random.Random) -> list[Reduction]:
    chain: list[Reduction] = []
    for j in range(source.choice([2, 2, 3])):
        atoms = [x, y, P.c, *(T(Param(f"D{q}")) for q in range(j) for _ in (0, 1))]
        op = source.choice(["add", "add", "add", "max", "min", "mul", "or"])
        chain.append(R(f"D{j}", op, tree(source, source.choice([1, 2, 3]), atoms)))
    return chain


def kernel(source: random.Random) -> list[Reduction]:
    """Chains in the style of attention and statistics: weights, centred powers, norms, masks, deferred divisions."""
    scores = [s, x, s * P.scale, x * 0.25, s + y, 30 * tanh(s / 30), -x, select(y > 0, s, -INF), x * x, absolute(x), s + P.bias]
    chain: list[Reduction] = []
    tops: list[tuple[T, T]] = []
    summaries: list[T] = []
    for j in range(source.choice([2, 3, 4])):
        name, me = f"D{j}", T(Param(f"D{j}"))
        kind = source.choice(["top", "sum"] if j == 0 else ["top", "sum", "body", "body", "body"])
        if kind == "top":
            score, op = source.choice(scores), source.choice(["max", "max", "min"])
            chain.append(R(name, op, score))
            if op == "max":
                tops.append((score, me))
        elif kind == "sum":
            chain.append(R(name, "add", source.choice([x, y, x * x, absolute(x), exp(s), x * y])))
        else:
            factors = [_factor(source, tops, summaries) for _ in range(source.choice([1, 2, 2, 3]))]
            body = factors[0]
            for f in factors[1:]:
                body = body * f if source.random() < 0.9 else body + f
            chain.append(R(name, source.choice(["add"] * 6 + ["max", "mul"]), body))
        summaries.append(me)
    return chain


def _factor(source: random.Random, tops: list[tuple[T, T]], summaries: list[T]) -> T:
    d = source.choice(summaries)
    options: list[T] = [
        *[x - d, (x - d / n) ** source.choice([1, 2, 3]), x - y * d, 1 / d, d],
        *[v, w, -v, select(y > 0, v, 0), w * sin(x - d), 1 / sqrt(d * d + 1), (x / d) ** 2],
    ]
    if tops:
        score, top = source.choice(tops)
        options += [exp(score - top), exp((score - top) * 2), exp((score - top) / P.temp), exp(score - maximum(top, P.sink))] * 2
    return source.choice(options)


STYLES = ("signed", "positive", "integers", "masked", "far")


def rows(chain: list[Reduction], style: str, source: random.Random) -> list[dict[Expr, Any]]:
    elements, _ = leaves(chain)
    draw: dict[str, Callable[[], float]] = {
        "positive": lambda: source.uniform(0.1, 3),
        "integers": lambda: float(source.randint(-2, 2)),
    }
    value = draw.get(style, lambda: source.uniform(-2, 2))
    made: list[dict[Expr, Any]] = [{e: value() for e in elements} for _ in range(6)]
    for i, row in enumerate(made):
        if s.e in row and style == "masked" and (i < 2 or source.random() < 0.4) and i < 5:
            row[s.e] = -INF
        if s.e in row and style == "far":
            row[s.e] += -900.0
    return made


def cut(machine: Machine, data: list[dict[Expr, Any]], source: random.Random) -> State:
    """A random tree of merges over random runs of tiles, some of them empty."""
    if len(data) > 2 and source.random() < 0.5:
        at = source.randint(0, len(data))
        return machine.merge(cut(machine, data[:at], source), cut(machine, data[at:], source)) if 0 < at < len(data) else cut(machine, data, source)
    state, at = machine.start(), 0
    while at < len(data):
        step = source.randint(0, 3)
        state, at = machine.tile(state, data[at : at + step]), at + step
    return state


def check(chain: list[Reduction], source: random.Random) -> None:
    results = derive_chain(chain, options=UNCHECKED)
    _, constants = leaves(chain)
    for style in STYLES:
        data = rows(chain, style, source)
        fixed: dict[Expr, Any] = {c: source.uniform(0.5, 2) for c in constants}
        machine = Machine(results, DEFAULT_LAWS, Arithmetic(FLOAT_FUNCTIONS, float, 1e-6), fixed)
        expected = machine.original(data)
        if not all(map(math.isfinite, expected.values())):
            continue
        got = machine.finish(cut(machine, data, source), expected)
        largest = 0.0
        for name, value in expected.items():
            if abs(value) < 1e9 and largest < 1e6:  # the sine of a larger summary has lost its digits in either form
                shown = [(r.name, r.op, text(r.body)) for r in chain]
                assert close(got[name], value, 1e-6), (style, name, got[name], value, shown)
            largest = max(largest, abs(value))


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**6))
def test_wild_chains(seed: int) -> None:
    source = random.Random(seed)
    check(wild(source), source)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_kernels(seed: int) -> None:
    source = random.Random(seed)
    check(kernel(source), source)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_names_do_not_matter(seed: int) -> None:
    """A renamed chain gives the renamed result."""
    chain = kernel(random.Random(seed))
    names = {r.name: f"other_{i}" for i, r in enumerate(chain)}

    def renamed(e: Expr) -> Expr:
        def leaf(a: Expr) -> Expr:
            if isinstance(a, Access):
                return Access(a.tensor + 7, (Affine.rank("k"),))
            if isinstance(a, Param):
                head, dot, tail = a.name.partition(".")
                return Param(names.get(head, head) + dot + tail)
            return a

        return map_leaves(e, leaf)

    one = derive_chain(chain, options=UNCHECKED)
    two = derive_chain([Reduction(names[r.name], r.op, renamed(r.body)) for r in chain], options=UNCHECKED)
    for a, b in zip(one, two, strict=True):
        assert type(a) is type(b)
        if isinstance(a, Derived) and isinstance(b, Derived):
            assert [renamed(c.basis) for c in a.accumulators] == [c.basis for c in b.accumulators]
            assert renamed(a.final) == b.final
            assert [[None if e is None else renamed(e) for e in row] for row in a.correction] == [list(row) for row in b.correction]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_every_certificate_checks(seed: int) -> None:
    for result in derive_chain(wild(random.Random(seed)), options=UNCHECKED):
        if isinstance(result, Refusal) and result.certificate is not None:
            assert check_certificate(result.reduction.body, result.certificate)


def test_the_check_would_notice() -> None:
    """A derivation with one corrupted entry fails this very comparison."""
    from dataclasses import replace

    chain = [R("D", "max", s), R("Z", "add", exp(s - P.D))]
    good = derive_chain(chain, options=UNCHECKED)
    assert isinstance(good[1], Derived)
    bad = (good[0], replace(good[1], correction=((exp(P.D - T(Param("D.old"))).e,),)))
    data: list[dict[Expr, Any]] = [{s.e: value} for value in (0.0, 1.0, 2.0)]
    machine = Machine(bad, DEFAULT_LAWS, Arithmetic(FLOAT_FUNCTIONS, float, 1e-6), {})
    state = machine.start()
    for row in data:
        state = machine.tile(state, [row])
    assert not close(machine.finish(state, {})["Z"], machine.original(data)["Z"], 1e-6)
