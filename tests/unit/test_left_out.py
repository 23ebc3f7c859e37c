"""Iterations that are left out: kernels compute what their cascades say, take no time there, and a wrong `if` clause gives wrong values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import VerifyException

from einfold.algebra.affine import Affine, Comparison
from einfold.analysis import remarks
from einfold.analysis.resize import resize
from einfold.backend.einsum_place import EinsumPlace
from einfold.backend.simulate import simulate
from einfold.backend.values import run_values
from einfold.dialects.accel import Accel, KernelOp, LoadOp, TaskOp
from einfold.dialects.accel_legal import verify_kernel
from einfold.dialects.accel_names import operation_names
from einfold.dialects.accel_nest import scheduled
from einfold.dialects.einsum import CascadeOp, Einsum
from einfold.dialects.einsum_attrs import FilterAttr
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.interpreter.elements import Array
from einfold.lowering.lower_einsum_to_accel import LowerEinsumToAccel
from einfold.passes.einsum_dce import EinsumDcePass
from einfold.passes.einsum_defer import EinsumDefer
from einfold.passes.einsum_fuse_maps import EinsumFuseMapsPass
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.einsum_online import EinsumOnline
from einfold.passes.einsum_push_filters import EinsumPushFiltersPass
from einfold.search.checker import violations

EXAMPLES = Path(__file__).parents[2] / "examples"
TINY = """accel.machine @tiny clock 1e9 word 4 {
  accel.memory @dram offchip bandwidth 16e9 latency 3
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] latency 2 ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] latency 2 ops {mac = 1, add = 1, max = 1, exp = 6, div = 1, sqrt = 1}
}
"""
WINDOWED = "where m <= p and p < m + 6"
FORMS: dict[str, tuple[ModulePass, ...]] = {
    "as written": (),
    "deferred": (EinsumDefer(), EinsumDcePass(), EinsumPushFiltersPass()),
    "online": (EinsumOnline(size=4), EinsumDcePass(), EinsumPushFiltersPass()),
    "one pass": (EinsumOnePass(size=4), EinsumDcePass()),
    "narrowed": (EinsumOnePass(size=4), EinsumDcePass(), EinsumPushFiltersPass()),
    "multiply-adds": (EinsumOnePass(size=4), EinsumDcePass(), EinsumPushFiltersPass(), EinsumFuseMapsPass(contract=True)),
}


def parse(text: str) -> tuple[ModuleOp, CascadeOp]:
    ctx = Context()
    for dialect in (Builtin, Einsum, Accel):
        ctx.load_dialect(dialect)
    module = Parser(ctx, text).parse_module()
    return module, next(op for op in module.walk() if isinstance(op, CascadeOp))


def run(module: ModuleOp, *passes: ModulePass) -> None:
    with remarks.collect():
        for each in passes:
            each.apply(Context(), module)
    module.verify()


def lowered(name: str, form: str, tokens: int = 18) -> tuple[ModuleOp, list[Array], dict[str, Array]]:
    """The kernels of an example on a tiny machine, what its cascade gives, and the inputs."""
    text = (EXAMPLES / f"{name}.mlir").read_text().replace("where m <= p and p < m + 128", WINDOWED)
    module, cascade = parse(TINY + text)
    resize(module, {"b": 1, "h": 2, "p": tokens, "m": tokens, "e": 3, "f": 3})
    rng = np.random.default_rng(5)
    inputs = {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    expected = run_cascade(cascade, inputs, dtype="f64")
    run(module, *FORMS[form], EinsumPlace("tiny"), LowerEinsumToAccel())
    return module, expected, inputs


def kernels(module: ModuleOp) -> list[KernelOp]:
    return [op for op in module.walk() if isinstance(op, KernelOp)]


@pytest.mark.parametrize("name", ["causal", "sliding"])
@pytest.mark.parametrize("form", FORMS)
def test_values_and_times(name: str, form: str) -> None:
    module, expected, inputs = lowered(name, form)
    guarded = [op for kernel in kernels(module) for op in scheduled(kernel) if op.guard_]
    assert len(guarded) >= 3
    for found, value in zip(run_values(module, inputs, dtype="f64"), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-9)
    assert simulate(module).cycles == simulate(module, extrapolate=False).cycles
    assert [violations(kernel) for kernel in kernels(module)] == [[]] * len(kernels(module))


def test_dead_iterations_take_nothing() -> None:
    """Without the clauses the same kernel takes longer, and moves tiles of keys that no query of a block sees."""
    module, _, _ = lowered("sliding", "narrowed", 40)
    with_clauses = simulate(module)
    for kernel in kernels(module):
        for op in scheduled(kernel):
            op.properties.pop("guard", None)
        kernel.verify()
    without = simulate(module)
    assert with_clauses.cycles < 0.6 * without.cycles
    assert with_clauses.busy["lanes"]["RAV_next"] < 0.4 * without.busy["lanes"]["RAV_next"]
    runs = {c.name: c.runs for c in with_clauses.counts}
    assert runs["RAV_next"] == runs["QK"] == 2 * (10 + 9 + 8)


def test_loads_of_what_nobody_needs() -> None:
    """Where queries are in blocks, a tile of keys is loaded for the blocks that see it."""
    text = TINY.replace("65536", "2048") + (EXAMPLES / "sliding.mlir").read_text().replace("where m <= p and p < m + 128", WINDOWED)
    module, cascade = parse(text)
    resize(module, {"b": 1, "h": 1, "p": 64, "m": 64, "e": 4, "f": 4})
    inputs = {str(a.name_hint): np.random.default_rng(2).normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    expected = run_cascade(cascade, inputs, dtype="f64")
    run(module, *FORMS["narrowed"], EinsumPlace("tiny"), LowerEinsumToAccel())
    [kernel] = kernels(module)
    loads = {name: op for op, name in operation_names(kernel).items() if isinstance(op, LoadOp)}
    assert any(op.guard_ for op in loads.values())
    counts = {c.name: c.runs for c in simulate(module).counts}
    guarded = next(name for name, op in loads.items() if op.guard_)
    assert counts[guarded] < simulate_runs_without(module, guarded)
    np.testing.assert_allclose(run_values(module, inputs, dtype="f64")[0], expected[0], rtol=1e-9)


def simulate_runs_without(module: ModuleOp, name: str) -> int:
    copy = module.clone()
    for kernel in kernels(copy):
        for op in scheduled(kernel):
            op.properties.pop("guard", None)
    return next(c.runs for c in simulate(copy).counts if c.name == name)


@pytest.mark.parametrize("name", ["RAV_next", "RSD_next", "PGM", "LAV"])
def test_a_wrong_clause_is_refused_and_gives_wrong_values(name: str) -> None:
    module, expected, inputs = lowered("causal", "narrowed")
    [kernel] = kernels(module)
    op = next(op for op, known in operation_names(kernel).items() if known == name)
    assert isinstance(op, TaskOp)
    op.properties["guard"] = FilterAttr((Comparison(Affine.rank("m1"), "<", Affine.rank("p1")),))
    with pytest.raises(VerifyException, match="is left out unless m1 \\+ 1 <= p1, but "):
        verify_kernel(kernel)
    [found] = run_values(module, inputs, dtype="f64")
    assert not np.allclose(found, expected[0], rtol=1e-3, equal_nan=False)


def test_masks_that_leave_nothing_at_first() -> None:
    """A sliding window's later queries see nothing of the first tiles: their state is at its bottom until they do."""
    module, expected, inputs = lowered("sliding", "one pass", 31)
    [found] = run_values(module, inputs, dtype="f64")
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected[0], rtol=1e-9)
