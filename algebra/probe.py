"""Probing declared laws: a user's operator with a body is evaluated on numbers, and a law that fails is reported with its counterexample.

Also the way in which laws are *found* for a user's reduction operator: which known operators distribute over it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache

from .differential import close
from .evaluate import Opaque, Table, evaluate, float_functions
from .expr import Apply, Expr, Num, Param, walk
from .laws import Laws, UserOperator

_POINTS = (-2.5, -1.0, -0.375, 0.0, 0.5, 1.0, 1.75, 3.0)
_TOLERANCE = 1e-9
_A, _B, _C = Param("a"), Param("b"), Param("c")
FINDABLE = ("add", "mul", "max", "min")
"""Built-in operators that are tried as distributing over a user's reduction operator."""


def counterexamples(user: UserOperator, laws: Laws) -> tuple[str, ...]:
    """One sentence per declared law of `user` that its body breaks, with the numbers; empty for an operator without a body."""
    if user.body is None:
        return ()
    table = float_functions(laws.with_operators(user))
    return tuple(itertools.chain.from_iterable(_first(found) for found in _checks(user, laws, table)))


def _checks(user: UserOperator, laws: Laws, table: Table) -> Iterator[Iterator[str]]:
    op = user.op
    if len(user.params) == 2:
        if user.associative:
            yield _differences(table, f"{op} is declared associative", _f(op, _f(op, _A, _B), _C), _f(op, _A, _f(op, _B, _C)))
        if user.commutative:
            yield _differences(table, f"{op} is declared commutative", _f(op, _A, _B), _f(op, _B, _A))
        if user.identity is not None:
            identity = Num(user.identity)
            yield _differences(table, f"{op} is declared to have the identity {identity}", _f(op, _A, identity), _A)
        if user.inverse is not None:
            yield _differences(table, f"{op} is declared to be undone by {user.inverse}", _f(user.inverse, _f(op, _A, _B), _B), _A)
        for inner in user.distributes_over:
            yield _differences(table, f"{op} is declared to distribute over {inner}", *_distribution(op, inner))
    if len(user.params) == 1:
        if user.homomorphism is not None:
            source, target = user.homomorphism
            claim = f"{op} is declared a homomorphism from {source} to {target}"
            yield _differences(table, claim, _f(op, _f(source, _A, _B)), _f(target, _f(op, _A), _f(op, _B)))
        if user.monotone is not None:
            yield _disorder(user, table)


def _distribution(outer: str, inner: str) -> tuple[Expr, Expr]:
    return _f(outer, _A, _f(inner, _B, _C)), _f(inner, _f(outer, _A, _B), _f(outer, _A, _C))


def _first(found: Iterator[str]) -> Iterator[str]:
    return itertools.islice(found, 1)


def _f(op: str, *args: Expr) -> Expr:
    return Apply(op, args)


def _differences(table: Table, claim: str, left: Expr, right: Expr) -> Iterator[str]:
    """Points at which two sides of a law differ. Points where either side is undefined say nothing."""
    leaves = [leaf for leaf in (_A, _B, _C) if leaf in walk(left) or leaf in walk(right)]
    for point in itertools.product(_POINTS, repeat=len(leaves)):
        values: dict[Expr, float] = dict(zip(leaves, point, strict=True))
        try:
            a, b = evaluate(left, values, table), evaluate(right, values, table)
        except Opaque:
            return
        if math.isfinite(a) and math.isfinite(b) and not close(a, b, _TOLERANCE):
            yield f"{claim}, but at {', '.join(f'{p:g}' for p in point)} its two sides are {a:g} and {b:g}"


def _disorder(user: UserOperator, table: Table) -> Iterator[str]:
    values = [(p, evaluate(_f(user.op, _A), {_A: p}, table)) for p in _POINTS]
    defined = [(p, v) for p, v in values if math.isfinite(v)]
    for (p, a), (q, b) in itertools.pairwise(defined):
        if (a > b) if user.monotone == "increasing" else (a < b):
            yield f"{user.op} is declared {user.monotone}, but its values at {p:g} and {q:g} are {a:g} and {b:g}"


@lru_cache(maxsize=256)
def distributing(op: str, laws: Laws) -> tuple[str, ...]:
    """Built-in operators that distribute over the user's operator `op` on every probed point where both sides are defined."""
    user = laws.user(op)
    if user is None or user.body is None or len(user.params) != 2:
        return ()
    table = float_functions(laws)
    return tuple(o for o in FINDABLE if next(_differences(table, "", *_distribution(o, op)), None) is None)
