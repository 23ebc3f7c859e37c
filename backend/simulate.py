"""Kernels in time: what each costs on its machine, exactly, at any size."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from xdsl.ir import Operation

from ..dialects.accel import KernelOp
from .cost import compile_kernel
from .kinds import Kinds
from .result import SimulationResult, TaskSpan, in_sequence
from .steady import SimulationError, Walk
from .steps import TICKS, Program
from .timing import Clock, Span
from .totals import result_of

__all__ = ["SimulationError", "simulate", "simulate_kernel"]


Fidelity: TypeAlias = Literal["event", "analytic"]
"""Every operation in time, with its waits; or what each resource has to do in all, the busiest one deciding."""


def simulate(module: Operation, *, extrapolate: bool = True, timeline: int = 0, fidelity: Fidelity = "event") -> SimulationResult:
    """All kernels of a verified module, one after another. See `simulate_kernel`; raises `SimulationError` if there is none."""
    kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
    if not kernels:
        raise SimulationError("the module has no accel.kernel to simulate")
    results = tuple(simulate_kernel(kernel, extrapolate=extrapolate, timeline=timeline, fidelity=fidelity) for kernel in kernels)
    return results[0] if len(results) == 1 else in_sequence("all kernels", results)


def simulate_kernel(kernel: KernelOp, *, extrapolate: bool = True, timeline: int = 0, fidelity: Fidelity = "event") -> SimulationResult:
    """One verified kernel in time.

    `extrapolate=False` runs every epoch instead of finding the steady state: the same numbers, slower. `timeline` asks for the spans
    of the first so many epochs. `fidelity="analytic"` takes the largest of the result's bounds for its cycles: what the event simulation comes
    to when filling, draining and waiting cost nothing. Raises `SimulationError` if no steady state is found within a bound.
    """
    program = compile_kernel(kernel)
    if fidelity == "analytic":
        result = result_of(program, Kinds(program), 0.0)
        cycles = max(result.bounds.values(), default=0.0)
        return replace(result, cycles=cycles, seconds=cycles / program.clock)
    clock = Clock(program)
    walk = Walk(program, clock, extrapolate)
    end = walk.run()
    return result_of(program, walk.kinds, end / TICKS, _timeline(program, timeline) if timeline else (), clock.epochs)


def _timeline(program: Program, epochs: int) -> tuple[TaskSpan, ...]:
    """The spans of the first `epochs` epochs, in order of their starts."""
    spans: list[Span] = []
    clock = Clock(program, spans.append)
    Walk(program, clock, extrapolate=False).begin(epochs)
    steps = program.steps
    found = (TaskSpan(steps[s.step].name, steps[s.step].units[0], s.start / TICKS, s.end / TICKS) for s in spans)
    return tuple(sorted(found, key=lambda s: (s.start, s.end)))
