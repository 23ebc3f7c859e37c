"""A kernel as a scheduling problem: jobs, waits and their distances, loads and bounds; and what makes a schedule unsound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from searching import attention_kernel

from einfold.search.list_schedule import recurrence_bound
from einfold.search.problem import Job, Problem, Schedule, Wait, broken, problem_of

ATTENTION = problem_of(attention_kernel(256))

DATAFLOW = {
    "QK": [],
    "LGM": ["QK"],
    "RGM_next": ["LGM", "RGM_next"],
    "LSN": ["QK", "RGM_next"],
    "LSD": ["LSN"],
    "PGM": ["RGM_next"],
    "PSD": ["RSD_next", "PGM"],
    "RSD_next": ["LSD", "PSD"],
    "LAV": ["LSN"],
    "PAV": ["RAV_next", "PGM"],
    "RAV_next": ["LAV", "PAV"],
    "AV": ["RAV_next", "RSD_next"],
}
"""Attention in one pass: whose results each Einsum reads."""

OVER_ITERATIONS = {("RGM_next", "RGM_next"), ("RSD_next", "PSD"), ("RAV_next", "PAV")}
"""Reads of a running result of the tile of keys before."""


def job(name: str, resource: str, cycles: Fraction | int, share: Fraction | int = 1, latency: Fraction | int = 0) -> Job:
    return Job(name, (resource,), Fraction(cycles), Fraction(share), Fraction(latency), 64.0)


def problem(jobs: Sequence[Job], waits: Sequence[tuple[int, int, int]] = (), transfers: Fraction | int = 0) -> Problem:
    return Problem("hand-made", tuple(jobs), tuple(Wait(*w) for w in waits), Fraction(transfers), 1000)


def schedule(interval: Fraction | int, at: Mapping[str, tuple[int, Fraction | int]]) -> Schedule:
    """From job -> (stage, start)."""
    return Schedule(Fraction(interval), {n: s for n, (s, _) in at.items()}, {n: Fraction(t) for n, (_, t) in at.items()}, False, "hand")


def test_the_jobs_of_attention() -> None:
    found = {j.name: (*j.units, j.cycles, j.share) for j in ATTENTION.jobs}
    assert list(found) == list(DATAFLOW)
    tall, wide = {"QK": 64, "LGM": 1, "LSN": 7, "LSD": 1, "LAV": 64}, {"RGM_next": 1, "PGM": 7, "PSD": 1, "RSD_next": 1, "PAV": 64, "RAV_next": 64}
    assert found == (
        {n: ("pe2d", c, 1) for n, c in tall.items()} | {n: ("pe1d", c, 1) for n, c in wide.items()} | {"AV": ("pe1d", 64, Fraction(1, 4))}
    )
    assert {j.name: j.bytes for j in ATTENTION.jobs if j.name in ("QK", "LGM", "LAV")} == {"QK": 2 * 256 * 256, "LGM": 2 * 256, "LAV": 2 * 256 * 64}
    assert ATTENTION.iterations == 64 * 12 * 4 * 4


def test_the_waits_of_attention_and_how_many_iterations_they_span() -> None:
    names = [j.name for j in ATTENTION.jobs]
    found = {(names[w.maker], names[w.reader]): w.distance for w in ATTENTION.waits}
    assert set(found) == {(maker, reader) for reader, makers in DATAFLOW.items() for maker in makers}
    for pair, distance in found.items():
        assert distance == (4 if pair in OVER_ITERATIONS else 0), pair  # four tiles of queries between a tile of keys and the next


def test_loads_and_bounds_of_attention() -> None:
    assert ATTENTION.loads == {"pe2d": 137, "pe1d": 1 + 7 + 1 + 1 + 64 + 64 + 16}
    assert ATTENTION.least == 154
    assert recurrence_bound(ATTENTION) == 32  # a sum over one tile of four: PAV, then RAV_next
    wider = problem_of(attention_kernel(512))
    assert (wider.loads, wider.least) == ({"pe2d": 274, "pe1d": 138 + 32}, 274)


def test_transfers_take_what_the_memory_needs_on_average() -> None:
    """Q, K and V are read once and the result is written once, at 400 GiB/s and 940 MHz; each only in the iterations that begin or end a tile."""
    moved = 4 * 2 * 64 * 12 * 1024 * 64
    assert ATTENTION.transfers == Fraction(moved, ATTENTION.iterations) * 940_000_000 / (400 * 2**30)
    assert replace(ATTENTION, transfers=Fraction(1000)).least == 1000


def test_least_is_a_cycle_where_nothing_takes_time() -> None:
    assert problem([]).least == 1
    assert problem([job("A", "x", 0)]).least == 1
    assert problem([job("A", "x", Fraction(1, 3))]).least == 1


def test_what_runs_in_some_iterations_only_is_set_aside_in_full_where_there_is_room() -> None:
    rare = job("R", "x", 8, Fraction(1, 4))
    busy = problem([job("A", "x", 8), rare])
    assert busy.loads == {"x": 10}
    assert busy.held(rare) == 2 and busy.least == 10
    beside = problem([job("A", "x", 8), rare, job("B", "y", 16)])
    assert beside.held(rare) == 8 and beside.least == 16
    almost = problem([job("A", "x", 8), rare, job("B", "y", Fraction(31, 2))])
    assert almost.held(rare) == 2


CHAIN = problem([job("A", "x", 4), job("B", "x", 4, latency=3), job("C", "y", 6)], [(0, 1, 0), (1, 2, 0), (2, 0, 3)])
SOUND = schedule(8, {"A": (0, 0), "B": (0, 4), "C": (1, 3)})


def test_a_sound_schedule_breaks_nothing() -> None:
    assert broken(CHAIN, SOUND) == []
    assert SOUND.turns == {"A": 0, "C": 1, "B": 2}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"C": (1, 2)}, ["C starts at 10, before B is ready at 11"]),
        ({"C": (0, 3)}, ["C starts at 3, before B is ready at 11"]),
        ({"B": (0, 3)}, ["B starts at 3, before A is ready at 4", "A holds @x until 4, but B starts at 3"]),
        ({"B": (0, 5)}, ["C starts at 11, before B is ready at 12", "B holds @x until 9, but A starts at 8"]),
        ({"C": (2, 3)}, ["A starts at 0, before C is ready at 1"]),
        ({"A": (1, 0)}, ["B starts at 4, before A is ready at 12", "B is issued before A"]),
        ({"C": (4, 3)}, ["A starts at 0, before C is ready at 17", "A is issued before C"]),
    ],
)
def test_each_fault_of_a_schedule_is_told(changed: dict[str, tuple[int, int]], told: list[str]) -> None:
    at = {n: (SOUND.stages[n], SOUND.starts[n]) for n in SOUND.stages} | changed
    assert broken(CHAIN, schedule(8, at)) == told


def test_a_shorter_interval_is_found_out() -> None:
    assert broken(CHAIN, replace(SOUND, interval=Fraction(7))) != []
    alone = problem([job("A", "x", 4)])
    assert broken(alone, schedule(4, {"A": (0, 0)})) == []
    assert broken(alone, schedule(Fraction(7, 2), {"A": (0, 0)})) == ["A holds @x until 4, but A starts at 3.5"]


def test_what_waits_for_itself_needs_its_own_time() -> None:
    total = problem([job("S", "x", 4, latency=6)], [(0, 0, 2)])
    assert recurrence_bound(total) == 5
    assert broken(total, schedule(5, {"S": (0, 0)})) == []
    assert broken(total, schedule(4, {"S": (0, 0)})) == ["S starts at 0, before S is ready at 2"]


@pytest.mark.parametrize(
    ("waits", "bound"),
    [
        ([], 0),
        ([(0, 1, 0), (1, 2, 0)], 0),
        ([(0, 1, 0), (1, 2, 0), (2, 0, 1)], 9),
        ([(0, 1, 0), (1, 2, 0), (2, 0, 2)], Fraction(9, 2)),
        ([(0, 1, 0), (1, 2, 0), (2, 0, 7)], Fraction(9, 7)),
        ([(0, 1, 1), (1, 2, 1), (2, 0, 1), (1, 0, 1)], 3),
        ([(0, 1, 0), (1, 0, 1), (2, 2, 1)], 5),
        ([(2, 2, 1)], 4),
        ([(2, 2, 0)], 0),
    ],
)
def test_the_longest_recurrence(waits: list[tuple[int, int, int]], bound: Fraction | int) -> None:
    """Three jobs of 2, 3 and 3 cycles, the last ready a cycle later."""
    jobs = [job("A", "x", 2), job("B", "y", 3), job("C", "z", 3, latency=1)]
    assert recurrence_bound(problem(jobs, waits)) == bound
