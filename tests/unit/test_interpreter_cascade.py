"""Whole cascades in the interpreter: views, iterations, what they are given, and what is freed on the way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.parser import Parser

from einfold.dialects.einsum import CascadeOp, Einsum, IterateOp
from einfold.dialects.einsum_empties import declared_empty
from einfold.interpreter.arguments import argument_names, random_inputs
from einfold.interpreter.cascade import Runner, last_uses, run_cascade
from einfold.interpreter.elements import ELEMENTS, InputError

inf = math.inf


def cascade(body: str, declared: str, outs: str, element: str = "f64", ranks: str = "m = 10, m1 = 3, m0 = 4, i = 5, j = 3, n = 2") -> CascadeOp:
    """A cascade whose last line is what it returns: `%r[m], %s[]`."""
    *lines, returned = (line for line in body.strip().splitlines())
    ctx = Context()
    ctx.load_dialect(Builtin)
    ctx.load_dialect(Einsum)
    text = f"einsum.cascade @c ranks {{{ranks}}} ({declared}) -> {outs} : {element} {{\n" + "\n".join(lines) + f"\neinsum.return {returned}\n}}"
    module = Parser(ctx, text).parse_module()
    module.verify()
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def run(op: CascadeOp, dtype: str | None = None, **arrays: Any) -> list[Any]:
    return run_cascade(op, {n: np.asarray(a) for n, a in arrays.items()}, dtype=dtype)


def equal(found: Any, expected: Any) -> None:
    np.testing.assert_array_equal(found, np.asarray(expected))


# Views.


def test_a_ragged_view_holds_the_empty_value_beyond_the_end() -> None:
    a = np.arange(10.0)
    text = """%v = einsum.view %A[m -> (m1, m0)]
    %v[m1, m0]"""
    equal(run(cascade(text, "%A[m]", "[m1, m0]"), A=a)[0], [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 0]])
    equal(run(cascade(text, "%A[m] empty -inf", "[m1, m0]"), A=a)[0], [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, -inf, -inf]])
    found = run(cascade(text, "%A[m] empty inf", "[m1, m0]", "i32"), A=a.astype(int))[0]
    equal(found[2], [8, 9, 2**31 - 1, 2**31 - 1])


def test_a_view_splits_and_merges_any_dimension() -> None:
    x = np.arange(40.0).reshape(2, 10, 2)
    text = """%v = einsum.view %X[n, m -> (m1, m0), j]
    %w = einsum.view %v[n, (m1, m0) -> m, j]
    %t = einsum.compute [m0, n, j] = %v[n, 1, m0, j]
    %w[n, m, j], %t[m0, n, j]"""
    whole, tile = run(cascade(text, "%X[n, m, j]", "[n, m, j], [m0, n, j]", ranks="n = 2, m = 10, m1 = 3, m0 = 4, j = 2"), X=x)
    equal(whole, x)
    equal(tile, x[:, 4:8, :].transpose(1, 0, 2))


def test_a_view_splits_several_dimensions() -> None:
    x = np.arange(40.0).reshape(10, 4)
    text = """%v = einsum.view %X[m -> (m1, m0), j -> (j1, j0)]
    %v[m1, m0, j1, j0]"""
    (found,) = run(cascade(text, "%X[m, j]", "[m1, m0, j1, j0]", ranks="m = 10, m1 = 3, m0 = 4, j = 4, j1 = 2, j0 = 2"), X=x)
    assert found.shape == (3, 4, 2, 2)
    equal(found[2, 1], x[9].reshape(2, 2))


# Iterations.


def test_an_iteration_carries_its_state_and_collects() -> None:
    text = """%s, %p, %c = einsum.iterate i init(%x[] = 1, %y[n] = %Y[n]) {
      %a = einsum.compute [] = %x[] + %A[i]
      %b = einsum.compute [n] = %y[n] * %x[] + i
      einsum.yield %a[], %b[n] collect %x[]
    }
    %s[], %p[n], %c[i]"""
    a, y = np.arange(5.0), np.array([1.0, -1.0])
    s, p, c = run(cascade(text, "%A[i], %Y[n]", "[], [n], [i]"), A=a, Y=y)
    x, collected = 1.0, []
    for i in range(5):
        collected.append(x)
        y = y * x + i
        x = x + a[i]
    equal(s, x)
    equal(p, y)
    equal(c, collected)


def test_the_guard_is_tested_after_each_generation_at_every_coordinate() -> None:
    text = """%s, %c = einsum.iterate i init(%x[n] = 0) {
      %y = einsum.compute [n] = %x[n] + %A[n]
      einsum.yield %y[n] collect %y[n] until %y[n] >= 4
    }
    %s[n], %c[i, n]"""
    op = cascade(text, "%A[n]", "[n], [i, n]")
    state, collected = run(op, A=[4.0, 2.0])
    equal(state, [8, 4])
    equal(collected, [[4, 2], [8, 4], [0, 0], [0, 0], [0, 0]])
    state, collected = run(op, A=[4.0, 0.0])
    equal(state, [20, 0])
    equal(collected[:, 0], [4, 8, 12, 16, 20])


def test_unreached_generations_hold_the_empty_value() -> None:
    text = """%s, %c = einsum.iterate i init(%x[] = 0) {
      %y = einsum.compute [] = %x[] + 1 empty 7
      einsum.yield %y[] collect %y[] until i == 1
    }
    %c[i]"""
    equal(run(cascade(text, "", "[i]"))[0], [1, 2, 7, 7, 7])


def test_iterations_nest_and_fix_their_coordinates() -> None:
    text = """%s = einsum.iterate i init(%x[] = 0) {
      %t = einsum.iterate j init(%y[] = %x[]) {
        %z = einsum.compute [] = %y[] + 10 * i + j + %A[2 * i + j] where j <= i empty 1000
        einsum.yield %z[]
      }
      %u = einsum.compute [] = %t[] + %B[n] reduce add(n) where n <= i
      einsum.yield %u[]
    }
    %s[]"""
    a, b = np.arange(11.0), np.array([100.0, 200.0])
    x = 0.0
    for i in range(5):
        y = x
        for j in range(3):
            y = y + 10 * i + j + a[2 * i + j] if j <= i else 1000
        x = sum(y + b[n] for n in range(2) if n <= i)
    equal(run(cascade(text, "%A[2 * i + j], %B[n]", "[]"), A=a, B=b)[0], x)


def test_a_shape_in_an_iteration_is_the_whole_ranks() -> None:
    text = """%s = einsum.iterate i init(%x[] = 0) {
      %y = einsum.compute [] = %x[] + shape(i)
      einsum.yield %y[]
    }
    %s[]"""
    equal(run(cascade(text, "", "[]"))[0], 25)


@pytest.mark.parametrize(
    ("element", "expected"), [("f16", [1.75, -2.5]), ("bf16", [1.75, -2.5]), ("f64", [1.75, -2.5]), ("i32", [1, -2]), ("i1", [1, 1])]
)
def test_a_state_may_have_another_type_than_the_tensor_it_starts_from(element: str, expected: list[float]) -> None:
    text = f"""%s = einsum.iterate i init(%x[n] = %A[n] : {element}) {{
      einsum.yield %x[n]
    }}
    %s[n]"""
    for given in ("f16", "f32"):
        (found,) = run(cascade(text, f"%A[n] : {given}", "[n]", "f64"), A=[1.75, -2.5])
        equal(found, expected)
        assert found.dtype == ELEMENTS[element].stored


def test_a_state_has_the_empty_value_of_what_becomes_it() -> None:
    text = """%F, %P, %Q, %N, %C = einsum.iterate i init(%f[n] = %A[n], %p[n] = 0, %q[n] = 0, %o[n] = %A[n]) {
      %g = einsum.compute [n] = %f[n] + 1 empty 5
      einsum.yield %g[n], %q[n], %p[n], %o[n] collect %g[n]
    }
    %F[n], %P[n], %Q[n], %N[n], %C[i, n]"""
    op = cascade(text, "%A[n] empty 3", "[n], [n], [n], [n], [i, n]")
    iterate = next(o for o in op.walk() if isinstance(o, IterateOp))
    assert [declared_empty(v) for v in iterate.body.block.args] == [5, None, None, 3]
    assert [declared_empty(v) for v in iterate.results_] == [5, None, None, 3, 5]
    # The state is absent where it is 5, so there the sum with a number is not visited and leaves 5.
    equal(run(op, A=[4.0, 0.0])[0], [5, 5])


def test_each_state_has_the_empty_value_of_its_own_initial_tensor() -> None:
    text = """%x, %y, %z = einsum.iterate i init(%a[n] = %A[n], %b[n] = 0, %c[n] = %B[n]) {
      einsum.yield %a[n], %b[n], %c[n]
    }
    %x[n], %y[n], %z[n]"""
    op = cascade(text, "%A[n] empty 1, %B[n] empty 2", "[n], [n], [n]")
    iterate = next(o for o in op.walk() if isinstance(o, IterateOp))
    assert [declared_empty(v) for v in iterate.results_] == [1, None, 2]


def test_coordinates_have_no_empty_value() -> None:
    text = """%v, %k = einsum.compute [n] = %X[n, j] reduce argmax(j) empty 1
    %r = einsum.compute [n] = %k[n] * 10 empty 7 : i64
    %r[n]"""
    op = cascade(text, "%X[n, j] : f64", "[n]", "i64")
    equal(run(op, X=[[0.0, 5.0, 1.0], [1.0, 0.0, 0.0]])[0], [10, 0])


def test_an_empty_value_is_what_its_type_makes_of_it() -> None:
    op = cascade("%r = einsum.compute [n] = %A[n] + 1 empty 9\n%r[n]", "%A[n] empty 0.1", "[n]", "bf16")
    equal(run(op, A=[0.1, 0.0])[0], [9, 1])


def test_breadth_first_search_by_merges() -> None:
    """EDGE's own form: the frontier is what is reached and where the visited set is absent."""
    text = """%F, %P = einsum.iterate i init(%f[d] = %S[d], %p[d] = %S[d]) {
      %t = einsum.compute [d] = and(%G[s, d], %f[s]) reduce or(s) empty 0
      %h = einsum.compute [d] = max{left-only}(%t[d], %p[d]) empty 0
      %q = einsum.compute [d] = or(%p[d], %h[d]) empty 0
      einsum.yield %h[d], %q[d] until %h[d] == 0
    }
    %P[d]"""
    g = np.zeros((4, 4), int)
    g[0, 1] = g[1, 2] = g[2, 0] = 1
    found = run(cascade(text, "%G[s, d] empty 0, %S[d] empty 0", "[d]", "i32", "i = 9, s = 4, d = 4"), G=g, S=np.array([1, 0, 0, 0]))
    equal(found[0], [1, 1, 1, 0])


# What a cascade is given.

TWO = cascade("%r = einsum.compute [m] = %A[m] * %Bias[]\n%r[m]", "%A[m], %Bias[]", "[m]")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"A": np.zeros(10)}, "cascade '@c' needs an array for argument 'Bias[]' of shape ()"),
        ({"A": np.zeros(9), "Bias": 1.0}, "argument 'A[m]' of shape (10) was given an array of shape (9)"),
        ({"A": np.zeros(10), "Bais": 1.0}, "cascade '@c' has no argument 'Bais'; did you mean 'Bias'?"),
        ({"A": np.zeros(10), "Bias": 1.0, "Z": 0}, "cascade '@c' has no argument 'Z'; its arguments are A, Bias"),
        ({"A": np.zeros(10, complex), "Bias": 1.0}, "argument 'A' holds values of type 'complex128', which cannot become f64"),
    ],
)
def test_wrong_arrays_are_named(arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        run(TWO, **arrays)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("element", "array", "message"),
    [
        ("i32", [1.5, 0], "argument 'A' holds values that are not integers, which cannot become i32"),
        ("i32", [inf, 0], "argument 'A' holds values that are not integers, which cannot become i32"),
        ("i32", [2**31, 0], "argument 'A' holds values beyond the range of i32"),
        ("i1", [2, 0], "argument 'A' holds values beyond the range of i1"),
    ],
)
def test_integers_and_truth_values_are_not_rounded(element: str, array: list[float], message: str) -> None:
    op = cascade("%r = einsum.compute [n] = %A[n]\n%r[n]", "%A[n]", "[n]", element)
    with pytest.raises(InputError) as caught:
        run(op, A=array)
    assert str(caught.value) == message
    equal(run(op, A=[1.0, 0.0])[0], [1, 0])


def test_floats_are_rounded_to_the_arguments_type() -> None:
    op = cascade("%r = einsum.compute [n] = %A[n] : f64\n%r[n]", "%A[n]", "[n]", "bf16")
    op64 = cascade("%r = einsum.compute [n] = %A[n]\n%r[n]", "%A[n]", "[n]", "bf16")
    equal(run(op, A=[1 + 2**-9, 0.5])[0], [1, 0.5])
    equal(run(op64, dtype="f64", A=[1 + 2**-9, 0.5])[0], [1 + 2**-9, 0.5])


def test_arguments_without_a_name_are_numbered_and_no_two_are_alike() -> None:
    op = cascade("%r = einsum.compute [n] = %A[n] + %0[n] + %B[n]\n%r[n]", "%A[n], %0[n], %B[n]", "[n]")
    op.body.block.args[2].name_hint = "A"
    assert argument_names(op) == ["A", "in1", "A_2"]
    equal(run(op, A=[1.0, 2.0], in1=[10.0, 20.0], A_2=[100.0, 200.0])[0], [111, 222])


def test_random_inputs_depend_on_seed_and_name_only() -> None:
    declared = "%A[m], %B[m], %C[m] : i32, %D[m] : i1, %E[m] empty inf"
    first = cascade("%A[m]", declared, "[m]")
    second = cascade("%B[m]", "%B[m], %A[m]", "[m]")
    one, again, other = random_inputs(first, 3), random_inputs(second, 3), random_inputs(first, 4)
    equal(one["A"], again["A"])
    equal(one["B"], again["B"])
    assert not np.array_equal(one["A"], one["B"])
    assert not np.array_equal(one["A"], other["A"])
    assert [one[n].dtype.name for n in "ABCDE"] == ["float64", "float64", "int32", "bool", "float64"]
    assert one["C"].min() >= 0
    assert set(random_inputs(first, 3, ["C"])) == {"C"}
    assert 0 < np.isinf(one["E"]).sum() < 10
    assert random_inputs(first, 3, dtype="f16")["A"].dtype == np.float16


# Memory.


def test_values_are_freed_after_their_last_use() -> None:
    text = """%a = einsum.compute [n] = %A[n] + 1
    %b = einsum.compute [n] = %a[n] + 1
    %unused = einsum.compute [n] = %A[n]
    %c = einsum.iterate i init(%x[n] = 0) {
      %y = einsum.compute [n] = %x[n] + %b[n]
      einsum.yield %y[n]
    }
    %d = einsum.compute [n] = %c[n] * 2
    %d[n]"""
    op = cascade(text, "%A[n]", "[n]")
    ops = list(op.body.block.ops)
    freed = {ops.index(o): sorted(v.name_hint or "" for v in values) for o, values in last_uses(op.body.block).items()}
    assert freed == {1: ["a"], 2: ["A", "unused"], 3: ["b"], 4: ["c"], 5: ["d"]}
    runner = Runner(op.sizes, {}, None)
    (found,) = runner.run_block(op.body.block, [np.array([1.0, 2.0])], {})
    equal(found, [30, 40])
    assert runner.arrays == {}


def test_running_changes_no_input() -> None:
    a = np.arange(2.0)
    op = cascade("%r = einsum.compute [n] = %A[n] + 1\n%A[n], %r[n]", "%A[n]", "[n], [n]")
    equal(run(op, A=a)[1], [1, 2])
    equal(a, [0, 1])
