"""Modulo scheduling by constraint programming (OR-Tools CP-SAT): the shortest interval, then the least memory between stages, with proof.

One worker, a fixed seed and limits in deterministic time, so that a problem always has the same schedule.
"""

from __future__ import annotations

from fractions import Fraction
from importlib.util import find_spec
from math import ceil, lcm
from typing import TYPE_CHECKING, Any, cast

from .list_schedule import STRETCH, list_schedule, recurrence_bound
from .problem import Problem, Schedule

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

DETERMINISTIC_LIMIT = 2.0
"""Limit of one solve, in CP-SAT's deterministic seconds."""

MOST_STAGES = 16
"""Stages that a schedule may have, at most."""

FINEST = 64
"""Parts of a cycle that times are told in, at most; what is finer is rounded up."""


def available() -> bool:
    """Whether OR-Tools can be imported."""
    return find_spec("ortools") is not None


def cp_sat_schedule(problem: Problem, hint: Schedule | None = None) -> Schedule | None:
    """A schedule with the shortest interval that was found, and among those one that keeps few bytes waiting; None if there was none.

    `hint`: a schedule whose interval need not be beaten by more than the bound allows. Raises `ImportError` without OR-Tools.
    """
    if not problem.jobs:
        return None
    hint = hint or list_schedule(problem)
    least = max(problem.least, recurrence_bound(problem))
    proven = True
    for stretch in STRETCH:
        interval = least * (1 + stretch)
        if hint is not None and interval > hint.interval:
            break
        found, decided = _solve(problem, interval)
        if found is not None:
            return Schedule(found.interval, found.stages, found.starts, proven and found.interval - least <= Fraction(1, FINEST), "cp-sat")
        proven = proven and decided
    return None if hint is None else Schedule(hint.interval, hint.stages, hint.starts, hint.proven, hint.solver)


def _solve(problem: Problem, interval: Fraction) -> tuple[Schedule | None, bool]:
    """A schedule at an interval, or None and whether that is proved impossible."""
    from ortools.sat.python import cp_model

    jobs = problem.jobs
    held = [problem.held(j) for j in jobs]
    times = [interval, *held, *(j.latency for j in jobs)]
    scale = min(FINEST, lcm(*(t.denominator for t in times)))
    whole = ceil(interval * scale)
    cycles, latencies = [ceil(h * scale) for h in held], [ceil(j.latency * scale) for j in jobs]
    model = cp_model.CpModel()
    starts = [model.new_int_var(0, whole - 1, j.name) for j in jobs]
    stages = [model.new_int_var(0, MOST_STAGES - 1, f"stage {j.name}") for j in jobs]
    for unit in problem.loads:
        own = [i for i, j in enumerate(jobs) if unit in j.units]
        again = (0, whole) if len(own) > 1 else (0,)
        model.add_no_overlap(
            model.new_fixed_size_interval_var(starts[i] + shift, cycles[i], f"{jobs[i].name} {shift}") for i in own for shift in again
        )
    waiting: list[cp_model.LinearExpr] = []
    for i, job in enumerate(jobs):
        readers = [w for w in problem.waits if w.maker == i and w.reader != i]
        for wait in readers:
            ready = starts[i] + whole * stages[i] + cycles[i] + latencies[i]
            model.add(starts[wait.reader] + whole * (stages[wait.reader] + wait.distance) >= ready)
        if readers:
            kept = model.new_int_var(0, 2 * MOST_STAGES, f"kept {job.name}")
            for wait in readers:
                if wait.distance == 0:
                    model.add(kept >= stages[wait.reader] - stages[i])
            waiting.append(kept * max(4, 4 * round(job.bytes)))
    total = cast(Any, cp_model.LinearExpr).sum([*waiting, *stages])
    model.minimize(total)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = DETERMINISTIC_LIMIT
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, status == cp_model.INFEASIBLE
    low = min(solver.value(s) for s in stages)
    return (
        Schedule(
            Fraction(whole, scale),
            {j.name: solver.value(s) - low for j, s in zip(jobs, stages, strict=True)},
            {j.name: Fraction(solver.value(s), scale) for j, s in zip(jobs, starts, strict=True)},
            True,
            "cp-sat",
        ),
        True,
    )
