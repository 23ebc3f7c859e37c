"""How accurate a derived form is beside the cascade as written: what is safe is measured to be, and what is not is said."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from reducing import parse
from xdsl.context import Context

from einfold.dialects.einsum import CascadeOp
from einfold.interpreter.arguments import random_inputs
from einfold.interpreter.cascade import run_cascade
from einfold.interpreter.elements import ELEMENTS, cast
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.tools.einfold import main
from einfold.tools.numerics import measuring
from einfold.tools.numerics.inputs import REGIMES, Regime, draw, level_of
from einfold.tools.numerics.measuring import ROUNDOFF, Measured, Numerics, measure
from einfold.tools.numerics.report import NO_WORSE, to_json, to_lines, verdict
from einfold.tools.numerics.sizes import small

ROOT = Path(__file__).parents[2]
BY_NAME = {regime.name: regime for regime in REGIMES}


def cascade_at(row: str) -> CascadeOp:
    return parse(next((ROOT / "benchmarks" / "cascades").glob(f"{row}-*.mlir")).read_text())[1]


def measured(row: str, regime: str, type_: str, choice: Literal["safe", "fast"] = "safe") -> Measured:
    """The last result of a benchmark cascade on one kind of input in one type."""
    found = measure(cascade_at(row), "m", [BY_NAME[regime]], [type_], choice)
    assert found is not None
    return found.measured[-1]


def test_variance_at_a_mean_of_ten_thousand_in_fp32() -> None:
    """Rebased it is as accurate as the two passes; deferred, as numerics=fast chooses, nothing is left of it."""
    safe, fast = measured("15", "mean", "f32"), measured("15", "mean", "f32", "fast")
    assert safe.level == fast.level == 10_000
    assert safe.written.error is not None and safe.written.error < 1e-5
    assert safe.derived.error is not None and safe.derived.error < 1e-5 and safe.worse_by is None
    assert fast.derived.error is not None and fast.derived.error > 1 and fast.worse_by is not None and fast.worse_by > 1e4
    assert fast.reference == "40 digits"  # not even fp64 resolves what cancels there


def test_a_mean_over_two_ranks_is_followed_as_a_mean() -> None:
    """BatchNorm divides by shape(m) * shape(e): taken for anything but the number of elements, its variance comes out negative here."""
    found = measured("40", "mean", "f32")
    assert found.level == 10_000 and found.derived.lost == 0 and found.worse_by is None


@pytest.mark.parametrize("choice", ["safe", "fast"])
@pytest.mark.parametrize("row", ["02", "03", "04", "07", "08", "10", "34", "47"])
def test_exponentials_of_large_logits_never_overflow(row: str, choice: Literal["safe", "fast"]) -> None:
    found = measured(row, "large", "f32", choice)
    assert found.level >= 500
    assert found.derived.lost == 0 and found.values > 0


def test_sum_of_exponentials_of_logits_of_a_thousand() -> None:
    """exp(1000) is not finite in fp64; carried relative to the running maximum, in either form, the sum is exact to rounding."""
    logits = np.random.default_rng(1).normal(size=(4, 64)) * 1000
    top = logits.max(axis=1)
    exact = np.log(np.exp(logits - top[:, np.newaxis]).sum(axis=1)) + top
    for choice in ("safe", "fast"):
        module, cascade = parse(
            """
einsum.cascade @c ranks {p = 4, m = 64} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}"""
        )
        EinsumOnePass(rank="m", size=8, numerics=choice).apply(Context(), module)
        np.testing.assert_allclose(run_cascade(cascade, {"X": logits})[0], exact, rtol=1e-6)
    with np.errstate(over="ignore"):
        assert not np.isfinite(np.exp(logits)).all()


def test_what_a_narrow_type_cannot_carry_is_said() -> None:
    """Deferring a division carries the undivided sum: in fp16 it overflows where the weights as written do not."""
    found = measured("06", "large", "f16")
    assert found.written.lost == 0 and found.derived.lost > 0 and found.worse_by == math.inf
    assert "not finite where as written it is (f16 at normal x" in verdict([found])
    assert measured("06", "large", "bf16").worse_by is None


def test_where_the_exact_value_is_zero_errors_are_absolute_and_judged_by_the_size_of_the_data() -> None:
    found = measured("15", "constant", "f32")
    assert not found.relative and found.worse_by is None
    assert found.derived.error is not None and found.derived.error < 1e-12
    fast = measured("18", "constant", "f32", "fast")
    assert not fast.relative and fast.derived.error is not None and fast.derived.error > 1e-5
    assert fast.worse_by is not None and fast.worse_by > 100


def test_noise_over_noise_is_no_value() -> None:
    """sum (x - mean)^2 / sum (x - mean)^2 of equal elements that no number of digits holds: a quotient of roundings."""
    _, cascade = parse(
        """
einsum.cascade @c ranks {p = 4, m = 300} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] / 3 reduce add(m)
  %V = einsum.compute [p] = pow(%X[p, m] / 3 - %SX[p] / shape(m), 2) reduce add(m)
  %Z = einsum.compute [p] = abs(%X[p, m] / 3 - %SX[p] / shape(m)) / %V[p] reduce max(m)
  einsum.return %Z[p]
}"""
    )
    found = measure(cascade, "m", [BY_NAME["normal"], BY_NAME["constant"]], ["f32"])
    assert found is not None
    normal, constant = found.measured
    assert normal.values == 12 and normal.worse_by is None
    assert constant.values == 0 and constant.written.error is None and constant.worse_by is None
    assert any("no value" in line for line in to_lines(found))


def test_inputs_are_of_the_type_of_the_regime_and_repeatable() -> None:
    cascade = cascade_at("04")
    for regime in REGIMES:
        given, again, other = (draw(cascade, regime, regime.levels[0], seed, "bf16") for seed in (1, 1, 2))
        for name, array in given.items():
            assert (cast(array, ELEMENTS["bf16"]) == array).all() and (array == again[name]).all()
        assert regime.name == "mean" or any((given[name] != other[name]).any() for name in given)
    assert np.unique(draw(cascade, BY_NAME["constant"], 1.0, 1, "f32")["Q"]).size == 1
    assert draw(cascade, BY_NAME["mean"], 10_000.0, 1, "f32")["Q"].mean() > 9_990
    assert np.isfinite(draw(cascade, BY_NAME["large"], BY_NAME["large"].levels[0], 1, "f16")["K"]).all()


def test_what_is_absent_stays_absent() -> None:
    _, cascade = parse(
        "einsum.cascade @c ranks {m = 64} (%X[m] empty 0) -> [] : f32 { %S = einsum.compute [] = %X[m] reduce max(m)\n einsum.return %S[] }"
    )
    drawn = draw(cascade, BY_NAME["mean"], 100.0, 1, "f32")["X"]
    assert ((drawn == 0) == (random_inputs(cascade, 1, dtype="f64")["X"] == 0)).all() and 0 < (drawn == 0).sum() < 64


def test_a_mean_leaves_the_type_deviations_to_tell_apart() -> None:
    assert [measured("15", "mean", t).level for t in ("f32", "f16", "bf16")] == [10_000, 100, 10]


def test_a_level_is_one_at_which_the_cascade_as_written_is_accurate() -> None:
    """LayerNorm and a matrix product lose the first digit in fp32 at a mean of 1,000 already, though nothing overflows."""
    found = measured("16", "mean", "f32")
    assert found.level == 100 and found.written.error is not None and found.written.error < 0.1


def test_the_first_level_that_is_accepted_is_taken() -> None:
    regime = Regime("r", BY_NAME["normal"].draw, (8.0, 4.0, 2.0))
    assert [level_of(regime, accepts) for accepts in (lambda x: True, lambda x: x < 8, lambda x: False)] == [8.0, 4.0, 2.0]


def test_sizes_keep_what_filters_and_tiles_need() -> None:
    for name, rank, expected in (
        ("attention", "m", {"m": 512, "p": 4, "e": 4}),
        ("causal", "m", {"m": 128, "p": 128, "e": 4}),
        ("attention-1pass", "m", {"m1": 2, "m0": 256, "m": 512}),
    ):
        found = small(parse((ROOT / "examples" / f"{name}.mlir").read_text())[1], rank)
        assert found is not None and expected.items() <= found.sizes.items()
    _, tiled = parse(
        """
einsum.cascade @c ranks {p = 64, p1 = 4, p0 = 16, m = 4096} (%X[p, m]) -> [p1, p0] : f32 {
  %S = einsum.compute [p1, p0] = %X[16 * p1 + p0, m] reduce add(m)
  einsum.return %S[p1, p0]
}"""
    )
    found = small(tiled, "m")
    assert found is not None and found.sizes == {"p": 16, "p1": 1, "p0": 16, "m": 512}


def test_a_form_that_computes_something_else_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact value is that of the cascade as written, whatever the derived form gives."""

    def wrong(self: EinsumOnePass, ctx: Context, op: Any) -> None:
        cascade = next(o for o in op.walk() if isinstance(o, CascadeOp))
        done = parse(str(cascade.parent_op()).replace("log(%SD[p]) + %GM[p]", "log(%SD[p])"))[1]
        cascade.detach_region(cascade.body)
        cascade.add_region(done.detach_region(done.body))

    monkeypatch.setattr(measuring.EinsumOnePass, "apply", wrong)
    found = measured("02", "normal", "f32")
    assert found.worse_by is not None and found.worse_by > 1000
    assert found.reference == "40 digits"


def test_report(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(next((ROOT / "benchmarks" / "cascades").glob("02-*.mlir")))
    assert main(["passes", file, "--numerics"]) == 0
    text = capsys.readouterr().out
    assert "carries exp(X[p, m] - %GM): [0, 1]" in text and "corrected by exp(%GM.old - %GM): [0, 1]" in text
    assert f"L: {NO_WORSE}" in text and "accuracy at p = 4, m = 512" in text
    assert main(["passes", file, "--numerics", "--json"]) == 0
    ranks = json.loads(capsys.readouterr().out)[0]["ranks"]
    entries, bounds = ranks["m"]["numerics"], {r["name"]: r["bounds"] for r in ranks["m"]["reductions"]}
    assert {(e["type"], e["regime"]) for e in entries} == {(t, r.name) for t in ROUNDOFF for r in REGIMES}
    assert all(e["verdict"] == NO_WORSE and not e["worse"] and e["as_written"]["not_finite"] == 0 for e in entries)
    assert ranks["m"]["measured_at"]["sizes"]["m0"] == 128
    assert ranks["p"]["numerics"] == [] and ranks["p"]["measured_at"] == {}
    refused = str(next((ROOT / "benchmarks" / "cascades").glob("29-*.mlir")))
    assert main(["passes", refused, "--numerics", "--json", "--rank", "m"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["ranks"]["m"]["numerics"] == []
    assert bounds["SD"] == {"summary": [1.0, None], "terms": [[0.0, 1.0]], "degrees": [0.0], "correction": [[[0.0, 1.0]]]}
    assert bounds["GM"]["terms"] == [[None, None]] and bounds["GM"]["degrees"] == [1.0] and bounds["GM"]["correction"] == []


def test_nothing_measured_is_said() -> None:
    assert to_json(None) == {"numerics": [], "measured_at": {}}
    assert list(to_lines(None)) == ["accuracy was not measured: the cascade cannot be made small"]
    assert to_json(Numerics({"m": 1}, ()))["numerics"] == []
