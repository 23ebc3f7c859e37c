"""Bounds of random cascades are none that a schedule beats; points that random filters leave, counted one by one."""

from __future__ import annotations

from itertools import product

from cascades import cascades
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.parser import Parser

from einfold.algebra.affine import COMPARISONS, Affine, Comparison
from einfold.analysis.filter_points import points_left
from einfold.backend.machine import Machine
from einfold.dialects.accel import Accel
from einfold.dialects.einsum import Einsum
from einfold.search.bounds import elements_reached, lower_bound
from einfold.search.forms import Form
from einfold.search.judge import Candidate, Judged, judge

OPERATIONS = "mac = 1, add = 1, max = 1, exp = 6, sqrt = 2, tanh = 3"
MACHINE = f"""
accel.machine @toy clock 1000000000 word 2 {{
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 16384
  accel.array @grid [2, 2] ops {{{OPERATIONS}}}
  accel.array @lanes [1, 3] ops {{{OPERATIONS}, div = 1}}
}}
"""


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades())
def test_no_kernel_is_faster_than_its_bound(text: str) -> None:
    context = Context()
    for dialect in (Builtin, Einsum, Accel):
        context.load_dialect(dialect)
    form = Form((), Parser(context, MACHINE + text).parse_module())
    least = lower_bound(form.cascade, form.machine)
    found = judge(Candidate(form), Machine.from_op(form.machine))
    assert isinstance(found, Judged)
    assert least.cycles <= found.result.cycles * (1 + 1e-9)


RANKS = ("a", "b", "c")
AFFINES = st.builds(
    lambda terms, const: Affine.of({r: c for r, c in terms.items() if c}, const),
    st.dictionaries(st.sampled_from(RANKS), st.integers(-3, 3), max_size=3),
    st.integers(-6, 6),
)


@settings(max_examples=300, deadline=None)
@given(
    where=st.lists(st.builds(Comparison, AFFINES, st.sampled_from(COMPARISONS), AFFINES), max_size=4),
    sizes=st.fixed_dictionaries({r: st.integers(1, 7) for r in RANKS}),
)
def test_points_left_are_those_that_a_walk_finds(where: list[Comparison], sizes: dict[str, int]) -> None:
    named = sorted({r for c in where for r in c.ranks})
    points = (dict(zip(named, at, strict=True)) for at in product(*(range(sizes[r]) for r in named)))
    assert points_left(where, sizes) == sum(all(c.holds(point) for c in where) for point in points)


@settings(max_examples=150, deadline=None)
@given(subscripts=st.lists(AFFINES, max_size=3), sizes=st.fixed_dictionaries({r: st.integers(1, 5) for r in RANKS}))
def test_no_more_elements_are_said_to_be_read_than_there_are(subscripts: list[Affine], sizes: dict[str, int]) -> None:
    points = [dict(zip(RANKS, at, strict=True)) for at in product(*(range(sizes[r]) for r in RANKS))]
    elements = {tuple(s.evaluate(p) for s in subscripts) for p in points}
    assert 1 <= elements_reached(subscripts, sizes) <= len(elements)
