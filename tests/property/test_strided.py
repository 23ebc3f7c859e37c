"""Strided tiles against enumeration: what they hold, what of them exists, and that their values are those of the elements they name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.parser import Parser

from einfold.algebra.affine import Affine
from einfold.algebra.strided import Strides, indices, reached, strides_in, strides_of, within
from einfold.backend.simulate import simulate
from einfold.backend.values import run_values
from einfold.dialects.accel import Accel
from einfold.dialects.einsum import Einsum

Terms = list[tuple[int, int]]


def sums(terms: Sequence[tuple[int, int]]) -> set[int]:
    return {sum(values) for values in product(*([c * i for i in range(n)] for c, n in terms))}


def listed(strides: Strides) -> list[int]:
    """Every coordinate of strides, in the order of a tile."""
    return [sum(at) for at in product(*(range(0, s.step * s.size, s.step) for s in strides))]


terms = st.lists(st.tuples(st.sampled_from([1, 1, 2, 3, 4, 6, 8, 16, 24, 64, -1, -8]), st.integers(1, 6)), max_size=4)


@settings(max_examples=400, deadline=None)
@given(terms)
def test_strides_are_what_is_reached_or_more_by_holes_only(drawn: Terms) -> None:
    strides, least = strides_of(drawn), min(sums(drawn), default=0)
    found, real = listed(strides), {v - least for v in sums(drawn)}
    assert found == sorted(set(found)), "in order, none of them twice"
    assert real <= set(found)
    assert reached(drawn) == len(real)
    if _nested(drawn):
        assert set(found) == real


def _nested(drawn: Terms) -> bool:
    """Whether each longer step is beyond all that the shorter ones reach, as in tiles of tiles."""
    reach = 0
    for step, size in sorted((abs(c), n) for c, n in drawn if n > 1):
        if reach and step <= reach:
            return False
        reach += step * (size - 1)
    return True


@settings(max_examples=400, deadline=None)
@given(terms, st.integers(-80, 80), st.integers(1, 120))
def test_what_exists_of_a_tile(drawn: Terms, first: int, size: int) -> None:
    strides = strides_of(drawn)
    assert within(strides, first, size) == sum(0 <= first + at < size for at in listed(strides))


@settings(max_examples=300, deadline=None)
@given(terms)
def test_an_element_is_found_where_it_lies(drawn: Terms) -> None:
    names = [f"r{i}" for i in range(len(drawn))]
    sizes = dict(zip(names, (n for _, n in drawn), strict=True))
    subscript = Affine.of(zip(names, (c for c, _ in drawn), strict=True))
    strides = strides_in(subscript, sizes)
    offset = subscript - Affine((), subscript.bounds(sizes)[0])
    found = indices(offset, strides, sizes)
    if found is None or any(index.bounds(sizes)[0] < 0 or index.bounds(sizes)[1] >= s.size for index, s in zip(found, strides, strict=True)):
        assert not _nested(drawn)
        return
    for point in product(*(range(n) for n in sizes.values())):
        at = dict(zip(sizes, point, strict=True))
        assert sum(index.evaluate(at) * s.step for index, s in zip(found, strides, strict=True)) == offset.evaluate(at)


MACHINE = """
accel.machine @toy clock 1000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @x [2, 4] ops {mac = 1, add = 1}
}
"""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([4, 6, 8, 16]), st.integers(1, 3), st.integers(1, 3), st.integers(2, 4), st.integers(1, 70))
def test_a_strided_load_moves_and_holds_what_it_names(step: int, trips: int, outer: int, inner: int, size: int) -> None:
    """`%X[step * a + inner * i + j]`, ragged at the end of X: the bytes are those of the elements there are, the values theirs."""
    offset = inner if inner * trips <= step else step * outer
    text = f"""
    accel.kernel @k on @toy nest {{i = {trips}}} tiles {{a = {outer}, j = {inner}}} (%X[{size}]) -> (%Y[{trips}, {outer}, {inner}]) : f64 {{
      %x = accel.load %X[{step} * a + {offset} * i + j] to @buffer copies 2
      %y = accel.task [a, j] = %x[{"a, j" if outer > 1 and inner < step else f"{step} * a + j" if outer > 1 else "j"}] + 1 on @x rows [a] cols [j] stage 1
      accel.store %y to %Y[i, a, j] stage 2
    }}"""
    if offset * (trips - 1) >= size:
        return
    context = Context()
    for dialect in (Builtin, Accel, Einsum):
        context.load_dialect(dialect)
    module = Parser(context, MACHINE + text).parse_module()
    module.verify()
    named = [[step * a + offset * i + j for a in range(outer) for j in range(inner)] for i in range(trips)]
    there = [sum(at < size for at in set(each)) for each in named]
    assert simulate(module).moved["dram"]["read"] == 2 * sum(there)
    data = np.arange(1.0, size + 1)
    [values] = run_values(module, {"X": data})
    expected = [[(data[at] if at < size else 0) + 1 for at in each] for each in named]
    assert np.array_equal(values, np.reshape(expected, (trips, outer, inner)))
    assert prod(values.shape) == trips * outer * inner
