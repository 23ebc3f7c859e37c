"""Objectives, and the Pareto front: the points of which no other is at least as good in everything and better in something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Objective:
    """A number of an outcome that should be small. `unit`: as it is kept; `scale`: times that, as `label` tells it."""

    name: str
    unit: str
    label: str
    scale: float = 1.0


OBJECTIVES: Mapping[str, Objective] = {
    o.name: o
    for o in (
        Objective("latency", "s", "latency (s)"),
        Objective("energy", "pJ", "energy (J)", 1e-12),
        Objective("area", "um2", "area (mm2)", 1e-6),
        Objective("edp", "pJ s", "energy-delay product (J s)", 1e-12),
        Objective("traffic", "bytes", "bytes off the chip"),
    )
}
"""What a front may be over, by name."""

USUAL = ("latency", "energy", "area")


def pareto(rows: Sequence[Sequence[float]]) -> list[int]:
    """Positions of the rows on the Pareto front, in their order; every number should be small. Of equal rows, all are on it or none."""
    if not rows:
        return []
    values = np.array(rows, dtype=float)
    order = np.lexsort(values.T[::-1])  # what dominates a row comes before it
    front = np.empty_like(values)
    kept: list[int] = []
    for position in order:
        row, so_far = values[position], front[: len(kept)]
        if not bool(np.any(np.all(so_far <= row, axis=1) & np.any(so_far < row, axis=1))):
            front[len(kept)] = row
            kept.append(int(position))
    return sorted(kept)
