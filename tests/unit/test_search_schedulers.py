"""The two schedulers on problems whose answer is known; random ones stand in tests/property/test_search_schedulers.py."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from searching import attention_kernel

from einfold.lowering.mapping import DEFAULT, KernelMapping, Slot
from einfold.search import scheduling
from einfold.search.cp_sat import cp_sat_schedule
from einfold.search.list_schedule import list_schedule
from einfold.search.problem import Job, Problem, Schedule, Wait, broken, problem_of
from einfold.search.scheduling import AHEAD, scheduled_mapping, solvers

SOLVERS = [list_schedule, cp_sat_schedule]
each_solver = pytest.mark.parametrize("solver", SOLVERS, ids=["list", "cp-sat"])
Solve = Callable[[Problem], Schedule | None]
Number = Fraction | int


def problem(jobs: Sequence[tuple[str, Number, Number, Number]], waits: Sequence[tuple[int, int, int]] = (), transfers: Number = 0) -> Problem:
    """Jobs as (resource, cycles, share, latency), named by their place."""
    made = tuple(Job(f"J{i}", r, Fraction(c), Fraction(s), Fraction(lat), 32.0) for i, (r, c, s, lat) in enumerate(jobs))
    return Problem("hand-made", made, tuple(Wait(*w) for w in waits), Fraction(transfers), 1000)


def solved(solver: Solve, of: Problem) -> Schedule:
    found = solver(of)
    assert found is not None
    assert broken(of, found) == []
    assert min(found.stages.values()) == 0
    assert all(0 <= start < found.interval for start in found.starts.values())
    return found


@each_solver
@pytest.mark.parametrize(("tile", "interval"), [(256, 154), (512, 274)])
def test_attention_at_the_bound(solver: Solve, tile: int, interval: int) -> None:
    """In tiles of 256 the 1D array is never idle, in tiles of 512 the 2D array."""
    of = problem_of(attention_kernel(tile))
    found = solved(solver, of)
    assert found.interval == of.least == interval
    assert found.proven
    assert found.stages.keys() == {j.name for j in of.jobs}
    assert sorted(found.turns.values()) == list(range(len(of.jobs)))


def kept(of: Problem, schedule: Schedule) -> float:
    """Bytes that wait from one stage to another."""
    names, total = [j.name for j in of.jobs], 0.0
    for position, job in enumerate(of.jobs):
        readers = [schedule.stages[names[w.reader]] for w in of.waits if w.maker == position and not w.distance]
        total += max(0, max(readers, default=0) - schedule.stages[job.name]) * job.bytes
    return total


def test_cp_sat_keeps_no_more_between_stages_than_the_list() -> None:
    of = problem_of(attention_kernel(256))
    assert 0 < kept(of, solved(cp_sat_schedule, of)) <= kept(of, solved(list_schedule, of))
    late = problem([("x", 1, 1, 0), ("x", 7, 1, 0), ("y", 8, 1, 0)], [(0, 2, 0), (1, 2, 0)])
    assert 0 < kept(late, solved(cp_sat_schedule, late)) <= kept(late, solved(list_schedule, late))


@each_solver
def test_nothing_to_schedule(solver: Solve) -> None:
    assert solver(problem([])) is None


@each_solver
@pytest.mark.parametrize(
    ("jobs", "waits", "interval"),
    [
        ([("x", 5, 1, 0)], [], 5),
        ([("x", 5, 1, 3)], [(0, 0, 1)], 8),
        ([("x", 5, 1, 3)], [(0, 0, 4)], 5),
        ([("x", 0, 1, 0)], [], 1),
        ([("x", 3, 1, 0), ("x", 4, 1, 0)], [], 7),
        ([("x", 3, 1, 0), ("y", 4, 1, 0)], [], 4),
        ([("x", 3, 1, 0), ("y", 4, 1, 0)], [(0, 1, 0)], 4),
        ([("x", 3, 1, 2), ("y", 4, 1, 1)], [(0, 1, 0), (1, 0, 1)], 10),
        ([("x", 3, 1, 2), ("y", 4, 1, 1)], [(0, 1, 0), (1, 0, 2)], 5),
        ([("x", 2, 1, 40), ("y", 2, 1, 0)], [(0, 1, 0)], 2),
        ([("x", Fraction(5, 2), 1, 0), ("x", Fraction(7, 3), 1, 0)], [(0, 1, 0)], Fraction(29, 6)),
        ([("x", 3, 1, 0), ("y", 2, 1, 0), ("z", 2, 1, 0)], [(0, 1, 0), (1, 2, 0), (2, 0, 3)], 3),
    ],
)
def test_the_shortest_interval_is_found(
    solver: Solve, jobs: list[tuple[str, int, int, int]], waits: list[tuple[int, int, int]], interval: Number
) -> None:
    found = solved(solver, problem(jobs, waits))
    assert found.interval == interval
    assert found.proven


@each_solver
def test_transfers_stretch_the_interval_and_delay_nobody(solver: Solve) -> None:
    found = solved(solver, problem([("x", 3, 1, 0), ("y", 4, 1, 0)], [(0, 1, 0)], transfers=9))
    assert found.interval == 9 and found.proven
    assert found.stages == {"J0": 0, "J1": 0}


@each_solver
def test_what_is_finer_than_a_sixty_fourth_of_a_cycle(solver: Solve) -> None:
    of = problem([("x", Fraction(5, 7), 1, Fraction(1, 97)), ("x", Fraction(50, 53), 1, 0), ("y", 1, 1, 0)], [(0, 1, 0), (1, 2, 0)])
    assert of.least <= solved(solver, of).interval <= of.least + Fraction(3, 64)


@each_solver
def test_jobs_of_few_iterations_share_the_time_that_is_left(solver: Solve) -> None:
    """The fourth of 64 cycles is 16: with it the first array is full, and nothing may take longer than it takes on average."""
    of = problem([("x", 48, 1, 0), ("x", 64, Fraction(1, 4), 0), ("y", 60, 1, 0)], [(0, 1, 0), (0, 2, 0)])
    found = solved(solver, of)
    assert found.interval == of.least == 64
    of = problem([("x", 48, 1, 0), ("x", 64, Fraction(1, 4), 0), ("y", 200, 1, 0)], [(0, 1, 0), (0, 2, 0)])
    found = solved(solver, of)
    assert found.interval == 200
    assert (found.starts["J1"] - found.starts["J0"]) % 200 in range(48, 200 - 64 + 1)


@each_solver
def test_jobs_that_take_no_time_are_in_nobodys_way(solver: Solve) -> None:
    copies = [("x", 0, 1, 0)] * 3
    found = solved(solver, problem([*copies, ("x", 1, 1, 0)], [(0, 3, 0)]))
    assert found.interval == 1 and found.proven
    full = solved(solver, problem([("x", 4, 1, 0), ("x", 0, 1, 0), ("x", 4, 1, 0), ("y", 0, 1, 0)], [(0, 1, 0), (1, 2, 0), (2, 3, 0)]))
    assert full.interval == 8
    assert full.starts["J1"] not in (1, 2, 3, 5, 6, 7)


@each_solver
def test_of_two_that_start_together_the_maker_is_issued_first(solver: Solve) -> None:
    """A reader issued before what it reads, in one epoch, would be a deadlock."""
    of = problem([("x", 0, 1, 0), ("y", 3, 1, 0), ("x", 3, 1, 0)], [(0, 1, 0), (0, 2, 0)])
    named = replace(of, jobs=tuple(replace(j, name=n) for j, n in zip(of.jobs, ("Z", "A", "B"), strict=True)))
    found = solver(named)
    assert found is not None and broken(named, found) == []
    for reader in ("A", "B"):
        assert (found.stages["Z"], found.turns["Z"]) < (found.stages[reader], found.turns[reader])


DETOUR = [(0, 1, 0), (1, 2, 0), (2, 0, 2)]


def detour(half: int) -> Problem:
    """The bound is 2 x half, by the first array; but with no idle cycle there, the way by the second one comes back a cycle too late."""
    return problem([("x", half, 1, 0), ("y", 2, 1, 0), ("x", half, 1, 1)], DETOUR)


@pytest.mark.parametrize("half", [2, 4])
def test_only_what_is_proved_is_called_so(half: int) -> None:
    """One cycle more than the bound suffices. Where a longer interval is the first one that is tried, it must not pass for the shortest."""
    least = 2 * half
    best = Schedule(Fraction(least + 1), {"J0": 0, "J1": 0, "J2": 1}, {"J0": Fraction(0), "J1": Fraction(half), "J2": Fraction(half)}, False, "hand")
    assert broken(detour(half), best) == []
    for solver in SOLVERS:
        found = solved(solver, detour(half))
        assert found.interval > detour(half).least == least
        assert not found.proven or found.interval <= best.interval


def test_a_longer_interval_does_not_pass_for_the_shortest(monkeypatch: pytest.MonkeyPatch) -> None:
    """4100 is the first interval that is tried after 4096, and 4097 would do."""
    found = Schedule(Fraction(4100), {"J0": 0, "J1": 0, "J2": 0}, {"J0": Fraction(0), "J1": Fraction(2048), "J2": Fraction(2050)}, True, "cp-sat")

    def decided(of: Problem, interval: Fraction) -> tuple[Schedule | None, bool]:
        return (None, True) if interval < 4097 else (found, True)

    monkeypatch.setattr("einfold.search.cp_sat._solve", decided)
    assert cp_sat_schedule(detour(2048), found) == Schedule(found.interval, found.stages, found.starts, False, "cp-sat")


def test_cp_sat_takes_a_hint_where_it_finds_nothing_better(monkeypatch: pytest.MonkeyPatch) -> None:
    of = detour(4)
    hint = list_schedule(of)
    monkeypatch.setattr("einfold.search.cp_sat._solve", lambda problem, interval: (None, False))  # pyright: ignore[reportUnknownLambdaType]
    assert cp_sat_schedule(of, hint) == hint
    assert cp_sat_schedule(of) == hint


@each_solver
def test_a_problem_always_has_the_same_schedule(solver: Solve) -> None:
    of = problem_of(attention_kernel(256))
    assert solver(of) == solver(of)


def test_the_thorough_solver_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(solvers()) == ["list", "cp-sat"]
    monkeypatch.setitem(sys.modules, "ortools", None)
    monkeypatch.setattr(scheduling, "available", lambda: False)
    assert list(solvers()) == ["list"]


def test_a_schedule_becomes_slots_for_every_task() -> None:
    kernel = attention_kernel(256)
    made = scheduled_mapping([kernel], DEFAULT, list_schedule)
    assert made is not None
    mapping, [schedule] = made
    assert mapping.kernels[0].schedule == {n: Slot(stage + AHEAD, schedule.turns[n]) for n, stage in schedule.stages.items()}
    assert mapping.kernels[0] != DEFAULT.kernels[0] and mapping.einsums == DEFAULT.einsums


def test_barriers_keep_their_groups_and_get_no_schedule() -> None:
    barriers = KernelMapping(stages=(("QK",),))
    assert scheduled_mapping([attention_kernel(256)], type(DEFAULT)(kernels=(barriers,)), list_schedule) is None
    assert scheduled_mapping([attention_kernel(256)], DEFAULT, lambda problem: None) is None


def test_an_unsound_schedule_is_not_taken() -> None:
    def hasty(of: Problem) -> Schedule:
        return Schedule(of.least, {j.name: 0 for j in of.jobs}, {j.name: Fraction(0) for j in of.jobs}, True, "hasty")

    with pytest.raises(ValueError, match=r"hasty schedule of kernel '@attention': LGM starts at 0, before QK is ready at 64"):
        scheduled_mapping([attention_kernel(256)], DEFAULT, hasty)
