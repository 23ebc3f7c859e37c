"""What a simulation says: one tree of plain data, as a dictionary for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TaskSpan:
    """One run of an operation, in cycles."""

    name: str
    resource: str
    start: float
    end: float


@dataclass(frozen=True)
class TaskCounts:
    """What all runs of one operation of a kernel do: what energy and area models are made from.

    `resource` is the array (of a task) or the off-chip memory (of a transfer). `runs`: how often it runs. `operations`: scalar operations
    by entry of the array's table. `registers`: "read" and "write" accesses of the processing elements' registers, one per operand and result of an
    operation. `moved`: bytes per memory, "read" and "write".
    """

    name: str
    resource: str
    runs: int
    operations: Mapping[str, int]
    registers: Mapping[str, int]
    moved: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, object]:
        moved = {m: dict(ways) for m, ways in self.moved.items()}
        return {
            "name": self.name,
            "resource": self.resource,
            "runs": self.runs,
            "operations": dict(self.operations),
            "registers": dict(self.registers),
            "bytes": moved,
        }


@dataclass(frozen=True)
class SimulationResult:
    """A kernel, or several one after another, in time.

    `busy` is cycles per resource (array or off-chip memory) and operation; `utilisation` the same as shares of `cycles`, with the
    resource's sum as "total". `filled` is as `busy`, each operation weighted with the share of the array's elements that have work.
    `moved` is bytes per memory, read and written. `critical` is the busiest resource. `counts` is what each operation does, for
    models of energy. `bounds` is cycles that each resource has to work, and under "barriers" what these make of it, were there no waits.
    """

    name: str
    cycles: float
    seconds: float
    busy: Mapping[str, Mapping[str, float]]
    moved: Mapping[str, Mapping[str, int]]
    kernels: tuple[SimulationResult, ...] = ()
    timeline: tuple[TaskSpan, ...] = ()
    epochs: int = 0
    """Epochs that were simulated one by one; the others followed from them."""
    filled: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    counts: tuple[TaskCounts, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def utilisation(self) -> dict[str, dict[str, float]]:
        cycles = self.cycles or 1.0
        return {r: {"total": sum(tasks.values()) / cycles} | {t: c / cycles for t, c in tasks.items()} for r, tasks in self.busy.items()}

    @property
    def critical(self) -> str:
        return max(self.busy, key=lambda r: sum(self.busy[r].values()), default="")

    def to_json(self) -> dict[str, object]:
        """Plain dictionaries, lists, texts and numbers; keys are listed in the documentation of this class."""
        found: dict[str, object] = {
            "name": self.name,
            "cycles": self.cycles,
            "seconds": self.seconds,
            "utilisation": self.utilisation,
            "bytes": {m: dict(ways) for m, ways in self.moved.items()},
            "critical": self.critical,
            "busy_cycles": {r: dict(tasks) for r, tasks in self.busy.items()},
            "simulated_epochs": self.epochs,
            "filled_cycles": {r: dict(tasks) for r, tasks in self.filled.items()},
            "bound_cycles": dict(self.bounds),
            "counts": [c.to_json() for c in self.counts],
        }
        if self.timeline:
            found["timeline"] = [{"name": s.name, "resource": s.resource, "start": s.start, "end": s.end} for s in self.timeline]
        if self.kernels:
            found["kernels"] = {k.name: k.to_json() for k in self.kernels}
        return found

    def render(self) -> str:
        """A table: time, then each resource with its operations, then bytes."""
        lines = [f"{self.name}: {self.cycles:,.2f} cycles, {_seconds(self.seconds)}, critical resource {self.critical}"]
        for resource, tasks in self.utilisation.items():
            lines.append(f"  {resource:<24}{100 * tasks['total']:7.2f} %")
            lines += [f"    {task:<22}{100 * share:7.2f} %" for task, share in tasks.items() if task != "total"]
        for memory, ways in self.moved.items():
            lines.append(f"  {memory:<24}{ways['read']:>22,} bytes read {ways['write']:>22,} bytes written")
        for kernel in self.kernels if len(self.kernels) > 1 else ():
            lines += ["", kernel.render()]
        return "\n".join(lines)


def _seconds(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.6g} {unit}"
    return f"{seconds / 1e-9:.6g} ns"


def in_sequence(name: str, results: tuple[SimulationResult, ...]) -> SimulationResult:
    """Kernels one after another, as one result."""
    busy: dict[str, dict[str, float]] = {}
    filled: dict[str, dict[str, float]] = {}
    moved: dict[str, dict[str, int]] = {}
    bounds: dict[str, float] = {}
    for result in results:
        _add(busy, result.busy)
        _add(filled, result.filled)
        for resource, cycles in result.bounds.items():
            bounds[resource] = bounds.get(resource, 0.0) + cycles
        for memory, ways in result.moved.items():
            total = moved.setdefault(memory, {"read": 0, "write": 0})
            for way, count in ways.items():
                total[way] += count
    cycles, seconds = sum(r.cycles for r in results), sum(r.seconds for r in results)
    counts = tuple(c for r in results for c in r.counts)
    epochs = sum(r.epochs for r in results)
    return SimulationResult(name, cycles, seconds, busy, moved, results, epochs=epochs, filled=filled, counts=counts, bounds=bounds)


def _add(into: dict[str, dict[str, float]], more: Mapping[str, Mapping[str, float]]) -> None:
    for resource, tasks in more.items():
        known = into.setdefault(resource, {})
        for task, cycles in tasks.items():
            known[task] = known.get(task, 0.0) + cycles
