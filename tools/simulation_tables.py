"""What a simulation found, as tables: the lines are those of its own `render`, and a terminal draws them."""

from __future__ import annotations

from collections.abc import Sequence

from ..backend.bounds import Bound
from ..backend.energy import Energy
from ..backend.result import SimulationResult
from .bounding import bound_cells, bounds_lines
from .counting import energy_lines, joules
from .terminal import Part, Table

NUMBERS = frozenset({1, 2})


def result_parts(result: SimulationResult) -> list[Part]:
    """Time, then each resource with its operations, then bytes; kernels one after another follow, each with the same."""
    head, *lines = SimulationResult.render(_alone(result)).splitlines()
    busy = [row for resource, tasks in result.utilisation.items() for row in _shares(resource, tasks)]
    bytes_of = [(memory, f"{ways['read']:,}", f"{ways['write']:,}") for memory, ways in result.moved.items()]
    parts: list[Part] = [
        head,
        Table(("busy", "of the time"), busy, lines[: len(busy)], NUMBERS, shares=1),
        Table(("bytes", "read", "written"), bytes_of, lines[len(busy) :], NUMBERS),
    ]
    for kernel in result.kernels if len(result.kernels) > 1 else ():
        parts += ["", *result_parts(kernel)]
    return parts


def _alone(result: SimulationResult) -> SimulationResult:
    """A result without the kernels that it is made of."""
    return SimulationResult(result.name, result.cycles, result.seconds, result.busy, result.moved)


def _shares(resource: str, tasks: dict[str, float]) -> list[tuple[str, str]]:
    inner = [(f"  {task}", f"{100 * share:.2f} %") for task, share in tasks.items() if task != "total"]
    return [(resource, f"{100 * tasks['total']:.2f} %"), *inner]


def energy_parts(energy: Energy) -> list[Part]:
    """The total, each component with its actions, and what is left uncounted."""
    head, *lines = energy_lines(energy)
    total, rows = energy.total, list[tuple[str, str, str]]()
    for component, actions in energy.actions.items():
        for name, pj in ((component, sum(actions.values())), *((f"  {action}", pj) for action, pj in actions.items())):
            rows.append((name, f"{100 * pj / total if total else 0.0:.2f} %", joules(pj)))
    return [head, Table(("energy", "of all", ""), rows, lines[: len(rows)], NUMBERS, shares=1), *lines[len(rows) :]]


def bounds_parts(bounds: Sequence[Bound], cycles: float) -> list[Part]:
    """Each bound, its share of the simulated cycles and its own, and what is to be said of it."""
    head, *lines = bounds_lines(bounds, cycles)
    return [head, Table(("at its full rate", "of the time", "cycles", ""), [bound_cells(b, cycles) for b in bounds], lines, NUMBERS, shares=1)]
