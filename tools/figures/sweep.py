"""The figure of a sweep: area against latency, a line per accelerator and model."""

from __future__ import annotations

from collections.abc import Sequence

from ..evaluation.sweep import Point
from ..evaluation.sweep_spec import Sweep
from .chart import Line, Lines
from .svg import Drawing

UM2_PER_CM2 = 1e8


def sweep_figure(sweep: Sweep, points: Sequence[Point]) -> Drawing:
    """Both axes logarithmic; the first accelerator's lines are full, those of others are dashed."""
    lines: list[Line] = []
    for position, (name, accelerator) in enumerate(sweep.accelerators.items()):
        for model in dict.fromkeys(p.model for p in points):
            own = [(p.area / UM2_PER_CM2, p.latency) for p in points if (p.accelerator, p.model) == (name, model)]
            lines.append(Line(f"{accelerator.label or name} {model}", own, dash="5 3" if position else ""))
    return Lines(f"Area against latency of attention, {sweep.length} tokens", "area (cm2)", "latency (s)", lines, width=820).drawn()
