"""Where a norm is zero, what else must be zero: sums and maxima of non-negative terms vanish only together with every term."""

from __future__ import annotations

from .expr import Apply, Expr, Num, Param
from .invariants import Invariants
from .scope import Leaf, element_leaves


def zero_forces(body: Expr, known: Invariants) -> frozenset[Leaf]:
    """Element variables that must be zero where `body` is zero (none where nothing follows)."""
    match body:
        case Apply("abs" | "neg" | "sqrt", (a,)):
            return zero_forces(a, known)
        case Apply("pow", (a, n)):
            return zero_forces(a, known) if known.positive(n) else frozenset()
        case Apply("mul", (a, b)) if a == b:
            return zero_forces(a, known)
        case Apply("add" | "max", (a, b)) if known.nonnegative(a) and known.nonnegative(b):
            return zero_forces(a, known) | zero_forces(b, known)
        case Apply():
            return frozenset()
        case _:
            return frozenset(element_leaves(body))


def vanishes_with(divisor: Expr, elements: Expr, known: Invariants) -> bool:
    """True if `divisor` is zero only where a summary of non-negative terms is zero, and `elements` is zero on all of those elements."""
    inner = divisor
    while isinstance(inner, Apply) and (inner.op in ("sqrt", "abs") or (inner.op == "pow" and known.positive(inner.args[1]))):
        inner = inner.args[0]
    if not isinstance(inner, Param) or inner.name not in known.summaries:
        return False
    summary = known.summaries[inner.name]
    if summary.op not in ("add", "max") or not summary.total or not known.interval(summary.body).nonnegative:
        return False
    zeros = zero_forces(summary.body, known)
    return bool(zeros) and _vanishes(elements, zeros, known)


def _vanishes(expr: Expr, zeros: frozenset[Leaf], known: Invariants) -> bool:
    match expr:
        case Num(value):
            return value == 0
        case Apply("mul", (a, b)):
            return _vanishes(a, zeros, known) or _vanishes(b, zeros, known)
        case Apply("div", (a, _)) | Apply("abs" | "neg" | "sqrt" | "sin" | "tanh" | "sign", (a,)):
            return _vanishes(a, zeros, known)
        case Apply("pow", (a, n)):
            return known.positive(n) and _vanishes(a, zeros, known)
        case Apply("add" | "sub" | "max" | "min", args):
            return all(_vanishes(a, zeros, known) for a in args)
        case Apply():
            return False
        case _:
            return expr in zeros
