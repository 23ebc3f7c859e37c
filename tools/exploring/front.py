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

USUAL: tuple[str, ...] = ("latency", "energy", "area")


def pareto(rows: Sequence[Sequence[float]]) -> list[int]:
    """Positions of the rows on the Pareto front, in their order; every number should be small. Of equal rows, all are on it or none.

    In order of the first number, a row is dominated by another one before it, and already if that is as good in the other numbers: only the
    front in these, of what came before, has to be kept.
    """
    if not rows:
        return []
    different, which = np.unique(np.array(rows, dtype=float), axis=0, return_inverse=True)  # in lexicographic order
    on_front = np.zeros(len(different), dtype=bool)
    best = np.empty((0, different.shape[1] - 1))
    for position, row in enumerate(different[:, 1:]):
        if not bool(np.any(np.all(best <= row, axis=1))):
            best = np.vstack([best[~np.all(row <= best, axis=1)], row])
            on_front[position] = True
    return [int(i) for i in np.flatnonzero(on_front[which.reshape(-1)])]
