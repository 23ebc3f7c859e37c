"""Bytes of tiles that are alive in each memory: a tile is, from the begin of the run that makes it to the end of the last run that reads it.

Which iteration reads a tile last follows from the loops, so that the level is exact in every window of a timeline, at its start too, for tiles that
were made long before. A state that an iteration leaves as it is stays in its tile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from ..dialects.accel_attrs import When
from ..dialects.accel_nest import instances, strides
from .steps import Program, ReadPlan, Step
from .timeline import Timeline, Window, coordinates

Levels = list[tuple[float, int]]
"""(cycle, bytes from then on), in order."""


def levels(timeline: Timeline, window: Window) -> dict[str, Levels]:
    """Memory -> its level over a window, for the memories on the chip that hold tiles."""
    lives, start = _Lives(timeline.program), window.start
    changes: dict[str, dict[float, int]] = {}
    base: dict[str, int] = {}
    old = dict.fromkeys(lives.alive_before(window.first))
    for maker, _ in old:
        step = timeline.steps[maker]
        base[step.home] = base.get(step.home, 0) + step.tile
    ends: dict[tuple[int, int], float] = {}
    for run in window.runs:
        for maker, instance in run.reads:
            if (tile := lives.tile(maker, instance)) is not None:
                ends[maker, tile] = max(ends.get((maker, tile), 0.0), run.end)
    made = {(run.step, run.instance): run for run in window.runs if timeline.steps[run.step].makes}
    for key in (*made, *old):
        step = timeline.steps[key[0]]
        if step.home not in timeline.memories or not step.tile:
            continue
        change = changes.setdefault(step.home, {})
        run = made.get(key)
        if run is not None:
            change[run.start] = change.get(run.start, 0) + step.tile
        last = lives.last_read(*key)
        if last is None or last < window.past:
            end = max(ends.get(key, start), run.end if run is not None else start)
            change[end] = change.get(end, 0) - step.tile
    return {memory: _summed(base.get(memory, 0), start, change) for memory, change in changes.items()}


def reserved(timeline: Timeline) -> dict[str, int]:
    """Memory -> bytes that its tiles have, all copies together."""
    found: dict[str, int] = {}
    for step in timeline.steps:
        if step.makes and step.home in timeline.memories:
            found[step.home] = found.get(step.home, 0) + step.tile * step.copies
    return found


def _summed(level: int, start: float, changes: Mapping[float, int]) -> Levels:
    found: Levels = [(start, level)]
    for at in sorted(changes):
        level += changes[at]
        if found[-1][0] == at:
            found[-1] = (at, level)
        else:
            found.append((at, level))
    return found


@dataclass(frozen=True)
class _Reader:
    """A read of a step's instances by `step`: `loops` gives, per loop, instances apart (0: the loop numbers none), lowest and highest coordinate at
    which it takes place, and iterations apart; outermost first."""

    step: Step
    back: int
    instances: int
    loops: Mapping[str, tuple[int, int, int, int]]

    def last(self, instance: int) -> int | None:
        """The last epoch in which it reads an instance, if it does: where its loops are free, at their highest coordinates at which it runs."""
        rest = instance + self.back
        if rest >= self.instances:
            return None
        choices: list[range] = []
        for weight, low, high, _ in self.loops.values():
            if not weight:
                choices.append(range(high, low - 1, -1))
                continue
            coordinate, rest = divmod(rest, weight)
            if not low <= coordinate <= high:
                return None
            choices.append(range(coordinate, coordinate + 1))
        for at in product(*choices):
            if self.step.runs(dict(zip(self.loops, at, strict=True))):
                return self.step.stage + sum(c * stride for c, (*_, stride) in zip(at, self.loops.values(), strict=True))
        return None


class _Lives:
    """When the instances of each step are made and read last, in epochs."""

    def __init__(self, program: Program):
        self.program, self.loops, self.strides = program, program.loops, strides(program.loops)
        self._free = [
            {loop: w[loop] for loop in program.loops if loop not in s.when.loops} for s, w in zip(program.steps, program.weights, strict=True)
        ]
        self._readers: dict[int, list[_Reader]] = {}
        self._back = [next((r.back for r in s.reads if r.maker == i and s.guards), 0) for i, s in enumerate(program.steps)]
        """Instances between a tile and the one that a step which is left out leaves in its place; 0: it leaves none."""
        for step in program.steps:
            for read in step.reads:
                if (found := self._reader(step, read)) is not None:
                    self._readers.setdefault(read.maker, []).append(found)

    def _reader(self, step: Step, read: ReadPlan) -> _Reader | None:
        free, found = self._free[read.maker], dict[str, tuple[int, int, int, int]]()
        for loop, trips in self.loops.items():
            low, high = _allowed(loop, trips, step.when, read)
            if low > high:
                return None
            found[loop] = free.get(loop, 0), low, high, self.strides[loop]
        return _Reader(step, read.back, prod(self.loops[loop] for loop in free), found)

    def alive_before(self, epoch: int) -> Iterator[tuple[int, int]]:
        """(step, instance) of what was made in an earlier epoch and is read in this one or later."""
        at = coordinates(self.loops, min(epoch, prod(self.loops.values())) - 1)
        for maker, step in enumerate(self.program.steps if epoch else ()):
            if not step.makes:
                continue
            at_hand = sum(at[loop] * weight for loop, weight in self._free[maker].items())
            # the pipeline has still to make the newest; a condition may have made those of its whole loop ahead
            first, past = at_hand - step.copies - step.stage - 1, at_hand + step.copies + 1
            near = (self.tile(maker, i) for i in range(max(0, first), min(past, instances(step.when, self.loops))))
            for instance in dict.fromkeys(i for i in near if i is not None):
                last = self.last_read(maker, instance)
                if last is not None and last >= epoch > self.made(maker, instance):
                    yield maker, instance

    def tile(self, maker: int, instance: int) -> int | None:
        """The instance whose tile is found where one is read: itself, or where its step is left out the one that stays in its place, if any does."""
        while not self._runs(maker, instance):
            if not self._back[maker] or instance < self._back[maker]:
                return None
            instance -= self._back[maker]
        return instance

    def _runs(self, maker: int, instance: int) -> bool:
        step = self.program.steps[maker]
        return not step.guards or step.runs(self._at(maker, instance))

    def _at(self, maker: int, instance: int) -> dict[str, int]:
        """The coordinates at which an instance is made."""
        when, at = self.program.steps[maker].when, dict[str, int]()
        for loop, trips in self.loops.items():
            if (weight := self._free[maker].get(loop)) is not None:
                at[loop], instance = divmod(instance, weight)
            else:
                at[loop] = trips - 1 if loop in when.last else 0
        return at

    def made(self, maker: int, instance: int) -> int:
        """The epoch in which an instance is made."""
        return self.program.steps[maker].stage + sum(c * self.strides[loop] for loop, c in self._at(maker, instance).items())

    def last_read(self, maker: int, instance: int) -> int | None:
        """The last epoch in which the tile of an instance that was made is read; None if it never is."""
        names, back = [instance], self._back[maker]
        last = instances(self.program.steps[maker].when, self.loops)
        while back and names[-1] + back < last and not self._runs(maker, names[-1] + back):
            names.append(names[-1] + back)
        return max((e for n in names for r in self._readers.get(maker, ()) if (e := r.last(n)) is not None), default=None)


def _allowed(loop: str, trips: int, when: When, read: ReadPlan) -> tuple[int, int]:
    """The smallest and largest coordinate of a loop at which a read takes place."""
    low = max(trips - 1 if loop in when.last else 0, 1 if read.not_first == loop else 0)
    return low, 0 if loop in when.first or read.only_first == loop else trips - 1
