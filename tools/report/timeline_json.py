"""Timelines as the page draws them: tables of steps, runs as short lists of numbers."""

from __future__ import annotations

from ...backend.occupancy import levels, reserved
from ...backend.steps import TICKS
from ...backend.timeline import Timeline, Window


def to_json(timeline: Timeline) -> dict[str, object]:
    """`windows[i].runs` are `[step, iteration, start, length, [reads]]`, reads being places in the same list; levels are `[time, bytes]`.

    Times are in ticks.
    """
    steps = [
        {
            "name": s.name,
            "resource": s.resource,
            "lane": s.units[0],
            "transfer": s.transfer,
            "stage": s.stage,
            "copies": s.copies if s.makes else None,
            "home": s.home or None,
            "tile_bytes": s.tile,
            "cycles": float(s.whole.cycles),
            "latency": float(s.latency),
            "at": str(s.when),
            "bytes": {f"{memory} {way}": float(count) for (memory, way), count in s.whole.moved.items()},
        }
        for s in timeline.steps
    ]
    return {
        "kernel": timeline.name,
        "machine": timeline.machine,
        "clock_hz": timeline.clock,
        "cycles": timeline.cycles,
        "ticks_per_cycle": TICKS,
        "loops": dict(timeline.loops),
        "iterations": timeline.iterations,
        "epochs": timeline.epochs,
        "resources": list(timeline.resources),
        "memories": dict(timeline.memories),
        "reserved": reserved(timeline),
        "steps": steps,
        "windows": [_window(timeline, w) for w in timeline.windows],
    }


def _window(timeline: Timeline, window: Window) -> dict[str, object]:
    made: dict[tuple[int, int], int] = {}
    runs: list[list[object]] = []
    for run in window.runs:
        if run.end == run.start:  # of an empty tile, at the edge of a filter
            continue
        reads = [made[r] for r in run.reads if r in made]
        runs.append([run.step, run.iteration, _ticks(run.start), _ticks(run.end) - _ticks(run.start), reads])
        if timeline.steps[run.step].makes:
            made[run.step, run.instance] = len(runs) - 1
    held = {memory: [[_ticks(at), level] for at, level in found] for memory, found in levels(timeline, window).items()}
    epochs = [[epoch, _ticks(at)] for epoch, at in window.epochs.items()]
    return {"kind": window.kind, "first": window.first, "past": window.past, "runs": runs, "epochs": epochs, "levels": held}


def _ticks(cycles: float) -> int:
    return round(cycles * TICKS)
