"""Tiles that a search considers beside the lowering's own: whole fibers kept on the chip, for fewer or more fibers at a time.

A cascade that traverses a rank several times reads it from off the chip each time, unless its fibers stay on the chip in between; then the
traversals are one kernel. How many fibers fit, and how many keep arrays and memory busy at once, bounds and simulation decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..backend.machine import Machine
from ..dialects.einsum import CascadeOp, IterateOp
from ..lowering.mapping import DEFAULT, CascadeMapping
from ..lowering.work import Work, works_of
from .forms import side_of

CUTS = (1, 2, 4, 16)
"""Parts of an array's side that a kept rank is cut to."""

LONGEST_FIBER = 1 << 16
"""Elements of a rank that is kept whole, at most."""


def tilings(cascade: CascadeOp, machine: Machine) -> Iterator[CascadeMapping]:
    """The mappings to try for a form: nothing stated, then whole fibers of its traversed ranks, cut along the longest rank that is never reduced;
    of a form that has small tiles since a filter leaves parts of large ones, that rank cut to the same size."""
    yield DEFAULT
    works = works_of(cascade)
    if any(isinstance(op, IterateOp) for op in cascade.body.walk()):
        inner = min((cascade.sizes[r] for w in works if w.iterative and w.op.where is not None for r in w.reduced), default=None)
        cut = _cut_rank(works, cascade.sizes)
        if inner is not None and cut is not None and inner < min(side_of(machine), cascade.sizes[cut]):
            yield _stated({cut: inner})
        return
    traversed = [r for r, size in cascade.sizes.items() if size <= LONGEST_FIBER and any(r in w.reduced for w in works)]
    if not traversed:
        return
    cut = _cut_rank(works, cascade.sizes)
    side = side_of(machine)
    seen: set[int] = set()
    for parts in CUTS if cut is not None else (1,):
        tile = max(1, min(side // parts, cascade.sizes[cut] if cut is not None else 1))
        if tile not in seen:
            seen.add(tile)
            yield _stated({**dict.fromkeys(traversed), **({cut: tile} if cut is not None else {})})


def _cut_rank(works: list[Work], sizes: Mapping[str, int]) -> str | None:
    """The longest rank that no Einsum reduces."""
    kept = [r for r in sizes if any(r in w.ranks for w in works) and not any(r in w.reduced for w in works)]
    return max(kept, key=lambda r: sizes[r], default=None)


def _stated(tiles: dict[str, int | None]) -> CascadeMapping:
    return replace(DEFAULT, kernels=(replace(DEFAULT.kernels[0], tiles=tiles),))
