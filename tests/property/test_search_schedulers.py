"""Both schedulers on random problems: sound schedules, no shorter than the bounds, and proofs that a search over all schedules confirms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from einfold.search.cp_sat import FINEST, cp_sat_schedule
from einfold.search.list_schedule import list_schedule, recurrence_bound
from einfold.search.problem import Job, Problem, Schedule, Wait, broken


@pytest.fixture(autouse=True, scope="module")
def quick() -> Iterator[None]:
    """Less time for CP-SAT: what it finds has to be sound whether or not it finishes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("einfold.search.cp_sat.DETERMINISTIC_LIMIT", 0.05)
        yield


@st.composite
def problems(draw: st.DrawFn, most: int = 8, longest: int = 9, whole: bool = False) -> Problem:
    """Jobs that hold some of up to three units; waits of distance 0 go forward only, others anywhere."""
    count = draw(st.integers(1, most))
    cycles = st.integers(0, longest).map(Fraction)
    if not whole:
        cycles = st.one_of(cycles, st.fractions(0, longest, max_denominator=12))
    shares = st.sampled_from([Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 4)]) if not whole else st.just(Fraction(1))
    units = st.sampled_from([("x",), ("y",), ("z",), ("x", "y"), ("y", "z")])
    jobs = tuple(
        Job(f"J{i}", draw(units), draw(cycles), draw(shares), draw(st.one_of(st.just(Fraction(0)), cycles)), float(2 * i)) for i in range(count)
    )
    waits: dict[tuple[int, int], int] = {}
    for maker, reader in draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=2 * count)):
        waits[maker, reader] = draw(st.integers(0 if maker < reader else 1, 4))
    transfers = draw(cycles) if draw(st.booleans()) else Fraction(0)
    return Problem("random", jobs, tuple(Wait(m, r, d) for (m, r), d in waits.items()), transfers, 100)


def bound(problem: Problem) -> Fraction:
    return max(problem.least, recurrence_bound(problem))


def check(problem: Problem, found: Schedule | None) -> Schedule:
    assert found is not None
    assert broken(problem, found) == []
    assert found.stages.keys() == found.starts.keys() == {j.name for j in problem.jobs}
    assert all(stage >= 0 for stage in found.stages.values())
    assert all(0 <= start < found.interval for start in found.starts.values())
    assert found.interval >= bound(problem)
    return found


@settings(max_examples=100, deadline=None)
@given(problem=problems())
def test_the_lists_schedules_are_sound(problem: Problem) -> None:
    found = check(problem, list_schedule(problem))
    assert found.proven == (found.interval == bound(problem))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problem=problems(most=6))
def test_cp_sat_is_sound_and_no_slower_than_the_list(problem: Problem) -> None:
    hint, found = list_schedule(problem), check(problem, cp_sat_schedule(problem))
    assert hint is not None
    assert found.interval < hint.interval + Fraction(1, FINEST)
    assert found.solver == "cp-sat" or found == hint


def exists(problem: Problem, interval: int) -> bool:
    """Whether some schedule at a whole interval is sound, all jobs starting at whole cycles: by looking at every one."""
    jobs = problem.jobs
    if problem.transfers > interval or any(j.cycles > interval for j in jobs):
        return False
    beside = [(a, b) for a, b in combinations(range(len(jobs)), 2) if jobs[a].beside(jobs[b])]
    for starts in product(range(interval), repeat=len(jobs) - 1):
        at = (0, *starts)
        if all(_apart(at[a], jobs[a], at[b], jobs[b], interval) for a, b in beside) and _stages(problem, at, interval):
            return True
    return False


def _apart(start: int, job: Job, later: int, other: Job, interval: int) -> bool:
    gap = (later - start) % interval
    return job.cycles <= gap <= interval - other.cycles or (gap == 0 and (job.cycles == 0 or other.cycles == 0))


def _stages(problem: Problem, at: tuple[int, ...], interval: int) -> bool:
    """Whether jobs have stages, given their starts: no cycle of waits may gain stages."""
    stages = [0] * len(at)
    for _ in range(len(at) + 1):
        changed = False
        for wait in problem.waits:
            maker = problem.jobs[wait.maker]
            late = Fraction(at[wait.maker] + maker.cycles + maker.latency - at[wait.reader], interval).__ceil__()
            least = stages[wait.maker] - wait.distance + max(late, 0)
            if least > stages[wait.reader]:
                stages[wait.reader], changed = least, True
        if not changed:
            return True
    return False


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problem=problems(most=4, longest=3, whole=True))
def test_a_proof_is_one(problem: Problem) -> None:
    """What is called proven is no longer than the shortest whole interval, and no whole interval that is found is shorter than that."""
    fits = next(i for i in range(1, 100) if exists(problem, i))
    for solver in (list_schedule, cp_sat_schedule):
        found = check(problem, solver(problem))
        assert found.interval > fits - 1 or found.interval.denominator > 1
        if found.proven:
            assert found.interval <= fits
        if found.interval.denominator == 1:
            assert found.interval >= fits
    assert check(problem, cp_sat_schedule(problem)).interval <= 2 * fits


@settings(max_examples=60, deadline=None)
@given(problem=problems(most=5), data=st.data())
def test_a_job_moved_into_another_is_found_out(problem: Problem, data: st.DataObject) -> None:
    found = check(problem, list_schedule(problem))
    pairs = [(a.name, b.name) for a, b in combinations(problem.jobs, 2) if a.beside(b) and problem.held(a) > 0 and problem.held(b) > 0]
    if pairs:
        one, other = data.draw(st.sampled_from(pairs))
        assert broken(problem, replace(found, starts={**found.starts, one: found.starts[other]})) != []


@settings(max_examples=60, deadline=None)
@given(problem=problems(most=6), more=st.integers(0, 5))
def test_more_work_never_lowers_a_bound(problem: Problem, more: int) -> None:
    first = problem.jobs[0]
    longer = replace(problem, jobs=(replace(first, cycles=first.cycles + more), *problem.jobs[1:]))
    assert longer.least >= problem.least
    assert recurrence_bound(replace(problem, waits=problem.waits[1:])) <= recurrence_bound(problem)
