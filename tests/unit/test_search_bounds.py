"""The bound of a form: never above what a schedule takes, and as large as it is by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from searching import EXAMPLES, cascade_of, judged, on_machine
from xdsl.dialects.builtin import ModuleOp

from einfold.algebra.affine import Affine, Comparison
from einfold.analysis.filter_points import points_left
from einfold.lowering.work import works_of
from einfold.search.bounds import LowerBound, elements_reached, lower_bound, visited_points
from einfold.search.forms import Form
from einfold.search.search import Found, Options, search

MACHINES = ("fusemax-cloud", "fusemax-edge", "tpu-v4-like")
RAGGED = {
    "attention.mlir": "b=1,h=1,p=300,m=700",
    "causal.mlir": "b=1,h=3,p=1000,m=1000",
    "sliding.mlir": "b=2,h=1,p=777,m=777",
    "layernorm.mlir": "",
    "gqa.mlir": "b=1,m=1,p=5",
    "mla.mlir": "",
}


def number(value: int) -> Affine:
    return Affine((), value)


def bound(form: Form) -> LowerBound:
    return lower_bound(form.cascade, form.machine)


@pytest.mark.parametrize("machine", MACHINES)
def test_no_example_is_faster_than_its_bound(machine: str) -> None:
    files = sorted(p.name for p in EXAMPLES.glob("*.mlir"))
    assert len(files) >= 25
    for file in files:
        found = judged(file, machine=machine)
        least = bound(found.candidate.form)
        assert 0 < least.cycles <= found.result.cycles * (1 + 1e-9), file


@pytest.mark.parametrize("file", RAGGED)
def test_no_ragged_size_is_faster_than_its_bound(file: str) -> None:
    found = judged(file, sizes=RAGGED[file])
    assert 0 < bound(found.candidate.form).cycles <= found.result.cycles * (1 + 1e-9)


MACHINE = """
accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 1048576
  accel.array @grid [4, 8] ops {mac = 1, add = 1, max = 1}
  accel.array @lanes [1, 8] ops {mac = 1, add = 1, max = 1, exp = 6, div = 2}
}
"""


def written(tmp_path: Path, cascade: str) -> ModuleOp:
    (tmp_path / "c.mlir").write_text(MACHINE + cascade)
    return on_machine(tmp_path / "c.mlir", None)[0]


def of(tmp_path: Path, cascade: str) -> LowerBound:
    return bound(Form((), written(tmp_path, cascade)))


PRODUCT = """einsum.cascade @c ranks {m = 64, n = 32, k = 128} (%A[m, k], %B[k, n]) -> [m, n] : f16 {
  %C = einsum.compute [m, n] = %A[m, k] * %B[k, n] reduce add(k)FILTER
  einsum.return %C[m, n]
}"""


def test_a_product_by_hand(tmp_path: Path) -> None:
    """Either array may do it, so that both share it; 16 bytes a cycle move two factors and the product."""
    found = of(tmp_path, PRODUCT.replace("FILTER", ""))
    assert found.operations == 64 * 32 * 128 / (32 + 8)
    assert found.offchip == 2 * (64 * 128 + 128 * 32 + 64 * 32) / 16
    assert found.cycles == found.operations and found.critical == "operations"


def test_a_filter_leaves_out_points(tmp_path: Path) -> None:
    found = of(tmp_path, PRODUCT.replace("FILTER", " where k <= m"))
    assert found.operations == pytest.approx(32 * sum(range(1, 65)) / 40)
    assert of(tmp_path, PRODUCT.replace("FILTER", " where k < 1")).operations == pytest.approx(64 * 32 / 40)


def test_what_one_array_alone_can_do_is_not_shared(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        """einsum.cascade @c ranks {m = 64, k = 16} (%A[m, k]) -> [m] : f16 {
  %E = einsum.compute [m, k] = exp(%A[m, k])
  %S = einsum.compute [m] = %E[m, k] reduce add(k)
  einsum.return %S[m]
}""",
    )
    assert found.operations == max(6 * 64 * 16 / 8, (6 * 64 * 16 + 64 * 16) / 40)
    assert LowerBound(1.0, 2.0).critical == "bytes off the chip" and LowerBound(1.0, 2.0).cycles == 2.0


def test_each_reduction_has_the_points_that_the_one_before_leaves(tmp_path: Path) -> None:
    """64 x 16 x 8 additions, then as many maxima as there are sums: 64 x 8."""
    found = of(
        tmp_path,
        """einsum.cascade @c ranks {m = 64, k = 16, n = 8} (%A[m, n, k]) -> [m] : f16 {
  %S = einsum.compute [m] = %A[m, n, k] reduce add(k), max(n)
  einsum.return %S[m]
}""",
    )
    assert found.operations == (64 * 16 * 8 + 64 * 8) / 40


def test_what_no_array_can_do_is_left_to_the_lowering_to_refuse(tmp_path: Path) -> None:
    found = of(
        tmp_path,
        """einsum.cascade @c ranks {m = 64} (%A[m]) -> [m], [m] : f16 {
  %L = einsum.compute [m] = log(%A[m])
  %S = einsum.compute [m] = %A[m] + 1
  einsum.return %L[m], %S[m]
}""",
    )
    assert found.operations == 64 / 40


DEAD = """einsum.cascade @c ranks {m = 4096, k = 64} (%A[m, k], %B[k]) -> [k] : f16 {
  %E = einsum.compute [m, k] = exp(%A[m, k])
  %S = einsum.compute [k] = %B[k] + 1
  einsum.return %S[k]
}"""
PART = """einsum.cascade @c ranks {m = 4096, k = 64} (%A[m, k]) -> [m] : f16 {
  %S = einsum.compute [m] = %A[m, 0] + 1
  einsum.return %S[m]
}"""
PASSED_ON = """einsum.cascade @c ranks {m = 64, k = 64} (%A[m, k], %B[k]) -> [m, k], [k], [k] : f16 {
  %S = einsum.compute [k] = %B[k] + 1
  einsum.return %A[m, k], %S[k], %S[k]
}"""
EMPTIES = """einsum.cascade @c ranks {m = 64, k = 64} (%A[m, k] empty 0, %B[k]) -> [m] : f16 {
  %S = einsum.compute [m] = %A[m, k] * %B[k] reduce add(k)
  einsum.return %S[m]
}"""


def test_what_no_result_needs_counts_for_nothing(tmp_path: Path) -> None:
    assert of(tmp_path, DEAD) == LowerBound(64 / 40, 2 * 2 * 64 / 16)
    assert of(tmp_path, PART) == LowerBound(4096 / 40, 2 * 2 * 4096 / 16)
    assert of(tmp_path, PASSED_ON) == LowerBound(64 / 40, 2 * 2 * 64 / 16)


U, W = Affine.rank("i"), Affine.rank("j")


@pytest.mark.parametrize(
    ("subscripts", "elements"),
    [
        ([U * 8 + W, number(0)], 64),
        ([U + W, number(0)], 15),
        ([U * 3 + number(5)], 8),
        ([U * -3 + W], 29),
        ([U, U], 8),
        ([U, W], 64),
        ([U, W, U + W], 64),
        ([U + W * 20, W * 8], 64),
        ([U * 2 + W * 3], 8),
        ([number(0), number(0)], 1),
        ([], 1),
    ],
)
def test_elements_that_subscripts_reach_at_least(subscripts: list[Affine], elements: int) -> None:
    assert elements_reached(subscripts, {"i": 8, "j": 8}) == elements


def test_absent_elements_may_leave_out_all_points(tmp_path: Path) -> None:
    assert of(tmp_path, EMPTIES) == LowerBound(0.0, 2 * (64 * 64 + 64 + 64) / 16)


@pytest.mark.parametrize(
    "cascade", [PRODUCT.replace("FILTER", ""), DEAD, PART, PASSED_ON, EMPTIES], ids=["product", "dead", "part", "passed on", "empties"]
)
def test_no_search_finds_less_than_the_bound(tmp_path: Path, cascade: str) -> None:
    (tmp_path / "c.mlir").write_text(MACHINE + cascade)
    module, machine = on_machine(tmp_path / "c.mlir", None)
    found = search(module, machine, Options())
    assert isinstance(found, Found)
    assert found.least.cycles <= found.best.result.cycles
    assert all(t.least <= t.bound * (1 + 1e-9) for t in found.tried)
    assert all(t.cycles is None or t.bound <= t.cycles * (1 + 1e-9) for t in found.tried)


def test_points_of_a_whole_cascade() -> None:
    """Causal: half of the scores and a bit; sliding: a window of them."""
    causal, _ = on_machine("causal.mlir", sizes="b=1,h=1,p=64,m=64,e=8,f=8")
    works = {str(w.op.results_[0].name_hint): visited_points(w, cascade_of(causal).sizes) for w in works_of(cascade_of(causal))}
    filtered = [w for w in works_of(cascade_of(causal)) if w.op.where is not None]
    assert filtered
    for work in filtered:
        rest = work.points // (64 * 64)
        assert works[str(work.op.results_[0].name_hint)] == rest * 64 * 65 // 2


M, P = Affine.rank("m"), Affine.rank("p")


@pytest.mark.parametrize(
    ("where", "left"),
    [
        ([Comparison(M, "<=", P)], 10 * 11 // 2),
        ([Comparison(M, "==", P)], 10),
        ([Comparison(M, "<", P), Comparison(P, "<", M)], 0),
        ([Comparison(M, "<=", number(3))], 4),
        ([Comparison(M, "<=", number(3)), Comparison(P, ">", number(20))], 0),
        ([Comparison(number(1), "<", number(2))], 1),
        ([Comparison(number(2), "<", number(1))], 0),
        ([Comparison(M * 2, "==", P)], 5),
        ([], 1),
    ],
)
def test_points_that_a_filter_leaves(where: list[Comparison], left: int) -> None:
    assert points_left(where, {"m": 10, "p": 10, "q": 7}) == left


def test_only_all_ranks_but_the_longest_are_walked() -> None:
    long = 2**40
    assert points_left([Comparison(M, "<=", P)], {"m": 1000, "p": long}) == sum(long - m for m in range(1000))
    assert points_left([Comparison(M, "<=", P)], {"m": 2**23, "p": 2**23}) is None
