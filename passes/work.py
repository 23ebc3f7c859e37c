"""How much a cascade computes: points of its Einsums' iteration spaces, over all generations of iterative ranks."""

from __future__ import annotations

from math import prod

from ..analysis.einsums import traversed_ranks
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_verify import iterative_ranks


def points(cascade: CascadeOp) -> int:
    """Points that all Einsums of a cascade visit, filters not counted."""
    return sum(_points(op, cascade) for op in cascade.body.walk() if isinstance(op, ComputeOp))


def _points(op: ComputeOp, cascade: CascadeOp) -> int:
    ranks = {*traversed_ranks(op), *iterative_ranks(op)}
    return prod(cascade.sizes[r] for r in ranks)
