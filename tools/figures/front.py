"""The figures of a sweep: for every two objectives, all points, those on the front, and the front of these two alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from ..exploring.front import Objective, pareto
from ..exploring.report import Findings
from .chart import Line, Lines
from .svg import Drawing

DIGITS = 3
"""Dots that agree in so many digits lie on one another."""


def front_figures(found: Findings) -> Mapping[str, Drawing]:
    """Name -> figure, such as `latency-area`: the first objective upwards, on logarithmic axes. None where there is one objective."""
    return {f"{up.name}-{across.name}": _figure(found, across, up) for up, across in combinations(found.objectives, 2)}


def _figure(found: Findings, across: Objective, up: Objective) -> Drawing:
    rows, front = found.explored.rows, set(found.front)
    known = [i for i, (_, o) in enumerate(rows) if None not in (o.numbers.get(across.name), o.numbers.get(up.name))]
    every = [(found.value(i, across), found.value(i, up)) for i in known]
    stairs = sorted({every[k] for k in pareto(every)})
    on_front = [place for i, place in zip(known, every, strict=True) if i in front]
    others = [place for i, place in zip(known, every, strict=True) if i not in front]
    lines = [
        Line(f"front of {across.name} and {up.name}", stairs, dots=False),
        Line("other points", _apart(others), path=False),
        Line(f"front over {', '.join(o.name for o in found.objectives)}", _apart(on_front), path=False),
    ]
    title = f"{found.sweep.name}: {up.name} against {across.name}, {len(known)} points"
    return Lines(title, across.label, up.label, lines, width=820).drawn()


def _apart(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The first of the places that would look like one."""
    return list({tuple(f"{v:.{DIGITS - 1}e}" for v in place): place for place in reversed(places)}.values())
