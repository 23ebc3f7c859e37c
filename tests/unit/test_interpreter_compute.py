"""One Einsum at a time: what the interpreter gives where the definition leaves no room, written out by hand."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException

from einfold.dialects.einsum import CascadeOp, Einsum
from einfold.interpreter import compute, contraction
from einfold.interpreter.cascade import run_cascade
from einfold.interpreter.elements import ELEMENTS, InputError, representable
from einfold.interpreter.sixteen_bits import from_f16, round_to_bf16, to_f16

A = np.array([3.0, 0.0, 5.0, 0.0])
B = np.array([2.0, 7.0, 0.0, 0.0])
inf = math.inf


def cascade(text: str) -> CascadeOp:
    ctx = Context()
    ctx.load_dialect(Builtin)
    ctx.load_dialect(Einsum)
    module = Parser(ctx, text).parse_module()
    module.verify()
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def run(body: str, declared: str, out: str, element: str = "f64", *, before: str = "", dtype: str | None = None, **arrays: Any) -> Any:
    """The one result `%r` (or both results `%r, %s`) of an Einsum over ranks m = 4, n = 3, k = 4, s = 2, t = 1."""
    returned = ", ".join(f"%{v}{o}" for v, o in zip("rs", out.split(";"), strict=False))
    outs = ", ".join(out.split(";"))
    text = f"""{before}
    einsum.cascade @c ranks {{m = 4, n = 3, k = 4, s = 2, t = 1}} ({declared}) -> {outs} : {element} {{
      {body}
      einsum.return {returned}
    }}"""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = run_cascade(cascade(text), {n: np.asarray(a) for n, a in arrays.items()}, dtype=dtype)
    return found[0] if len(found) == 1 else found


def equal(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found, np.asarray(expected))


# Presence.


@pytest.mark.parametrize(
    ("merge", "expected"),
    [
        ("pass-through", [5, 7, 5, 0]),
        ("none", [9, 9, 9, 9]),
        ("intersection", [5, 9, 9, 9]),
        ("left-only", [9, 9, 5, 9]),
        ("left", [5, 9, 5, 9]),
        ("right-only", [9, 7, 9, 9]),
        ("right", [5, 7, 9, 9]),
        ("exclusive-or", [9, 7, 5, 9]),
        ("union", [5, 7, 5, 9]),
        ("nor", [9, 9, 9, 0]),
        ("xnor", [5, 9, 9, 0]),
        ("not-right", [9, 9, 5, 0]),
        ("implies-left", [5, 9, 5, 0]),
        ("not-left", [9, 7, 9, 0]),
        ("implies-right", [5, 7, 9, 0]),
        ("nand", [9, 7, 5, 0]),
    ],
)
def test_each_merge_visits_the_points_of_its_truth_table(merge: str, expected: list[float]) -> None:
    body = f"%r = einsum.compute [m] = %A[m] +{{{merge}}} %B[m] empty 9"
    equal(run(body, "%A[m] empty 0, %B[m] empty 0", "[m]", A=A, B=B), expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("%A[m] * %B[m]", [6, 9, 9, 9]),
        ("%A[m] - %B[m]", [1, -7, 5, 9]),
        ("max(%A[m], %B[m])", [3, 7, 5, 9]),
        ("%A[m] / %B[m]", [1.5, 0, 9, 9]),
        ("-%A[m]", [-3, 9, -5, 9]),
        ("not(%A[m])", [0, 9, 0, 9]),
        ("not{right-only}(%A[m])", [9, 1, 9, 1]),
        ("not{right}(%A[m])", [0, 1, 0, 1]),
        ("%A[m] + 1", [4, 9, 6, 9]),
        ("1 - %A[m]", [-2, 9, -4, 9]),
        ("%A[m] +{union} 1", [4, 1, 6, 1]),
        ("1 -{right} %A[m]", [-2, 9, -4, 9]),
        ("m * %A[m]", [0, 9, 10, 9]),
        ("shape(m) + %A[m]", [7, 9, 9, 9]),
        ("select(m > 0, %A[m], %B[m])", [2, 0, 5, 9]),
        ("exp(%A[m] * %B[m])", [math.exp(6), 9, 9, 9]),
        ("7", [7, 7, 7, 7]),
        ("m", [0, 1, 2, 3]),
    ],
)
def test_default_merges_and_operands_that_take_no_part(expression: str, expected: list[float]) -> None:
    used = [n for n in "AB" if f"%{n}" in expression]
    declared = ", ".join(f"%{n}[m] empty 0" for n in "AB")
    body = f"%r = einsum.compute [m] = {expression} empty 9"
    assert used or "%" not in expression
    np.testing.assert_allclose(run(body, declared, "[m]", A=A, B=B), expected)


def test_a_tensor_without_empty_value_is_present_everywhere() -> None:
    equal(run("%r = einsum.compute [m] = %A[m] * %B[m] empty 9", "%A[m], %B[m] empty 0", "[m]", A=A, B=B), [6, 0, 9, 9])


def test_reductions_skip_what_is_absent() -> None:
    declared = "%A[m] empty 0"
    equal(run("%r = einsum.compute [] = %A[m] reduce min(m)", declared, "[]", A=A), 3)
    equal(run("%r = einsum.compute [] = %A[m] + 1 reduce mul(m)", declared, "[]", A=A), 24)
    equal(run("%r = einsum.compute [] = 1 * %A[m] reduce and(m)", declared, "[]", A=A), 1)


def test_a_users_operator_is_present_where_its_definition_is() -> None:
    before = "einsum.operator @both(%a, %b) = %a * %b\neinsum.operator @seven(%a) = 7"
    equal(run("%r = einsum.compute [m] = @both(%A[m], %B[m]) empty 9", "%A[m] empty 0, %B[m] empty 0", "[m]", before=before, A=A, B=B), [6, 9, 9, 9])
    equal(
        run("%r = einsum.compute [m] = @both{union}(%A[m], %B[m]) empty 9", "%A[m] empty 0, %B[m] empty 0", "[m]", before=before, A=A, B=B),
        [6, 0, 0, 9],
    )
    equal(run("%r = einsum.compute [m] = @seven(%A[m]) empty 9", "%A[m] empty 0", "[m]", before=before, A=A), [7, 7, 7, 7])


def test_empty_values_travel_through_views_and_results() -> None:
    body = """%v = einsum.view %A[m -> (s, s2)]
      %r = einsum.compute [s, s2] = %v[s, s2] + 1 empty 9"""
    text = f"einsum.cascade @c ranks {{m = 4, s = 2, s2 = 2}} (%A[m] empty 0) -> [s, s2] : f64 {{ {body}\n einsum.return %r[s, s2] }}"
    equal(run_cascade(cascade(text), {"A": A})[0], [[4, 9], [6, 9]])
    body = """%x = einsum.compute [m] = %A[m] - 3 empty -3
      %r = einsum.compute [m] = %x[m] * 2 empty 9"""
    equal(run(body, "%A[m]", "[m]", A=A), [0, 9, 4, 9])


# Filters, subscripts, population.


def test_a_filter_leaves_points_out_of_maps_and_reductions() -> None:
    equal(run("%r = einsum.compute [m] = %A[m] + 1 where m >= 2 empty -inf", "%A[m]", "[m]", A=A), [-inf, -inf, 6, 1])
    equal(run("%r = einsum.compute [m] = %A[m] + 1 where m >= 2", "%A[m]", "[m]", A=A), [0, 0, 6, 1])
    equal(run("%r = einsum.compute [m] = %A[k] reduce max(k) where k < m", "%A[k]", "[m]", A=A), [-inf, 3, 3, 5])
    equal(run("%r = einsum.compute [m] = %A[k] reduce add(k) where k < m", "%A[k]", "[m]", A=A), [0, 3, 3, 8])
    equal(run("%r = einsum.compute [m] = %A[k] reduce mul(k) where k == m - 1", "%A[k]", "[m]", A=A), [1, 3, 0, 5])


def test_an_outer_reduction_skips_fibers_of_which_nothing_was_visited() -> None:
    x = np.arange(12.0).reshape(4, 3) - 20
    body = "%r = einsum.compute [] = %X[m, n] reduce add(n), max(m) where m < 2"
    equal(run(body, "%X[m, n]", "[]", X=x), max(x[:2].sum(axis=1)))
    body = "%r = einsum.compute [k] = %X[m, n] reduce add(n), max(m) where m < k"
    equal(run(body, "%X[m, n]", "[k]", X=x), [-inf, x[0].sum(), x[1].sum(), x[2].sum()])


def test_reductions_apply_in_the_order_written() -> None:
    x = np.arange(12.0).reshape(4, 3) % 5
    equal(run("%r = einsum.compute [] = %X[m, n] reduce add(n), max(m)", "%X[m, n]", "[]", X=x), x.sum(axis=1).max())
    equal(run("%r = einsum.compute [] = %X[m, n] reduce max(m), add(n)", "%X[m, n]", "[]", X=x), x.max(axis=0).sum())


def test_a_rank_that_the_map_does_not_read_counts_its_points() -> None:
    equal(run("%r = einsum.compute [m] = %A[m] reduce add(n)", "%A[m]", "[m]", A=A), 3 * A)
    equal(run("%r = einsum.compute [m] = 2 * %A[m] * %B[m] reduce add(n)", "%A[m], %B[m]", "[m]", A=A, B=B), 6 * A * B)
    equal(run("%r = einsum.compute [] = 1 reduce add(m), add(n)", "", "[]"), 12)


def test_subscripts_read_and_write_affinely() -> None:
    x = np.arange(10.0)
    equal(
        run("%r = einsum.compute [m] = %X[2 * m + n] reduce add(n)", "%X[2 * m + n]", "[m]", X=x[:9]), [x[2 * m : 2 * m + 3].sum() for m in range(4)]
    )
    equal(run("%r = einsum.compute [m] = %A[3 - m]", "%A[m]", "[m]", A=A), A[::-1])
    equal(run("%r = einsum.compute [m] = %X[m, m]", "%X[m, k]", "[m]", X=np.arange(16.0).reshape(4, 4)), [0, 5, 10, 15])
    equal(run("%r = einsum.compute [] = %A[2]", "%A[m]", "[]", A=A), 5)
    equal(run("%r = einsum.compute [m + 1] = %A[m] empty 9", "%A[m]", "[m + 1]", A=A), [9, *A])
    equal(run("%r = einsum.compute [2 * n] = n + 1", "", "[2 * n]"), [1, 0, 2, 0, 3])
    equal(run("%r = einsum.compute [3 * m + n] = 10 * m + n", "", "[3 * m + n]"), [10 * m + n for m in range(4) for n in range(3)])
    equal(run("%r = einsum.compute [m, 1] = %A[m] empty 9", "%A[m]", "[m, 1]", A=A), np.stack([np.full(4, 9.0), A], 1))


def test_subscripts_outside_a_tensor_are_not_read() -> None:
    x = np.array([1.0, 10.0, 100.0, 1000.0])
    equal(run("%r = einsum.compute [m] = %A[m + n - 1] reduce add(n) where m + n >= 1 and m + n <= 4", "%A[m]", "[m]", A=x), [11, 111, 1110, 1100])
    equal(run("%r = einsum.compute [m] = %A[m - 1] where m >= 1 empty 9", "%A[m]", "[m]", A=x), [9, 1, 10, 100])
    x[0] = math.nan
    equal(run("%r = einsum.compute [m] = %A[m - 2] * %A[m] reduce add(n) where m >= 3", "%A[m]", "[m]", A=x), [0, 0, 0, 30000])


# Reductions.


def test_argmax_gives_the_first_coordinate_row_major_over_its_ranks() -> None:
    x = np.array([[1.0, 7.0, 7.0], [0.0, 7.0, 2.0], [7.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    value, where = run("%r, %s = einsum.compute [] = %X[m, n] reduce argmax(m, n)", "%X[m, n]", "[];[]", X=x)
    assert (value, where) == (7, 1)
    value, where = run("%r, %s = einsum.compute [] = %X[m, n] reduce argmax(n, m)", "%X[m, n]", "[];[]", X=x)
    assert (value, where) == (7, 2)
    value, where = run("%r, %s = einsum.compute [n] = %X[m, n] reduce argmin(m)", "%X[m, n]", "[n];[n]", X=x)
    equal(value, [0, 1, 1])
    equal(where, [1, 2, 2])
    assert where.dtype == np.int64


def test_argmax_where_nothing_or_only_infinities_are_visited() -> None:
    x = np.array([-inf, -inf, 1.0, math.nan])
    value, where = run("%r, %s = einsum.compute [m] = %X[k] reduce argmax(k) where k < m", "%X[k]", "[m];[m]", X=x)
    equal(value, [-inf, -inf, -inf, 1])
    equal(where, [-1, 0, 0, 2])
    value, where = run("%r, %s = einsum.compute [] = %X[k] reduce argmax(k) where k >= 1", "%X[k]", "[];[]", X=x)
    assert math.isnan(value)
    assert where == 3


@pytest.mark.parametrize("block", [1, 2, 3, 7, 2**22])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(compute, "BLOCK", block)
    x = np.array([[4.0, 9.0, 9.0], [9.0, 2.0, -1.0], [3.0, 9.0, 0.0], [9.0, 9.0, 9.0]])
    value, where = run("%r, %s = einsum.compute [] = %X[m, n] reduce argmax(m, n) where m + n >= 2", "%X[m, n]", "[];[]", X=x)
    assert (value, where) == (9, 2)
    low = np.full((4, 3), -inf)
    assert run("%r, %s = einsum.compute [] = %X[m, n] reduce argmax(m, n) where m + n >= 2", "%X[m, n]", "[];[]", X=low)[1] == 2
    equal(run("%r = einsum.compute [m] = abs(%X[m, n]) reduce add(n)", "%X[m, n]", "[m]", X=x), np.abs(x).sum(1))
    equal(run("%r = einsum.compute [] = abs(%X[m, n]) reduce max(n), add(m)", "%X[m, n]", "[]", X=x), np.abs(x).max(1).sum())
    before = "einsum.operator @first(%a, %b) = select(ne(%a, 0), %a, %b) laws {associative, identity = 0}"
    equal(run("%r = einsum.compute [] = %X[m, n] - 9 reduce @first(n, m)", "%X[m, n]", "[]", before=before, X=x), -5)
    equal(run("%r = einsum.compute [] = %X[m, n] - 9 reduce @first(n, m) where m >= 1", "%X[m, n]", "[]", before=before, X=x), -6)
    before = "einsum.operator @mix(%a, %b) = 2 * %a + %b laws {identity = 0}"
    expected = 0.0
    for element in x.T.ravel():
        expected = 2 * expected + element
    equal(run("%r = einsum.compute [] = %X[m, n] reduce @mix(n, m)", "%X[m, n]", "[]", before=before, X=x), expected)


def test_a_users_reduction_skips_what_is_not_visited() -> None:
    before = """einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, commutative, identity = -inf}"""
    x = np.array([1.0, -2.0, 0.5, 3.0])
    found = run("%r = einsum.compute [m] = %A[k] reduce @lse(k) where k < m", "%A[k]", "[m]", before=before, A=x)
    np.testing.assert_allclose(found, [-inf, *(np.log(np.exp(x[:m]).sum()) for m in (1, 2, 3))])


def test_truth_values() -> None:
    g, f = np.array([[True, False, True]] * 4), np.array([False, True, True])
    equal(run("%r = einsum.compute [m] = and(%G[m, n], %F[n]) reduce or(n)", "%G[m, n], %F[n]", "[m]", "i1", G=g, F=f), [True] * 4)
    equal(run("%r = einsum.compute [m] = %A[m] > 2 : i1", "%A[m]", "[m]", A=A), [True, False, True, False])
    equal(run("%r = einsum.compute [m] = %A[m] - 3 : i1", "%A[m]", "[m]", A=A), [False, True, True, True])
    equal(run("%r = einsum.compute [m] = %F[n] reduce max(n) where n < m - 2", "%F[n]", "[m]", "i1", F=f), [False] * 4)
    equal(run("%r = einsum.compute [m] = %F[n] reduce min(n) where n < m - 2", "%F[n]", "[m]", "i1", F=f), [True, True, True, False])


# Sums of products.


@pytest.mark.parametrize("absent", ["", " empty 0"])
def test_infinities_that_are_left_out_do_not_reach_a_sum(absent: str) -> None:
    """A filter or an absent operand leaves a point out; 0 times infinity, which would be NaN, is never computed."""
    a = np.array([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    b = np.array([inf, 3.0, 4.0])
    where = "" if absent else " where m < n"
    mask = a != 0 if absent else np.arange(4)[:, None] < np.arange(3)
    expected = [sum(a[m, n] * b[n] for n in range(3) if mask[m, n]) for m in range(4)]
    equal(run(f"%r = einsum.compute [m] = %A[m, n] * %B[n] reduce add(n){where}", f"%A[m, n]{absent}, %B[n]", "[m]", A=a, B=b), expected)


def test_sums_are_not_factored_over_infinities() -> None:
    a, b = np.array([2.0, -1.0, 0.0, 0.0]), np.array([inf, 1.0, 1.0])
    found = run("%r = einsum.compute [n] = %A[m] * %B[n] reduce add(m)", "%A[m], %B[n]", "[n]", A=a, B=b)
    equal(found, [math.nan, 1, 1])


def test_products_use_matrix_multiplication(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast path is taken where it should be, with and without a filter, and gives what the general evaluation gives."""
    rng = np.random.default_rng(0)
    x, y, z = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), rng.standard_normal((4, 4))
    texts = [
        ("%r = einsum.compute [m, k] = %X[m, n] * %Y[k, n] reduce add(n)", "[m, k]"),
        ("%r = einsum.compute [m, k] = %X[m, n] * %Y[k, n] reduce add(n) where k <= m", "[m, k]"),
        ("%r = einsum.compute [n, m] = %Z[m, k] * %Y[k, n] reduce add(k) where k <= m", "[n, m]"),
        ("%r = einsum.compute [k] = %X[m, n] * %Y[k, n] * %Z[k, m] * 3 reduce add(n), add(m)", "[k]"),
        ("%r = einsum.compute [m, n] = %X[m, n] * %Y[m, n] reduce add(k)", "[m, n]"),
        ("%r = einsum.compute [m] = %X[m, n] * %Y[k, n] reduce add(n, k)", "[m]"),
    ]
    arrays = {"X": x, "Y": y, "Z": z}
    names = {"X": "%X[m, n]", "Y": "%Y[m, n]", "Z": "%Z[m, k]"}
    general: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(compute, "sum_of_products", lambda *_: None)
        for body, out in texts:
            used = [n for n in names if f"%{n}[" in body]
            general.append(run(body, ", ".join(names[n] for n in used), out, **{n: arrays[n] for n in used}))
    calls: list[Any] = []
    original = contraction.sum_of_products

    def spy(*args: Any) -> Any:
        calls.append(original(*args))
        return calls[-1]

    monkeypatch.setattr(compute, "sum_of_products", spy)
    for (body, out), expected in zip(texts, general, strict=True):
        used = [n for n in names if f"%{n}[" in body]
        np.testing.assert_allclose(run(body, ", ".join(names[n] for n in used), out, **{n: arrays[n] for n in used}), expected, rtol=1e-12)
    assert len(calls) == len(texts)
    assert all(c is not None for c in calls)


# Element types.


def test_floats_of_16_bits_accumulate_in_32_and_round_once() -> None:
    x = np.array([2048.0, 1.0, 1.0, 1.0])
    found = run("%r = einsum.compute [] = %A[m] reduce add(m)", "%A[m]", "[]", "f16", A=x)
    assert found.dtype == np.float16
    assert found == np.float16(2051)
    found = run("%r = einsum.compute [] = %A[m] reduce add(m)", "%A[m]", "[]", "bf16", A=np.array([256.0, 1.0, 1.0, 1.0]))
    assert found.dtype == np.float32
    assert found == 260  # 259 lies between 258 and 260, and ties go to the even one


def test_bf16_rounds_to_nearest_even_and_keeps_what_is_not_finite() -> None:
    given = np.array([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -inf, inf, 3.4e38], np.float32)
    equal(round_to_bf16(given), np.array([1.0, 1.0, 1 + 4 * 2**-8, 1 + 2**-7, -inf, inf, inf], np.float32))
    all_ones = np.array([0x7FFFFFFF, 0xFFFFFFFF], np.uint32).view(np.float32)
    assert np.isnan(round_to_bf16(all_ones)).all()


def test_f16_converts_as_numpy_does() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    equal(from_f16(every), every.astype(np.float32))
    between = np.linspace(-70000, 70000, 200001, dtype=np.float32)
    tiny = np.concatenate([between * np.float32(s) for s in (1e-5, 1e-9, 1e-11, 1e-45)])
    finite = every[np.isfinite(every)].astype(np.float32)
    ties = (finite[:-1] + finite[1:]) / 2
    special = np.array([0.0, -0.0, inf, -inf, math.nan, 65519.99, 65520, -1e38, 2**-24, 2**-25, 2**-14], np.float32)
    for values in (between, tiny, ties, special, special.reshape(11, 1), np.float32(1.5) * np.ones(())):
        with np.errstate(all="ignore"):
            expected = values.astype(np.float16)
        found = to_f16(values)
        assert found.dtype == np.float16
        equal(found, expected)
        equal(np.signbit(found[~np.isnan(found)]), np.signbit(expected[~np.isnan(expected)]))


def test_a_float_type_that_overrides_replaces_floats_only() -> None:
    body = "%r, %s = einsum.compute [] = %A[m] reduce argmax(m)"
    value, where = run(body, "%A[m]", "[];[]", "bf16", dtype="f64", A=np.array([0.1, 1 / 3, 0.2, 0.3]))
    assert value.dtype == np.float64
    assert value == 1 / 3
    assert where.dtype == np.int64
    found = run("%r = einsum.compute [m] = %A[m] + 1 : i32", "%A[m] : i32", "[m]", dtype="f64", A=A.astype(int))
    assert found.dtype == np.int32


def test_integers() -> None:
    a, b = np.array([7, -7, 7, -7]), np.array([2, 2, -2, 0])
    declared = "%A[m], %B[m]"
    equal(run("%r = einsum.compute [m] = %A[m] / %B[m]", declared, "[m]", "i32", A=a, B=b), [3, -3, -3, 0])
    equal(run("%r = einsum.compute [m] = pow(%A[m], %B[m])", declared, "[m]", "i64", A=a, B=b), [49, 49, 0, 1])
    equal(run("%r = einsum.compute [m] = 0.5 * %A[m]", "%A[m]", "[m]", "i32", A=a), [3, -3, 3, -3])
    equal(run("%r = einsum.compute [m] = exp(%A[m])", "%A[m]", "[m]", "i32", A=np.array([0, 1, 2, 99])), [1, 2, 7, 2**31 - 1])
    halves = np.array([1.5, math.nan, inf, -inf])
    equal(run("%r = einsum.compute [m] = %A[m] * 2 : i32", "%A[m]", "[m]", A=halves), [3, 0, 2**31 - 1, -(2**31)])
    equal(run("%r = einsum.compute [m] = %A[k] reduce max(k) where k < m", "%A[k]", "[m]", "i32", A=a), [-(2**31), 7, 7, 7])


def test_numbers_are_limited_to_their_type() -> None:
    assert representable(inf, ELEMENTS["i32"]) == 2**31 - 1
    assert representable(-inf, ELEMENTS["i64"]) == -(2**63)
    assert representable(-inf, ELEMENTS["i1"]) is False
    assert representable(1e9, ELEMENTS["f16"]) == inf
    assert representable(0.1, ELEMENTS["bf16"]) == 0.10009765625


def test_what_is_not_a_number_stays_so_without_a_warning() -> None:
    x = np.array([-inf, inf, math.nan, 0.0])
    equal(run("%r = einsum.compute [m] = exp(%A[m] - %A[m])", "%A[m]", "[m]", A=x), [math.nan, math.nan, math.nan, 1])
    equal(run("%r = einsum.compute [m] = 1 / %A[m]", "%A[m]", "[m]", A=x), [-0.0, 0, math.nan, inf])
    equal(run("%r = einsum.compute [m] = max(%A[m], 0)", "%A[m]", "[m]", A=x), [0, inf, math.nan, 0])


def test_an_opaque_operator_needs_a_function() -> None:
    text = """einsum.operator @q(%x) opaque
    einsum.cascade @c ranks {m = 4} (%A[m]) -> [m] : f64 {
      %r = einsum.compute [m] = @q(%A[m])
      einsum.return %r[m]
    }"""
    with pytest.raises(InputError, match=r"^operator '@q' is opaque: it has no definition to evaluate$"):
        run_cascade(cascade(text), {"A": A})
    equal(run_cascade(cascade(text), {"A": A}, functions={"@q": lambda x: x * 10})[0], A * 10)


@pytest.mark.parametrize("element", list(ELEMENTS))
def test_a_single_number_of_each_type(element: str) -> None:
    equal(run("%r = einsum.compute [] = 1 reduce max(m)", "", "[]", element), 1)
    equal(run("%r = einsum.compute [] = 1", "", "[]", element), 1)
    equal(run("%r = einsum.compute [] = %A[m] * %A[m] reduce max(m)", "%A[m]", "[]", element, A=[1, 0, 0, 0]), 1)


def test_operators_that_are_defined_by_each_other_are_refused() -> None:
    before = "einsum.operator @f(%x) = @g(%x) + 1\neinsum.operator @g(%x) = @f(%x)"
    for element in ("f64", "i32"):
        with pytest.raises(VerifyException, match=r"^operator '@f' is defined by itself\n"):
            run("%r = einsum.compute [m] = @f(%A[m])", "%A[m]", "[m]", element, before=before, A=A)


def test_results_of_no_dimension_are_arrays_too() -> None:
    for body in ("%A[m] * %A[m] reduce add(m)", "%A[m] * %A[k] reduce add(m, k)", "%A[m] reduce add(m)", "%A[1] + 1", "%A[1] * %A[2] + 3"):
        found = run(f"%r = einsum.compute [] = {body}", "%A[m]", "[]", A=A)
        assert isinstance(found, np.ndarray)
        assert found.shape == ()
