"""What each number of passes comes to at its best, and why one of them is chosen: recomputing and correcting against storing and reading again.

Fewer passes read less and compute more: corrections of running results. More passes read the same again, unless it stays on the chip, or write what
they compute once. Which costs more is a matter of the machine, so that the reason is told in what limits each: bytes, or an array's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..passes.places import passes_over
from .judge import Judged, Objective
from .picking import bytes_off_chip
from .search import Found

CLOSE = 1e-3
"""Share by which scores may differ and count as equal."""


@dataclass(frozen=True)
class Contender:
    """The best of all forms with so many `passes` over a rank: its pipeline, stated tiles, cycles (`exact`: simulated, or else a bound from below),
    pJ, bytes off the chip, scalar operations, busiest resource, and the cycles that each resource works."""

    passes: int
    pipeline: str
    tiles: Mapping[str, int | None]
    cycles: float
    energy: float
    offchip: int
    operations: int
    critical: str
    busy: Mapping[str, float]
    score: float
    exact: bool = True

    @staticmethod
    def of(judged: Judged, passes: int, objective: Objective, *, exact: bool = True) -> Contender:
        """What a candidate comes to."""
        result, candidate = judged.result, judged.candidate
        return Contender(
            passes,
            candidate.form.pipeline,
            candidate.mapping.kernels[0].tiles,
            result.cycles,
            judged.energy,
            bytes_off_chip(judged),
            sum(n for count in result.counts for n in count.operations.values()),
            result.critical,
            {resource: sum(tasks.values()) for resource, tasks in result.busy.items()},
            judged.score(objective)[0],
            exact,
        )


def contenders(found: Found, objective: Objective) -> tuple[Contender, list[Contender]]:
    """What a search chose, and the best it saw of each other number of passes over its rank; none where it has no rank."""
    rank = found.rank
    own = passes_over(found.best.candidate.form.cascade, rank) if rank is not None else 0
    others: dict[int, Contender] = {}
    for tried in found.tried if rank is not None else ():
        passes = passes_over(tried.judged.candidate.form.cascade, rank) if rank is not None else 0
        other = Contender.of(tried.judged, passes, objective, exact=tried.cycles is not None)
        if passes != own and (passes not in others or other.score < others[passes].score):
            others[passes] = other
    return Contender.of(found.best, own, objective), [others[n] for n in sorted(others)]


def least(some: Iterable[Contender]) -> Contender:
    """The one with the smallest score; of those that are `CLOSE` to it, the one that takes the least energy."""
    known = list(some)
    limit = (1 + CLOSE) * min(c.score for c in known)
    return min((c for c in known if c.score <= limit), key=lambda c: (c.energy, c.score))
