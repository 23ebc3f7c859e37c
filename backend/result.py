"""What a simulation says: one tree of plain data, as a dictionary for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TaskSpan:
    """One run of an operation, in cycles."""

    name: str
    resource: str
    start: float
    end: float


@dataclass(frozen=True)
class SimulationResult:
    """A kernel, or several one after another, in time.

    `busy` is cycles per resource (array or off-chip memory) and operation; `utilisation` the same as shares of `cycles`, with the
    resource's sum as "total". `moved` is bytes per memory, read and written. `critical` is the busiest resource.
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
    moved: dict[str, dict[str, int]] = {}
    for result in results:
        for resource, tasks in result.busy.items():
            into = busy.setdefault(resource, {})
            for task, cycles in tasks.items():
                into[task] = into.get(task, 0.0) + cycles
        for memory, ways in result.moved.items():
            total = moved.setdefault(memory, {"read": 0, "write": 0})
            for way, count in ways.items():
                total[way] += count
    cycles, seconds = sum(r.cycles for r in results), sum(r.seconds for r in results)
    return SimulationResult(name, cycles, seconds, busy, moved, results, epochs=sum(r.epochs for r in results))
