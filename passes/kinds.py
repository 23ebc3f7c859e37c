"""Which Einsums the pass-reducing rewrites may take apart: maps to inline, reductions to hand to the algebra."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.dialects.builtin import AnyFloat

from ..algebra.affine import Affine
from ..analysis.presence import visits_everywhere
from ..dialects.einsum import ComputeOp
from ..dialects.einsum_scope import tensor_of


def is_plain_reduction(op: ComputeOp) -> bool:
    """One reduction over every point: what the algebra speaks of."""
    return op.reduce is not None and len(op.reduce.data) == 1 and _plain_out(op.out.data) and is_real(op) and visits_everywhere(op)


def why_not_plain(op: ComputeOp) -> str:
    """What keeps a reduction from being one that the algebra speaks of, in words."""
    if not is_real(op):
        return "the algebra is of real numbers, and its elements are integers"
    if not visits_everywhere(op):
        return "presence decides which points it visits"
    if op.reduce is not None and len(op.reduce.data) > 1:
        return "it has several reductions, and its filter compares a rank that an inner one reduces"
    return "a dimension of its result is not a plain rank"


def is_inlinable(op: ComputeOp) -> bool:
    """A map only, over real numbers, whose result's dimensions are plain ranks."""
    return op.reduce is None and is_plain(op)


def is_plain(op: ComputeOp) -> bool:
    """One result over real numbers, whose dimensions are plain ranks, and every point is visited."""
    return len(op.results_) == 1 and _plain_out(op.out.data) and is_real(op) and visits_everywhere(op)


def is_real(op: ComputeOp) -> bool:
    return isinstance(tensor_of(op.results_[0]).get_element_type(), AnyFloat)


def _plain_out(subscripts: Iterable[Affine]) -> bool:
    return all(s.plain is not None for s in subscripts)
