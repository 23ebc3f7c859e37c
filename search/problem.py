"""A kernel's tasks as a scheduling problem: how long each holds its array, and who waits for whom, over how many iterations.

Only tasks are scheduled. Loads and stores keep a fixed distance from them (`lowering/stages.py`), so that the off-chip memory bounds the
initiation interval here but delays nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from ..backend.cost import compile_kernel
from ..dialects.accel import KernelOp, TaskOp
from ..dialects.accel_checks import machine_of
from ..dialects.accel_legal import tile_bytes
from ..dialects.accel_names import operation_names
from ..dialects.accel_nest import all_reads, closest, happens, scheduled


@dataclass(frozen=True, slots=True)
class Job:
    """A task: it holds some `units` of an array for `cycles`, in a `share` of the iterations; its result may be read `latency` cycles later and
    takes `bytes`."""

    name: str
    units: tuple[str, ...]
    cycles: Fraction
    share: Fraction
    latency: Fraction
    bytes: float

    @property
    def load(self) -> Fraction:
        """Cycles per iteration on average."""
        return self.cycles * self.share

    def beside(self, other: Job) -> bool:
        """Whether two jobs hold a unit in common, so that they cannot run at once."""
        return not set(self.units).isdisjoint(other.units)


@dataclass(frozen=True, slots=True)
class Wait:
    """Job `reader` reads, in iteration i, what job `maker` makes in iteration i - `distance` at the latest."""

    maker: int
    reader: int
    distance: int


@dataclass(frozen=True)
class Problem:
    """The jobs of a kernel in the order of its body, their waits, and cycles per iteration that transfers need on average."""

    name: str
    jobs: tuple[Job, ...]
    waits: tuple[Wait, ...]
    transfers: Fraction
    iterations: int

    @property
    def loads(self) -> dict[str, Fraction]:
        """Unit -> cycles of its jobs per iteration, on average."""
        found: dict[str, Fraction] = {}
        for job in self.jobs:
            for unit in job.units:
                found[unit] = found.get(unit, Fraction(0)) + job.load
        return found

    @property
    def least(self) -> Fraction:
        """The busiest unit's cycles per iteration: no schedule of these jobs is faster in the steady state (Rau 1994: ResMII)."""
        return max([*self.loads.values(), self.transfers, Fraction(1)])

    def held(self, job: Job) -> Fraction:
        """Cycles to set aside for a job in every iteration: all it ever takes, if its units can spare them; what it takes on average if not."""
        spared = all(sum(j.cycles for j in self.jobs if unit in j.units) <= self.least for unit in job.units)
        return job.cycles if spared else job.load


@dataclass(frozen=True)
class Schedule:
    """A modulo schedule: each job starts `stage` whole intervals and `start` cycles after its iteration has begun.

    `proven`: no shorter `interval` exists for the problem as stated; `solver` tells what found it.
    """

    interval: Fraction
    stages: Mapping[str, int]
    starts: Mapping[str, Fraction]
    proven: bool
    solver: str

    @property
    def turns(self) -> dict[str, int]:
        """Job -> its place in an epoch, in order of the starts; of jobs that start together the one first whose place is first in `starts`."""
        order = sorted(self.starts, key=lambda name: self.starts[name])
        return {name: turn for turn, name in enumerate(order)}


def problem_of(kernel: KernelOp) -> Problem:
    """The scheduling problem of a verified kernel."""
    machine, loops = machine_of(kernel), kernel.loops
    steps = {step.name: step for step in compile_kernel(kernel).steps}
    names = operation_names(kernel)
    tasks = [op for op in scheduled(kernel) if isinstance(op, TaskOp)]
    position = {op: i for i, op in enumerate(tasks)}
    jobs: list[Job] = []
    for op in tasks:
        step = steps[names[op]]
        share = Fraction(1, prod(loops[loop] for loop in op.when_.loops))
        jobs.append(Job(step.name, step.units, step.cycles, share, step.latency, sum(tile_bytes(r, machine.word.data) for r in op.results)))
    waits: dict[tuple[int, int], int] = {}
    for read in all_reads(kernel):
        if isinstance(read.reader, TaskOp) and isinstance(read.producer, TaskOp) and happens(read, loops):
            pair = position[read.producer], position[read.reader]
            waits[pair] = min(waits.get(pair, 1 << 62), closest(read, loops))
    transfers = sum((s.cycles / prod(loops[loop] for loop in s.when.loops) for s in steps.values() if s.transfer), Fraction(0))
    return Problem(kernel.sym_name.data, tuple(jobs), tuple(Wait(m, r, d) for (m, r), d in waits.items()), transfers, prod(loops.values()))


def broken(problem: Problem, schedule: Schedule) -> list[str]:
    """What a schedule breaks of its problem, a line each: a wait, or a unit that two jobs hold at once. Empty if it is sound."""
    found: list[str] = []
    interval, jobs = schedule.interval, problem.jobs
    when = {j.name: schedule.stages[j.name] * interval + schedule.starts[j.name] for j in jobs}
    for wait in problem.waits:
        maker, reader = jobs[wait.maker], jobs[wait.reader]
        ready = when[maker.name] + problem.held(maker) + maker.latency - wait.distance * interval
        if (wait.maker != wait.reader or wait.distance) and when[reader.name] < ready:
            found.append(f"{reader.name} starts at {float(when[reader.name]):g}, before {maker.name} is ready at {float(ready):g}")
        if schedule.stages[reader.name] + wait.distance < schedule.stages[maker.name]:
            found.append(f"{reader.name} is issued before {maker.name}")
    for unit in problem.loads:
        held = sorted((schedule.starts[j.name], problem.held(j), j.name) for j in jobs if unit in j.units)
        for (start, cycles, name), (after, _, other) in zip(held, [*held[1:], (held[0][0] + interval, 0, held[0][2])], strict=True):
            if start + cycles > after:
                found.append(f"{name} holds @{unit} until {float(start + cycles):g}, but {other} starts at {float(after):g}")
    return found
