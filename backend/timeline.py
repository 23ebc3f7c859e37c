"""What happens when: every run of every operation of a kernel, and for large ones those of some windows of it.

A window is some iterations of the flattened nest in a row. A kernel that is too long is shown by three: its first tiles, some from the middle, where
the steady state is, and its last ones. Each is simulated from the exact state before it, which the steady state gives at once; what lies
between two windows is extrapolated, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

from ..dialects.accel import KernelOp
from ..dialects.accel_checks import machine_of
from ..dialects.accel_nest import strides
from .cost import compile_kernel
from .kinds import Kinds
from .steady import Walk
from .steps import TICKS, Program, Step
from .timing import Clock, Row, Span

MOST_RUNS = 4096
"""Runs of operations in a timeline, about, unless a caller wants more or fewer."""

SHARES = (("first", 0.4), ("steady", 0.3), ("last", 0.3))
"""The windows of a kernel that is too long, and how much of what may be shown each gets."""


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One run of the step `step`, in cycles. `iteration` numbers the flattened nest; its tile has the coordinates of that iteration.

    `instance` numbers what it makes; `reads` are the (step, instance) of the tiles that it reads; `moved` is bytes by (memory, way). It takes no
    time on a tile that a filter leaves empty.
    """

    step: int
    iteration: int
    instance: int
    start: float
    end: float
    reads: tuple[tuple[int, int], ...]
    moved: Mapping[tuple[str, str], Fraction] = field(default_factory=dict[tuple[str, str], Fraction])


@dataclass(frozen=True, slots=True)
class Window:
    """The epochs `first` to `past` - 1 of a kernel: what was issued in them, in order, and when the first task of each begins.

    `kind` is "whole", or "first", "steady", "last". An epoch begins one iteration, and runs what the software pipeline has of those before.
    """

    kind: str
    first: int
    past: int
    runs: tuple[TaskRun, ...]
    epochs: Mapping[int, float]

    @property
    def start(self) -> float:
        return min((r.start for r in self.runs), default=0.0)

    @property
    def end(self) -> float:
        return max((r.end for r in self.runs), default=0.0)


@dataclass(frozen=True)
class Timeline:
    """A kernel in time. `cycles` is what the whole kernel takes, `iterations` those of the nest, `epochs` the same with draining."""

    name: str
    machine: str
    clock: float
    loops: Mapping[str, int]
    steps: tuple[Step, ...]
    resources: tuple[str, ...]
    memories: Mapping[str, float | None]
    cycles: float
    iterations: int
    epochs: int
    windows: tuple[Window, ...]
    program: Program = field(repr=False, compare=False)

    @property
    def whole(self) -> bool:
        """Whether everything is in it."""
        return [w.kind for w in self.windows] == ["whole"]

    def coordinates(self, iteration: int) -> dict[str, int]:
        """Loop -> coordinate of an iteration."""
        return coordinates(self.loops, iteration)

    def gaps(self) -> Iterator[tuple[Window, Window]]:
        """Windows between which epochs are extrapolated."""
        return ((a, b) for a, b in zip(self.windows, self.windows[1:], strict=False) if a.past < b.first)


def coordinates(loops: Mapping[str, int], iteration: int) -> dict[str, int]:
    """Loop, outermost first -> coordinate of an iteration of the flattened nest."""
    found: dict[str, int] = {}
    step = strides(loops)
    for loop in loops:
        found[loop], iteration = divmod(iteration, step[loop])
    return found


def timeline_of(kernel: KernelOp, most: int = MOST_RUNS) -> Timeline:
    """The timeline of a verified kernel, with about `most` runs. Raises `SimulationError` as the simulation does."""
    program = compile_kernel(kernel)
    machine = machine_of(kernel)
    whole = Clock(program)
    walk = Walk(program, whole)
    end = walk.run()
    iterations, drain = prod(program.loops.values()), whole.depth
    windows = tuple(_window(program, *chosen) for chosen in _chosen(program, walk.kinds, iterations, iterations + drain, most))
    memories = {name: None if m.capacity is None else float(m.capacity.data) for name, m in machine.memories.items()}
    resources = program.units
    name, clock = machine.sym_name.data, program.clock
    found = (program.name, name, clock, program.loops, program.steps, resources, memories, end / TICKS, iterations, iterations + drain, windows)
    return Timeline(*found, program)


def _chosen(program: Program, kinds: Kinds, iterations: int, epochs: int, most: int) -> list[tuple[str, int, int]]:
    """The windows: (kind, first epoch, past)."""
    runs = sum(len(row.active) * times for row, times in kinds.census(0, kinds.root).items())
    room = max(4, most * epochs // max(1, runs))
    if epochs <= room:
        return [("whole", 0, epochs)]
    first, steady, last = (max(1, int(room * share)) for _, share in SHARES)
    last = max(last, epochs - iterations + 1)
    inner = next((trips for trips in reversed(list(program.loops.values())) if trips > 1), 1)
    middle = max(first, min((epochs - steady) // 2, epochs - last - steady))
    if inner <= steady:
        middle = max(first, middle // inner * inner)
    ends = [("first", 0, first), ("steady", middle, min(middle + steady, epochs - last)), ("last", max(first, epochs - last), epochs)]
    return [(kind, a, b) for kind, a, b in ends if a < b]


def _window(program: Program, kind: str, first: int, past: int) -> Window:
    """Epochs of a kernel, simulated one by one from the state before them."""
    clock = Clock(program)
    walk = Walk(program, clock)
    if first:
        walk.forward(first)
    spans: list[Span] = []
    clock.record = spans.append
    runs: list[TaskRun] = []
    begins: dict[int, float] = {}
    known: dict[Row, dict[int, tuple[tuple[int, int], ...]]] = {}
    for epoch in range(first, past):
        clock.epoch(walk.entry(epoch))
        for span in spans:
            step = program.steps[span.step]
            entry = clock.pipeline[step.stage]
            if entry is None:
                continue
            row = entry[0]
            if row not in known:
                known[row] = {position: reads for position, _, reads in row.active}
            reads = tuple((maker, span.counts[maker] - back) for maker, back in known[row][span.step])
            moved = walk.kinds.works(row)[span.step].moved
            runs.append(TaskRun(span.step, epoch - step.stage, span.counts[span.step], span.start / TICKS, span.end / TICKS, reads, moved))
        starts = [s.start for s in spans if not program.steps[s.step].transfer] or [s.start for s in spans]
        if starts:
            begins[epoch] = min(starts) / TICKS
        spans.clear()
    return Window(kind, first, past, tuple(runs), begins)
