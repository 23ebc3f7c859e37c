"""The timeline is the simulation: windows of it are what a run of every epoch has there, and levels of memories follow from it."""

import itertools
import json

import pytest
from timelines import kernels

from einfold.backend.occupancy import levels, reserved
from einfold.backend.rates import rates
from einfold.backend.simulate import simulate_kernel
from einfold.backend.timeline import Timeline, Window, timeline_of
from einfold.backend.trace import trace_of, trace_text
from einfold.dialects.accel_checks import machine_of

CASES = {
    "attention": ("examples/attention.mlir", "fusemax-cloud", "b=1,h=4"),
    "attention, ragged, edge": ("examples/attention.mlir", "fusemax-edge", "b=1,h=1,p=200,m=300"),
    "layernorm": ("examples/layernorm.mlir", "fusemax-edge"),
    "causal": ("examples/causal.mlir", "fusemax-edge", "b=1,h=1,p=200,m=200"),
    "two kernels": ("examples/power-iteration.mlir", "fusemax-edge"),
}
FEW = 150


@pytest.fixture(scope="module", params=CASES)
def both(request: pytest.FixtureRequest) -> list[tuple[Timeline, Timeline]]:
    """The whole timeline of each kernel, and one of some windows."""
    found = kernels(*CASES[request.param])
    return [(timeline_of(k, 10**6), timeline_of(k, FEW)) for k in found]


def ends(timeline: Timeline, window: Window) -> float:
    return max(r.end + float(timeline.steps[r.step].latency) for r in window.runs)


def test_it_is_as_long_as_the_simulation_says(both: list[tuple[Timeline, Timeline]]):
    for whole, some in both:
        assert whole.whole
        assert whole.cycles == some.cycles
        assert ends(whole, whole.windows[-1]) == pytest.approx(whole.cycles, abs=1 / 1024)
        assert ends(some, some.windows[-1]) == pytest.approx(whole.cycles, abs=1 / 1024)


def test_the_simulation_extrapolates_to_the_same_cycles():
    (kernel,) = kernels(*CASES["attention"])
    assert timeline_of(kernel).cycles == simulate_kernel(kernel).cycles


def test_windows_have_the_runs_of_the_whole(both: list[tuple[Timeline, Timeline]]):
    for whole, some in both:
        known = {(r.step, r.iteration): r for r in whole.windows[0].runs}
        for window in some.windows:
            inside = [r for r in whole.windows[0].runs if window.first <= r.iteration + whole.steps[r.step].stage < window.past]
            assert sorted(window.runs, key=lambda r: (r.step, r.iteration)) == sorted(inside, key=lambda r: (r.step, r.iteration))
            assert all(known[r.step, r.iteration] == r for r in window.runs)


def test_a_long_kernel_is_shown_at_its_beginning_middle_and_end():
    (kernel,) = kernels(*CASES["attention"])
    windows = timeline_of(kernel, FEW).windows
    assert [w.kind for w in windows] == ["first", "steady", "last"]
    assert windows[0].first == 0
    assert windows[-1].past == timeline_of(kernel, 10**6).epochs
    assert all(a.past <= b.first for a, b in itertools.pairwise(windows))
    assert sum(len(w.runs) for w in windows) <= 2 * FEW


def test_a_unit_does_one_thing_at_a_time_and_nothing_before_what_it_reads(both: list[tuple[Timeline, Timeline]]):
    for timeline in (t for pair in both for t in pair):
        for window in timeline.windows:
            made = {(r.step, r.instance): r for r in window.runs if timeline.steps[r.step].makes}
            for resource in timeline.resources:
                own = sorted((r for r in window.runs if timeline.steps[r.step].units == (resource,)), key=lambda r: (r.start, r.end))
                assert all(a.end <= b.start for a, b in itertools.pairwise(own))
            for run in window.runs:
                for read in run.reads:
                    if (maker := made.get(read)) is not None:
                        assert maker.end + float(timeline.steps[maker.step].latency) <= run.start + 1 / 1024


def test_levels_rise_from_nothing_and_end_there_and_keep_to_what_is_reserved(both: list[tuple[Timeline, Timeline]]):
    for whole, _ in both:
        room = reserved(whole)
        for memory, found in levels(whole, whole.windows[0]).items():
            assert found[-1][1] == 0
            assert all(0 <= held <= room[memory] for _, held in found)
            assert max(held for _, held in found) > 0


def test_levels_of_a_window_are_those_of_the_whole(both: list[tuple[Timeline, Timeline]]):
    for whole, some in both:
        every = levels(whole, whole.windows[0])
        for window in some.windows:
            # where all that is issued outside the window has not begun yet, or has ended
            outside = [r for r in whole.windows[0].runs if not window.first <= r.iteration + whole.steps[r.step].stage < window.past]
            low = max((r.end for r in outside if r.iteration + whole.steps[r.step].stage < window.first), default=0.0)
            high = min((r.start for r in outside if r.iteration + whole.steps[r.step].stage >= window.past), default=float("inf"))
            for memory, found in levels(some, window).items():
                for at, held in found:
                    if low < at < high:
                        assert held == [level for time, level in every[memory] if time <= at][-1]


def test_coordinates_count_the_innermost_loop_first():
    (kernel,) = kernels(*CASES["attention"])
    timeline = timeline_of(kernel, FEW)
    (*_, inner) = timeline.loops
    assert list(timeline.coordinates(0).values()) == [0] * len(timeline.loops)
    assert timeline.coordinates(1) == {**timeline.coordinates(0), inner: 1}
    assert timeline.coordinates(timeline.iterations - 1) == {loop: n - 1 for loop, n in timeline.loops.items()}


def test_a_million_tokens_have_a_timeline_too():
    (kernel,) = kernels("examples/attention.mlir", "fusemax-cloud", "p=1048576,m=1048576")
    timeline = timeline_of(kernel, FEW)
    assert ends(timeline, timeline.windows[-1]) == timeline.cycles == simulate_kernel(kernel).cycles
    assert next(timeline.gaps())[1].first > 10**6


def test_the_trace_keeps_to_its_format(both: list[tuple[Timeline, Timeline]]):
    for timelines in zip(*both, strict=True):
        trace = json.loads(trace_text(timelines))
        assert trace == json.loads(json.dumps(trace_of(timelines)))
        events = trace["traceEvents"]
        for event in events:
            assert {"ph", "ts", "pid", "tid", "name"} <= event.keys()
            assert event["ph"] in ("M", "X", "C", "i", "s", "f")
            assert event["ts"] >= 0
        cycles = sum(t.cycles for t in timelines)
        assert trace["otherData"]["cycles"] == cycles
        assert max(e["ts"] + e.get("dur", 0) for e in events) == pytest.approx(cycles)
        names = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
        for unit in {r for t in timelines for r in t.resources}:
            (track,) = [tid for tid, name in names.items() if name == unit]
            spans = sorted((e["ts"], e["ts"] + e["dur"]) for e in events if e["ph"] == "X" and e["tid"] == track)
            assert all(a[1] <= b[0] + 1e-6 for a, b in itertools.pairwise(spans))
            busy = sum(b - a for a, b in spans)
            assert 0 <= busy <= cycles


def test_arrows_of_the_trace_lead_from_a_run_to_a_later_one(both: list[tuple[Timeline, Timeline]]):
    whole = [pair[0] for pair in both]
    events = trace_of(whole)["traceEvents"]
    assert isinstance(events, list)
    long = {t.name: {(r.step, r.instance) for r in t.windows[0].runs if r.end > r.start and t.steps[r.step].makes} for t in whole}
    starts = {e["id"]: e for e in events if e["ph"] == "s"}
    finishes = {e["id"]: e for e in events if e["ph"] == "f"}
    assert starts.keys() == finishes.keys()
    assert len(starts) == sum(read in long[t.name] for t in whole for r in t.windows[0].runs if r.end > r.start for read in r.reads)
    spans = {(e["tid"], e["ts"]): e for e in events if e["ph"] == "X"}
    for number, start in starts.items():
        assert start["ts"] <= finishes[number]["ts"]
        assert (finishes[number]["tid"], finishes[number]["ts"]) in spans


def test_the_rates_of_the_trace_add_up_to_what_is_moved(both: list[tuple[Timeline, Timeline]]):
    whole = [pair[0] for pair in both]
    events = trace_of(whole)["traceEvents"]
    assert isinstance(events, list)
    moved: dict[tuple[str, str], float] = {}
    for t in whole:
        for r in (r for r in t.windows[0].runs if r.end > r.start):
            for key, count in r.moved.items():
                moved[key] = moved.get(key, 0) + float(count)
    told: dict[tuple[str, str], float] = {}
    for memory in {m for m, _ in moved}:
        found = [e for e in events if e["ph"] == "C" and e["name"] == f"{memory} bytes a cycle"]
        assert found[-1]["args"] == dict.fromkeys(found[-1]["args"], 0.0)
        for one, following in itertools.pairwise(found):
            assert one["ts"] <= following["ts"]
            for way, rate in one["args"].items():
                assert rate >= 0
                told[memory, way] = told.get((memory, way), 0) + rate * (following["ts"] - one["ts"])
    assert told == pytest.approx(moved)


def test_the_off_chip_rate_is_its_bandwidth_while_it_runs():
    (kernel,) = kernels(*CASES["attention"])
    timeline = timeline_of(kernel)
    bandwidth = machine_of(kernel).memories["dram"].bandwidth
    assert bandwidth is not None
    most = max(sum(ways.values()) for window in timeline.windows for _, ways in rates(timeline, window)["dram"])
    assert most == pytest.approx(float(bandwidth.data) / timeline.clock, rel=1e-3)
