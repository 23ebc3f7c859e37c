"""The scalar operators of map expressions as NumPy functions, and the evaluation of a map expression on arrays.

Truth is 1, falsehood 0, and any other number than 0 counts as true. `round` rounds ties to even. Division of integers truncates
towards zero, and by zero gives zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from ..algebra.expr import Apply, Expr, Leaf, Num, Param, walk
from ..dialects.notation import nearest
from .elements import Array, Element, InputError, limit
from .user_operators import UserOperator

Function: TypeAlias = Callable[..., Array]
LeafReader: TypeAlias = Callable[[Leaf], Array]


def _divide_integers(a: Array, b: Array) -> Array:
    zero = b == 0
    quotient = np.floor_divide(a, np.where(zero, 1, b))
    short = (quotient < 0) & (quotient * b != a)
    return np.where(zero, 0, quotient + short)


def _power_integers(a: Array, b: Array) -> Array:
    whole = np.power(a, np.maximum(b, 0))
    inverse = np.where(np.abs(a) == 1, np.where(b % 2 == 0, 1, a), 0)
    return np.where(b < 0, inverse, whole)


def _select(condition: Array, a: Array, b: Array) -> Array:
    return np.where(condition != 0, a, b)


def _rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _itself(x: Array) -> Array:
    return x


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "lt": np.less,
        "le": np.less_equal,
        "gt": np.greater,
        "ge": np.greater_equal,
        "eq": np.equal,
        "ne": np.not_equal,
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "div": np.divide,
        "neg": np.negative,
        "max": np.maximum,
        "min": np.minimum,
        "pow": np.power,
        "and": np.logical_and,
        "or": np.logical_or,
        "not": np.logical_not,
        "select": _select,
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "rsqrt": _rsqrt,
        "abs": np.abs,
        "sign": np.sign,
        "floor": np.floor,
        "round": np.rint,
        "tanh": np.tanh,
        "sigmoid": _sigmoid,
        "sin": np.sin,
        "cos": np.cos,
    }
)
"""Operator -> function on arrays of one dtype; a result of another dtype is converted back."""

INTEGER_FUNCTIONS: Mapping[str, Function] = MappingProxyType({"div": _divide_integers, "pow": _power_integers, "floor": _itself, "round": _itself})
"""Operators that mean something else on integers."""

FLOAT_ONLY = frozenset({"exp", "log", "sqrt", "rsqrt", "tanh", "sigmoid", "sin", "cos"})
"""Operators that integers have to be converted for."""


def find(operator: str, operators: Mapping[str, UserOperator], callers: tuple[str, ...]) -> UserOperator:
    """A user's operator by `@name`. `callers` are the operators in whose definitions it is applied, outermost first."""
    if operator in callers:
        raise InputError(f"operator '{operator}' is defined by itself")
    if operator not in operators:
        raise InputError(f"unknown operator '{operator}'{nearest(operator, list(operators))}")
    return operators[operator]


def work_dtype(expr: Expr, arrays: Iterable[Array], element: Element, operators: Mapping[str, UserOperator]) -> np.dtype[Any]:
    """What an expression computes in: the type of its result, or for an integer the widest of its operands', if need be float."""
    if element.float_:
        return element.computed
    dtypes = [a.dtype for a in arrays]
    floats = [d for d in dtypes if d.kind == "f"]
    if floats:
        return np.result_type(np.float32, *floats)
    if _needs_float(expr, operators, ()):
        return np.dtype(np.float64)
    return np.result_type(element.computed, *(d for d in dtypes if d.kind == "i"))


def _needs_float(expr: Expr, operators: Mapping[str, UserOperator], callers: tuple[str, ...]) -> bool:
    for e in walk(expr):
        if isinstance(e, Num) and e.value % 1 != 0 and abs(e.value) != np.inf:
            return True
        if isinstance(e, Apply) and e.op in FLOAT_ONLY:
            return True
        if isinstance(e, Apply) and e.op.startswith("@"):
            body = find(e.op, operators, callers).body
            if body is not None and _needs_float(body, operators, (*callers, e.op)):
                return True
    return False


class Evaluator:
    """Evaluates map expressions in one dtype."""

    def __init__(self, dtype: np.dtype[Any], operators: Mapping[str, UserOperator]):
        self.dtype, self.operators = dtype, operators
        self.functions = FUNCTIONS if dtype.kind == "f" else {**FUNCTIONS, **INTEGER_FUNCTIONS}

    def evaluate(self, expr: Expr, leaf: LeafReader) -> Array:
        """The value of `expr`; `leaf` gives the arrays of its leaves other than numbers."""
        return self._value(expr, leaf, ())

    def call(self, operator: str, *args: Array) -> Array:
        """`@operator(args)`."""
        return self._call(operator, args, ())

    def _value(self, expr: Expr, leaf: LeafReader, callers: tuple[str, ...]) -> Array:
        if isinstance(expr, Num):
            return limit(expr.value, self.dtype)
        if not isinstance(expr, Apply):
            return leaf(expr)
        args = tuple(self._value(a, leaf, callers) for a in expr.args)
        return self._call(expr.op, args, callers) if expr.op.startswith("@") else self._converted(self.functions[expr.op](*args))

    def _call(self, operator: str, args: tuple[Array, ...], callers: tuple[str, ...]) -> Array:
        found = find(operator, self.operators, callers)
        if found.function is not None:
            return self._converted(found.function(*args))
        if found.body is None:
            raise InputError(f"operator '{operator}' is opaque: it has no definition to evaluate")
        given = dict(zip(found.params, args, strict=True))

        def parameter(e: Leaf) -> Array:
            if not isinstance(e, Param):
                raise InputError(f"operator '{operator}' uses more than its parameters and numbers")
            return given[e.name]

        return self._value(found.body, parameter, (*callers, operator))

    def _converted(self, value: Array) -> Array:
        return np.asarray(value).astype(self.dtype, copy=False)
