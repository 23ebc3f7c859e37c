"""A cascade over one more rank computes, at each of its coordinates, what the cascade computes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from reducing import parse
from xdsl.context import Context

from einfold.analysis.batch import NotBatched, batch
from einfold.analysis.resize import resize
from einfold.dialects.einsum import CascadeOp
from einfold.interpreter.arguments import random_inputs
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass

ROOT = Path(__file__).parents[2]
EXAMPLES = ("attention-1pass", "causal", "floyd-warshall")
FILES = [*sorted((ROOT / "benchmarks" / "cascades").glob("*.mlir")), *(ROOT / "examples" / f"{n}.mlir" for n in EXAMPLES)]


@pytest.mark.parametrize("form", [None, "loop", "tree"])
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_coordinate_is_an_evaluation_of_its_own(path: Path, form: Literal["loop", "tree"] | None) -> None:
    module, cascade = parse(path.read_text())
    tiled = {"m1": 3, "m0": 4, "m": 12} if "m0" in cascade.sizes else {}
    resize(module, dict.fromkeys(cascade.sizes, 3) | tiled)
    module.verify()
    if form is not None:
        EinsumOnePass(size=2, form=form).apply(Context(), module)
    given = [random_inputs(cascade, seed, dtype="f64") for seed in (1, 2)]
    alone = [run_cascade(cascade, each, dtype="f64") for each in given]
    batch(module, "trial", 2)
    module.verify()
    together = run_cascade(cascade, {name: np.stack([each[name] for each in given]) for name in given[0]}, dtype="f64")
    for number, found in enumerate(together):
        np.testing.assert_allclose(found, np.stack([each[number] for each in alone]), rtol=1e-12)


def test_what_cannot_be_batched_is_said() -> None:
    for name, reason in (("bfs", "input by input"), ("prefix-sum-iterative", "input by input")):
        module, _ = parse((ROOT / "examples" / f"{name}.mlir").read_text())
        before = str(module)
        with pytest.raises(NotBatched, match=reason):
            batch(module, "trial", 2)
        assert str(module) == before
    module, cascade = parse((ROOT / "examples" / "attention.mlir").read_text())
    assert isinstance(cascade, CascadeOp)
    with pytest.raises(NotBatched, match="has a rank 'm'"):
        batch(module, "m", 2)
