"""Kernels in time: what each costs on its machine, exactly, at any size."""

from __future__ import annotations

from fractions import Fraction

from xdsl.ir import Operation

from ..dialects.accel import KernelOp
from .cost import TICKS, Program, compile_kernel
from .kinds import Kinds
from .result import SimulationResult, TaskSpan, in_sequence
from .steady import SimulationError, Walk
from .timing import Clock, Span

__all__ = ["SimulationError", "simulate", "simulate_kernel"]


def simulate(module: Operation, *, extrapolate: bool = True, timeline: int = 0) -> SimulationResult:
    """All kernels of a verified module, one after another. See `simulate_kernel`; raises `SimulationError` if there is none."""
    kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
    if not kernels:
        raise SimulationError("the module has no accel.kernel to simulate")
    results = tuple(simulate_kernel(kernel, extrapolate=extrapolate, timeline=timeline) for kernel in kernels)
    return results[0] if len(results) == 1 else in_sequence("all kernels", results)


def simulate_kernel(kernel: KernelOp, *, extrapolate: bool = True, timeline: int = 0) -> SimulationResult:
    """One verified kernel in time.

    `extrapolate=False` runs every epoch instead of finding the steady state: the same numbers, slower. `timeline` asks for the spans
    of the first so many epochs. Raises `SimulationError` if no steady state is found within a bound.
    """
    program = compile_kernel(kernel)
    clock = Clock(program)
    walk = Walk(program, clock, extrapolate)
    end = walk.run()
    busy, moved = _totals(program, walk.kinds)
    cycles = end / TICKS
    spans = _timeline(program, timeline) if timeline else ()
    return SimulationResult(program.name, cycles, cycles / program.clock, busy, moved, timeline=spans, epochs=clock.epochs)


def _totals(program: Program, kinds: Kinds) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, int]]]:
    """Busy cycles per resource and step, and bytes per memory and way, from how many iterations there are of each kind."""
    ticks = [0] * len(program.steps)
    moved: dict[str, dict[str, Fraction]] = {m: {"read": Fraction(0), "write": Fraction(0)} for m in program.memories}
    for row, times in kinds.census(0, kinds.root).items():
        shares = kinds.shares(row)
        for position, hold, _ in row.active:
            ticks[position] += times * hold
            for (memory, way), count in program.steps[position].moved.items():
                moved[memory][way] += count * shares[position] * times
    busy: dict[str, dict[str, float]] = {resource: {} for resource in (*program.arrays, program.offchip)}
    for step, total in zip(program.steps, ticks, strict=True):
        busy[step.resource][step.name] = total / TICKS
    return busy, {m: {way: int(count) for way, count in ways.items()} for m, ways in moved.items()}


def _timeline(program: Program, epochs: int) -> tuple[TaskSpan, ...]:
    """The spans of the first `epochs` epochs, in order of their starts."""
    spans: list[Span] = []
    clock = Clock(program, spans.append)
    Walk(program, clock, extrapolate=False).begin(epochs)
    steps = program.steps
    found = (TaskSpan(steps[s.step].name, steps[s.step].resource, s.start / TICKS, s.end / TICKS) for s in spans)
    return tuple(sorted(found, key=lambda s: (s.start, s.end)))
