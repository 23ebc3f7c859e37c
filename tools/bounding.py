"""How far simulated kernels are from their lower bounds, as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence

from ..backend.bounds import MACS, OFFCHIP, OPERATIONS, PORT, Bound, lower_bounds, of_several
from ..backend.machine import Machine
from ..backend.result import SimulationResult

TOLD = {MACS: "MACs alone on {}", OPERATIONS: "all operations on {}", OFFCHIP: "bytes at {}", PORT: "bytes at the port of {}"}
"""Kind of bound -> how the table names it."""


def bounds_in(result: SimulationResult, machines: Sequence[Machine]) -> list[Bound]:
    """The bounds of all kernels of a result, of which `machines` are the machines in order."""
    return of_several([lower_bounds(part, machine) for part, machine in zip(result.kernels or (result,), machines, strict=True)])


def bounds_json(bounds: Sequence[Bound], cycles: float) -> dict[str, object]:
    """Bound -> its work, rate, cycles, and share of the simulated cycles."""
    return {bound.name: bound.to_json(cycles) for bound in bounds}


def bounds_lines(bounds: Sequence[Bound], cycles: float) -> list[str]:
    """A table: each bound, its share of the simulated cycles and its own; 100 % is as fast as that part of the machine allows."""
    lines = ["lower bounds, as shares of the simulated time"]
    for bound in bounds:
        name = TOLD[bound.kind].format(bound.part)
        share = bound.share(cycles)
        if bound.cycles is None or share is None:
            asked = f", {bound.work / cycles:,.1f} bytes a cycle asked" if cycles else ""
            lines.append(f"  {name:<32}no bandwidth stated{asked}")
            continue
        beyond = "  above the simulated time: ports delay single tasks only" if share > 1.0 + 1e-9 else ""
        lines.append(f"  {name:<32}{100 * share:7.2f} % {bound.cycles:>20,.2f} cycles{beyond}")
    return lines
