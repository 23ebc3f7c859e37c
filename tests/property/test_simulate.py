"""Random small kernels: the simulator against a plain enumeration in time, and the run in values against the nest run in sequence."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, IntAttr, ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException

from einfold.backend.simulate import simulate_kernel
from einfold.backend.steps import TICKS
from einfold.backend.values import run_values
from einfold.dialects.accel import Accel, KernelOp, LoadOp, StateOp, StoreOp, TaskOp
from einfold.dialects.accel_checks import machine_of
from einfold.dialects.accel_machine import MachineOp
from einfold.dialects.accel_mix import task_cycles
from einfold.dialects.accel_nest import needed_copies

TILE = 4
STYLES = {"t": ("mac",), "m": ("mac", "add"), "p": ("add",)}
"""First letter of a task's name -> the operations of its array that it needs: products that are summed, a sum that is scaled, a sum."""
FACTORS = {"t": 0.5, "m": 0.5, "p": 1.0, "u": 0.25}
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def parse(text: str) -> ModuleOp:
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(Accel)
    return Parser(context, text).parse_module()


@st.composite
def kernels(draw: st.DrawFn, most: int) -> KernelOp:
    """A verified kernel of at most `most` iterations, with conditions, states, ragged loads, stages and turns at random."""
    loops = dict.fromkeys("abcd"[: draw(st.integers(1, 4))], 1)
    room = most
    for name in draw(st.permutations(list(loops))):
        loops[name] = draw(st.integers(1, max(1, min(room, 12 if most < 1000 else most))))
        room //= loops[name]
    names = list(loops)
    units = st.sampled_from(["", " units {adder = [add]}", " units {adder = [add], product = [mac]}"])
    some = st.lists(st.sampled_from(names), unique=True, max_size=2)
    number = st.integers(0, 3)
    lines: list[str] = []
    tiles: list[tuple[str, int]] = []  # value, stage
    states: dict[str, str] = {}
    made: list[str] = []

    def clauses(stage: int, first: list[str], last: list[str]) -> str:
        when = (f"first({', '.join(first)}) " if first else "") + (f"last({', '.join(last)})" if last else "")
        return (f" at {when}" if when else "") + f" stage {stage} turn {draw(st.integers(0, 1))}"

    def subscript(low: int, high: int, most: int) -> str:
        loops_used = draw(st.lists(st.sampled_from(names), unique=True, max_size=most))
        terms = [(draw(st.integers(low, high)), n) for n in loops_used] + [(-draw(st.integers(0, 2)), "1")]
        return "i" + "".join(f" {'-' if c < 0 else '+'} {abs(c)} * {n}" for c, n in terms)

    for i in range(draw(st.integers(1, 2))):
        stage = draw(st.integers(0, 1))
        lines.append(f"%l{i} = accel.load %A[{subscript(-2, 5, 2)}] to @buffer{clauses(stage, draw(some), [])}")
        tiles.append((f"l{i}", stage))
    for i in range(draw(st.integers(0, 2))):
        states[f"s{i}"] = draw(st.sampled_from(names))
        init, stage = draw(st.sampled_from([("0", 0), ("1", 0), *((f"%{v}", s) for v, s in tiles if v.startswith("l"))]))
        lines.append(f"%s{i} = accel.state [i] over {states[f's{i}']} init {init}")
        tiles.append((f"s{i}", stage))
    for i in range(draw(st.integers(len(states) + 1, 5))):
        read = draw(st.lists(st.sampled_from(tiles), unique=True, min_size=1, max_size=3))
        stage = max(s for _, s in read) + draw(st.integers(0, 1))
        style = draw(st.sampled_from("ttmp"))
        made.append(f"{style}{i}")
        sums = " + ".join([*(f"%{v}[i]" for v, _ in read), "0"])
        terms = {"t": " + ".join(f"0.5 * %{v}[i]" for v, _ in read), "m": f"0.5 * ({sums})", "p": sums}[style]
        cols = draw(st.sampled_from(["", " cols [i]"]))
        home = draw(st.sampled_from(["", " in @buffer"]))
        first = [n for n in draw(some) if n not in states.values()]
        lines.append(f"%{made[i]} = accel.task [i] = {terms} on @{draw(st.sampled_from('xy'))}{cols}{home}{clauses(stage, first, [])}")
        tiles.append((made[i], stage))
    for i, state in enumerate(states):
        lines.append(f"accel.update %{state} = %{made[i]}")
    for _ in range(draw(st.integers(0, 2))):
        value, stage = draw(st.sampled_from(tiles))
        lines.append(f"accel.store %{value} to %B[{subscript(4, 60, 4)}]{clauses(stage + draw(number), draw(some), [])}")
    value, stage = draw(st.sampled_from(tiles))
    last = draw(some)
    lines.append(f"%u = accel.task [i] = 0.25 * %{value}[i] on @x{clauses(stage + 1, [], last)}")
    lines.append(f"accel.store %u to %B[{subscript(4, 60, 4)}]{clauses(stage + 1 + draw(number), [], last)}")
    nest = ", ".join(f"{n} = {t}" for n, t in loops.items())
    text = f"""
    accel.machine @toy clock 1000 word 2 {{
      accel.memory @dram offchip bandwidth {draw(st.sampled_from([300, 1000, 8000, 17000]))} latency {draw(number)}
      accel.memory @buffer bandwidth {draw(st.sampled_from([2000, 64000]))}
      accel.array @x [1, 4] ops {{mac = {draw(st.sampled_from([1, 3]))}, add = 2}}{draw(units)} latency {draw(number)}
      accel.array @y [1, 2] ops {{mac = 2, add = {draw(st.sampled_from([0.3, 1]))}}}{draw(units)}
    }}
    accel.kernel @k on @toy nest {{{nest}}} tiles {{i = {TILE}}} (%A[{draw(st.integers(8, 40))}]) -> (%B[{draw(st.integers(4, 400))}]) : f64 {{
      {chr(10).join(lines)}
    }}"""
    module = parse(text)
    kernel = next(op for op in module.walk() if isinstance(op, KernelOp))
    for op, copies in needed_copies(kernel).items():
        op.properties["copies"] = IntAttr(copies + draw(st.sampled_from([0, 1, 2, 40])))
    try:
        module.verify()
    except VerifyException:
        assume(False)
    return kernel


Scheduled = LoadOp | TaskOp | StoreOp


def iterations(kernel: KernelOp) -> list[dict[str, int]]:
    return [dict(zip(kernel.loops, point, strict=True)) for point in product(*(range(t) for t in kernel.loops.values()))]


def runs(op: Scheduled, at: dict[str, int], kernel: KernelOp) -> bool:
    return all(at[r] == 0 for r in op.when_.first) and all(at[r] == kernel.loops[r] - 1 for r in op.when_.last)


def instance(op: Any, at: dict[str, int]) -> tuple[int, ...]:
    """The instance of `op` that an iteration sees, by the coordinates that its condition leaves free."""
    return tuple(c for loop, c in at.items() if loop not in op.when_.loops)


def source(value: Any, at: dict[str, int], kernel: KernelOp) -> tuple[Any, tuple[int, ...]] | float:
    """What a read of `value` in an iteration finds: the instance of an operation, or the number that a state begins with."""
    if not isinstance(value.owner, StateOp):
        return value.owner, instance(value.owner, at)
    loop = value.owner.loop.data
    if at[loop] == 0:
        initial = value.owner.initial
        return float(value.owner.init.data) if initial is None else (initial.owner, instance(initial.owner, at))
    update = next(u for u in kernel.body.block.ops if u.name == "accel.update" and u.operands[0] is value)
    return update.operands[1].owner, instance(update.operands[1].owner, at | {loop: at[loop] - 1})


def operands(op: Scheduled) -> list[Any]:
    return list(op.operands) if isinstance(op, TaskOp) else [op.value] if isinstance(op, StoreOp) else []


def elements(op: LoadOp | StoreOp, at: dict[str, int], kernel: KernelOp) -> list[tuple[int, int]]:
    """(place in the tile, place in the tensor) of the elements that a transfer moves."""
    tensor = op.source if isinstance(op, LoadOp) else op.target
    places = [(i, op.subscripts.data[0].evaluate(at | {"i": i})) for i in range(TILE)]
    return [(i, place) for i, place in places if 0 <= place < tensor.type.get_shape()[0]]


def exclusive(op: Scheduled, machine: MachineOp) -> list[str]:
    """What an operation holds while it runs."""
    if not isinstance(op, TaskOp):
        return ["dram"]
    array = machine.arrays[op.array.string_value()]
    stated = {} if array.units is None else array.units.units
    needed = STYLES.get((op.results[0].name_hint or "")[0], ("mac",))
    return sorted({next((f"{array.sym_name.data}.{unit}" for unit, ops in stated.items() if n in ops), array.sym_name.data) for n in needed})


def enumerate_time(kernel: KernelOp) -> tuple[int, dict[str, int], dict[tuple[str, str], int]]:
    """End in ticks, ticks per exclusive unit and bytes per memory and way, by doing everything in order with unlimited memory of the past."""
    machine = machine_of(kernel)
    points = iterations(kernel)
    body = [op for op in kernel.body.block.ops if isinstance(op, Scheduled)]
    body.sort(key=lambda op: (op.turn_, -op.stage_))
    made: dict[Any, list[tuple[int, ...]]] = {op: [] for op in body}
    free: dict[str, int] = {}
    busy: dict[str, int] = {}
    ready: dict[tuple[Any, tuple[int, ...]], int] = {}
    released: dict[tuple[Any, tuple[int, ...]], int] = {}
    moved: dict[tuple[str, str], int] = {}
    end_of_all = 0
    for epoch in range(len(points) + max(op.stage_ for op in body)):
        for op in body:
            if not 0 <= epoch - op.stage_ < len(points) or not runs(op, points[epoch - op.stage_], kernel):
                continue
            at = points[epoch - op.stage_]
            reads = {r for v in operands(op) if isinstance(r := source(v, at, kernel), tuple)}
            bytes_: dict[tuple[str, str], int] = {}
            count = TILE if isinstance(op, TaskOp) else len(elements(op, at, kernel))
            for value in set(operands(op)):
                owner = value.owner
                if isinstance(owner, StateOp):
                    update = next(u for u in kernel.body.block.ops if u.name == "accel.update" and u.operands[0] is value)
                    owner = update.operands[1].owner
                if isinstance(owner, LoadOp) or owner.home_name == "buffer":
                    bytes_["buffer", "read"] = bytes_.get(("buffer", "read"), 0) + 2 * count
            cycles, latency = Fraction(0), 0
            if isinstance(op, TaskOp):
                array = machine.arrays[op.array.string_value()]
                cycles = Fraction(task_cycles(op, array, {"i": TILE}))
                latency = 0 if array.latency is None else Fraction(array.latency.data)
                if op.home_name == "buffer":
                    bytes_["buffer", "write"] = 2 * count
            elif isinstance(op, LoadOp):
                bytes_ |= {("dram", "read"): 2 * count, ("buffer", "write"): 2 * count}
                latency = machine.memories["dram"].latency.data
            else:
                bytes_["dram", "write"] = 2 * count
            for name, memory in machine.memories.items():
                total = sum(b for (m, _), b in bytes_.items() if m == name)
                cycles = max(cycles, Fraction(total * 1000) / Fraction(memory.bandwidth.data))
            held = exclusive(op, machine)
            start = max([*(free.get(unit, 0) for unit in held), *(ready[r] for r in reads)])
            if not isinstance(op, StoreOp):
                assert instance(op, at) not in made[op]
                if len(made[op]) >= op.copies_:
                    start = max(start, released.get((op, made[op][-op.copies_]), 0))
                made[op].append(instance(op, at))
            hold = math.ceil(cycles * TICKS)
            for unit in held:
                free[unit] = start + hold
                busy[unit] = busy.get(unit, 0) + hold
            done = start + hold + math.ceil(latency * TICKS)
            end_of_all = max(end_of_all, done)
            ready[op, instance(op, at)] = done
            for read in reads:
                released[read] = max(released.get(read, 0), start + hold)
            for key, number in bytes_.items():
                moved[key] = moved.get(key, 0) + number
    return end_of_all, busy, moved


@given(kernels(most=150))
@SLOW
def test_time_is_that_of_an_enumeration(kernel: KernelOp) -> None:
    end, busy, moved = enumerate_time(kernel)
    for extrapolate in (False, True):
        result = simulate_kernel(kernel, extrapolate=extrapolate)
        assert result.cycles == end / TICKS
        assert {r: sum(tasks.values()) for r, tasks in result.busy.items() if tasks} == {r: t / TICKS for r, t in busy.items()}
        assert {(m, w): b for m, ways in result.moved.items() for w, b in ways.items() if b} == {k: b for k, b in moved.items() if b}


@given(kernels(most=3000))
@SLOW
def test_extrapolated_is_simulated(kernel: KernelOp) -> None:
    fast, slow = simulate_kernel(kernel), simulate_kernel(kernel, extrapolate=False)
    assert fast.cycles == slow.cycles
    assert fast.busy == slow.busy
    assert fast.moved == slow.moved


def in_sequence(kernel: KernelOp, a: np.ndarray) -> np.ndarray:
    """What the kernel means: iterations one after another, the body in its order, every instance kept."""
    b = np.full(kernel.body.block.args[1].type.get_shape(), np.nan)
    values: dict[Any, np.ndarray] = {}
    stored: list[tuple[tuple[int, int, int], list[int], np.ndarray]] = []
    body = [op for op in kernel.body.block.ops if isinstance(op, Scheduled)]
    for number, at in enumerate(iterations(kernel)):
        for position, op in enumerate(body):
            if not runs(op, at, kernel):
                continue
            found = [source(v, at, kernel) for v in operands(op)]
            read = [values[f] if isinstance(f, tuple) else np.full(TILE, f) for f in found]
            if isinstance(op, LoadOp):
                tile = np.zeros(TILE)
                for i, place in elements(op, at, kernel):
                    tile[i] = a[place]
                values[op, instance(op, at)] = tile
            elif isinstance(op, TaskOp):
                factor = FACTORS[(op.results[0].name_hint or "")[0]]
                values[op, instance(op, at)] = sum(factor * r for r in read)
            else:
                moved = elements(op, at, kernel)
                stored.append(((number + op.stage_, op.turn_, -op.stage_, position), [p for _, p in moved], read[0][[i for i, _ in moved]]))
    for _, places, tile in sorted(stored, key=lambda s: s[0]):
        b[places] = tile
    return b


@given(kernels(most=100), st.integers(0, 9))
@SLOW
def test_values_are_those_of_the_nest_in_sequence(kernel: KernelOp, seed: int) -> None:
    a = np.random.default_rng(seed).integers(-8, 8, kernel.body.block.args[0].type.get_shape()).astype(float)
    module = kernel.parent_op()
    assert module is not None
    (found,) = run_values(module, {"A": a})
    np.testing.assert_allclose(found, in_sequence(kernel, a), rtol=1e-12)
