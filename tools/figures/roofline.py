"""The figure of `einfold roofline`: the roof with a point for each form, and below it what each form keeps on the chip."""

from __future__ import annotations

from collections.abc import Sequence

from ..roofline import Form, Roof, points_told
from .chart import Line, Lines
from .svg import Drawing


def roofline_figure(title: str, roof: Roof, forms: Sequence[Form], rank: str | None) -> Drawing:
    """Both charts. Forms that were not simulated have no point, but may have a footprint."""
    told = points_told(forms)
    intensities = [f.intensity for f in told if f.intensity is not None]
    ridge = roof.ridge or 1.0
    low, high = min([ridge, *intensities]) / 10, max([ridge, *intensities]) * 10
    bend = [low, ridge, high] if low < ridge < high else [low, high]
    lines: list[Line] = []
    for form in forms:
        passes = "" if form.passes is None else f" ({form.passes}-pass)"
        points = [(form.intensity or 0.0, form.rate or 0.0)] if form in told else []
        lines.append(Line(form.name, points, path=False, texts=[f"{form.name}{passes}"]))
    lines.append(Line("roof", [(x, roof.at(x)) for x in bend], dots=False))
    drawings = [Lines(title, "operations per byte off the chip", "operations per second", lines).drawn()]
    # Dashed from the second one on, so that equal lines are both seen.
    held = [Line(f.name, sorted((float(n), float(b)) for n, b in (f.footprint or {}).items()), dash="8 8" if i else "") for i, f in enumerate(forms)]
    if any(line.points for line in held):
        label = f"length of {rank}"
        drawings.append(Lines("On-chip bytes for one fiber", label, "bytes", held).drawn())
    return Drawing.below(drawings)
