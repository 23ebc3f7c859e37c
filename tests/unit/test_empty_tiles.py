"""Tiles that a filter leaves empty: which Einsums are narrowed to where they are read, and that only tiles with points take time."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from reducing import parse
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from einfold.analysis import remarks
from einfold.analysis.resize import resize
from einfold.backend.einsum_place import EinsumPlace
from einfold.backend.simulate import simulate
from einfold.dialects.einsum import CascadeOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.lowering.lower_einsum_to_accel import LowerEinsumToAccel
from einfold.passes.einsum_dce import EinsumDcePass
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.einsum_push_filters import EinsumPushFiltersPass

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str, **sizes: int) -> tuple[ModuleOp, CascadeOp]:
    module, cascade = parse((EXAMPLES / f"{name}.mlir").read_text())
    resize(module, sizes)
    return module, cascade


def run(module: ModuleOp, *passes: object) -> list[str]:
    with remarks.collect() as made:
        for each in passes:
            each.apply(Context(), module)  # pyright: ignore
    module.verify()
    return [r.message for r in made if r.kind == "applied"]


WINDOW = 128


@pytest.mark.parametrize(("name", "window"), [("causal", 1 << 30), ("sliding", WINDOW)])
@pytest.mark.parametrize("tokens", [1024, 1500])
def test_only_tiles_with_points_take_time(name: str, window: int, tokens: int) -> None:
    """The scores' cycles, and those of all that reads them, are those of the tiles that a walk over all points finds."""
    module, _ = example(name, b=1, h=2, p=tokens, m=tokens)
    run(module, EinsumOnePass(size=256), EinsumDcePass(), EinsumPushFiltersPass(), EinsumPlace("fusemax-cloud"), LowerEinsumToAccel())
    tiles = range(-(-tokens // 256))
    some = sum(any(256 * m <= p < 256 * m + 256 - 1 + window for p in range(256 * t, min(tokens, 256 * t + 256))) for m, t in product(tiles, tiles))
    assert 0 < some < len(tiles) ** 2
    for extrapolate in (True, False):
        result = simulate(module, extrapolate=extrapolate)
        assert result.busy["pe2d"]["QK"] == 2 * 64 * some
        assert result.busy["pe2d"]["LAV"] == 2 * 64 * some
        assert result.busy["pe1d"]["RGM_next"] == 2 * some
    [kernel] = [c for c in result.counts if c.name == "QK"]
    assert kernel.operations["mac"] <= 2 * 64 * some * 256 * 256


@pytest.mark.parametrize("name", ["causal", "sliding", "alibi"])
def test_values_stay(name: str) -> None:
    module, cascade = example(name, b=1, h=2, p=9, m=9)
    rng = np.random.default_rng(1)
    inputs = {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    before = run_cascade(cascade, inputs, dtype="f64")
    assert run(module, EinsumPushFiltersPass()) == ["computed only where they are read: %QK, %S"]
    for found, value in zip(run_cascade(cascade, inputs, dtype="f64"), before, strict=True):
        np.testing.assert_array_equal(found, value)


CASCADE = "einsum.cascade @c ranks {{p = 4, m = 4}} (%X[p, m], %Y[m, p]) -> {out} : f32 {{\n{body}\n}}"


def narrowed(out: str, *lines: str) -> str:
    module, _ = parse(CASCADE.format(out=out, body="\n".join(lines)))
    run(module, EinsumPushFiltersPass())
    return next(line for line in str(module).splitlines() if line.strip().startswith("%S"))


S = "%S = einsum.compute [p, m] = 2 * %X[p, m]"
UNDER = "%A = einsum.compute [p] = %S[p, m] reduce add(m) where m <= p"


@pytest.mark.parametrize(
    ("out", "lines", "filtered"),
    [
        ("[p]", (S, UNDER, "einsum.return %A[p]"), "where m <= p"),
        ("[p], [p, m]", (S, UNDER, "einsum.return %A[p], %S[p, m]"), None),
        ("[p], [p]", (S, UNDER, "%B = einsum.compute [p] = %S[p, m] reduce add(m)", "einsum.return %A[p], %B[p]"), None),
        (
            "[p], [p]",
            (S, UNDER, "%B = einsum.compute [p] = %S[p, m] reduce max(m) where m <= p and p < 3", "einsum.return %A[p], %B[p]"),
            "where m <= p",
        ),
        ("[m]", (S, "%A = einsum.compute [m] = %S[m, p] reduce add(p) where m <= p", "einsum.return %A[m]"), "where p <= m"),
        ("[m]", (S, "%A = einsum.compute [m] = %S[m, m] + %S[m, p] reduce add(p) where m <= p", "einsum.return %A[m]"), None),
        ("[p]", (S + " empty 0", UNDER, "einsum.return %A[p]"), None),
    ],
)
def test_what_is_narrowed(out: str, lines: tuple[str, ...], filtered: str | None) -> None:
    line = narrowed(out, *lines)
    assert line.endswith(filtered) if filtered is not None else "where" not in line
