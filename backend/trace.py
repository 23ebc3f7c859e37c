"""Timelines in the Chrome trace format, which Perfetto and chrome://tracing open.

The format is that of "Trace Event Format" (Google, 2016). A microsecond of the trace is a cycle. There is a track per exclusive unit (array,
off-chip memory), one for the kernels, one for epochs and what is extrapolated between windows; a counter of the bytes alive in each memory, one of
the bytes a cycle that each memory moves, the off-chip one among them; and an arrow from each run to those that read what it made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from .occupancy import levels
from .rates import rates
from .steps import TICKS
from .timeline import TaskRun, Timeline, Window

KERNELS, EPOCHS, UNITS = 1, 2, 3
"""Numbers of tracks; units follow one another from the last."""

PROCESS = 1

Event = dict[str, object]


def trace_of(timelines: Sequence[Timeline]) -> dict[str, object]:
    """The trace of kernels one after another, as JSON has it. `otherData` says how many cycles, and whether nothing of them is extrapolated."""
    return {"traceEvents": events_of(timelines), **_head(timelines)}


def _head(timelines: Sequence[Timeline]) -> dict[str, object]:
    clocks = sorted({t.clock for t in timelines})
    cycles, clock = sum(t.cycles for t in timelines), clocks[0] if len(clocks) == 1 else clocks
    other = {"unit": "1 us is 1 cycle", "cycles": cycles, "clock_hz": clock, "whole": all(t.whole for t in timelines), "by": "einfold"}
    return {"displayTimeUnit": "ns", "otherData": other}


def events_of(timelines: Sequence[Timeline]) -> list[Event]:
    """The events: tracks and their names first, then kernel by kernel, window by window."""
    units = list(dict.fromkeys(r for t in timelines for r in t.resources))
    tracks = {unit: UNITS + i for i, unit in enumerate(units)}
    events: list[Event] = [
        _named("process_name", 0, "einfold: " + ", ".join(dict.fromkeys(t.machine for t in timelines))),
        _named("thread_name", KERNELS, "kernels"),
        _named("thread_name", EPOCHS, "epochs"),
        *(_named("thread_name", number, unit) for unit, number in tracks.items()),
    ]
    offset, flow = 0.0, 0
    for timeline in timelines:
        args = {"cycles": timeline.cycles, "loops": dict(timeline.loops), "epochs": timeline.epochs}
        events.append(_event("X", timeline.name, offset, KERNELS, dur=timeline.cycles, args=args))
        for window in timeline.windows:
            events += _epochs(timeline, window, offset)
            events += _runs(timeline, window, offset, tracks)
            arrows = list(_flows(timeline, window, offset, tracks, flow))
            flow += len(arrows) // 2
            events += arrows
            events += _counters(timeline, window, offset)
        events += _gaps(timeline, offset)
        offset += timeline.cycles
    return events


def trace_text(timelines: Sequence[Timeline]) -> str:
    """The trace as a file: one event a line."""
    lines = ",\n".join(map(json.dumps, events_of(timelines)))
    return f'{{"traceEvents": [\n{lines}\n], {json.dumps(_head(timelines))[1:]}\n'


def _event(phase: str, name: str, at: float, track: int, **more: object) -> Event:
    return {"ph": phase, "name": name, "ts": at, "pid": PROCESS, "tid": track, **more}


def _named(what: str, track: int, name: str) -> Event:
    return _event("M", what, 0, track, args={"name": name})


def _runs(timeline: Timeline, window: Window, offset: float, tracks: dict[str, int]) -> Iterator[Event]:
    for run in window.runs:
        step = timeline.steps[run.step]
        if run.end == run.start:
            continue
        moved = {f"{memory} {way} bytes": float(count) for (memory, way), count in run.moved.items()}
        args = {"tile": timeline.coordinates(run.iteration), "iteration": run.iteration, "stage": step.stage, "window": window.kind, **moved}
        category = "transfer" if step.transfer else "task"
        yield _event("X", step.name, offset + run.start, tracks[step.units[0]], dur=run.end - run.start, cat=category, args=args)


def _epochs(timeline: Timeline, window: Window, offset: float) -> Iterator[Event]:
    for epoch, at in window.epochs.items():
        yield _event(
            "i", f"epoch {epoch}", offset + at, EPOCHS, s="t", args={"tile": timeline.coordinates(epoch) if epoch < timeline.iterations else {}}
        )


def _gaps(timeline: Timeline, offset: float) -> Iterator[Event]:
    """What is extrapolated, from the last run of a window to the first of the next."""
    for before, after in timeline.gaps():
        start, end = min(before.end, after.start), after.start
        name = f"epochs {before.past} to {after.first - 1}: extrapolated"
        yield _event("X", name, offset + start, EPOCHS, dur=end - start, cat="extrapolated", args={"epochs": after.first - before.past})


def _flows(timeline: Timeline, window: Window, offset: float, tracks: dict[str, int], first: int) -> Iterator[Event]:
    """Arrows between runs of one window, from the last instant of the maker to the start of the reader."""
    made: dict[tuple[int, int], TaskRun] = {}
    for run in (r for r in window.runs if r.end > r.start):
        for read in run.reads:
            maker = made.get(read)
            if maker is None:
                continue
            leaves = max(maker.start, maker.end - 1 / TICKS)
            name, ends = timeline.steps[maker.step].name, (tracks[timeline.steps[maker.step].units[0]], tracks[timeline.steps[run.step].units[0]])
            yield _event("s", name, offset + leaves, ends[0], id=first, cat="dependence")
            yield _event("f", name, offset + run.start, ends[1], id=first, cat="dependence", bp="e")
            first += 1
        if timeline.steps[run.step].makes:
            made[run.step, run.instance] = run


def _counters(timeline: Timeline, window: Window, offset: float) -> Iterator[Event]:
    for memory, found in levels(timeline, window).items():
        for at, held in found:
            yield _event("C", f"{memory} bytes alive", offset + at, 0, args={"bytes": held})
    for memory, moved in rates(timeline, window).items():
        for at, ways in moved:
            yield _event("C", f"{memory} bytes a cycle", offset + at, 0, args=dict(ways))
