"""Bytes of tiles that are alive in each memory: a tile is, from the begin of the run that makes it to the end of the last run that reads it.

Which iteration reads a tile last follows from the loops in closed form, so that the level is exact in every window of a timeline, at its start
too, for tiles that were made long before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
        for read in run.reads:
            ends[read] = max(ends.get(read, 0.0), run.end)
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
    """A read of a step's instances: `digits` are, per loop that numbers them, (instances apart, lowest and highest coordinate at which it takes
    place, iterations apart), outermost first; `behind` is the epoch of the last read less what the digits add."""

    back: int
    instances: int
    behind: int
    digits: tuple[tuple[int, int, int, int], ...]

    def last(self, instance: int) -> int | None:
        """The last epoch in which it reads an instance, if it does."""
        rest = instance + self.back
        if rest >= self.instances:
            return None
        epoch = self.behind
        for weight, low, high, stride in self.digits:
            coordinate, rest = divmod(rest, weight)
            if not low <= coordinate <= high:
                return None
            epoch += coordinate * stride
        return epoch


class _Lives:
    """When the instances of each step are made and read last, in epochs."""

    def __init__(self, program: Program):
        self.program, self.loops, self.strides = program, program.loops, strides(program.loops)
        self._free = [
            {loop: w[loop] for loop in program.loops if loop not in s.when.loops} for s, w in zip(program.steps, program.weights, strict=True)
        ]
        self._readers: dict[int, list[_Reader]] = {}
        for step in program.steps:
            for read in step.reads:
                if (found := self._reader(step, read)) is not None:
                    self._readers.setdefault(read.maker, []).append(found)

    def _reader(self, step: Step, read: ReadPlan) -> _Reader | None:
        free, behind, digits = self._free[read.maker], step.stage, list[tuple[int, int, int, int]]()
        for loop, trips in self.loops.items():
            low, high = _allowed(loop, trips, step.when, read)
            if low > high:
                return None
            if loop in free:
                digits.append((free[loop], low, high, self.strides[loop]))
            else:
                behind += high * self.strides[loop]
        return _Reader(read.back, prod(self.loops[loop] for loop in free), behind, tuple(digits))

    def alive_before(self, epoch: int) -> Iterator[tuple[int, int]]:
        """(step, instance) of what was made in an earlier epoch and is read in this one or later."""
        at = coordinates(self.loops, min(epoch, prod(self.loops.values())) - 1)
        for maker, step in enumerate(self.program.steps if epoch else ()):
            if not step.makes:
                continue
            at_hand = sum(at[loop] * weight for loop, weight in self._free[maker].items())
            # the pipeline has still to make the newest; a condition may have made those of its whole loop ahead
            first, past = at_hand - step.copies - step.stage - 1, at_hand + step.copies + 1
            for instance in range(max(0, first), min(past, instances(step.when, self.loops))):
                last = self.last_read(maker, instance)
                if last is not None and last >= epoch > self.made(maker, instance):
                    yield maker, instance

    def made(self, maker: int, instance: int) -> int:
        """The epoch in which an instance is made."""
        step = self.program.steps[maker]
        epoch = step.stage + sum((self.loops[loop] - 1) * self.strides[loop] for loop in step.when.last)
        for loop, weight in self._free[maker].items():
            coordinate, instance = divmod(instance, weight)
            epoch += coordinate * self.strides[loop]
        return epoch

    def last_read(self, maker: int, instance: int) -> int | None:
        """The last epoch in which an instance is read; None if it never is."""
        return max((epoch for r in self._readers.get(maker, ()) if (epoch := r.last(instance)) is not None), default=None)


def _allowed(loop: str, trips: int, when: When, read: ReadPlan) -> tuple[int, int]:
    """The smallest and largest coordinate of a loop at which a read takes place."""
    low = max(trips - 1 if loop in when.last else 0, 1 if read.not_first == loop else 0)
    return low, 0 if loop in when.first or read.only_first == loop else trips - 1
