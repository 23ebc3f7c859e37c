"""The sizes at which the accuracy of a cascade is measured: the long rank long enough for sums to matter, the others small."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...analysis.einsums import Program
from ...analysis.tiles import Tiles
from ...dialects.einsum import CascadeOp, ComputeOp, IterateOp
from ..certificates.retained import at_sizes

LONG, SHORT = 512, 4
LARGEST_SPACE = 2**22
"""Most points of one Einsum that are evaluated for a measurement."""


def small(op: CascadeOp, rank: str) -> CascadeOp | None:
    """The cascade, alone in a module, at small sizes; None where it cannot have any.

    Ranks that a filter compares with the long rank are as long as it; tiles keep their size, because subscripts say it.
    """
    for long in (LONG, LONG // 4, LONG // 16):
        found = at_sizes(op, _sizes(op, rank, long))
        if found is not None and max(_spaces(found), default=0) <= LARGEST_SPACE:
            return found
    return None


def _sizes(op: CascadeOp, rank: str, long: int) -> dict[str, int]:
    tiles = Tiles(Program(op))
    stretched = set(tiles.family(rank))
    for inner in op.walk():
        if isinstance(inner, ComputeOp) and inner.where is not None:
            stretched |= {r for c in inner.where.data if not stretched.isdisjoint(c.ranks) for r in c.ranks}
    sizes = {r: min(size, long if r in stretched else SHORT) for r, size in op.sizes.items()}
    for whole, parts in tiles.tilings:
        inside = math.prod(op.sizes[p] for p in parts[1:])
        most = SHORT if stretched.isdisjoint(parts) else long
        sizes |= {p: op.sizes[p] for p in parts[1:]}
        sizes[parts[0]] = max(1, min(op.sizes[parts[0]], most // inside))
        if whole is not None:
            sizes[whole] = min(op.sizes[whole], sizes[parts[0]] * inside)
    return sizes


def _spaces(op: CascadeOp) -> Iterator[int]:
    """The points of each Einsum's iteration space, over all generations of the iterations around it."""
    for inner in op.walk():
        if isinstance(inner, ComputeOp):
            used = {r for s in inner.out.data for r in s.ranks} | {
                r for x in (inner.reduce.data if inner.reduce is not None else ()) for r in x.ranks
            }
            parent = inner.parent_op()
            while parent is not None:
                used |= {parent.rank.data} if isinstance(parent, IterateOp) else set()
                parent = parent.parent_op()
            yield math.prod(op.sizes[r] for r in used)
