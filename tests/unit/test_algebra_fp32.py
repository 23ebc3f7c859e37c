"""In fp32, what is derived is as accurate as the cascade as written, also on data far from zero; nothing overflows that did not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from algebra_terms import BENCHMARK, n, s, t, x, y

from einfold.algebra.derive import derive_chain
from einfold.algebra.differential import Arithmetic, Machine, leaves
from einfold.algebra.evaluate import FLOAT_FUNCTIONS
from einfold.algebra.expr import Expr, RankValue
from einfold.algebra.laws import DEFAULT_LAWS

SIZE, TILE = 128, 32
REDUCED = [name for name, (_, k) in BENCHMARK.items() if k is not None]


def single(function: Any) -> Any:
    return lambda *args: np.float32(function(*(np.float32(a) for a in args)))


FP32 = Arithmetic({**{name: single(f) for name, f in FLOAT_FUNCTIONS.items()}, "exp": single(np.exp)}, np.float32, 0)
FP64 = Arithmetic(FLOAT_FUNCTIONS, float, 0)


@pytest.mark.parametrize("offset", [0, 1000, -1000])
@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.filterwarnings("ignore:underflow", "ignore:overflow")
def test_as_accurate_as_the_original(name: str, offset: float) -> None:
    chain = BENCHMARK[name][0]
    results = derive_chain(chain, counts=(n.e,))
    source = np.random.default_rng(1)
    elements, constants = leaves(chain)

    def value(e: Expr, i: int) -> np.float32:
        if isinstance(e, RankValue):
            return np.float32(i)
        return np.float32(source.normal(offset if e in (x.e, y.e, s.e, t.e) else 0, 1))

    rows: list[dict[Expr, Any]] = [{e: value(e, i) for e in elements} for i in range(SIZE)]
    fixed: dict[Expr, Any] = {c: SIZE if c == n.e else 0.75 for c in constants}
    in_fp64 = Machine(results, DEFAULT_LAWS, FP64, fixed)
    truth = in_fp64.original([{e: float(v) for e, v in row.items()} for row in rows])
    in_fp32 = Machine(results, DEFAULT_LAWS, FP32, {c: np.float32(v) for c, v in fixed.items()})
    original = in_fp32.original(rows)
    state = in_fp32.start()
    for at in range(0, SIZE, TILE):
        state = in_fp32.tile(state, rows[at : at + TILE])
    derived = in_fp32.finish(state, {})
    for key, exact in truth.items():
        scale = abs(exact) + 1e-30
        assert abs(derived[key] - exact) / scale <= 20 * abs(original[key] - exact) / scale + 1e-5, key
