"""Bytes a cycle that each memory moves, over a window of a timeline: what a run moves is spread evenly over the time that it takes."""

from __future__ import annotations

from collections.abc import Mapping

from .timeline import Timeline, Window

Rates = list[tuple[float, Mapping[str, float]]]
"""(cycle, way -> bytes a cycle from then on), in order."""


def rates(timeline: Timeline, window: Window) -> dict[str, Rates]:
    """Memory -> its rates over a window, for the memories that move anything; 0 after the last run."""
    changes: dict[tuple[str, str], dict[float, float]] = {}
    running: dict[tuple[str, str], dict[float, int]] = {}
    for run in window.runs:
        if run.end <= run.start:
            continue
        for key, moved in run.moved.items():
            rate, change, count = float(moved) / (run.end - run.start), changes.setdefault(key, {}), running.setdefault(key, {})
            for at, sign in ((run.start, 1), (run.end, -1)):
                change[at] = change.get(at, 0.0) + sign * rate
                count[at] = count.get(at, 0) + sign
    levels = {key: _levels(change, running[key]) for key, change in changes.items()}
    return {memory: _together({way: level for (m, way), level in levels.items() if m == memory}) for memory, _ in sorted(levels)}


def _levels(changes: Mapping[float, float], running: Mapping[float, int]) -> dict[float, float]:
    """Cycle -> the rate from then on; 0, without what rounding leaves, where nothing runs."""
    found: dict[float, float] = {}
    level, runs = 0.0, 0
    for at in sorted(changes):
        level, runs = level + changes[at], runs + running[at]
        found[at] = level if runs else 0.0
    return found


def _together(levels: Mapping[str, Mapping[float, float]]) -> Rates:
    """The rates of all ways at each cycle at which one of them changes."""
    found: Rates = []
    now = dict.fromkeys(sorted(levels), 0.0)
    for at in sorted({at for level in levels.values() for at in level}):
        now = {way: levels[way].get(at, rate) for way, rate in now.items()}
        if not found or any(abs(now[way] - rate) > 1e-9 * max(rate, now[way]) for way, rate in found[-1][1].items()):
            found.append((at, now))
    return found
