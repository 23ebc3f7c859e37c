"""The jet basis: a rebased form for any smooth body of finite separation rank, from its derivatives by the summaries.

`F, dF/dd, d2F/dd2, ...` lie in the span of the elements' functions; as soon as k of them are independent they are a basis b(x, d) that
moves with d, and `K(d, d') = b(X, d') b(X, d)^-1` at any k element points X. Used where structure does not see the separation and the
cross decomposition would carry an unbounded exponential. The determinant of `b(X, d)` must provably never vanish.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from .derivation import OLD
from .expr import Apply, Expr, Param, walk
from .invariants import Invariants
from .precision import Digits
from .rank_gate import RankFound, pivots, values
from .sympy_bridge import Bridge, Untranslatable, sympy

MAX_RANK = 4
MAX_OPERATIONS = 120
"""Bounds on what is given to sympy: rank and operations of the body."""


class NoJets(Exception):
    """No rebased form was found this way; says why."""


def jet_basis(
    body: Expr, summaries: Sequence[str], found: RankFound, known: Invariants
) -> tuple[tuple[Expr, ...], tuple[tuple[Expr | None, ...], ...]]:
    """(basis, correction) of the body rebased on all of `summaries`. Raises `NoJets`."""
    if found.rank > MAX_RANK or sum(isinstance(e, Apply) for e in walk(body)) > MAX_OPERATIONS:
        raise NoJets("the body is too large for a symbolic basis")
    bridge = Bridge()
    try:
        jets = _independent(bridge.to_sympy(body), summaries, found, bridge)
        matrix = sympy().Matrix([[jet.subs(_values(x, bridge)) for x in found.xs] for jet in jets])
        determinant = bridge.from_sympy(sympy().simplify(matrix.det()))
        if not known.interval(determinant).nonzero or known.defined(determinant) is not None:
            raise NoJets("its basis may degenerate for some values of the summaries")
        moved = matrix.subs({bridge.symbol(Param(n)): bridge.symbol(Param(n + OLD)) for n in summaries}, simultaneous=True)
        correction = (matrix * moved.inv()).applyfunc(_simplified)
        entries = tuple(tuple(None if e == 0 else bridge.from_sympy(e) for e in correction.row(i)) for i in range(found.rank))
        return tuple(bridge.from_sympy(j) for j in jets), entries
    except Untranslatable as e:
        raise NoJets(f"{e} has no smooth formula") from None


def _independent(body: Any, summaries: Sequence[str], found: RankFound, bridge: Bridge) -> list[Any]:
    """The body and its first derivatives that are independent, as many as the rank."""
    symbols = [bridge.symbol(Param(n)) for n in summaries]
    jets: list[Any] = [body]
    for order in range(1, 2 * found.rank):
        for by in itertools.combinations_with_replacement(symbols, order):
            if len(jets) == found.rank:
                return jets
            candidate = sympy().simplify(sympy().diff(body, *by))
            if candidate != 0 and _rank([*jets, candidate], found, bridge) == len(jets) + 1:
                jets.append(candidate)
    if len(jets) < found.rank:
        raise NoJets("too few of its derivatives are independent")
    return jets


def _rank(jets: Sequence[Any], found: RankFound, bridge: Bridge) -> int:
    digits = Digits(60)
    xs = [*found.xs, *found.sampler.element_points(2)]
    columns = [values(bridge.from_sympy(j), found.sampler, xs, found.ds[:1], digits) for j in jets]
    return len(pivots([[c[i][0] for c in columns] for i in range(len(xs))], len(jets))[0])


def _simplified(value: Any) -> Any:
    return sympy().simplify(sympy().expand(value))


def _values(point: Any, bridge: Bridge) -> dict[Any, Any]:
    sp = sympy()
    return {bridge.symbol(e): sp.Rational(v.numerator, v.denominator) for e, v in point.items()}
