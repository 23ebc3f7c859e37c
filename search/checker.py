"""Whether a kernel's schedule is legal, seen from a run of it: nothing here is shared with what made the schedule.

The verifier and the schedulers reason in closed form about distances between iterations. This walks the iterations of a kernel one by one,
takes the times at which the simulator ran each operation, and looks at every pair: two operations on one unit, a read and what it reads, a
tile and what is written over it. An operation may write over a tile that it reads itself, as a running sum does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise

from xdsl.ir import Operation, SSAValue

from ..backend.cost import compile_kernel
from ..backend.steady import Walk
from ..backend.steps import TICKS
from ..backend.timing import Clock, Span
from ..dialects.accel import KernelOp, LoadOp, MoveOp, StoreOp, TaskOp, UpdateOp
from ..dialects.accel_attrs import When
from ..dialects.accel_body import StateOp
from ..dialects.accel_checks import machine_of
from ..dialects.accel_names import operation_names
from ..dialects.accel_nest import Scheduled, tile_operands
from ..dialects.einsum_scope import tensor_of

MOST_EPOCHS = 600
"""Epochs that are looked at, from the first on."""

Point = tuple[int, ...]
"""A coordinate for each loop, outermost first."""


@dataclass(frozen=True)
class Run:
    """An operation at work for one iteration, in cycles; `ready` is when its result may be read."""

    name: str
    units: tuple[str, ...]
    start: Fraction
    end: Fraction
    ready: Fraction


def violations(kernel: KernelOp, epochs: int = MOST_EPOCHS) -> list[str]:
    """What the first epochs of a kernel break, a line each; empty if its schedule is legal there."""
    checker = _Checker(kernel, epochs)
    return [*checker.overlaps(), *checker.reads(), *checker.capacity()]


class _Checker:
    def __init__(self, kernel: KernelOp, epochs: int):
        self.kernel, self.loops = kernel, kernel.loops
        self.names = operation_names(kernel)
        self.ops = {name: op for op, name in self.names.items()}
        self.updates: dict[Operation, SSAValue] = {}
        for op in kernel.body.block.ops:
            if isinstance(op, UpdateOp) and isinstance(op.state.owner, StateOp):
                self.updates.setdefault(op.state.owner, op.value)
        self.runs: dict[str, dict[Point, Run]] = {name: {} for name in self.ops}
        self._run(epochs)

    def _run(self, epochs: int) -> None:
        program, spans = compile_kernel(self.kernel), list[Span]()
        Walk(program, Clock(program, spans.append), extrapolate=False).begin(epochs)
        points = {name: self._points(op) for name, op in self.ops.items()}
        for span in spans:
            step = program.steps[span.step]
            if step.name in self.ops:
                start, end = Fraction(span.start, TICKS), Fraction(span.end, TICKS)
                self.runs[step.name][next(points[step.name])] = Run(step.name, step.units, start, end, end + step.latency)

    def _points(self, op: Scheduled) -> Iterator[Point]:
        """The iterations in which an operation runs, in order; one after another, since a nest may have any number."""

        def inside(loops: list[tuple[str, int]]) -> Iterator[Point]:
            if not loops:
                yield ()
                return
            (loop, trips), *inner = loops
            coordinates = range(0 if loop not in op.when_.last else trips - 1, trips if loop not in op.when_.first else 1)
            for coordinate in coordinates:
                for rest in inside(inner):
                    yield (coordinate, *rest)

        return inside(list(self.loops.items()))

    def overlaps(self) -> Iterator[str]:
        """Pairs of runs that hold one unit at once."""
        by_unit: dict[str, list[Run]] = {}
        for run in (r for runs in self.runs.values() for r in runs.values()):
            for unit in run.units:
                by_unit.setdefault(unit, []).append(run)
        for unit, runs in by_unit.items():
            for one, other in pairwise(sorted(runs, key=lambda r: (r.start, r.end))):
                if other.start < one.end:
                    yield f"{one.name} and {other.name} hold '@{unit}' at cycle {float(other.start):g}"

    def reads(self) -> Iterator[str]:
        """Reads of what is not there yet, or not any more."""
        readers: dict[tuple[str, Point], list[tuple[Fraction, str, Point]]] = {}
        for name, op in self.ops.items():
            for point, run in self.runs[name].items():
                for producer, made in self._read(op, point):
                    source = self.runs[producer].get(made)
                    if source is None or run.start < source.ready:
                        yield f"{name} at {self._told(point)} starts before {producer} of {self._told(made)} is ready"
                    readers.setdefault((producer, made), []).append((run.end, name, point))
        for name, op in self.ops.items():
            made = list(self.runs[name].items())
            for (point, _), (there, later) in zip(made, islice(made, 0 if isinstance(op, StoreOp) else op.copies_, None), strict=False):
                if any(later.start < end for end, reader, at in readers.get((name, point), ()) if (reader, at) != (name, there)):
                    yield f"{name} writes over its tile of {self._told(point)} before its last read"

    def _read(self, op: Scheduled, point: Point) -> Iterator[tuple[str, Point]]:
        """What an operation reads in an iteration: names and iterations of what made it."""
        at = dict(zip(self.loops, point, strict=True))
        for value in tile_operands(op):
            owner = value.owner
            if isinstance(owner, StateOp):
                loop = owner.loop.data
                if at[loop] > 0:
                    producer, there = self.updates.get(owner), {**at, loop: at[loop] - 1}
                else:
                    producer, there = owner.initial, at
            else:
                producer, there = value, at
            if producer is not None and isinstance(producer.owner, LoadOp | MoveOp | TaskOp):
                yield self.names[producer.owner], self._instance(producer.owner.when_, there)

    def _instance(self, when: When, at: Mapping[str, int]) -> Point:
        """The iteration in which the value that is read at some coordinates was made: there, save for the loops that its condition fixes."""
        return tuple(0 if loop in when.first else trips - 1 if loop in when.last else at[loop] for loop, trips in self.loops.items())

    def _told(self, point: Point) -> str:
        return ", ".join(f"{loop} = {c}" for loop, c in zip(self.loops, point, strict=True)) or "its one iteration"

    def capacity(self) -> Iterator[str]:
        """Memories and register files that hold more than they can."""
        machine = machine_of(self.kernel)
        word = Fraction(machine.word.data)
        held: dict[str, Fraction] = {}
        for op in self.ops.values():
            if isinstance(op, StoreOp):
                continue
            home = op.home_name if isinstance(op, TaskOp) else op.memory.string_value()
            streams = not isinstance(op, TaskOp) and home in machine.arrays
            for result in () if streams or home in self.kernel.spilled else op.results:
                size = word * op.copies_
                for dimension in tensor_of(result).get_shape():
                    size *= dimension
                held[home] = held.get(home, Fraction(0)) + size
        for home, size in held.items():
            limit = machine.memories[home].capacity if home in machine.memories else machine.arrays[home].registers
            if limit is not None and size > limit.data:
                yield f"'@{home}' has {limit.data:,} bytes, and {float(size):,.0f} are kept there"
