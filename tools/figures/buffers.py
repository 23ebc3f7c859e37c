"""The figure of `einfold explore --buffers`: a line for each number of passes over sizes of the buffer, and one for the bytes they move."""

from __future__ import annotations

from collections.abc import Callable

from ...search.buffers import Curve
from ...search.contenders import Contender
from ...search.judge import Objective
from .chart import Line, Lines
from .svg import Drawing

LABELS: dict[Objective, str] = {"latency": "cycles", "energy": "pJ", "edp": "pJ x cycles", "area": "um2 in use"}


def buffers_figure(title: str, found: Curve, objective: Objective) -> Drawing:
    """What is made small, and below it the bytes off the chip, both on logarithmic axes."""
    across = f"bytes of {found.memory}"
    upper = Lines(f"{title}: passes over {found.rank}", across, LABELS[objective], _lines(found, lambda c: c.score), width=820)
    lower = Lines("bytes moved off the chip", across, "bytes", _lines(found, lambda c: float(c.offchip)), width=820)
    return Drawing.below([upper.drawn(), lower.drawn()])


def _lines(found: Curve, value: Callable[[Contender], float]) -> list[Line]:
    """Dashed from the second one on, so that equal lines are both seen."""
    lines: list[Line] = []
    for passes in sorted({c.passes for p in found.points for c in p.contenders}):
        points = [(float(p.capacity), value(c)) for p in found.points for c in p.contenders if c.passes == passes]
        lines.append(Line(f"{passes} pass{'' if passes == 1 else 'es'}", points, dash="8 8" if lines else ""))
    return lines
