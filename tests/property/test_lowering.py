"""Kernels compute what their cascades say: random cascades, placed and lowered, run tile by tile against the reference interpreter."""

from __future__ import annotations

import re

import numpy as np
import pytest
from cascades import cascades
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser

from einfold.analysis.remarks import LocatedPassFailure
from einfold.backend.einsum_place import EinsumPlace
from einfold.backend.simulate import simulate
from einfold.backend.values import run_tensors
from einfold.dialects.accel import Accel
from einfold.dialects.einsum import CascadeOp, Einsum
from einfold.interpreter.arguments import random_inputs
from einfold.interpreter.cascade import run_cascade
from einfold.lowering.lower_einsum_to_accel import lower_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass

OPERATIONS = "mac = 1, add = 1, max = 1, exp = 6, sqrt = 2, tanh = 3, log = 3, pow = 4"
MACHINE = f"""
accel.machine @toy clock 1000000000 word 2 {{
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity CAPACITY
  accel.array @grid [2, 2] ops {{{OPERATIONS}}}
  accel.array @lanes [1, 3] ops {{{OPERATIONS}, div = 1}}
}}
"""
AMPLE, SCARCE = 16384, 150
"""Bytes of on-chip memory: enough for every tile of the cascades drawn, and hardly enough for any."""


def parse(text: str, capacity: int) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Einsum, Accel):
        context.load_dialect(dialect)
    module = Parser(context, MACHINE.replace("CAPACITY", str(capacity)) + text).parse_module()
    module.verify()
    return module


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def check(text: str, capacity: int = AMPLE, *, pipeline: bool = True, tile: int | None = None, tiles: tuple[str, ...] = ()) -> int:
    """Lower, run both, compare; returns the number of kernels. `tile`: rewrite to the fewest passes first, in tiles of that size."""
    module = parse(text, capacity)
    arrays = random_inputs(cascade_of(module), 0, dtype="f64")
    expected = run_cascade(cascade_of(module), arrays, dtype="f64")
    if tile is not None:
        EinsumOnePass(size=tile).apply(Context(), module)
        module.verify()
    EinsumPlace(tiles=tiles).apply(Context(), module)
    lowered = lower_cascade(cascade_of(module), pipeline=pipeline)
    module.verify()
    used = {n.data for kernel in lowered.kernels for n in kernel.inputs}
    tensors = run_tensors(module, {n: a for n, a in zip(lowered.arguments, arrays.values(), strict=True) if n in used}, dtype="f64")
    for name, reference in zip(lowered.results, expected, strict=True):
        np.testing.assert_allclose(tensors[name].astype(float), reference.astype(float), rtol=1e-9, atol=1e-9, err_msg=name)
    assert simulate(module).cycles > 0
    return len(lowered.kernels)


UNTIL = re.compile(r" until .*")
"""Guards depend on data, so kernels run all generations."""


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades(), pipeline=st.booleans())
def test_kernels_compute_what_the_cascade_says(text: str, pipeline: bool):
    check(UNTIL.sub("", text), pipeline=pipeline)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades(most=4))
def test_with_hardly_any_memory_kernels_are_right_or_refused(text: str):
    try:
        check(UNTIL.sub("", text), SCARCE)
    except LocatedPassFailure as failure:
        assert re.search(r"holds .* bytes|cannot be put together", str(failure))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=cascades(most=4, iterates=False), tiles=st.tuples(*[st.integers(1, 3)] * 4))
def test_in_tiles_of_any_choice_kernels_are_right_or_refused(text: str, tiles: tuple[int, ...]):
    try:
        check(text, tiles=tuple(f"{rank}={tile}" for rank, tile in zip("mnpe", tiles, strict=True)))
    except LocatedPassFailure as failure:
        assert re.search(r"cut into tiles|cannot be put together", str(failure))


ATTENTION = """
einsum.cascade @attention ranks {{b = 2, p = {p}, m = {m}, e = 2, f = 3}} (%Q[b, p, e], %K[b, m, e], %V[b, m, f]) -> [b, p, f] : f64 {{
  %QK = einsum.compute [b, m, p] = %Q[b, p, e] * %K[b, m, e] reduce add(e)
  %GM = einsum.compute [b, p] = %QK[b, m, p] reduce max(m) where {where}
  %SN = einsum.compute [b, m, p] = exp(%QK[b, m, p] - %GM[b, p]) where {where}
  %SD = einsum.compute [b, p] = %SN[b, m, p] reduce add(m) where {where}
  %A  = einsum.compute [b, m, p] = %SN[b, m, p] / %SD[b, p] where {where}
  %AV = einsum.compute [b, p, f] = %A[b, m, p] * %V[b, m, f] reduce add(m) where {where}
  einsum.return %AV[b, p, f]
}}
"""


@settings(max_examples=40, deadline=None)
@given(
    p=st.integers(1, 9),
    m=st.integers(2, 13),
    tile=st.one_of(st.none(), st.integers(1, 5)),
    p0=st.integers(1, 9),
    where=st.sampled_from(("m <= p + 9", "m <= p", "p < m + 3 and m <= p")),
    pipeline=st.booleans(),
    capacity=st.sampled_from((AMPLE, 400)),
)
def test_attention_of_any_size_in_any_tiles(p: int, m: int, tile: int | None, p0: int, where: str, pipeline: bool, capacity: int):
    kernels = check(ATTENTION.format(p=p, m=m, where=where), capacity, pipeline=pipeline, tile=tile, tiles=(f"p={p0}",))
    assert kernels >= 1 if tile is None else kernels == 1


CASES = {
    "split view, ragged": """einsum.cascade @c ranks {m = 10, m1 = 3, m0 = 4, p = 5} (%A[m, p], %B[p]) -> [m1, p], [p] : f64 {
  %V = einsum.view %A[m -> (m1, m0), p]
  %S = einsum.compute [m1, p] = %V[m1, m0, p] * %B[p] reduce max(m0) where 4 * m1 + m0 < 10
  %T = einsum.compute [p] = %S[m1, p] reduce add(m1)
  einsum.return %S[m1, p], %T[p]
}""",
    "merging view": """einsum.cascade @c ranks {m = 12, m1 = 3, m0 = 4, p = 5} (%A[m1, m0, p], %B[p]) -> [p], [m, p] : f64 {
  %X = einsum.compute [m1, m0, p] = %A[m1, m0, p] + 1
  %V = einsum.view %X[(m1, m0) -> m, p]
  %S = einsum.compute [p] = %V[m, p] * %B[p] reduce add(m)
  einsum.return %S[p], %V[m, p]
}""",
    "associative operator of the user": """einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, identity = -inf}
einsum.cascade @c ranks {m = 10, p = 5} (%A[m, p]) -> [p] : f64 {
  %S = einsum.compute [p] = %A[m, p] * 2 reduce @lse(m)
  einsum.return %S[p]
}""",
    "operator whose order matters": """
einsum.operator @then(%a, %b) = select(%b > 0, %b, %a) laws {associative, identity = 0}
einsum.cascade @c ranks {m = 10, n = 3, p = 5} (%A[m, n, p]) -> [p] : f64 {
  %S = einsum.compute [p] = %A[m, n, p] reduce @then(m, n)
  einsum.return %S[p]
}""",
    "operator that is not associative": """einsum.operator @mean(%a, %b) = (%a + %b) / 2 laws {identity = 0}
einsum.cascade @c ranks {m = 10, p = 5} (%A[m, p]) -> [p] : f64 {
  %S = einsum.compute [p] = %A[m, p] * 2 reduce @mean(m)
  einsum.return %S[p]
}""",
    "results that are inputs, read later, or the same": """einsum.cascade @c ranks {m = 10, p = 5} (%A[m, p], %B[p]) -> [m, p], [m, p], [p], [p], [p] : f64 {
  %S = einsum.compute [p] = %A[m, p] reduce add(m)
  %T = einsum.compute [m, p] = %A[m, p] / %S[p]
  %U = einsum.compute [p] = %T[m, p] reduce max(m)
  einsum.return %A[m, p], %T[m, p], %S[p], %S[p], %U[p]
}""",
    "states that become one another": """einsum.cascade @c ranks {i = 7, p = 5} (%A[i, p], %B[p]) -> [p], [p], [i, p], [p] : f64 {
  %X, %Y, %Z, %H, %G = einsum.iterate i init(%x[p] = %B[p], %y[p] = 1, %z[p] = 3) {
    %n = einsum.compute [p] = %x[p] + %y[p] * %A[i, p] + i
    einsum.yield %n[p], %x[p], %B[p] collect %n[p], %x[p]
  }
  einsum.return %X[p], %Y[p], %H[i, p], %Z[p]
}""",
    "a long sum and a map behind it": """einsum.cascade @c ranks {i = 9, j = 11, k = 130} (%A[i, k], %B[k, j], %C[j]) -> [i, j] : f64 {
  %X = einsum.compute [i, j] = %A[i, k] * %B[k, j] reduce add(k)
  %Y = einsum.compute [i, j] = max(%X[i, j] + %C[j], 0)
  einsum.return %Y[i, j]
}""",
    "reductions behind one another": """einsum.cascade @c ranks {i = 9, d = 6} (%X[i, d]) -> [], [i] : f64 {
  %H = einsum.compute [i] = %X[i, d] reduce add(d)
  %G = einsum.compute [] = %H[i] reduce max(i)
  %S = einsum.compute [] = %X[i, d] reduce add(d, i)
  %T = einsum.compute [] = %X[i, d] reduce add(d), max(i)
  %U = einsum.compute [] = %G[] + %S[] + %T[]
  einsum.return %U[], %H[i]
}""",
    "coordinates": """einsum.cascade @c ranks {i = 9, d = 6} (%X[i, d]) -> [i], [i], [], [], [] : f64 {
  %H, %HI = einsum.compute [i] = %X[i, d] reduce argmax(d)
  %G, %GI = einsum.compute [] = %X[i, d] reduce argmin(i, d)
  %Q = einsum.compute [] = %HI[i] reduce add(i)
  einsum.return %H[i], %HI[i], %G[], %GI[], %Q[]
}""",
    "a product that declares its identity empty": """einsum.cascade @c ranks {m = 9, p = 5} (%A[m, p]) -> [p], [p], [p] : f64 {
  %S = einsum.compute [p] = %A[m, p] - %A[m, p] + 1 reduce mul(m) empty 1
  %V, %I = einsum.compute [p] = %A[m, p] - %A[m, p] reduce argmax(m) empty 0
  einsum.return %S[p], %V[p], %I[p]
}""",
    "two convolutions": """einsum.cascade @c ranks {p = 13, q = 11, s = 3} (%I[2 * p + s], %F[s]) -> [q] : f64 {
  %O = einsum.compute [p] = %I[2 * p + s] * %F[s] reduce add(s)
  %P = einsum.compute [q] = %O[q + s] * %F[s] reduce add(s)
  einsum.return %P[q]
}""",
    "shifted": """einsum.cascade @c ranks {p = 13} (%I[p]) -> [p], [p + 1] : f64 {
  %O = einsum.compute [p] = %I[p - 1] + %I[p] where p >= 1 empty 5
  %P = einsum.compute [p + 1] = %O[p] * 2
  einsum.return %O[p], %P[p + 1]
}""",
}


ONE_BY_ONE = """einsum.cascade @c ranks {m = 6, n = 4, p = 5} (%A[m, n, p], %B[m, n, p] empty 0) -> [p], [p], [p], [p], [] : f64 {
  %S = einsum.compute [p] = %A[m, n, p] reduce mul(m, n)
  %T = einsum.compute [p] = %A[m, n, p] reduce mul(m, n) where m < n + 2
  %U = einsum.compute [p] = 1 + abs(%B[m, n, p]) reduce mul(m, n)
  %V = einsum.compute [p] = %A[m, n, p] reduce min(m, n) where n <= m empty 3
  %W = einsum.compute [] = %B[m, n, p] reduce and(m, n, p)
  einsum.return %S[p], %T[p], %U[p], %V[p], %W[]
}"""


@pytest.mark.parametrize("tiles", [("m=1",), ("m=1", "n=1"), ("m=2", "n=1", "p=1"), ("m=4", "n=3", "p=2")])
@pytest.mark.parametrize("pipeline", [True, False])
def test_reductions_put_together_from_single_coordinates(tiles: tuple[str, ...], pipeline: bool):
    check(ONE_BY_ONE, pipeline=pipeline, tiles=tiles)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("capacity", [AMPLE, 300])
@pytest.mark.parametrize("pipeline", [True, False])
def test_cases_that_random_cascades_do_not_reach(name: str, capacity: int, pipeline: bool):
    check(CASES[name], capacity, pipeline=pipeline)
