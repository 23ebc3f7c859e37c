"""The interpreter in 40 digits means what the interpreter in fp64 means, and does not round where that does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reducing import parse
from xdsl.context import Context

from einfold.analysis.resize import resize
from einfold.dialects.einsum import CascadeOp
from einfold.interpreter.arguments import random_inputs
from einfold.interpreter.cascade import run_cascade
from einfold.interpreter.digits import run_digits
from einfold.interpreter.elements import InputError
from einfold.passes.einsum_one_pass import EinsumOnePass

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "benchmarks" / "cascades").glob("*.mlir")), *sorted((ROOT / "examples").glob("*.mlir"))]


def compare(cascade: CascadeOp, given: dict[str, Any]) -> None:
    for exact, wanted in zip(run_digits(cascade, given), run_cascade(cascade, given, dtype="f64"), strict=True):
        np.testing.assert_allclose(exact.astype(np.float64), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_same_values_as_in_fp64(path: Path) -> None:
    """All there is in cascades: filters, presence, views, affine subscripts, iterations with and without an end, coordinates of extremes."""
    module, cascade = parse(path.read_text())
    few = {"m1": 3, "m0": 4} if {"m1", "m0"} <= cascade.sizes.keys() else {}
    resize(module, {r: 2 if r == "b" else 4 for r in cascade.sizes} | few | ({"m": 12} if few else {}))
    module.verify()
    given = random_inputs(cascade, 1, dtype="f64")
    compare(cascade, given)
    EinsumOnePass(size=2).apply(Context(), module)
    compare(cascade, given)


def test_nothing_is_rounded_to_an_element_type() -> None:
    text = "einsum.cascade @c ranks {m = 3} (%X[m]) -> [] : f16 { %S = einsum.compute [] = %X[m] reduce add(m)\n einsum.return %S[] }"
    _, cascade = parse(text)
    (exact,) = run_digits(cascade, {"X": np.array([1e20, 1.0, -1e20])})
    assert exact.item() == 1


def test_more_digits_are_more_digits() -> None:
    _, cascade = parse("einsum.cascade @c ranks {m = 1} (%X[m]) -> [m] : f64 { %S = einsum.compute [m] = 1 / %X[m]\n einsum.return %S[m] }")
    thirds = [run_digits(cascade, {"X": np.array([3.0])}, digits)[0].item() for digits in (40, 80)]
    assert 0 < abs(thirds[0] - thirds[1]) < 1e-39


def test_a_fiber_without_a_point_has_the_identity_and_a_hole_the_empty_value() -> None:
    text = """
einsum.cascade @c ranks {p = 3, m = 2} (%X[m, p] empty 0) -> [p], [p], [p] : f64 {
  %M = einsum.compute [p] = %X[m, p] reduce max(m)
  %V, %I = einsum.compute [p] = %X[m, p] reduce argmax(m)
  %N = einsum.compute [p] = %M[p] + 1 where p >= 1 empty 7
  einsum.return %M[p], %I[p], %N[p]
}"""
    _, cascade = parse(text)
    best, where, shifted = run_digits(cascade, {"X": np.array([[0.0, -1.0, 2.0], [0.0, 0.0, 2.0]])})
    assert best.tolist() == [-np.inf, -1, 2]
    assert where.tolist() == [-1, 0, 0]
    assert shifted.tolist() == [7, 0, 3]


def test_a_guard_ends_an_iteration() -> None:
    _, cascade = parse(
        """
einsum.cascade @c ranks {i = 9} () -> [], [i] : f64 {
  %S, %H = einsum.iterate i init(%s[] = 0) {
    %t = einsum.compute [] = %s[] + 1
    einsum.yield %t[] collect %t[] until %t[] >= 3
  }
  einsum.return %S[], %H[i]
}"""
    )
    last, history = run_digits(cascade, {})
    assert last.item() == 3 and history.tolist() == [1, 2, 3, 0, 0, 0, 0, 0, 0]


def test_reductions_are_folded_in_the_order_written() -> None:
    text = "einsum.cascade @c ranks {m = 3, e = 4} (%X[m, e]) -> [] : f64 { %S = einsum.compute [] = %X[m, e] reduce add(e), max(m)\n einsum.return %S[] }"
    _, cascade = parse(text)
    given = np.random.default_rng(1).normal(size=(3, 4))
    assert abs(float(run_digits(cascade, {"X": given})[0].item()) - given.sum(axis=1).max()) < 1e-14


def test_a_fold_without_laws_starts_at_the_first_visited_point() -> None:
    """0 is declared the identity of a difference, which it is not on the left: it is used for fibers without a point only."""
    _, cascade = parse(
        """
einsum.operator @minus(%a, %b) = %a - %b laws {identity = 0}
einsum.cascade @c ranks {m = 5, p = 3} (%X[m]) -> [p] : f64 {
  %L = einsum.compute [p] = %X[m] reduce @minus(m) where m >= 2 * p + 1
  einsum.return %L[p]
}"""
    )
    given = {"X": np.array([1.0, 2.0, 4.0, 8.0, 16.0])}
    assert run_digits(cascade, given)[0].tolist() == run_cascade(cascade, given)[0].tolist() == [-26, -8, 0]


def test_users_operators_are_opened_and_folded() -> None:
    text = """
einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, commutative, identity = -inf}
einsum.operator @blackbox(%x) opaque
einsum.cascade @c ranks {m = 4} (%X[m]) -> [] : f64 {
  %L = einsum.compute [] = %X[m] reduce @lse(m) where m < 3
  einsum.return %L[]
}"""
    _, cascade = parse(text)
    (found,) = run_digits(cascade, {"X": np.array([1.0, 2.0, 3.0, 100.0])})
    assert abs(float(found.item()) - np.log(np.exp([1, 2, 3]).sum())) < 1e-15
    _, opaque = parse(text.replace("%X[m] reduce @lse(m)", "@blackbox(%X[m]) reduce add(m)"))
    with pytest.raises(InputError, match="opaque"):
        run_digits(opaque, {"X": np.zeros(4)})


def test_integers_are_exact_and_their_division_is_refused() -> None:
    text = "einsum.cascade @c ranks {m = 2} (%X[m] : i32) -> [m] : f64 { %S = einsum.compute [m] = %X[m] * %X[m] : i32\n einsum.return %S[m] }"
    _, cascade = parse(text)
    assert run_digits(cascade, {"X": np.array([3, 4])})[0].tolist() == [9, 16]
    _, divides = parse(text.replace("%X[m] * %X[m]", "%X[m] / 2"))
    with pytest.raises(InputError, match="division of integers"):
        run_digits(divides, {"X": np.array([3, 4])})
