"""From a schedule of each kernel's tasks to a mapping that states it, and back through the lowering."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

from ..dialects.accel import KernelOp
from ..lowering.mapping import CascadeMapping, Slot
from .cp_sat import available, cp_sat_schedule
from .list_schedule import list_schedule
from .problem import Problem, Schedule, broken, problem_of

AHEAD = 2
"""Stages before the first task: a load may take one epoch and wait for another."""

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
