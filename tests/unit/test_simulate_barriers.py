"""Barriers, accumulators that continue, and moves through the off-chip memory: by hand, at any size, and in values."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException

from einfold.backend.simulate import simulate
from einfold.backend.values import run_values
from einfold.dialects.accel import Accel
from einfold.dialects.einsum import Einsum

MACHINE = """
accel.machine @toy clock 1000 word 1 {
  accel.memory @dram offchip bandwidth 8000
  accel.memory @buffer
  accel.array @x [1, 4] ops {mac = 1, add = 1, max = 1}
  accel.array @y [1, 4] ops {mac = 3, add = 3, max = 3}
}
"""
"""A load or store of four elements takes half a cycle."""

BODY = """
  %a = accel.load %A[4 * a + i] to @buffer copies 3
  %t = accel.task [i] = 2 * %a[i] on @x cols [i] {t} copies 3 stage 1
  %u = accel.task [i] = %t[i] + 1 on @y cols [i] {u} copies 3 stage 1 turn 1
  %v = accel.task [i] = %a[i] + 2 on @x cols [i] {v} copies 3 stage 1 turn 1
  %w = accel.task [i] = %u[i] + %v[i] on @x cols [i] {w} copies 3 stage 1 turn 2
  accel.store %w to %B[4 * a + i] stage 2
"""


def parse(body: str, trips: int, barriers: bool = True, size: int | None = None) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Accel, Einsum):
        context.load_dialect(dialect)
    size = 4 * trips if size is None else size
    head = f"accel.kernel @k on @toy nest {{a = {trips}}} tiles {{i = 4}} {'barriers' if barriers else ''} (%A[{size}]) -> (%B[{size}]) : f64"
    module = Parser(context, MACHINE + head + "{" + body + "}").parse_module()
    module.verify()
    return module


def body(t: int = 1, u: int = 3, v: int = 1, w: int = 1, delay: int = 0, last: int = 0) -> str:
    return BODY.format(t=f"cost {t} delay {delay}", u=f"cost {u}", v=f"cost {v}", w=f"cost {w} delay {last}")


@pytest.mark.parametrize(
    ("costs", "cycles"),
    [
        ({}, 1 + 3 + 1),
        ({"t": 5, "u": 2, "v": 7, "w": 4}, 5 + 7 + 4),
        ({"t": 5, "u": 9, "v": 7, "w": 4}, 5 + 9 + 4),
        ({"delay": 20}, 1 + 20 + 3 + 1),
        ({"last": 11}, 1 + 3 + 1 + 11),
    ],
)
@pytest.mark.parametrize("trips", [1, 2, 7, 2**36])
def test_turns_follow_one_another(costs: dict[str, int], cycles: int, trips: int) -> None:
    result = simulate(parse(body(**costs), trips))
    assert result.cycles == 0.5 + trips * cycles + 0.5
    assert result.bounds["barriers"] == trips * cycles
    assert result.epochs < 300
    if trips < 10:
        assert simulate(parse(body(**costs), trips), extrapolate=False).cycles == result.cycles
    assert simulate(parse(body(**costs), trips), fidelity="analytic").cycles == trips * cycles


def test_without_barriers_what_is_ready_begins() -> None:
    # Each array works 3 cycles a tile. The last task comes a tile later: beside the others, or between barriers of its own.
    text = body().replace("stage 2", "stage 3").replace("stage 1 turn 2", "stage 2 turn 2")
    free, fenced = (simulate(parse(text, 1000, barriers)).cycles for barriers in (False, True))
    assert 3000 < free < 3010
    assert 5000 < fenced < 5010


def test_a_transfer_keeps_no_step_but_can_be_the_bottleneck() -> None:
    slow = MACHINE.replace("8000", "800")
    context = Context()
    for dialect in (Builtin, Accel, Einsum):
        context.load_dialect(dialect)
    text = str(parse(body(), 100)).replace("bandwidth 8000", "bandwidth 800")
    assert slow != MACHINE
    result = simulate(Parser(context, text).parse_module())
    assert result.critical == "dram"
    assert result.cycles == pytest.approx(100 * 10, rel=0.02)


@pytest.mark.parametrize("trips", [3, 40])
def test_values_with_barriers(trips: int) -> None:
    a = np.random.default_rng(1).normal(size=4 * trips)
    (found,) = run_values(parse(body(), trips), {"A": a})
    np.testing.assert_allclose(found, (2 * a + 1) + (a + 2))


def test_turns_that_wait_for_a_later_one_deadlock() -> None:
    text = body().replace("turn 1", "turn 5", 1)
    with pytest.raises(VerifyException, match="runs before it in the same epoch: the kernel would deadlock"):
        parse(text, 3)


ONTO = """
  %a = accel.load %A[4 * a + i] to @buffer copies 2
  %s = accel.state [] over a init {init}
  %t = accel.task [] = %a[i] reduce {op}(i) on @x cols [i] in @buffer onto %s copies 2 stage 1
  accel.update %s = %t
  %u = accel.task [i] = %t[] + 0 * i on @x cols [i] copies 2 at last(a) stage 1
  accel.store %u to %B[i] at last(a) stage 2
"""


@pytest.mark.parametrize(("op", "init"), [("add", 0), ("max", "-inf"), ("add", 5)])
def test_accumulators_continue(op: str, init: int | str) -> None:
    a = np.random.default_rng(2).normal(size=12)
    (found,) = run_values(parse(ONTO.format(op=op, init=init), 3), {"A": a})
    expected = a.max() if op == "max" else a.sum() + float(init)
    np.testing.assert_allclose(found[:4], expected)


def test_continuing_costs_no_cycle_but_reads_the_sum() -> None:
    result = simulate(parse(ONTO.format(op="add", init=0), 3))
    assert result.busy["x"]["t"] == 3
    assert result.moved["buffer"]["read"] == 12 + 2 + 1, "what is loaded, the sum before each tile but the first, and the end"


def test_only_a_reduction_continues() -> None:
    with pytest.raises(VerifyException, match="'onto' needs an operand, and a reduction with one result that continues from it"):
        parse("%a = accel.load %A[4 * a + i] to @buffer\n%t = accel.task [i] = 2 * i on @x onto %a", 2)


THROUGH = """
  %a = accel.load %A[4 * a + i] to @buffer copies 2
  %t = accel.task [i] = 2 * %a[i] on @x cols [i] copies 2 stage 1
  %away = accel.move %t to @dram copies 2 stage 2
  %back = accel.move %away to @{home} copies 2 stage 3
  %u = accel.task [i] = %back[i] + 1 on @y cols [i] copies 2 stage 4
  %v = accel.task [i] = %back[i] + %u[i] on @y cols [i] copies 2 stage 4
  accel.store %v to %B[4 * a + i] stage 5
"""


@pytest.mark.parametrize(("home", "reads"), [("buffer", 1), ("y", 2)])
def test_an_intermediate_through_the_off_chip_memory(home: str, reads: int) -> None:
    module = parse(THROUGH.format(home=home), 1000)
    result = simulate(module)
    assert result.moved["dram"] == {"read": 4000 * (1 + reads), "write": 4000 * 2}
    assert result.cycles == pytest.approx(6000, rel=0.01), "the second array is busy throughout"
    a = np.arange(4000.0)
    np.testing.assert_allclose(run_values(module, {"A": a})[0], 4 * a + 1)
