"""Is a running value near its final one? A sum grows with the number of elements; a maximum, a mean, a quotient of sums does not."""

from __future__ import annotations

from fractions import Fraction

from .build import rational
from .expr import Apply, Expr, Param
from .invariants import Invariants
from .linear import factors

ZERO = Fraction(0)


def extent(e: Expr, known: Invariants) -> Fraction:
    """The power of the number of elements visited with which `e`, over summaries and constants, grows on a prefix."""
    match e:
        case Param(name) if name in known.summaries:
            summary = known.summaries[name]
            return extent(summary.body, known) + (1 if summary.op == "add" else 0)
        case Apply("mul", (a, b)):
            return extent(a, known) + extent(b, known)
        case Apply("div", (a, b)):
            return extent(a, known) - extent(b, known)
        case Apply("pow", (a, n)):
            return extent(a, known) * (rational(n) or 1)
        case Apply("sqrt", (a,)):
            return extent(a, known) / 2
        case Apply("rsqrt", (a,)):
            return -extent(a, known) / 2
        case Apply("log", _):
            return ZERO
        case Apply("select", (_, a, b)):
            return max(extent(a, known), extent(b, known))
        case Apply(_, args):
            return max((extent(a, known) for a in args), key=abs, default=ZERO)
        case _:
            return ZERO


def scaled_sum(e: Expr, known: Invariants) -> str | None:
    """The name of a sum of elements that `e` is a constant multiple of, such as a mean: on a prefix it can be scaled up to the whole fiber."""
    _, parts = factors(e)
    sums = [(b, n) for b, n in parts if known.scope.of(b).summaries]
    match sums:
        case [(Param(name), 1)] if name in known.summaries and known.counted:
            summary = known.summaries[name]
            fine = summary.op == "add" and not known.scope.of(summary.body).summaries and extent(e, known) == 1
            return name if fine else None
        case _:
            return None
