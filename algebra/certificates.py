"""Certificates that no bounded one-pass state exists for a sum: made once, checkable by anybody, with rigorous bounds.

If the matrix `F(x_i, d_j)` of N element points and N summary points is invertible, no N - 1 functions of the elements span the body, so
no N - 1 accumulators determine the sum for all values of the summaries. Invertible is shown by an elimination in interval
arithmetic of 400 digits in which no pivot's interval contains zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from .derivation import Certificate
from .evaluate import evaluate
from .expr import Expr, Param
from .laws import DEFAULT_LAWS, Laws
from .precision import Bounds, Undecided
from .sampling import Point, Sampler

CERTIFICATE_DIGITS = 400


def certify(body: Expr, sampler: Sampler, xs: Sequence[Point], ds: Sequence[Point]) -> Certificate | None:
    """The certificate for these points in this order; None if the intervals do not separate the pivots from zero."""
    elements = tuple(sampler.elements)
    summaries = tuple(sampler.summaries)
    claimed = Certificate(
        len(xs),
        elements,
        summaries,
        tuple((e, str(v)) for e, v in sampler.constants.items()),
        tuple(tuple(str(x[e]) for e in elements) for x in xs),
        tuple(tuple(str(d[Param(n)]) for n in summaries) for d in ds),
        CERTIFICATE_DIGITS,
        (),
    )
    pivots = _eliminate(body, claimed)
    if pivots is None:
        return None
    return replace(claimed, pivots=pivots)


def check_certificate(body: Expr, certificate: Certificate, laws: Laws = DEFAULT_LAWS) -> bool:
    """Repeat the elimination of a certificate for this body. True if it proves what it claims: separation rank at least `rank`."""
    square = len(certificate.xs) == len(certificate.ds) == certificate.rank > 0
    return square and _eliminate(laws.inline(body), certificate) is not None


def _eliminate(body: Expr, certificate: Certificate) -> tuple[str, ...] | None:
    """Lower bounds of the absolute pivots, None if one of them may be zero."""
    bounds = Bounds(certificate.digits)
    constants = {e: bounds.literal(Fraction(v)) for e, v in certificate.constants}
    columns = [_leaves(map(Param, certificate.summaries), d, bounds) for d in certificate.ds]
    rows = [_leaves(certificate.elements, x, bounds) for x in certificate.xs]
    try:
        matrix = [[evaluate(body, {**constants, **d, **x}, bounds.functions, bounds.literal) for d in columns] for x in rows]
        found: list[str] = []
        for i, row in enumerate(matrix):
            least = bounds.magnitude_at_least(row[i])
            if not least > 0:
                return None
            found.append(_text(least, bounds))
            for lower in matrix[i + 1 :]:
                factor = lower[i] / row[i]
                for j in range(i + 1, len(row)):
                    lower[j] -= factor * row[j]
    except Undecided:
        return None
    return tuple(found)


def _leaves(names: Any, values: Sequence[str], bounds: Bounds) -> Mapping[Expr, Any]:
    return {e: bounds.literal(Fraction(v)) for e, v in zip(names, values, strict=True)}


def _text(value: Any, bounds: Bounds) -> str:
    """A few digits of a lower bound, rounded down."""
    scaled = float(bounds.context.log(value).a.mid) / 2.302585092994046
    exponent = int(scaled // 1) - 1
    return f"1e{exponent}"
