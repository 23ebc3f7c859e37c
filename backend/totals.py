"""What a kernel does in all, whatever the order in time: busy cycles, bytes, operations, and the bounds that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from .kinds import Kinds
from .result import SimulationResult, TaskCounts, TaskSpan
from .steps import TICKS, Program, Step, Work
from .timing import Row

BARRIERS = "barriers"
"""Under which the bound of barriers stands beside those of resources."""


@dataclass
class _Total:
    """One step over the whole nest: runs, ticks, those of them times the share of the array's elements with work, and what it does."""

    runs: int = 0
    ticks: int = 0
    filled: float = 0.0
    moved: dict[tuple[str, str], Fraction] = field(default_factory=dict[tuple[str, str], Fraction])
    operations: Counter[str] = field(default_factory=Counter[str])
    registers: Counter[str] = field(default_factory=Counter[str])

    def add(self, work: Work, hold: int, times: int) -> None:
        """So many runs of `hold` ticks."""
        self.runs += times
        self.ticks += times * hold
        self.filled += float(times * hold * work.actions.filled)
        for key, count in work.moved.items():
            self.moved[key] = self.moved.get(key, Fraction(0)) + times * count
        for op, count in work.actions.operations.items():
            self.operations[op] += times * count
        self.registers["read"] += times * work.actions.register_reads
        self.registers["write"] += times * work.actions.register_writes


def result_of(program: Program, kinds: Kinds, cycles: float, timeline: Sequence[TaskSpan] = (), epochs: int = 0) -> SimulationResult:
    """The result of a kernel that takes `cycles`, from how many iterations there are of each kind."""
    census = kinds.census(0, kinds.root)
    totals = [_Total() for _ in program.steps]
    for row, times in census.items():
        works = kinds.works(row)
        for position, hold, _ in row.active:
            totals[position].add(works[position], hold, times)
    busy: dict[str, dict[str, float]] = {unit: {} for unit in program.units}
    filled: dict[str, dict[str, float]] = {unit: {} for unit in busy}
    moved: dict[str, dict[str, Fraction]] = {m: {"read": Fraction(0), "write": Fraction(0)} for m in program.memories}
    for step, total in zip(program.steps, totals, strict=True):
        for unit in step.units:
            busy[unit][step.name] = total.ticks / TICKS
            filled[unit][step.name] = total.filled / TICKS
        for (memory, way), count in total.moved.items():
            moved[memory][way] += count
    return SimulationResult(
        program.name,
        cycles,
        cycles / program.clock,
        busy,
        {m: {way: int(count) for way, count in ways.items()} for m, ways in moved.items()},
        timeline=tuple(timeline),
        epochs=epochs,
        filled=filled,
        counts=tuple(_counts(step, total) for step, total in zip(program.steps, totals, strict=True)),
        bounds=bounds(program, census),
    )


def _counts(step: Step, total: _Total) -> TaskCounts:
    bytes_: dict[str, dict[str, int]] = {}
    for (memory, way), count in total.moved.items():
        bytes_.setdefault(memory, {"read": 0, "write": 0})[way] = int(count)
    registers = {"read": total.registers["read"], "write": total.registers["write"]}
    return TaskCounts(step.name, step.resource, total.runs, dict(total.operations), registers, bytes_)


def bounds(program: Program, census: Mapping[Row, int]) -> dict[str, float]:
    """Cycles that a kernel takes in the steady state: per unit, all that it has to do; with barriers, turn after turn in every iteration."""
    found: Counter[str] = Counter(dict.fromkeys(program.units, 0))
    steps = program.steps
    for row, times in census.items():
        turns: dict[int, dict[str, int]] = {}
        ends: dict[int, int] = {}
        for position, hold, _ in row.active:
            step = steps[position]
            for unit in step.units:
                found[unit] += times * hold
                if program.barriers and not step.transfer:
                    queue = turns.setdefault(step.turn, {})
                    queue[unit] = queue.get(unit, 0) + hold
                    ends[step.turn] = max(ends.get(step.turn, 0), queue[unit] + int(step.latency * TICKS))
        if program.barriers:
            found[BARRIERS] += times * sum(ends.values())
    return {unit: total / TICKS for unit, total in found.items()}
