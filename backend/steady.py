"""The whole nest in time, at a cost that does not grow with its trip counts.

Within a loop, iterations of one kind apply one map to the state of the simulation. That map takes maxima of sums, so it commutes with
adding a constant to all times and is convex in them (it is linear in the max-plus algebra; Baccelli et al., Synchronization and
Linearity, 1992). Two exact consequences are used:

* a state that returns up to a constant repeats for ever, so whole periods are skipped by adding the constant;
* if states x, x + c, x + 2c follow one another (parts of the machine drift apart, c not constant) and the map takes x + Kc to
  x + (K+1)c, then by convexity it does so for every number in between: K periods are skipped, K found by bisection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod

from xdsl.utils.exceptions import DiagnosticException

from .kinds import Kind, Kinds
from .steps import Program
from .timing import Clock, Counts, Row, Shape, Times

MOST_EPOCHS = 2_000_000
"""Epochs that are simulated one by one before giving up on a steady state."""

LONGEST_DRIFT = 4
"""Longest period, in iterations of a loop, that drifting apart is looked for."""


SHORTEST_WINDOW, LARGEST_WINDOW = 64, 2_000_000
"""Iterations that are watched for repetition at a time, at least, and times kept for it, at most."""

MOST_WAITING = 50_000
"""Tiles that may wait to be read or overwritten at a time."""


class SimulationError(DiagnosticException):
    """A kernel that cannot be simulated; the message is one line."""


@dataclass(frozen=True)
class _Point:
    """A state between two iterations of a loop."""

    shape: Shape
    times: Times

    @cached_property
    def behaviour(self) -> tuple[Shape, Times]:
        """What decides everything that follows, save for a constant."""
        base = max(self.times)
        return self.shape, tuple(t - base for t in self.times)

    def moved(self, change: Times, times: int) -> Times:
        return tuple(t + times * c for t, c in zip(self.times, change, strict=True))


class _Window:
    """Some iterations in a row that are watched for repetition.

    In an innermost loop, watching costs more than running, so that windows which find nothing stand ever further apart.
    """

    def __init__(self, done: int, innermost: bool, fresh: bool = False):
        """`done` iterations have been run; `fresh` if the state has just been moved on, so that watching pays again."""
        gap = 0 if fresh or not innermost else done
        self._from = done + gap
        self._to = self._from + max(SHORTEST_WINDOW, done // 8 if innermost else done)
        self._seen: dict[tuple[Shape, Times], int] = {}
        self._retry = 0
        self._size = 0
        self.points: list[_Point] = []

    def open(self, done: int) -> bool:
        return self._from <= done < self._to and self._size < LARGEST_WINDOW

    def add(self, point: _Point) -> int | None:
        """Watch a state; returns how many iterations ago there was one that behaves alike, if there was."""
        now = len(self.points)
        self.points.append(point)
        self._size += len(point.times)
        before = self._seen.setdefault(point.behaviour, now)
        return now - before if before < now else None

    def may_drift(self) -> bool:
        """Whether to look for drift now: often at first, then ever less so."""
        now = len(self.points)
        if now < self._retry:
            return False
        self._retry = now + 1 + now // 4
        return True


class Walk:
    """Runs a program on a clock. `extrapolate=False` runs every epoch."""

    def __init__(self, program: Program, clock: Clock, extrapolate: bool = True):
        self.program, self.clock, self.extrapolate = program, clock, extrapolate
        self.kinds = Kinds(program, merge=extrapolate)
        self.iterations = prod(level.trips for level in self.kinds.levels)
        self._known: dict[tuple[int, Kind, Shape, Times], tuple[Shape, Times]] = {}

    def run(self) -> int:
        """Simulate the kernel; returns its end in ticks."""
        self._nest(0, self.kinds.root, (0,) * len(self.program.steps))
        self.clock.drain()
        return self.clock.end

    def begin(self, epochs: int) -> None:
        """Simulate the first `epochs` epochs only."""
        for epoch in range(epochs):
            self.clock.epoch(self.entry(epoch))

    def entry(self, iteration: int) -> tuple[Row, Counts] | None:
        """What an iteration of the flattened nest runs; None behind the last one."""
        stride = self.iterations
        if iteration >= stride:
            return None
        kind, rest = self.kinds.root, iteration
        at = [0] * len(self.program.steps)
        for depth, level in enumerate(self.kinds.levels):
            stride //= level.trips
            coordinate, rest = divmod(rest, stride)
            kind = self.kinds.inside(depth, kind, coordinate)
            at = [a + coordinate * w for a, w in zip(at, level.weights, strict=True)]
        return self.kinds.row(kind), tuple(at)

    def forward(self, iterations: int) -> None:
        """Bring a fresh clock to where that many iterations, not all, have begun: exactly, and as fast as `run` reaches the end."""
        self._part(0, self.kinds.root, (0,) * len(self.program.steps), iterations)

    def _part(self, level: int, kind: Kind, at: Counts, left: int) -> None:
        """The first `left` iterations inside a coordinate of the loops outside `level`."""
        if left == 0:
            return
        whole, rest = divmod(left, prod(inner.trips for inner in self.kinds.levels[level + 1 :]))
        step = self.kinds.levels[level].weights
        for start, count, inner in self.kinds.segments(level, kind):
            if start < whole:
                self._repeat(level, inner, tuple(a + start * w for a, w in zip(at, step, strict=True)), min(count, whole - start))
            if start <= whole < start + count:
                self._part(level + 1, inner, tuple(a + whole * w for a, w in zip(at, step, strict=True)), rest)

    def _nest(self, level: int, kind: Kind, at: Counts) -> None:
        if level == len(self.kinds.levels):
            if self.clock.epochs >= MOST_EPOCHS:
                raise SimulationError(f"kernel '@{self.program.name}' reaches no steady state within {MOST_EPOCHS:,} epochs")
            if self.clock.waiting > MOST_WAITING:
                step = self.program.steps[self.clock.most_waiting].name
                raise SimulationError(f"kernel '@{self.program.name}' keeps more than {MOST_WAITING:,} tiles waiting, most of '{step}'")
            self.clock.epoch((self.kinds.row(kind), at))
            return
        step = self.kinds.levels[level].weights
        for start, count, inner in self.kinds.segments(level, kind):
            self._repeat(level, inner, tuple(a + start * w for a, w in zip(at, step, strict=True)), count)

    def _repeat(self, level: int, kind: Kind, at: Counts, count: int) -> None:
        """`count` iterations of one kind of the loop at `level`, the first one at `at`."""
        step = self.kinds.levels[level].weights

        def place(i: int) -> Counts:
            return tuple(a + i * w for a, w in zip(at, step, strict=True))

        innermost = level + 1 == len(self.kinds.levels)
        watched = _Window(0, innermost)
        done = 0
        while done < count:
            if not self.extrapolate or not watched.open(done):
                self._nest(level + 1, kind, place(done))
                done += 1
                continue
            if not watched.points:
                watched.add(_Point(*self.clock.snapshot(place(done))))
            point = self._iterate(level, kind, place(done), place(done + 1), watched.points[-1])
            done += 1
            period = watched.add(point)
            if period is not None:
                skipped = self._skip(watched.points, period, (count - done) // period, place, done)
            elif watched.may_drift() and done < count:
                skipped = self._drift(level, kind, watched.points, count - done, place, done)
            else:
                skipped = 0
            if skipped or not watched.open(done):
                done += skipped
                watched = _Window(done, innermost, fresh=skipped > 0)

    def _iterate(self, level: int, kind: Kind, at: Counts, after: Counts, entry: _Point) -> _Point:
        """One iteration, remembered by what it starts from."""
        shape, relative = entry.behaviour
        base = max(entry.times)
        key = (level, kind, shape, relative)
        known = self._known.get(key)
        if known is None:
            self._nest(level + 1, kind, at)
            point = _Point(*self.clock.snapshot(after))
            self._known[key] = point.shape, tuple(t - base for t in point.times)
            return point
        point = _Point(known[0], tuple(t + base for t in known[1]))
        self.clock.restore(point.shape, point.times, after)
        return point

    def _skip(self, points: list[_Point], period: int, periods: int, place: Callable[[int], Counts], done: int) -> int:
        """Skip whole periods of a state that has returned up to a constant; returns the iterations skipped."""
        if periods < 1:
            return 0
        change = max(points[-1].times) - max(points[-1 - period].times)
        times = tuple(t + periods * change for t in points[-1].times)
        self.clock.restore(points[-1].shape, times, place(done + periods * period))
        return periods * period

    def _drift(self, level: int, kind: Kind, points: list[_Point], left: int, place: Callable[[int], Counts], done: int) -> int:
        """Skip periods in which all times grow evenly, but not all by the same amount; returns the iterations skipped."""
        for period in range(1, LONGEST_DRIFT + 1):
            if len(points) <= 2 * period or left < 2 * period:
                return 0
            older, old, new = points[-1 - 2 * period], points[-1 - period], points[-1]
            if not older.shape == old.shape == new.shape:
                continue
            change = tuple(n - o for n, o in zip(new.times, old.times, strict=True))
            if old.moved(change, -1) != older.times:
                continue

            def holds(periods: int, change: Times = change, period: int = period, new: _Point = new) -> bool:
                """Whether the state moved on by so many changes still grows by one change in a period."""
                self.clock.restore(new.shape, new.moved(change, periods), place(done + periods * period))
                for i in range(period):
                    self._nest(level + 1, kind, place(done + periods * period + i))
                end = _Point(*self.clock.snapshot(place(done + (periods + 1) * period)))
                return end.shape == new.shape and end.times == new.moved(change, periods + 1)

            periods = _largest(left // period - 1, holds) + 1
            self.clock.restore(new.shape, new.moved(change, periods), place(done + periods * period))
            if periods:
                return periods * period
        return 0


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest number in 0 .. most for which `holds`, which holds up to some number and not beyond; -1 if for none."""
    if holds(most):
        return most
    low, high = -1, 0
    while high < most and holds(high):
        low, high = high, 2 * high + 1
    high = min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
