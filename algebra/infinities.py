"""Where everything is masked: which summaries are then infinite or 0, and which values that summaries are put into are still finite."""

from __future__ import annotations

import math

from .expr import Expr
from .intervals import REAL
from .invariants import Invariants
from .scope import params


def finite(expr: Expr, known: Invariants) -> bool:
    """Whether `expr`, over summaries and constants, is finite on every fiber, one whose elements are all masked or infinite included."""
    return known.defined(expr) is None and not any(_reaches_infinity(n, known) for n in params(expr) if n in known.summaries)


def may_vanish(expr: Expr, known: Invariants) -> bool:
    """Whether a sum in `expr` is 0 where an extreme that its terms follow is one of nothing but infinities."""
    named = [known.summaries[n] for n in params(expr) if n in known.summaries]
    return any(s.op == "add" and any(_reaches_infinity(n, known) for n in params(s.body) if n in known.summaries) for s in named)


def _reaches_infinity(name: str, known: Invariants) -> bool:
    """Whether a summary may be an extreme of nothing but infinities, its own or those of an Einsum that masks, or is made of such a one."""
    summary = known.summaries[name]
    if math.isfinite(summary.range.magnitude):
        return False
    made_of = (n for n in params(summary.body) if n in known.summaries) if summary.range == REAL else ()
    return summary.op.removeprefix("arg") in ("max", "min") or any(_reaches_infinity(n, known) for n in made_of)
