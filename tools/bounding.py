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


def bound_cells(bound: Bound, cycles: float) -> tuple[str, str, str, str]:
    """A bound in words: what it bounds, its share of the simulated cycles, its own cycles, and what is to be said of it."""
    name, share = TOLD[bound.kind].format(bound.part), bound.share(cycles)
    if bound.cycles is None or share is None:
        asked = f", {bound.work / cycles:,.1f} bytes a cycle asked" if cycles else ""
        return name, "", "", f"no bandwidth stated{asked}"
    beyond = "above the simulated time: ports delay single tasks only" if share > 1.0 + 1e-9 else ""
    return name, f"{100 * share:.2f} %", f"{bound.cycles:,.2f}", beyond


def bounds_lines(bounds: Sequence[Bound], cycles: float) -> list[str]:
    """A table: each bound, its share of the simulated cycles and its own; 100 % is as fast as that part of the machine allows."""
    lines = ["lower bounds, as shares of the simulated time"]
    for name, share, own, said in (bound_cells(bound, cycles) for bound in bounds):
        lines.append(f"  {name:<32}{share:>9} {own:>20} cycles{'  ' if said else ''}{said}" if share else f"  {name:<32}{said}")
    return lines
