"""The iterations of a nest by kind: which steps run, through which reads, and what each does with what exists of its tiles.

Loops are walked from the outside; at each, runs of coordinates that lead to one kind are found in closed form, so that the cost is
in the number of kinds and not of iterations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from .steps import Clip, Program, Work, ticks
from .timing import Row

FULL, OUT = "full", "out"

Kind: TypeAlias = tuple[int, tuple[int | str, ...]]
"""(a bit per step and per read: may it still happen; per clip: FULL, OUT, or what the outer loops have added to the base)."""


@dataclass(frozen=True)
class Level:
    """A loop, or several that nothing distinguishes, as one: iterations, and instances per step between two of them."""

    loop: str
    trips: int
    weights: tuple[int, ...]


class Kinds:
    """The kinds of iteration of a program. `merge` joins neighbouring loops that no condition, state or edge depends on."""

    def __init__(self, program: Program, merge: bool = True):
        self.program = program
        self.levels = _levels(program, merge)
        self._reads = [(position, read) for position, step in enumerate(program.steps) for read in step.reads]
        self._clips = [(position, clip) for position, step in enumerate(program.steps) for clip in step.clips]
        self._reads_of = _by_step(self._reads, len(program.steps))
        self._clips_of = _by_step(self._clips, len(program.steps))
        self._reach = [self._reaches(clip) for _, clip in self._clips]
        self._rows: dict[Kind, Row] = {}
        self._works: dict[Row, dict[int, Work]] = {}
        self._segments: dict[tuple[int, Kind], tuple[tuple[int, int, Kind], ...]] = {}
        self._counted: dict[tuple[int, Kind], Counter[Row]] = {}
        bits = (1 << (len(program.steps) + len(self._reads))) - 1
        self.root: Kind = (bits, tuple(self._classify(i, 0, 0) for i in range(len(self._clips))))

    def _reaches(self, clip: Clip) -> list[tuple[int, int]]:
        """Per depth, smallest and largest of what the loops from there inwards and the tile add to the base."""
        low, high = clip.low, clip.high
        found = [(low, high)]
        for level in reversed(self.levels):
            reach = clip.base.get(level.loop, 0) * (level.trips - 1)
            low, high = low + min(0, reach), high + max(0, reach)
            found.append((low, high))
        return found[::-1]

    def segments(self, level: int, kind: Kind) -> tuple[tuple[int, int, Kind], ...]:
        """Runs of coordinates of a loop that lead to one kind: (first coordinate, how many, kind)."""
        known = self._segments.get((level, kind))
        if known is None:
            trips = self.levels[level].trips
            cuts = sorted({0, trips} | {c for c in (1, trips - 1, *self._cuts(level, kind)) if 0 < c < trips})
            found: list[tuple[int, int, Kind]] = []
            for first, past in pairwise(cuts):
                inner = self.inside(level, kind, first)
                start = found.pop()[0] if found and found[-1][2] == inner else first
                found.append((start, past - start, inner))
            known = self._segments[level, kind] = tuple(found)
        return known

    def _cuts(self, level: int, kind: Kind) -> Iterator[int]:
        """Coordinates at which a clip passes from outside to partly inside to fully inside the tensor, or back."""
        trips = self.levels[level].trips
        for i, (_, clip) in enumerate(self._clips):
            done, step = kind[1][i], clip.base.get(self.levels[level].loop, 0)
            if isinstance(done, str) or step == 0:
                continue
            low, high = self._reach[i][level + 1]
            turns = sorted(max(0, min(trips, _turn(step, bound - done))) for bound in (-high, -low, clip.size - high, clip.size - low))
            yield from turns
            for first, past in zip((0, *turns), (*turns, trips), strict=True):
                if first < past and not isinstance(self._classify(i, level + 1, done + step * first), str):
                    yield from range(first, past)

    def _classify(self, i: int, depth: int, base: int) -> int | str:
        """What is left to know of clip `i` when the loops outside `depth` have added `base`."""
        clip = self._clips[i][1]
        low, high = self._reach[i][depth]
        if base + low >= 0 and base + high < clip.size:
            return FULL
        return OUT if base + high < 0 or base + low >= clip.size else base

    def inside(self, level: int, kind: Kind, coordinate: int) -> Kind:
        """The kind inside a coordinate of a loop."""
        loop, trips = self.levels[level].loop, self.levels[level].trips
        bits, clips = kind
        steps = self.program.steps
        for position, step in enumerate(steps):
            if (coordinate > 0 and loop in step.when.first) or (coordinate < trips - 1 and loop in step.when.last):
                bits &= ~(1 << position)
        for position, (reader, read) in enumerate(self._reads, len(steps)):
            never = read.not_first == loop if coordinate == 0 else read.only_first == loop
            if never or not bits >> reader & 1:
                bits &= ~(1 << position)
        left: list[int | str] = []
        for i, (position, clip) in enumerate(self._clips):
            done = clips[i]
            if not bits >> position & 1:
                done = OUT
            elif not isinstance(done, str):
                done = self._classify(i, level + 1, done + clip.base.get(loop, 0) * coordinate)
            left.append(done)
        return bits, tuple(left)

    def row(self, kind: Kind) -> Row:
        """What an iteration of a (complete) kind runs."""
        known = self._rows.get(kind)
        if known is None:
            steps = self.program.steps
            active: list[tuple[int, int | None, tuple[tuple[int, int], ...]]] = []
            works: dict[int, Work] = {}
            for position, step in enumerate(steps):
                if kind[0] >> position & 1:
                    reads = [self._reads[i][1] for i in self._reads_of[position] if kind[0] >> len(steps) + i & 1]
                    existing = self._existing(position, kind)
                    if not all(existing[: step.guards]):
                        works[position] = Work()
                        active.append((position, None, tuple((r.maker, r.back) for r in reads if r.maker == position)))
                        continue
                    anew = step.continues is not None and (step.continues < 0 or step.reads[step.continues] not in reads)
                    works[position] = work = step.work(existing, anew)
                    active.append((position, ticks(work.cycles), tuple(dict.fromkeys((r.maker, r.back) for r in reads))))
            known = self._rows[kind] = Row(tuple(active))
            self._works[known] = works
        return known

    def works(self, row: Row) -> dict[int, Work]:
        """Step -> what it does, for the steps that run."""
        return self._works[row]

    def _existing(self, position: int, kind: Kind) -> tuple[int, ...]:
        """Elements that there are along each clip of a step."""
        found: list[int] = []
        for i in self._clips_of[position]:
            done, clip = kind[1][i], self._clips[i][1]
            found.append(clip.whole if done == FULL else 0 if isinstance(done, str) else clip.existing(done))
        return tuple(found)

    def census(self, level: int, kind: Kind) -> Counter[Row]:
        """How many iterations there are of each kind, inside `kind`."""
        if level == len(self.levels):
            return Counter({self.row(kind): 1})
        known = self._counted.get((level, kind))
        if known is None:
            known = self._counted[level, kind] = Counter()
            for _, count, inner in self.segments(level, kind):
                for row, times in self.census(level + 1, inner).items():
                    known[row] += count * times
        return known


def _by_step(owned: Sequence[tuple[int, object]], steps: int) -> list[list[int]]:
    """Step -> the numbers of what belongs to it, of pairs of a step and something."""
    found: list[list[int]] = [[] for _ in range(steps)]
    for number, (step, _) in enumerate(owned):
        found[step].append(number)
    return found


def _turn(step: int, bound: int) -> int:
    """The coordinate v at which `step * v >= bound` changes its truth."""
    return -(-bound // step) if step > 0 else bound // step + 1


def _levels(program: Program, merge: bool) -> tuple[Level, ...]:
    used: set[str] = set()
    for step in program.steps:
        used.update(step.when.loops)
        used.update(loop for read in step.reads for loop in (read.not_first, read.only_first) if loop is not None)
        used.update(loop for clip in step.clips for loop in clip.base)
    found: list[Level] = []
    for loop, trips in program.loops.items():
        level = Level(loop, trips, tuple(w[loop] for w in program.weights))
        if merge and found and loop not in used and found[-1].loop not in used:
            level = Level(loop, trips * found.pop().trips, level.weights)
        found.append(level)
    return tuple(found)
