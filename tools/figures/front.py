"""The figures of a sweep: for every two objectives, all points, those on the front, and the front of these two alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from ..exploring.front import Objective, pareto
from ..exploring.report import Findings
from .chart import Line, Lines
from .svg import Drawing


def front_figures(found: Findings) -> Mapping[str, Drawing]:
    """Name -> figure, such as `latency-area`: the first objective upwards, on logarithmic axes. None where there is one objective."""
    return {f"{up.name}-{across.name}": _figure(found, across, up) for up, across in combinations(found.objectives, 2)}


def _figure(found: Findings, across: Objective, up: Objective) -> Drawing:
    def places(positions: list[int]) -> list[tuple[float, float]]:
        return [(found.value(i, across), found.value(i, up)) for i in positions]

    rows = found.explored.rows
    known = [i for i, (_, o) in enumerate(rows) if None not in (o.numbers.get(across.name), o.numbers.get(up.name))]
    every = places(known)
    stairs = sorted(every[k] for k in pareto(every))
    others = [i for i in known if i not in set(found.front)]
    lines = [
        Line(f"front of {across.name} and {up.name}", stairs, dots=False),
        Line("other points", places(others), path=False),
        Line(f"front over {', '.join(o.name for o in found.objectives)}", places([i for i in known if i in set(found.front)]), path=False),
    ]
    title = f"{found.sweep.name}: {up.name} against {across.name}, {len(known)} points"
    return Lines(title, across.label, up.label, lines, width=820).drawn()
