"""`benchmarks/pass_reduction.py` finds what is expected of its rows, and says so where it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path("benchmarks").resolve()))

import pass_reduction
import pass_reduction_trials

from einfold.passes.einsum_one_pass import EinsumOnePass


def test_rows_are_as_expected_and_written_between_the_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pass_reduction.BEGIN}\nold\n{pass_reduction.END}\nafter\n")
    assert pass_reduction.main(["--rows", "3,15,23,27", "--trials", "210", "--write", str(page)]) == 0
    lines = page.read_text().splitlines()
    assert lines[0] == "before" and lines[-1] == "after" and "old" not in lines
    cells = [line.split(" | ")[1:6] for line in lines if line.startswith("| ") and not line.startswith("| #")]
    assert cells == [
        ["softmax", "3 -> 2", "1", "rebased", "optimal"],
        ["variance", "2 -> 1", "3", "rebased", "optimal"],
        ["rmsnorm amax", "2 -> 1", "T3", "ordered", "optimal"],
        ["fp8 gemm", "2 -> 2", "inf", "refused", "algebra-optimal"],
    ]
    assert "softmax" in capsys.readouterr().out


def test_every_cascade_has_an_expectation_and_the_benchmark_is_26_and_7() -> None:
    expected = pass_reduction.expectations()
    files = sorted(int(path.stem.split("-")[0]) for path in pass_reduction.CASCADES.glob("*.mlir"))
    assert files == sorted(expected)
    proper = [expected[n] for n in range(1, 34)]
    assert sum(line["k"] != "inf" for line in proper) == 26
    assert sum(line["k"] == "inf" and line["before"] == line["after"] for line in proper) == 7


def test_a_row_that_deviates_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {**pass_reduction.expectations(), 3: {"row": "03", "before": "3", "after": "1", "k": "1"}}
    monkeypatch.setattr(pass_reduction, "expectations", lambda: wrong)
    assert pass_reduction.main(["--rows", "3", "--trials", "0"]) == 1
    assert "row 3 (softmax) is not as expected" in capsys.readouterr().err


def test_a_wrong_rewrite_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rewrite that forgets to add the maximum back."""
    text = (pass_reduction.CASCADES / "02-log-sum-exp.mlir").read_text()
    right = pass_reduction_trials.run_trials(text, "m", 210)
    assert right.trials == 210 and right.values > 400 and not right.wrong

    def drop(self: EinsumOnePass, ctx: object, op: object) -> None:
        module = pass_reduction_trials.parse_source(
            pass_reduction_trials.Source("wrong.mlir", text.replace("log(%SD[p]) + %GM[p]", "log(%SD[p])")), pass_reduction_trials.new_context()
        )
        wrong = next(o for o in module.walk() if isinstance(o, pass_reduction_trials.CascadeOp))
        target = next(o for o in op.walk() if isinstance(o, pass_reduction_trials.CascadeOp))
        pass_reduction_trials.resize(wrong, dict(target.sizes))
        target.detach_region(target.body)
        target.add_region(wrong.detach_region(wrong.body))

    monkeypatch.setattr(EinsumOnePass, "apply", drop)
    assert pass_reduction_trials.run_trials(text, "m", 210).wrong.startswith("result 0, m = 1, {'size': 1}, normal inputs")
