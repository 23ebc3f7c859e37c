"""What the simulator runs: the steps of a kernel, with times and bytes, apart from the IR that they come from.

Time is in ticks of 1/1024 cycle, as integers: repetition of a state is then a matter of equality.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, prod

from ..algebra.strided import Stride, Strides, within
from ..dialects.accel_attrs import When
from .actions import Actions

TICKS = 1024
"""Ticks of simulated time in a cycle."""


@dataclass(frozen=True)
class ReadPlan:
    """A read of what step `maker` makes, `back` instances before the reader's own coordinates say.

    It takes place unless the iteration is at coordinate 0 of `not_first`, and only if it is at coordinate 0 of `only_first`.
    """

    maker: int
    back: int
    not_first: str | None = None
    only_first: str | None = None


@dataclass(frozen=True)
class Clip:
    """A dimension of a tile that can reach past its tensor: elements `base(loops) + low .. + high`, of which 0 .. size - 1 exist.

    `strides`: which of the elements between are in the tile; none: all.
    """

    base: Mapping[str, int]
    low: int
    high: int
    size: int
    strides: Strides = ()

    @property
    def whole(self) -> int:
        """Elements of a whole tile."""
        return prod(s.size for s in self.strides) if self.strides else self.high - self.low + 1

    def existing(self, base: int) -> int:
        """Elements that there are of the tile at `base`."""
        return within(self.strides or (Stride(1, self.whole),), base + self.low, self.size)


@dataclass(frozen=True)
class Work:
    """One run of a step: cycles on its resource, bytes per (memory, "read" or "write"), what a task asks of its array."""

    cycles: Fraction = Fraction(0)
    moved: Mapping[tuple[str, str], Fraction] = field(default_factory=dict[tuple[str, str], Fraction])
    actions: Actions = field(default_factory=Actions)


@dataclass(frozen=True)
class Step:
    """One operation of the body, or what of its accesses spills.

    `resource` is the array that works, or the memory; `units` are the exclusive parts of the machine that it holds meanwhile. `latency` is what
    passes from its end until the result may be read. `work` is what a run does, given how many elements there are along each of `clips`, and
    whether it starts anew (in an iteration without the read at `continues`, an index of `reads`; -1: in all).
    The first `guards` of the clips are of its `if` clause: where one has no element, the step is left out.
    `home` is where a copy of the result lives, `tile` its bytes.
    """

    name: str
    resource: str
    units: tuple[str, ...]
    when: When
    stage: int
    latency: Fraction
    reads: tuple[ReadPlan, ...]
    makes: bool
    copies: int
    work: Callable[[tuple[int, ...], bool], Work]
    clips: tuple[Clip, ...] = ()
    guards: int = 0
    transfer: bool = False
    turn: int = 0
    continues: int | None = None
    home: str = ""
    tile: int = 0

    def runs(self, at: Mapping[str, int]) -> bool:
        """Whether its `if` clause lets it run at some coordinates of the loops."""
        return all(c.low + sum(factor * at[loop] for loop, factor in c.base.items()) >= 0 for c in self.clips[: self.guards])

    @property
    def whole(self) -> Work:
        """What a run on whole tiles does."""
        return self.work(tuple(c.whole for c in self.clips), False)

    @property
    def cycles(self) -> Fraction:
        """Cycles of a run on whole tiles."""
        return self.whole.cycles


@dataclass(frozen=True)
class Program:
    """A kernel to simulate: its steps in issue order; loops outermost first; per step, how instances are numbered along the loops; the exclusive
    units of the arrays, and the off-chip memory."""

    name: str
    loops: Mapping[str, int]
    steps: tuple[Step, ...]
    weights: tuple[Mapping[str, int], ...]
    clock: float
    word: float
    arrays: tuple[str, ...]
    units: tuple[str, ...]
    memories: tuple[str, ...]
    offchip: str
    barriers: bool = False


def ticks(cycles: Fraction) -> int:
    """Cycles as ticks, rounded up, so that nothing takes no time that takes some."""
    return ceil(cycles * TICKS)
