"""Sampled points could occur together: every element point beside every summary point."""

from __future__ import annotations

from fractions import Fraction

import pytest
from algebra_terms import P, R, T, absolute, exp, n, s, x, y

from einfold.algebra.derivation import Reduction
from einfold.algebra.evaluate import evaluate
from einfold.algebra.expr import Param
from einfold.algebra.invariants import Invariants
from einfold.algebra.laws import DEFAULT_LAWS
from einfold.algebra.rank_gate import pivots, rank_gate
from einfold.algebra.sampling import Sampler
from einfold.algebra.scope import Scope


def knowledge(chain: list[Reduction]) -> Invariants:
    known = Invariants(Scope(tuple(r.name for r in chain)), DEFAULT_LAWS)
    for r in chain:
        known.add(r.name, r.op, r.body, True)
    return known


@pytest.mark.parametrize(
    ("op", "body", "compare"),
    [
        ("max", x, lambda d, values: d >= max(values)),
        ("min", x * y, lambda d, values: d <= min(values)),
        ("max", absolute(x), lambda d, values: d >= max(values)),
        ("add", x * x, lambda d, values: d >= max(values)),
        ("add", -absolute(x), lambda d, values: d <= min(values)),
    ],
)
def test_summaries_contain_all_sampled_elements(op: str, body: T, compare: object) -> None:
    chain = [R("D", op, body)]
    sampler = Sampler((x * y * P.D).e, knowledge(chain))
    xs = sampler.element_points(20)
    values = [evaluate(body.e, {k: float(v) for k, v in point.items()}) for point in xs]
    for d in sampler.summary_points(xs, 20):
        assert compare(float(d[Param("D")]), values)  # type: ignore[operator]


def test_summaries_that_depend_on_others() -> None:
    """A softmax denominator is at least 1 and at least each element's term."""
    chain = [R("GM", "max", s), R("L", "add", exp(s - P.GM))]
    sampler = Sampler((s / P.L).e, knowledge(chain))
    assert sampler.summaries == ("GM", "L")
    xs = sampler.element_points(10)
    for d in sampler.summary_points(xs, 10):
        assert d[Param("L")] >= 1
        assert d[Param("GM")] >= max(p[s.e] for p in xs)


def test_points_are_distinct_and_repeatable() -> None:
    known = knowledge([R("D", "add", x)])
    first, second = (Sampler((x * P.D / n).e, known) for _ in (0, 1))
    xs = first.element_points(30)
    assert len({p[x.e] for p in xs}) == 30
    assert xs == second.element_points(30)
    assert all(v.denominator <= 64 for p in xs for v in p.values())


def test_the_rank_of_known_kernels() -> None:
    known = knowledge([R("D", "add", x)])
    for body, rank in (((x - P.D) ** 3, 4), (exp(x - P.D) * (x - P.D), 2), (x * P.D + y, 2), (exp(x * P.D), 12)):
        found = rank_gate(body.e, known, 12)
        assert found is not None
        assert found.rank == rank


def test_pivots_find_the_rank() -> None:
    rows = [[Fraction(i * j) for j in range(1, 5)] for i in range(1, 5)]
    assert pivots(rows, 4) == ([3], [3])
    rows[0][0] += 1
    assert len(pivots(rows, 4)[0]) == 2
    assert len(pivots([[1.0, float("nan")], [2.0, 3.0]], 2)[0]) == 1
