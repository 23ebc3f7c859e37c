"""Filters of Einsums that were inlined into a reduction: moved to the reduction where that says the same."""

from __future__ import annotations

from collections.abc import Mapping

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Apply, Expr, Num, RankValue, substitute_params, walk


def absorb_filters(
    body: Expr, where: tuple[Comparison, ...], identity: float | None, bindings: Mapping[str, Expr]
) -> tuple[Expr, tuple[Comparison, ...]]:
    """Move the filters of inlined maps to the reduction where that says the same.

    An inlined filter reads `select(condition, x, empty)`. If the body equals the reduction's identity wherever the condition fails,
    those points contribute nothing, and the reduction need not visit them.
    """
    if identity is None:
        return body, where
    conditions = {e.args[0]: _comparison(e.args[0], bindings) for e in walk(body) if isinstance(e, Apply) and e.op == "select"}
    for condition, comparison in conditions.items():
        if comparison is None:
            continue
        outside = fold(_choose(body, condition, 2))
        neutral = isinstance(outside, Num) and outside.value == identity
        if neutral or comparison in where:
            body = _choose(body, condition, 1)
        if neutral and comparison not in where:
            where = (*where, comparison)
    return body, where


def _choose(expression: Expr, condition: Expr, branch: int) -> Expr:
    if not isinstance(expression, Apply):
        return expression
    args = tuple(_choose(a, condition, branch) for a in expression.args)
    if expression.op == "select" and expression.args[0] == condition:
        return args[branch]
    return Apply(expression.op, args, expression.merge)


def _comparison(condition: Expr, bindings: Mapping[str, Expr]) -> Comparison | None:
    """The affine comparison that a condition states, if it states one (the inverse of `comparison_value`)."""
    symbols = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}
    if not isinstance(condition, Apply) or condition.op not in symbols:
        return None
    lhs, rhs = (_affine(substitute_params(a, bindings)) for a in condition.args)
    if lhs is None or rhs is None:
        return None
    match symbols[condition.op]:
        case "<" | "<=" | ">" | ">=" | "==" as symbol:
            return Comparison(lhs, symbol, rhs)
        case _:
            return None


def _affine(expression: Expr) -> Affine | None:
    match expression:
        case RankValue(rank):
            return Affine.rank(rank)
        case Num(value) if isinstance(value, int):
            return Affine((), value)
        case Apply("add", (a, b)):
            left, right = _affine(a), _affine(b)
            return None if left is None or right is None else left + right
        case Apply("mul", (Num(value), b)) if isinstance(value, int):
            right = _affine(b)
            return None if right is None else right * value
        case _:
            return None


def fold(expression: Expr) -> Expr:
    """Constant folding by the absorbing and neutral elements that hold for finite numbers: 0 * x, 0 / x, x + 0, ..."""
    if not isinstance(expression, Apply):
        return expression
    args = tuple(fold(a) for a in expression.args)
    match expression.op, args:
        case "mul", (Num(0), _) | (_, Num(0)):
            return Num(0)
        case "div", (Num(0), _):
            return Num(0)
        case "add", (Num(0), x) | (x, Num(0)):
            return x
        case "sub", (x, Num(0)):
            return x
        case (("abs" | "neg" | "sqrt" | "tanh"), (Num(0),)):
            return Num(0)
        case _:
            return Apply(expression.op, args, expression.merge)
