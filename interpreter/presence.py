"""Which points of an iteration space exist: EDGE's merges on the presence of operands (arXiv 2404.11591).

A tensor that declares an empty value is absent where it holds it; any other tensor is present everywhere. An operator merges the
presence of its operands by its merge, written or default. Numbers, rank variables and shapes take no part: an operator with such
an operand is present where the other one is, unless its merge is written, which then counts them as present everywhere.

Presence is `True`, `False` or a mask; where no empty value is declared no array is ever made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from ..algebra.expr import Access, Apply, Expr, Leaf, Param
from ..algebra.merges import MERGES
from ..algebra.operators import SCALAR_OPERATORS
from .elements import Array
from .scalar_functions import find
from .user_operators import UserOperator

Presence: TypeAlias = Array | bool
Reader: TypeAlias = Callable[[Leaf], "Presence | None"]

Table: TypeAlias = tuple[bool, bool, bool, bool]


def presence(expr: Expr, tensor: Callable[[Access], Presence], operators: Mapping[str, UserOperator]) -> Presence:
    """Where an expression is present; `tensor` says where an access is. An expression without any tensor is present everywhere."""
    found = _presence(expr, lambda e: tensor(e) if isinstance(e, Access) else None, operators, ())
    return True if found is None else found


def _presence(expr: Expr, leaf: Reader, operators: Mapping[str, UserOperator], callers: tuple[str, ...]) -> Presence | None:
    """As `presence`; None for what takes no part."""
    if not isinstance(expr, Apply):
        return leaf(expr)
    args = [_presence(a, leaf, operators, callers) for a in expr.args]
    if expr.merge is not None:
        return _merged(MERGES[expr.merge], [True if a is None else a for a in args])
    if expr.op.startswith("@"):
        return _defined(find(expr.op, operators, callers), args, operators, callers)
    taking_part = [a for a in args if a is not None]
    if not taking_part:
        return None
    return taking_part[0] if len(taking_part) == 1 else _merged(MERGES[SCALAR_OPERATORS[expr.op].merge], taking_part)


def _defined(
    operator: UserOperator, args: Sequence[Presence | None], operators: Mapping[str, UserOperator], callers: tuple[str, ...]
) -> Presence | None:
    """A user's operator is present where its definition is; an opaque one, where any operand is."""
    if operator.body is not None:
        given = dict(zip(operator.params, args, strict=True))
        return _presence(operator.body, lambda e: given[e.name] if isinstance(e, Param) else None, operators, (*callers, operator.name))
    taking_part = [a for a in args if a is not None]
    return _merged(MERGES["union"], taking_part) if taking_part else None


def _merged(table: Table, args: Sequence[Presence]) -> Presence:
    """The merge of two operands, of one with an all-ones right one, or of more from left to right."""
    result = args[0]
    for right in args[1:] if len(args) > 1 else (True,):
        result = _pair(table, result, right)
    return result


def _pair(table: Table, left: Presence, right: Presence) -> Presence:
    neither, right_only, left_only, both = table
    return _choose(left, _choose(right, both, left_only), _choose(right, right_only, neither))


def _choose(condition: Presence, present: Presence, absent: Presence) -> Presence:
    """`present` where the condition holds, `absent` elsewhere."""
    if isinstance(condition, bool):
        return present if condition else absent
    if isinstance(present, bool) and isinstance(absent, bool):
        return present if present == absent else condition if present else ~condition
    return np.where(condition, present, absent)


def both(first: Presence, second: Presence) -> Presence:
    """Where the first and the second hold."""
    return _choose(first, second, False)


def either(first: Presence, second: Presence) -> Presence:
    """Where the first or the second holds."""
    return _choose(first, True, second)
