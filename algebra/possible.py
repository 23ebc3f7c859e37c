"""Whether the points of a certificate can occur together: a maximum below its elements, or a negative sum of squares, is evidence of nothing.

`|x - min|` is of infinite rank over all reals and of rank 2 wherever it can be evaluated. What is known of each summary (`invariants.py`) is
therefore asked of every element point beside every summary point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from .certificates import NotVerified
from .derivation import Certificate, Reduction
from .evaluate import Opaque, evaluate
from .expr import Expr, Param
from .intervals import Interval
from .invariants import Invariants, LinearForm
from .laws import DEFAULT_LAWS
from .precision import Bounds, Undecided
from .scope import Scope

_DIGITS = 60


def check_possible(certificate: Certificate, definitions: Sequence[Reduction]) -> None:
    """Check the points against what the summaries are: `definitions`, earliest first. Raises `NotVerified`."""
    known = Invariants(Scope(tuple(r.name for r in definitions)), DEFAULT_LAWS)
    for r in definitions:
        known.add(r.name, r.op, r.body, True)
    bounds = Bounds(_DIGITS)
    constants = {e: bounds.literal(Fraction(v)) for e, v in certificate.constants}
    summaries = [Param(n) for n in certificate.summaries]
    columns = [dict(zip(summaries, map(Fraction, d), strict=True)) for d in certificate.ds]
    rows = [{e: bounds.literal(Fraction(v)) for e, v in zip(certificate.elements, x, strict=True)} for x in certificate.xs]
    for j, point in enumerate(columns):
        values = {**constants, **{p: bounds.literal(v) for p, v in point.items()}}
        for name, summary in known.summaries.items():
            value = point[Param(name)]
            if not _within(value, summary.range):
                raise NotVerified(f"summary point {j} cannot occur: %{name} is never {value}")
            for forms, least in ((summary.above, True), (summary.below, False)):
                for i, x in enumerate(rows):
                    if not all(_bounded(form, {**values, **x}, value, least, bounds) for form in forms):
                        word = "less" if least else "more"
                        raise NotVerified(f"element point {i} cannot occur beside summary point {j}: %{name} is {word} than it is with that element")


def _within(value: Fraction, interval: Interval) -> bool:
    low = value > interval.low or (value == interval.low and not interval.low_open)
    return low and (value < interval.high or (value == interval.high and not interval.high_open))


def _bounded(form: LinearForm, values: Mapping[Expr, Any], summary: Fraction, least: bool, bounds: Bounds) -> bool:
    """Whether the summary may be at least (or at most) the linear form; where the form has no value there is no such element."""
    total = bounds.literal(form[1])
    try:
        for e, k in form[0].items():
            total += bounds.literal(k) * evaluate(e, values, bounds.functions, bounds.literal)
    except (Undecided, Opaque):
        return True
    limit = bounds.literal(summary)
    return not (total > limit if least else total < limit)
