"""One epoch after another in time: every operation starts when the units that it holds, its operands and a copy of its result are free.

A state of the simulation is small: when each unit is free, when recent instances are ready and released, and the iterations
still in the software pipeline. Times that can no longer delay anything are forgotten, so that states which behave alike are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .steps import Program, ticks

Counts: TypeAlias = tuple[int, ...]
"""Per step, the number of the instance that an iteration's coordinates select."""

Times: TypeAlias = tuple[int, ...]
"""Ticks: when each unit is free, the latest end, with barriers that of the tasks, then the entries of a shape in order."""


@dataclass(frozen=True, eq=False)
class Row:
    """What runs in an iteration of one kind: per active step its place in the issue order, ticks, and reads as (maker, back)."""

    active: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...]


@dataclass(frozen=True)
class Shape:
    """What a state consists of, instances counted from where the nest is: which are still to be ready or released, what is under way."""

    ready: tuple[tuple[int, int], ...]
    release: tuple[tuple[int, int], ...]
    pipeline: tuple[tuple[Row, Counts] | None, ...]


@dataclass(frozen=True)
class Span:
    """When a step ran, in ticks: for the timeline."""

    step: int
    counts: Counts
    start: int
    end: int


_Run: TypeAlias = tuple[int, int, int, tuple[tuple[int, int], ...]]
"""A step, its stage, its ticks and its reads."""


class Clock:
    """The state of the simulation, and its rules."""

    def __init__(self, program: Program, record: Callable[[Span], None] | None = None):
        self.program = program
        self.record = record
        names = list(dict.fromkeys(unit for s in program.steps for unit in s.units))
        self._unit = [names.index(s.units[0]) for s in program.steps]
        self._others = [tuple(names.index(unit) for unit in s.units[1:]) for s in program.steps]
        self._latency = [ticks(s.latency) for s in program.steps]
        self._stage = [s.stage for s in program.steps]
        self._copies = [s.copies if s.makes else 0 for s in program.steps]
        self.depth = max(self._stage, default=0)
        count = len(program.steps)
        readers: list[set[int]] = [set() for _ in range(count)]
        for position, step in enumerate(program.steps):
            for read in step.reads:
                readers[read.maker].add(self._unit[position])
        self._readers = [tuple(sorted(r)) for r in readers]
        self.free = [0] * len(names)
        self.ready: list[dict[int, int]] = [{} for _ in range(count)]
        self.release: list[dict[int, int]] = [{} for _ in range(count)]
        self.pipeline: list[tuple[Row, Counts] | None] = [None] * (self.depth + 1)
        self.end = 0
        self.reached = 0
        """With barriers: when the tasks issued so far have ended and their results are there."""
        self._turn = [s.turn if program.barriers and not s.transfer else None for s in program.steps]
        self.epochs = 0
        self._compiled: dict[tuple[int, ...], list[_Run]] = {}

    def epoch(self, entry: tuple[Row, Counts] | None) -> None:
        """Begin an iteration (None: only drain) and run one epoch."""
        self.epochs += 1
        self.pipeline.insert(0, entry)
        self.pipeline.pop()
        free, ready, release, pipeline = self.free, self.ready, self.release, self.pipeline
        fence, turn = 0, None
        for step, stage, hold, reads in self._work():
            entry = pipeline[stage]
            if entry is None:
                continue
            counts = entry[1]
            unit, others = self._unit[step], self._others[step]
            start = free[unit]
            for other in others:
                start = max(start, free[other])
            fenced = self._turn[step]
            if fenced is not None:
                if fenced != turn:
                    fence, turn = self.reached, fenced
                start = max(start, fence)
            for maker, back in reads:
                time = ready[maker].get(counts[maker] - back, 0)
                if time > start:
                    start = time
            copies = self._copies[step]
            if copies:
                time = release[step].pop(counts[step] - copies, 0)
                if time > start:
                    start = time
            end = start + hold
            free[unit] = end
            for other in others:
                free[other] = end
            done = end + self._latency[step]
            if done > self.end:
                self.end = done
            if fenced is not None and done > self.reached:
                self.reached = done
            if copies:
                ready[step].pop(counts[step] - copies, None)
                ready[step][counts[step]] = done
            for maker, back in reads:
                instance = counts[maker] - back
                if release[maker].get(instance, 0) < end:
                    release[maker][instance] = end
            if self.record is not None:
                self.record(Span(step, counts, start, end))

    def _work(self) -> list[_Run]:
        """Steps of this epoch in issue order, from the kinds of iteration in the pipeline."""
        key = tuple(0 if e is None else id(e[0]) for e in self.pipeline)
        known = self._compiled.get(key)
        if known is None:
            work: list[_Run] = []
            for stage, entry in enumerate(self.pipeline):
                if entry is not None:
                    work += [(step, stage, hold, reads) for step, hold, reads in entry[0].active if self._stage[step] == stage]
            work.sort(key=lambda w: w[0])
            known = self._compiled[key] = work
        return known

    @property
    def waiting(self) -> int:
        """Instances that some resource may still have to wait for."""
        return sum(map(len, self.ready)) + sum(map(len, self.release))

    @property
    def most_waiting(self) -> int:
        """The step with most such instances."""
        return max(range(len(self.ready)), key=lambda step: len(self.ready[step]) + len(self.release[step]))

    def drain(self) -> None:
        for _ in range(self.depth):
            self.epoch(None)

    def forget(self) -> None:
        """Drop times that cannot delay anything: no resource that asks for them is free earlier."""
        free = self.free
        for step, times in enumerate(self.ready):
            if times:
                bound = min((free[r] for r in self._readers[step]), default=None)
                for instance in [i for i, t in times.items() if bound is None or t <= bound]:
                    del times[instance]
        for step, times in enumerate(self.release):
            if times:
                bound = free[self._unit[step]]
                for instance in [i for i, t in times.items() if t <= bound]:
                    del times[instance]

    def snapshot(self, at: Counts) -> tuple[Shape, Times]:
        """The state, relative to the instances `at`. States of one shape whose times differ by a constant behave alike."""
        self.forget()
        times: list[int] = [*self.free, self.end, *([self.reached] if self.program.barriers else [])]
        tables: list[tuple[tuple[int, int], ...]] = []
        for table in (self.ready, self.release):
            keys: list[tuple[int, int]] = []
            for step, entries in enumerate(table):
                if entries:
                    base = at[step]
                    for instance in sorted(entries) if len(entries) > 1 else entries:
                        keys.append((step, instance - base))
                        times.append(entries[instance])
            tables.append(tuple(keys))
        pipeline = tuple(None if e is None else (e[0], tuple(c - a for c, a in zip(e[1], at, strict=True))) for e in self.pipeline[: self.depth])
        return Shape(tables[0], tables[1], pipeline), tuple(times)

    def restore(self, shape: Shape, times: Sequence[int], at: Counts) -> None:
        """Become the state that `snapshot` described, at other instances and times."""
        rest = iter(times)
        self.free = [next(rest) for _ in self.free]
        self.end = next(rest)
        if self.program.barriers:
            self.reached = next(rest)
        for table, keys in ((self.ready, shape.ready), (self.release, shape.release)):
            for entries in table:
                entries.clear()
            for step, offset in keys:
                table[step][at[step] + offset] = next(rest)
        entries_ = [None if e is None else (e[0], tuple(c + a for c, a in zip(e[1], at, strict=True))) for e in shape.pipeline]
        self.pipeline = [*entries_, None]
