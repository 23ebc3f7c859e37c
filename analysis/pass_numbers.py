"""Counting, for many fibers at once, how many phases have read each: sets of fibers are bit sets, and so are the counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .pass_visits import Visit


class PassNumbers:
    """For fibers as bits: how many phases up to a given one have read each. Levels of bit sets count them all at once."""

    def __init__(self, visits: Sequence[Visit]):
        self._visits = visits
        self._full = _reads_by_phase((v.phase, v.full) for v in visits)
        summary = _reads_by_phase((v.phase, v.summary) for v in visits)
        either = _reads_by_phase((v.phase, v.full | v.summary) for v in visits)
        self.passes, self._full_at = _levels(self._full)
        self.summary_passes, _ = _levels(summary)
        _, self._at = _levels(either)
        self._before: dict[int, int] = {}
        seen = 0
        for phase, read in either.items():
            self._before[phase] = seen
            seen |= read

    def of(self, visit: Visit) -> int:
        """The pass of an Einsum: the largest count among the fibers it reads; of one that reads summaries only, traversals of those count."""
        read = visit.full or visit.summary
        levels = (self._full_at if visit.full else self._at)[visit.phase]
        return next((n for n in range(len(levels), 0, -1) if levels[n - 1] & read), 1)

    def read_before(self, phase: int) -> int:
        """The fibers that phases before this one read."""
        return self._before[phase]

    def phases(self, count: int) -> list[tuple[int, ...]]:
        """Per fiber, the phases that read it in full."""
        found: list[list[int]] = [[] for _ in range(count)]
        for phase, read in self._full.items():
            for bit in bits(read):
                found[bit].append(phase)
        return [tuple(phases) for phases in found]


def _reads_by_phase(reads: Iterable[tuple[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for phase, read in reads:
        total[phase] = total.get(phase, 0) | read
    return dict(sorted(total.items()))


def _levels(by_phase: Mapping[int, int]) -> tuple[int, dict[int, tuple[int, ...]]]:
    """The largest count, and per phase the bit sets of fibers read by at least 1, 2, ... phases so far."""
    levels: list[int] = []
    at: dict[int, tuple[int, ...]] = {}
    for phase, read in by_phase.items():
        for n in range(len(levels), 0, -1):
            again = levels[n - 1] & read
            if again:
                if n == len(levels):
                    levels.append(0)
                levels[n] |= again
        if read:
            if not levels:
                levels.append(0)
            levels[0] |= read
        at[phase] = tuple(levels)
    return len(levels), at


def bits(number: int) -> Iterable[int]:
    """Positions of the bits that are set."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low
