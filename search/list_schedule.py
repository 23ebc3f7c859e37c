"""Iterative modulo scheduling (Rau, MICRO 1994): jobs by height, each as early as its units allow, evicting what stands in the way.

The built-in solver: no dependency, quick, no proof beyond the bound of the busiest unit and of recurrences.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .problem import Problem, Schedule, Wait

BUDGET = 64
"""Placements per job before an interval is given up."""

STRETCH = (Fraction(0), Fraction(1, 1024), Fraction(1, 256), Fraction(1, 64), Fraction(1, 16), Fraction(1, 4), Fraction(1, 2), Fraction(1))
"""By what shares the interval is made longer than its bound, one after another."""


def list_schedule(problem: Problem) -> Schedule | None:
    """A schedule with an interval as short as found; None if none was found within twice the bound, or there is nothing to schedule."""
    if not problem.jobs:
        return None
    least = max(problem.least, recurrence_bound(problem))
    for stretch in (*STRETCH, *(Fraction(2**n) for n in range(1, 8))):
        interval = least * (1 + stretch)
        placed = _Attempt(problem, interval).run()
        if placed is not None:
            low = min(t // interval for t in placed.values())
            stages = {name: int(t // interval - low) for name, t in placed.items()}
            starts = {name: t % interval for name, t in placed.items()}
            return Schedule(interval, stages, starts, stretch == 0, "list")
    return None


def recurrence_bound(problem: Problem) -> Fraction:
    """The longest cycle of waits, in cycles per iteration that it spans (Rau's RecMII), by a search for positive cycles between two bounds."""
    low, high = Fraction(0), sum((problem.held(j) + j.latency for j in problem.jobs), Fraction(1))
    edges = [(w, problem.held(problem.jobs[w.maker]) + problem.jobs[w.maker].latency) for w in problem.waits if w.distance or w.maker != w.reader]
    if not _positive_cycle(len(problem.jobs), edges, low):
        return low
    for _ in range(48):
        middle = (low + high) / 2
        low, high = (middle, high) if _positive_cycle(len(problem.jobs), edges, middle) else (low, middle)
    return high.limit_denominator(1 << 20) if not _positive_cycle(len(problem.jobs), edges, high.limit_denominator(1 << 20)) else high


def _positive_cycle(count: int, edges: list[tuple[Wait, Fraction]], interval: Fraction) -> bool:
    """Whether some cycle of waits takes longer than the iterations that it spans (Bellman and Ford)."""
    latest = [Fraction(0)] * count
    for _ in range(count + 1):
        changed = False
        for wait, cycles in edges:
            time = latest[wait.maker] + cycles - wait.distance * interval
            if time > latest[wait.reader]:
                latest[wait.reader], changed = time, True
        if not changed:
            return False
    return True


class _Attempt:
    """One try at one interval."""

    def __init__(self, problem: Problem, interval: Fraction):
        self.problem, self.interval = problem, interval
        self.at: dict[int, Fraction] = {}
        self.last: dict[int, Fraction] = {}
        self.held = [problem.held(job) for job in problem.jobs]
        self.into: list[list[Wait]] = [[w for w in problem.waits if w.reader == i and w.maker != i] for i in range(len(problem.jobs))]
        self.out: list[list[Wait]] = [[w for w in problem.waits if w.maker == i and w.reader != i] for i in range(len(problem.jobs))]

    def run(self) -> dict[str, Fraction] | None:
        jobs = self.problem.jobs
        if any(sum(h for h, j in zip(self.held, jobs, strict=True) if u in j.units) > self.interval for u in self.problem.loads):
            return None
        heights = self._heights()
        waiting = set(range(len(jobs)))
        for _ in range(BUDGET * len(jobs)):
            if not waiting:
                return {job.name: self.at[i] for i, job in enumerate(jobs)}
            i = max(waiting, key=lambda j: (heights[j], -j))
            waiting.discard(i)
            waiting.update(self._place(i))
        return None

    def _heights(self) -> list[Fraction]:
        """Per job the longest way to an end, iterations counted back at the interval."""
        heights = [Fraction(0)] * len(self.problem.jobs)
        for _ in range(len(heights) + 1):
            for wait in self.problem.waits:
                if wait.maker != wait.reader:
                    way = heights[wait.reader] + self._delay(wait)
                    heights[wait.maker] = max(heights[wait.maker], way)
        return heights

    def _delay(self, wait: Wait) -> Fraction:
        return self.held[wait.maker] + self.problem.jobs[wait.maker].latency - wait.distance * self.interval

    def _place(self, i: int) -> set[int]:
        """Place a job at the first time that its units are free, else later than where it last stood; returns whom it evicts."""
        early = max((self.at[w.maker] + self._delay(w) for w in self.into[i] if w.maker in self.at), default=Fraction(0))
        if i in self.last:
            early = max(early, self.last[i] + 1)
        time = next((t for t in self._openings(i, early) if not self._clashes(i, t)), early)
        evicted = self._clashes(i, time)
        self.at[i] = self.last[i] = time
        evicted |= {w.reader for w in self.out[i] if w.reader in self.at and self.at[w.reader] < time + self._delay(w)}
        for other in evicted:
            del self.at[other]
        return evicted

    def _openings(self, i: int, early: Fraction) -> Iterator[Fraction]:
        """Times within one interval at which its units may become free: the earliest, and where jobs that hold one end."""
        yield early
        ends = sorted((self.at[j] + self.held[j] - early) % self.interval for j in self.at if self._beside(i, j))
        yield from (early + e for e in ends)

    def _beside(self, i: int, j: int) -> bool:
        return i != j and self.problem.jobs[i].beside(self.problem.jobs[j])

    def _clashes(self, i: int, time: Fraction) -> set[int]:
        """Jobs that hold a unit in common and overlap, modulo the interval."""
        found: set[int] = set()
        for j, other in self.at.items():
            if self._beside(i, j):
                gap = (other - time) % self.interval
                if (gap < self.held[i] or self.interval - gap < self.held[j]) if gap else (self.held[i] > 0 and self.held[j] > 0):
                    found.add(j)
        return found
