"""From a schedule of each kernel's tasks to a mapping that states it, and back through the lowering; of several, the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import prod
from typing import TypeAlias

from ..backend.machine import Machine
from ..backend.result import SimulationResult
from ..dialects.accel import KernelOp
from ..dialects.accel_nest import scheduled as scheduled_in
from ..lowering.mapping import CascadeMapping, Slot
from .cp_sat import available, cp_sat_schedule
from .judge import Candidate, Judged, Judging, Objective, judge, kernels_of
from .list_schedule import list_schedule
from .problem import Problem, Schedule, broken, problem_of

AHEAD = 2
"""Stages before the first task: a load may take one epoch and wait for another."""

FEW_ITERATIONS = 1000
"""Iterations of a kernel up to which it matters how long the pipeline takes to fill and to drain."""

Solver: TypeAlias = Callable[[Problem], Schedule | None]


def solvers() -> dict[str, Solver]:
    """The schedulers at hand, by name, the thorough one last."""
    return {"list": list_schedule} | ({"cp-sat": cp_sat_schedule} if available() else {})


@lru_cache(maxsize=256)
def _solved(solver: Solver, problem: Problem) -> Schedule | None:
    """What a solver finds; forms of one cascade share kernels, and a problem always has the same schedule."""
    return solver(problem)


def scheduled_mapping(
    kernels: Sequence[KernelOp], mapping: CascadeMapping, solver: Solver, dense: bool = False, short: bool = False
) -> tuple[CascadeMapping, list[Schedule]] | None:
    """The mapping with a schedule for every task of the kernels; None if the solver finds none for one of them, or there is nothing to schedule.

    `dense`: see `problem_of`; `short`: see `Problem`. A mapping that has barriers between groups of tasks keeps them and gets no schedule. Raises
    `ValueError` for a schedule that is not sound.
    """
    if any(k.stages for k in mapping.kernels):
        return None
    slots: dict[str, Slot] = {}
    found: list[Schedule] = []
    for kernel in kernels:
        problem = replace(problem_of(kernel, dense), short=short)
        schedule = _solved(solver, replace(problem, name=""))
        if schedule is None:
            return None
        if wrong := broken(problem, schedule):
            raise ValueError(f"{schedule.solver} schedule of kernel '@{problem.name}': {wrong[0]}")
        found.append(schedule)
        slots |= {name: Slot(schedule.stages[name] + AHEAD, turn) for name, turn in schedule.turns.items()}
    return (replace(mapping, kernels=tuple(replace(k, schedule=slots) for k in mapping.kernels)), found) if slots else None


def scheduled(
    bounded: Judged, machine: Machine, objective: Objective, using: Sequence[Solver], judging: Judging = judge
) -> tuple[Judged, tuple[Schedule, ...]] | None:
    """A candidate simulated with its own schedule and with those that solvers find, each kernel with the one that suits it; the best one, and its
    schedules (none: its own)."""
    kernels, form, mapping = kernels_of(bounded), bounded.candidate.form, bounded.candidate.mapping
    sparse = any(op.guard_ for kernel in kernels for op in scheduled_in(kernel))
    few = any(prod(kernel.loops.values()) <= FEW_ITERATIONS for kernel in kernels)
    variants: list[tuple[CascadeMapping, Sequence[Schedule]]] = [(mapping, ())]
    for solver, dense, short in product(using, (False, True) if sparse else (False,), (False, True) if few else (False,)):
        made = scheduled_mapping(kernels, mapping, solver, dense, short)
        if made is not None:
            variants.append(made)
    judged = [(j, made) for made in variants if isinstance(j := judging(Candidate(form, made[0]), machine, "event"), Judged)]
    if len(kernels) > 1 and len(judged) > 1:
        mixed = _mixed(mapping, [(j.result.kernels, made) for j, made in judged], len(kernels))
        if isinstance(j := judging(Candidate(form, mixed[0]), machine, "event"), Judged):
            judged.append((j, mixed))
    best = min(judged, key=lambda found: found[0].score(objective), default=None)
    return None if best is None else (best[0], tuple(best[1][1]))


def _mixed(
    mapping: CascadeMapping, variants: Sequence[tuple[Sequence[SimulationResult], tuple[CascadeMapping, Sequence[Schedule]]]], kernels: int
) -> tuple[CascadeMapping, Sequence[Schedule]]:
    """Of several schedules of all kernels, for each kernel the one with which it takes the fewest cycles."""
    slots: dict[str, Slot] = {}
    chosen: list[Schedule] = []
    for i in range(kernels):
        _, (made, schedules) = min(variants, key=lambda v: v[0][i].cycles)
        if schedules:
            chosen.append(schedules[i])
            slots |= {name: made.kernels[0].schedule[name] for name in schedules[i].stages}
    return replace(mapping, kernels=tuple(replace(k, schedule=slots) for k in mapping.kernels)), chosen
