"""`benchmarks/pass_reduction.py` finds what is expected of its rows, says so where it does not, and its trials find what is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import pass_reduction
import pass_reduction_inputs
import pass_reduction_page
import pass_reduction_rows
import pass_reduction_trials
from pass_reduction_trials import PLANS, Outcome, compare
from reducing import parse

from einfold.dialects.einsum import CascadeOp
from einfold.interpreter.digits import run_digits
from einfold.passes.einsum_one_pass import EinsumOnePass

SOME = (3, 15, 23, 27)
APPLY = EinsumOnePass.apply


def source(row: int) -> str:
    return pass_reduction_rows.files()[row].read_text()


def rewritten(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """The pass, with a part of the text that it emits replaced."""

    def apply(self: EinsumOnePass, ctx: Any, op: Any) -> None:
        APPLY(self, ctx, op)
        text = str(op)
        if old in text:
            done = parse(text.replace(old, new))[1]
            cascade = next(o for o in op.walk() if isinstance(o, CascadeOp))
            cascade.detach_region(cascade.body)
            cascade.add_region(done.detach_region(done.body))

    monkeypatch.setattr(EinsumOnePass, "apply", apply)


def test_rows_are_as_expected_and_written_between_the_marks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{pass_reduction_page.BEGIN}\nold\n{pass_reduction_page.END}\nafter\n")
    files = pass_reduction_rows.files()
    monkeypatch.setattr(pass_reduction, "files", lambda: {n: files[n] for n in SOME})
    assert pass_reduction.main(["--trials", "20", "--write", str(page)]) == 0
    lines = page.read_text().splitlines()
    assert lines[0] == "before" and lines[-1] == "after" and "old" not in lines
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ") and not line.startswith("| #")]
    assert [c[1:8] for c in cells] == [
        ["softmax", "3 -> 2", "1", "rebased", "optimal", "10", "3"],
        ["variance", "2 -> 1", "3", "rebased", "optimal", "10", "3"],
        ["rmsnorm amax", "2 -> 1", "T3", "ordered", "optimal", "4", "2"],
        ["fp8 gemm", "2 -> 2", "inf", "refused", "algebra-optimal, k >= 12", "2", "1"],
    ]
    assert [c[9] for c in cells] == ["20"] * 4
    assert any(line.startswith("* 80 trials of 48 rewritten programs: ") and line.endswith("0 wrong") for line in lines)
    assert "softmax" in capsys.readouterr().out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert pass_reduction.main(["--rows", "2,27", "--trials", "16", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["before"], first["after"], first["k"], first["certificate"], first["open"], first["deviations"]) == (2, 1, "1", None, 0, [])
    assert (first["trials"]["trials"], first["trials"]["programs"], first["trials"]["unchanged"]) == (16, 16, 0)
    assert (second["k"], second["certificate"], second["trials"]["unchanged"]) == ("inf", 12, 16)


def test_every_cascade_has_an_expectation_and_the_benchmark_is_26_and_7() -> None:
    expected = pass_reduction_rows.expectations()
    assert list(pass_reduction_rows.files()) == sorted(expected)
    proper = [expected[n] for n in pass_reduction_page.PROPER]
    assert sum(line["k"] != "inf" for line in proper) == 26
    assert sum(line["k"] == "inf" and line["before"] == line["after"] for line in proper) == 7


@pytest.mark.parametrize(("key", "value"), [("before", "4"), ("after", "1"), ("k", "2")])
def test_a_row_that_deviates_fails(key: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    expected = pass_reduction_rows.expectations()
    monkeypatch.setattr(pass_reduction, "expectations", lambda: {**expected, 3: {**expected[3], key: value}})
    assert pass_reduction.main(["--rows", "3", "--trials", "0"]) == 1
    assert f"row 3 (softmax) is not as expected: {key} is" in capsys.readouterr().err


def test_a_row_without_an_expectation_and_a_refusal_without_a_certificate_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    row = pass_reduction_rows.measure(pass_reduction_rows.files()[29], 0, 1)
    assert list(pass_reduction_rows.deviations(row, pass_reduction_rows.expectations()[29])) == []
    assert list(pass_reduction_rows.deviations(row, None)) == ["expected.csv says nothing of it"]
    monkeypatch.setattr(pass_reduction_rows, "check_certificate", lambda *_: False)
    row = pass_reduction_rows.measure(pass_reduction_rows.files()[29], 0, 1)
    (text,) = pass_reduction_rows.deviations(row, pass_reduction_rows.expectations()[29])
    assert text == "it is refused without a certificate that checks"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rows", "99"], "there is no row 99"),
        (["--rows", "x"], "invalid numbers value"),
        (["--trials", "-1"], "number of trials"),
        (["--rows", "3", "--write", "page.md"], "takes all rows"),
    ],
)
def test_bad_options_are_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        pass_reduction.main(arguments)
    assert stopped.value.code == 2 and message in capsys.readouterr().err


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing to write between\n")
    with pytest.raises(SystemExit, match="no '<!-- begin: table -->'"):
        pass_reduction_page.write_between(page, ["line"])
    assert page.read_text() == "nothing to write between\n"


def test_trials_are_as_many_as_asked_for_and_of_every_size_and_regime() -> None:
    module, _ = parse(source(2))
    for asked, programs in ((5, 5), (20, 16), (100, 16)):
        outcome = compare(module, "m", asked)
        assert (outcome.trials, outcome.programs, outcome.unchanged, outcome.wrong, outcome.passes) == (asked, programs, 0, [], 1)
        assert outcome.values + outcome.undefined >= asked
    assert {p.form for p in PLANS} == {"loop", "sequential", "split", "tree"}
    assert {1, 2, 24} <= {p.long for p in PLANS} and any(p.tile == 1 and p.long > 1 for p in PLANS)
    assert any(p.tile is not None and p.long % p.tile for p in PLANS) and any(p.tile == p.long for p in PLANS)


def test_every_small_size_is_reduced_as_a_large_one_is() -> None:
    """Neither the exponent 4 nor the exponent 2 is taken for the number of elements."""
    for row in (15, 18, 40):
        outcome = compare(parse(source(row))[0], "m", 16)
        assert (outcome.unchanged, outcome.passes, outcome.wrong) == (0, 2 if row == 40 else 1, [])


def test_a_wrong_correction_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten(monkeypatch, "exp(%RGM[p] - %RGM_next[p])", "exp(%RGM_next[p] - %RGM[p])")
    outcome = compare(parse(source(4))[0], "m", 32)
    assert outcome.wrong and "signed input" in "".join(outcome.wrong)


def test_a_correction_that_is_undefined_at_a_bottom_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """exp(-inf - (-inf)) in front of a masked tile, where the cascade as written has a value."""
    rewritten(monkeypatch, "select(%RGM_next[p] == -inf, 0, %RGM_next[p])", "%RGM_next[p]")
    outcome = compare(parse(source(2))[0], "m", 160)
    assert outcome.wrong and all("masked input" in text for text in outcome.wrong)


def test_a_form_that_loses_its_accuracy_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fourth power of data near 10,000, summed uncentred: exact in 40 digits, nothing left of it in fp64."""

    def fast(self: EinsumOnePass, ctx: Any, op: Any) -> None:
        APPLY(EinsumOnePass(rank=self.rank, size=self.size, form=self.form, parts=self.parts, numerics="fast"), ctx, op)

    monkeypatch.setattr(EinsumOnePass, "apply", fast)
    outcome = compare(parse(source(18))[0], "m", 96)
    assert outcome.wrong and all("offset input" in text for text in outcome.wrong)


def test_a_program_with_more_passes_than_derived_deviates() -> None:
    row = pass_reduction_rows.measure(pass_reduction_rows.files()[2], 0, 1)
    worse = pass_reduction_rows.Row(**{**vars(row), "trials": Outcome(trials=1, passes=2, wrong=["5 for 4"])})
    assert list(pass_reduction_rows.deviations(worse, pass_reduction_rows.expectations()[2])) == ["a rewritten program makes 2 passes", "5 for 4"]


def test_noise_over_noise_is_not_compared() -> None:
    """0 / 0 in exact arithmetic, and a quotient of roundings in any other: a value that more digits change is none."""
    text = "einsum.cascade @c ranks {m = 3} (%X[m]) -> [m] : f64 { %R = einsum.compute [m] = BODY\n einsum.return %R[m] }"
    roots, powers = "sqrt(%X[m]) * sqrt(%X[m]) - %X[m]", "exp(log(%X[m])) - %X[m]"
    first, second = (parse(text.replace("BODY", f"({above}) / ({below})"))[0] for above, below in ((roots, powers), (powers, roots)))
    given = {"X": np.array([0.1, 0.2, 0.7])}
    exact = run_digits(pass_reduction_trials.cascade_of(first), given)[0]
    assert any(x == x and x != 0 for x in exact)  # a number, which means nothing
    noise = [np.full(3, 0.5)]
    assert pass_reduction_trials.settle(first, second, given, noise, noise) == ([], 3)


def test_at_forty_digits_values_must_agree_far_beyond_fp64() -> None:
    text = "einsum.cascade @c ranks {m = 2} (%X[m]) -> [m] : f64 { %R = einsum.compute [m] = BODY\n einsum.return %R[m] }"
    first, second = (parse(text.replace("BODY", body))[0] for body in ("%X[m] * 3", "%X[m] * 3 + 1e-13"))
    given = {"X": np.array([0.1, 0.2])}
    same = [given["X"] * 3]
    assert pass_reduction_trials.settle(first, first, given, same, same) == ([], 0)
    assert len(pass_reduction_trials.settle(first, second, given, same, same)[0]) == 2


def test_regimes_know_what_masks_and_what_labels() -> None:
    known = {row: pass_reduction_inputs.arguments(parse(source(row))[1], "m") for row in (2, 4, 48)}
    assert known[2]["X"].mask == -np.inf and known[2]["X"].axis == 1
    assert known[4]["K"].mask is None and known[4]["Q"].axis is None
    assert known[48]["DK"].label and known[48]["DQ"].label and not known[48]["K"].label
    drawn = pass_reduction_inputs.draw(parse(source(2))[1], "m", 12, 1)["X"]
    masked = list(pass_reduction_inputs.REGIMES).index("masked")
    assert np.isinf(drawn[masked::6]).any() and np.isfinite(np.delete(drawn, range(masked, 12, 6), axis=0)).all()
