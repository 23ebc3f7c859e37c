"""The value of an expression at a point: in floats for tests of derivations, in any arithmetic for certificates.

Semantics are IEEE's, as the interpreter's: `0 * inf` and `inf - inf` are nan, a division by zero is inf or nan, nothing raises.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .expr import Apply, Expr, Num, Param
from .laws import Laws

Function: TypeAlias = Callable[..., Any]
Table: TypeAlias = Mapping[str, Function]


class Opaque(Exception):
    """An operator without a definition was met: the expression has no value to test."""


def _divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _power(a: float, b: float) -> float:
    if a == 0 and b < 0:
        return math.inf
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf
    except ValueError:
        return math.nan


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _log(a: float) -> float:
    if a > 0:
        return math.log(a)
    return -math.inf if a == 0 else math.nan


def _wave(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda a: function(a) if math.isfinite(a) else math.nan


def _sigmoid(a: float) -> float:
    return 1 / (1 + _exp(-a)) if a >= 0 else _exp(a) / (1 + _exp(a))


def _max(a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else max(a, b)


def _min(a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else min(a, b)


def _select(c: float, a: float, b: float) -> float:
    return a if c != 0 else b


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0 else math.nan


def _sign(a: float) -> float:
    return a if math.isnan(a) else float((a > 0) - (a < 0))


def _rounding(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda a: float(function(a)) if math.isfinite(a) else a


def _test(relation: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda a, b: float(relation(a, b))


def _not(a: float) -> float:
    return float(a == 0)


def _rsqrt(a: float) -> float:
    return _divide(1.0, _sqrt(a))


def _add(a: float, b: float) -> float:
    return a + b


def _sub(a: float, b: float) -> float:
    return a - b


def _mul(a: float, b: float) -> float:
    return a * b


def _neg(a: float) -> float:
    return -a


FLOAT_FUNCTIONS: Table = {
    "lt": _test(operator.lt),
    "le": _test(operator.le),
    "gt": _test(operator.gt),
    "ge": _test(operator.ge),
    "eq": _test(operator.eq),
    "ne": _test(operator.ne),
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _divide,
    "neg": _neg,
    "max": _max,
    "min": _min,
    "pow": _power,
    "and": _test(lambda a, b: a != 0 and b != 0),
    "or": _test(lambda a, b: a != 0 or b != 0),
    "not": _not,
    "select": _select,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "rsqrt": _rsqrt,
    "abs": math.fabs,
    "sign": _sign,
    "floor": _rounding(math.floor),
    "round": _rounding(round),
    "tanh": math.tanh,
    "sigmoid": _sigmoid,
    "sin": _wave(math.sin),
    "cos": _wave(math.cos),
}
"""Operator -> its value on floats."""


def evaluate(expr: Expr, values: Mapping[Expr, Any], functions: Mapping[str, Function] = FLOAT_FUNCTIONS, literal: Function = float) -> Any:
    """The value of `expr`, leaves taken from `values` and literals through `literal`.

    Raises `Opaque` for an operator that `functions` lacks and KeyError for a leaf without a value.
    """
    if isinstance(expr, Apply):
        function = functions.get(expr.op)
        if function is None:
            raise Opaque(expr.op)
        return function(*(evaluate(a, values, functions, literal) for a in expr.args))
    if isinstance(expr, Num):
        return literal(expr.value)
    return values[expr]


def float_functions(laws: Laws) -> Mapping[str, Function]:
    """The built-in functions and those of the user's operators that have a body."""
    if not laws.users:
        return FLOAT_FUNCTIONS
    table = dict(FLOAT_FUNCTIONS)
    for user in laws.users:
        if user.body is not None:
            table[user.op] = _function_of(laws.inline(user.body), user.params)
    return table


def _function_of(body: Expr, names: tuple[str, ...]) -> Function:
    leaves = tuple(Param(n) for n in names)

    def call(*args: float) -> Any:
        return evaluate(body, dict(zip(leaves, args, strict=True)))

    return call
