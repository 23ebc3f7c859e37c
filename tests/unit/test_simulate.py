"""The simulator's rules one at a time, on kernels small enough to work out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, IntAttr, ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException

from einfold.backend.simulate import SimulationError, simulate
from einfold.backend.values import ValuesError, run_values
from einfold.dialects.accel import Accel, KernelOp, TaskOp
from einfold.dialects.accel_machine import ArrayOp
from einfold.dialects.accel_mix import task_cycles
from einfold.dialects.accel_nest import needed_copies
from einfold.dialects.einsum import Einsum
from einfold.interpreter.elements import InputError

MACHINE = """
accel.machine @toy clock 1000 word 2 {
  accel.memory @dram offchip bandwidth 2000
  accel.memory @buffer
  accel.array @x [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 2}
  accel.array @y [1, 4] ops {mac = 3, add = 3}
}
"""
"""A load or store of four words takes four cycles; one of two elements, two."""


def parse(text: str, machine: str = MACHINE) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Accel, Einsum):
        context.load_dialect(dialect)
    module = Parser(context, machine + text).parse_module()
    module.verify()
    return module


def kernel(body: str, nest: str = "a = 3", tensors: str = "(%A[4]) -> (%B[4])", tiles: str = "i = 4, j = 6, k = 2") -> str:
    return f"accel.kernel @k on @toy nest {{{nest}}} tiles {{{tiles}}} {tensors} : f64 {{\n{body}\n}}\n"


LOADS = "%a = accel.load %A[i] to @buffer\n%c = accel.load %C[j, i] to @buffer\n%d = accel.load %C[j, 0] to @buffer\n"


@pytest.mark.parametrize(
    ("task", "ops", "cycles"),
    [
        ("[i] = %a[i]", "mac = 1", 1),  # moves only
        ("[i] = 2 * %a[i]", "mac = 1", 4),
        ("[i] = 2 * %a[i]", "mul = 2, mac = 1", 8),
        ("[i] = %a[i] - %a[i]", "add = 2, mac = 1", 8),  # an adder subtracts
        ("[i] = -%a[i]", "add = 2", 8),
        ("[i] = %a[i] * (2 * 3 + 1)", "mac = 1", 4),  # constants are known when the kernel is built
        ("[i] = pow(%a[i], 4)", "mac = 1", 12),  # three products
        ("[i] = sigmoid(%a[i])", "add = 1, exp = 6, div = 2", 40),  # 1 / (1 + exp(-x))
        ("[i] = sigmoid(%a[i])", "sigmoid = 1.5", 6),
        ("[i] = min(%a[i], 0)", "max = 5", 20),
        ("[i] = 2 * %a[i] + 1", "mac = 1", 4),  # fused
        ("[i] = 1 - 2 * %a[i]", "mac = 1", 4),
        ("[i] = 2 * %a[i] + 3 * %a[i]", "mac = 1", 8),  # one product is left over
        ("[i] = 2 * %a[i] + 1", "mac = 5, mul = 1, add = 1", 8),  # apart is faster
        ("[i] = exp(%a[i] - 1)", "exp = 6, add = 1", 28),
        ("[i] = %c[j, i] * %a[i] reduce add(j)", "mac = 1", 24),
        ("[i] = %c[j, i] * %a[i] reduce max(j)", "mac = 1, max = 1", 48),
        ("[] = %c[j, i] * %a[i] reduce add(j), max(i)", "mac = 1, max = 1", 28),  # the maximum sees 4 points
        ("[i, k] = 2 * %a[i] + k", "mac = 0.25", 2),
        ("[i] = @twice(%a[i]) + 1", "mac = 1", 4),  # inlined, then fused
        ("[i] = @twice(%a[i]) + 1", "add = 1, @twice = 3", 16),
        ("[i] = %c[j, i] reduce @both(j)", "add = 1, max = 1", 48),
        ("[i] = %d[j] * %a[i] reduce add(j) cols [i]", "mac = 1", 6),
        ("[i] = %d[j] * %a[i] reduce add(j) rows [j] cols [i]", "mac = 1", 3),
        ("[k, j, i] = %d[j] * %a[i] + k rows [j, k] cols [i]", "mac = 1", 6),
        ("[k, j, i] = %d[j] * %a[i] + k cols [j, k]", "mac = 1", 12),
    ],
)
def test_cycles_of_a_task(task: str, ops: str, cycles: float) -> None:
    machine = f"""
    einsum.operator @twice(%x) = 2 * %x
    einsum.operator @both(%x, %y) = max(%x, %y) + 0 laws {{associative, identity = 0}}
    accel.machine @toy clock 1000 word 2 {{
      accel.memory @dram offchip
      accel.memory @buffer
      accel.array @x [2, 4] ops {{{ops}}}
    }}"""
    expression, *spaces = task.partition(" rows") if " rows" in task else task.partition(" cols")
    module = parse(kernel(f"{LOADS}%t = accel.task {expression} on @x{''.join(spaces)}", "a = 1", "(%A[4], %C[6, 4]) -> (%B[4])"), machine)
    op = next(o for o in module.walk() if isinstance(o, TaskOp))
    array = next(o for o in module.walk() if isinstance(o, ArrayOp))
    assert task_cycles(op, array, {"i": 4, "j": 6, "k": 2}) == cycles


def test_an_operation_that_the_array_lacks() -> None:
    text = kernel("%a = accel.load %A[i] to @buffer\n%t = accel.task [i] = log(%a[i]) on @x")
    with pytest.raises(VerifyException, match="the machine has no 'log' on '@x'; it has mac, add, max, exp, div"):
        parse(text)


CHAIN = """
  %a = accel.load %A[i] to @buffer copies {loads}
  %t = accel.task [i] = 2 * %a[i] on @x copies {copies} stage {stage}
  %u = accel.task [i] = %t[i] + 1 on @y cols [i] in @buffer copies 3 stage {stage}
  accel.store %u to %B[i] stage {store}
"""


@pytest.mark.parametrize(
    ("loads", "copies", "stage", "store", "cycles"),
    [
        # Load 4, t 4, u 3, store 4 cycles. One after another; the load of the next waits behind the store on the port.
        (1, 1, 0, 0, 3 * 15),
        # The stores come after all loads: the port is busy from 0 to 24.
        (2, 2, 0, 3, 24),
        # A store before the last load waits for u, which ends at 11, so that the load ends at 19, t at 23, u at 26, the last store at 30.
        (2, 2, 0, 2, 30),
        # With one copy, a load waits for t of the one before: loads end at 4, 12 and (after a store) 20; t ends at 24, u at 27, the store at 31.
        (1, 2, 0, 2, 31),
    ],
)
def test_what_overlaps_is_said_by_copies_and_stages(loads: int, copies: int, stage: int, store: int, cycles: float) -> None:
    module = parse(kernel(CHAIN.format(loads=loads, copies=copies, stage=stage, store=store)))
    assert simulate(module).cycles == cycles


def test_latency_delays_readers_and_not_the_resource() -> None:
    machine = MACHINE.replace("bandwidth 2000", "bandwidth 2000 latency 10").replace("div = 2}", "div = 2} latency 5")
    body = "%a = accel.load %A[i] to @buffer copies 2\n%t = accel.task [i] = 2 * %a[i] on @x copies 2\naccel.store %t to %B[i] stage 3"
    result = simulate(parse(kernel(body, "a = 2"), machine))
    # Loads take the port until 4 and 8, their tiles are there at 14 and 18; t ends at 18 and 22, is there at 23 and 27.
    assert result.cycles == 31


def test_a_bandwidth_can_be_what_a_task_waits_for() -> None:
    body = "%a = accel.load %A[i] to @buffer\n%t = accel.task [i] = 2 * %a[i] on @x in @buffer"
    slow = simulate(parse(kernel(body), MACHINE.replace("@buffer", "@buffer bandwidth 800", 1)))
    assert slow.busy["x"] == {"t": 3 * 16 * 1000 / 800}
    assert slow.busy["dram"] == {"load A": 3 * 8 * 1000 / 800}
    assert slow.critical == "x"


def test_the_edges_of_a_tensor_are_moved_once() -> None:
    body = "%a = accel.load %A[4 * a + i - 1] to @buffer\naccel.store %a to %B[4 * a + i] at last(b)"
    result = simulate(parse(kernel(body, "a = 3, b = 5", "(%A[8]) -> (%B[10])")))
    assert result.moved == {"dram": {"read": 5 * 2 * 8, "write": 2 * 10}, "buffer": {"read": 2 * 10, "write": 5 * 2 * 8}}
    assert result.busy["dram"] == {"load A": 5 * 8.0, "store B": 10.0}


def test_edges_are_found_in_either_direction() -> None:
    # Elements 28 - 4a .. 31 - 4a of 22: none for a = 0 and 1, two for a = 2, all four from there on.
    result = simulate(parse(kernel("%a = accel.load %A[28 - 4 * a + i] to @buffer", "a = 8", "(%A[22]) -> (%B[1])")))
    assert result.moved["dram"]["read"] == 2 * 22
    assert result.cycles == 22


def test_an_initial_tile_is_read_in_the_first_iteration_of_its_loop_only() -> None:
    body = """
    %z = accel.task [i] = 2 * i on @y at first(a)
    %s = accel.state [i] over a init %z
    %t = accel.task [i] = %s[i] + 1 on @x
    accel.update %s = %t
    """
    # z takes 12 cycles, t 4. The second z begins when the first t has read the first one, at 16, and ends at 28; t until then: 24.
    assert simulate(parse(kernel(body, "o = 2, a = 3"))).cycles == 28 + 3 * 4


def test_a_state_is_carried_along_its_loop_for_each_coordinate_of_the_others() -> None:
    body = """
    %a = accel.load %A[a, b, i] to @buffer
    %zero = accel.task [i] = 1 on @x in @buffer copies 2 at first(a)
    %s = accel.state [i] over a init %zero
    %t = accel.task [i] = 2 * %s[i] + %a[i] on @x in @buffer copies 2
    accel.update %s = %t
    accel.store %t to %B[b, i] at last(a)
    """
    module = parse(kernel(body, "a = 3, b = 2", "(%A[3, 2, 4]) -> (%B[2, 4])"))
    a = np.arange(24.0).reshape(3, 2, 4)
    (found,) = run_values(module, {"A": a})
    np.testing.assert_array_equal(found, 8 + 4 * a[0] + 2 * a[1] + a[2])
    np.testing.assert_array_equal(run_values(module, {"A": a.astype(int)})[0], found)


@pytest.mark.parametrize(
    ("nest", "maker", "reader", "copies"),
    [
        ("a = 9", "", "", 1),
        ("a = 9", "", "stage 1", 1),  # the reader goes first in an epoch
        ("a = 9", "", "stage 1 turn 1", 2),
        ("a = 9", "", "stage 4", 4),
        ("a = 9, b = 5", "at first(b)", "", 1),
        ("a = 9, b = 5", "at first(b)", "stage 1", 1),  # read in all of b, but the next is made later
        ("a = 9, b = 5", "at first(b)", "stage 2", 2),
        ("a = 9, b = 5", "at first(b)", "stage 2 at first(b)", 1),
        ("a = 9, b = 5", "at first(a)", "", 5),
        ("a = 9, b = 5", "at first(a)", "at last(a)", 5),
        ("a = 9, b = 5", "at first(a)", "stage 50", 5),  # there are no more
        ("c = 2, a = 9, b = 5", "at first(a)", "stage 6", 6),
        ("a = 9, b = 5, c = 2", "at first(a, c)", "", 5),
        ("a = 9, b = 5, c = 2", "at first(b)", "", 2),
        ("a = 9, b = 5, c = 2", "at first(a)", "at first(a) stage 1", 1),
        ("a = 9, b = 5", "at last(b)", "at last(b) stage 7", 2),
        ("a = 9, b = 1", "at first(b)", "stage 2 turn 1", 3),
    ],
)
def test_how_many_copies_are_needed(nest: str, maker: str, reader: str, copies: int) -> None:
    body = f"""
    %a = accel.load %A[i] to @buffer copies 50
    %t = accel.task [i] = 2 * %a[i] on @x copies {copies} {maker}
    %u = accel.task [i] = 2 * %t[i] on @y {reader}
    """
    module = parse(kernel(body, nest))
    needed = needed_copies(next(op for op in module.walk() if isinstance(op, KernelOp)))
    assert {op.results[0].name_hint: n for op, n in needed.items()}["t"] == copies


def test_what_is_far_enough_apart_or_never_happens_is_legal() -> None:
    late = """
    %a = accel.load %A[i] to @buffer copies 9 at first(b) stage 2
    %t = accel.task [i] = 2 * %a[i] on @x at last(b)
    """
    parse(kernel(late, "a = 3, b = 4"))
    with pytest.raises(VerifyException, match=r"%t \(stage 0\) reads accel.load %a \(stage 2\), but runs 1 epoch before it"):
        parse(kernel(late, "a = 3, b = 2"))
    carried = """
    %s = accel.state [i] over a init 1
    %t = accel.task [i] = 2 * %s[i] on @x
    %u = accel.task [i] = 2 * %t[i] on @x stage 3
    accel.update %s = %u
    """
    parse(kernel(carried, "a = 1"))
    with pytest.raises(VerifyException, match=r"%t \(stage 0\) reads accel.task %u \(stage 3\), but runs 2 epochs before it"):
        parse(kernel(carried, "a = 3"))


def test_fewer_copies_than_needed_are_refused_and_compute_something_else() -> None:
    body = """
    %a = accel.load %A[a, b, i] to @buffer copies 2
    %s = accel.state [i] over a init 1
    %t = accel.task [i] = 2 * %s[i] + %a[i] on @x in @buffer copies 2 stage 2
    %u = accel.task [i] = %s[i] - %t[i] on @x copies 2 stage 3
    accel.update %s = %t
    accel.store %u to %B[a, b, i] stage 5
    """
    text = kernel(body, "a = 3, b = 2", "(%A[3, 2, 4]) -> (%B[3, 2, 4])")
    with pytest.raises(VerifyException, match=r"accel.task %t needs 3 copies for accel.task %u to read it in time; it has 2"):
        parse(text)
    module = parse(text.replace("@buffer copies 2 stage 2", "@buffer copies 3 stage 2"))
    inputs = {"A": np.random.default_rng(0).normal(size=(3, 2, 4))}
    (right,) = run_values(module, inputs)
    needed = needed_copies(next(op for op in module.walk() if isinstance(op, KernelOp)))
    for op, copies in needed.items():
        assert copies == op.copies_
        op.properties["copies"] = IntAttr(copies - 1)
        with pytest.raises(VerifyException, match=f"needs {copies} copies"):
            module.verify()
        assert not np.array_equal(run_values(module, inputs)[0], right)
        op.properties["copies"] = IntAttr(copies)


DRIFT = """
  %m = accel.load %A[i] to @buffer copies 2 at first(a)
  %t = accel.task [i] = %m[i] on @x copies {copies}
  %u = accel.task [i] = %t[i] + 1 on @y cols [i] in @buffer
  %z = accel.task [i, j, k] = exp(%m[i] + j + k) on @x at last(a) in @buffer
"""


@pytest.mark.parametrize("trips", [3, 60, 5000, 2**40])
@pytest.mark.parametrize("copies", [1, 10, 300])
def test_parts_that_drift_apart_are_stopped_by_their_copies(trips: int, copies: int) -> None:
    module = parse(kernel(DRIFT.format(copies=copies), f"a = {trips}"))
    result = simulate(module)
    # t takes 1 cycle, u 3; the tile that both read is there at 4. With one copy they alternate. With more, t runs ahead until all copies
    # are in use; then a t waits for the u that many runs before. z takes 4 x 6 x 2 points of 2 + 6 cycles after the last t.
    if copies == 1:
        last_t, last_u = 5 + 4 * (trips - 1), 8 + 4 * (trips - 1)
    else:
        last_t, last_u = max(6 + 3 * (trips - copies), 4 + trips), 5 + 3 * trips
    assert result.cycles == max(last_t + 48 * 8, last_u)
    assert result.epochs <= 20 * copies + 200
    if trips <= 5000:
        assert simulate(module, extrapolate=False).cycles == result.cycles


def test_a_lead_that_melts_away_slowly_ends() -> None:
    machine = MACHINE.replace("{mac = 3, add = 3}", "{mac = 3.9, add = 1}")
    body = """
    %m = accel.load %A[i] to @buffer copies 3
    %z = accel.task [j] = 2 * j on @y at first(a)
    %t = accel.task [i] = 2 * %m[i] on @y cols [i]
    """

    def at(trips: int) -> ModuleOp:
        return parse(kernel(body, f"a = {trips}"), machine)

    # While z runs, three loads of 4 cycles go ahead of t, which takes 3.9: t loses 0.1 cycle of that lead in each iteration, then waits.
    for trips in (50, 200, 5000):
        assert simulate(at(trips)).cycles == simulate(at(trips), extrapolate=False).cycles
    far = simulate(at(2**40))
    assert 4 * 2**40 <= far.cycles <= 4 * 2**40 + 100
    assert far.epochs < 1000


def test_the_cost_does_not_grow_with_five_loops() -> None:
    body = """
    %s = accel.state [i] over d init 0
    %w = accel.load %A[i] to @buffer copies 2 at first(b, c, d, e)
    %l = accel.load %A[i] to @buffer copies 2 at first(e)
    %t = accel.task [i] = %l[i] * %w[i] on @x stage 1
    %u = accel.task [i] = %t[i] + %s[i] on @y stage 1 copies 2 at first(e)
    %v = accel.task [i] = %u[i] * 2 on @x stage 2 copies 2
    accel.update %s = %u
    accel.store %v to %B[i] at last(d, e) stage 4
    """
    for trips in (2**10, 2**40):
        result = simulate(parse(kernel(body, ", ".join(f"{loop} = {trips}" for loop in "abcde"))))
        assert result.cycles == pytest.approx(8.0 * trips**5, rel=0.01)
        assert result.epochs < 500


TWO = """
accel.kernel @first on @toy nest {a = 2} tiles {i = 4} (%A[8]) -> (%S[8]) : f32 {
  %a = accel.load %A[4 * a + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @x
  accel.store %t to %S[4 * a + i]
}
accel.kernel @second on @toy nest {a = 2} tiles {i = 4} (%S[8], %A[8]) -> (%B[8]) : f32 {
  %s = accel.load %S[4 * a + i] to @buffer
  %a = accel.load %A[4 * a + i] to @buffer
  %t = accel.task [i] = %s[i] + %a[i] on @x
  accel.store %t to %B[4 * a + i]
}
"""


def test_kernels_run_one_after_another_and_share_tensors_by_name() -> None:
    module = parse(TWO)
    a = np.arange(8, dtype=np.float32)
    (found,) = run_values(module, {"A": a})
    np.testing.assert_array_equal(found, 3 * a)
    assert found.dtype == np.float32
    whole = simulate(module)
    first, second = whole.kernels
    assert (first.name, second.name) == ("first", "second")
    assert whole.cycles == first.cycles + second.cycles == 2 * 12 + 2 * 16
    assert whole.moved["dram"] == {"read": 48, "write": 32}
    assert whole.busy["x"] == {"t": 16.0}


def test_results_as_a_dictionary_and_as_a_table() -> None:
    result = simulate(parse(TWO), timeline=1)
    found = json.loads(json.dumps(result.to_json()))
    assert {"name", "cycles", "seconds", "utilisation", "bytes", "critical", "busy_cycles", "kernels"} <= set(found)
    assert (found["cycles"], found["seconds"], found["critical"]) == (56.0, 0.056, "dram")
    assert found["utilisation"]["x"] == {"total": 16 / 56, "t": 16 / 56}
    assert found["utilisation"]["y"] == {"total": 0.0}
    assert found["bytes"]["dram"] == {"read": 48, "write": 32}
    assert list(found["kernels"]) == ["first", "second"]
    first = found["kernels"]["first"]
    assert first["timeline"] == [
        {"name": "load A", "resource": "dram", "start": 0.0, "end": 4.0},
        {"name": "t", "resource": "x", "start": 4.0, "end": 8.0},
        {"name": "store S", "resource": "dram", "start": 8.0, "end": 12.0},
    ]
    lines = result.kernels[0].render().splitlines()
    assert lines[0] == "first: 24.00 cycles, 24 ms, critical resource dram"
    assert lines[1].split() == ["x", "33.33", "%"]
    assert lines[2].split() == ["t", "33.33", "%"]
    assert "second: 32.00 cycles" in result.render()


def test_names_of_operations_that_have_one_name() -> None:
    body = """
    %a = accel.load %A[i] to @buffer
    %b = accel.load %A[i] to @buffer
    %t = accel.task [i] = %a[i] * 2 on @x named "T"
    %u = accel.task [i] = %b[i] * 2 on @x named "T"
    """
    result = simulate(parse(kernel(body)))
    assert list(result.busy["dram"]) == ["load A", "load A.2"]
    assert list(result.busy["x"]) == ["T", "T.2"]


def test_what_cannot_be_simulated() -> None:
    with pytest.raises(SimulationError, match=r"^the module has no accel.kernel to simulate$"):
        simulate(parse(""))
    held = "%a = accel.load %A[i] to @buffer copies 200000 at first(a)\n%t = accel.task [i] = 2 * %a[i] on @y"
    with pytest.raises(SimulationError, match=r"^kernel '@k' keeps more than 50,000 tiles waiting, most of 'load A'$"):
        simulate(parse(kernel(held, "a = 2, b = 200000")))


@pytest.mark.parametrize(
    ("inputs", "error", "reason"),
    [
        ({}, InputError, "the kernels need an array for 'A' of shape [8]"),
        ({"A": np.zeros(7)}, InputError, "'A' of shape [8] was given an array of shape [7]"),
        ({"A": np.zeros(8), "a": np.zeros(8)}, InputError, "no kernel takes a tensor 'a'; they take A"),
        ({"A": np.zeros(8), "S": np.zeros(8)}, InputError, "no kernel takes a tensor 'S'; they take A"),
        ({"A": np.array(["x"] * 8)}, InputError, "tensor 'A' holds values of type '<U1', which cannot become f32"),
    ],
)
def test_inputs_that_do_not_fit(inputs: dict[str, np.ndarray], error: type[Exception], reason: str) -> None:
    with pytest.raises(error) as caught:
        run_values(parse(TWO), inputs)
    assert str(caught.value) == reason


def test_values_are_for_small_shapes() -> None:
    with pytest.raises(ValuesError, match=r"takes 1,500,000 operations, more than 1,000,000; use smaller shapes$"):
        run_values(
            parse(kernel("%a = accel.load %A[i] to @buffer\naccel.store %a to %B[i]\naccel.store %a to %B[i]", "a = 500000")), {"A": np.zeros(4)}
        )
    with pytest.raises(ValuesError, match=r"^the module has no accel.kernel to run$"):
        run_values(parse(""), {})
