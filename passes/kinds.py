"""Which Einsums the pass-reducing rewrites may take apart: maps to inline, reductions to hand to the algebra."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.dialects.builtin import AnyFloat

from ..algebra.affine import Affine
from ..algebra.laws import ORDER_AS
from ..analysis.presence import visits_everywhere
from ..dialects.einsum import ComputeOp
from ..dialects.einsum_scope import tensor_of
from ..dialects.einsum_verify import enclosing_cascade


def is_plain_reduction(op: ComputeOp) -> bool:
    """One reduction over every point, of numbers that are not rounded further than the cascade's: what the algebra speaks of.

    An extreme may be rounded: the largest of rounded numbers is the largest rounded.
    """
    if op.reduce is None or len(op.reduce.data) != 1 or (rounds(op) and op.reduce.data[0].op not in ORDER_AS):
        return False
    return _plain_out(op.out.data) and is_real(op) and visits_everywhere(op)


def why_not_plain(op: ComputeOp) -> str:
    """What keeps a reduction from being one that the algebra speaks of, in words."""
    if not is_real(op):
        return "the algebra is of real numbers, and its elements are integers"
    if rounds(op):
        return f"its result is rounded to {tensor_of(op.results_[0]).get_element_type()}, and no law holds through rounding"
    if not visits_everywhere(op):
        return "presence decides which points it visits"
    if op.reduce is not None and len(op.reduce.data) > 1:
        return "it has several reductions, and its filter compares a rank that an inner one reduces"
    return "a dimension of its result is not a plain rank"


def is_inlinable(op: ComputeOp) -> bool:
    """A map only, over real numbers, whose result's dimensions are plain ranks."""
    return op.reduce is None and is_plain(op)


def is_plain(op: ComputeOp) -> bool:
    """One result over real numbers, no further rounded than the cascade's, whose dimensions are plain ranks, and every point is visited."""
    return len(op.results_) == 1 and _plain_out(op.out.data) and is_real(op) and not rounds(op) and visits_everywhere(op)


def rounds(op: ComputeOp) -> bool:
    """Whether its result is stored in floats that do not hold every number of the cascade's own element type: a narrowing cast."""
    own, usual = tensor_of(op.results_[0]).get_element_type(), enclosing_cascade(op).element
    if own == usual or not isinstance(own, AnyFloat) or not isinstance(usual, AnyFloat):
        return False
    return own.bitwidth <= usual.bitwidth


def is_real(op: ComputeOp) -> bool:
    return isinstance(tensor_of(op.results_[0]).get_element_type(), AnyFloat)


def _plain_out(subscripts: Iterable[Affine]) -> bool:
    return all(s.plain is not None for s in subscripts)
