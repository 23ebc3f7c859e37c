"""The scalar operators a map or a reduction may name: arity, spelling, default merge, identity.

What an operator *is* stands here; the laws that connect operators with one another (distributes over, homomorphism, ...) stand
in `laws.py`. Rules and costs are data: nothing outside these tables branches on an operator's name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ScalarOperator:
    """One built-in operator of map expressions.

    `symbol` and `precedence` are set for operators written infix; the others are written `name(a, b)`.
    `merge` is EDGE's default merge for it (see `merges.py`).
    """

    name: str
    arity: int
    merge: str = "union"
    symbol: str | None = None
    precedence: int = 0


def _table(*operators: ScalarOperator) -> Mapping[str, ScalarOperator]:
    return MappingProxyType({o.name: o for o in operators})


SCALAR_OPERATORS = _table(
    ScalarOperator("lt", 2, symbol="<", precedence=1),
    ScalarOperator("le", 2, symbol="<=", precedence=1),
    ScalarOperator("gt", 2, symbol=">", precedence=1),
    ScalarOperator("ge", 2, symbol=">=", precedence=1),
    ScalarOperator("eq", 2, symbol="==", precedence=1),
    ScalarOperator("ne", 2),
    ScalarOperator("add", 2, symbol="+", precedence=2),
    ScalarOperator("sub", 2, symbol="-", precedence=2),
    ScalarOperator("mul", 2, merge="intersection", symbol="*", precedence=3),
    ScalarOperator("div", 2, merge="right", symbol="/", precedence=3),
    ScalarOperator("neg", 1, merge="left", symbol="-", precedence=4),
    ScalarOperator("max", 2),
    ScalarOperator("min", 2),
    ScalarOperator("pow", 2),
    ScalarOperator("and", 2, merge="intersection"),
    ScalarOperator("or", 2),
    ScalarOperator("not", 1, merge="left"),
    ScalarOperator("select", 3),
    *(
        ScalarOperator(name, 1, merge="left")
        for name in ("exp", "log", "sqrt", "rsqrt", "abs", "sign", "floor", "round", "tanh", "sigmoid", "sin", "cos")
    ),
)
"""Name -> operator, for every operator that a map expression may apply without declaring it."""

SYMBOLS: Mapping[tuple[str, int], str] = MappingProxyType({(o.symbol, o.arity): o.name for o in SCALAR_OPERATORS.values() if o.symbol is not None})
"""(symbol, arity) -> operator name."""


@dataclass(frozen=True, slots=True)
class ReductionOperator:
    """One built-in operator of reductions: a monoid with `identity`, folded over a fiber.

    `results` is 2 for those that return the value and the coordinate where it stands (the first one, on ties).
    `scalar` names the map operator that combines two partial results.
    """

    name: str
    identity: float
    scalar: str
    results: int = 1


REDUCTION_OPERATORS: Mapping[str, ReductionOperator] = MappingProxyType(
    {
        r.name: r
        for r in (
            ReductionOperator("add", 0.0, "add"),
            ReductionOperator("mul", 1.0, "mul"),
            ReductionOperator("max", -math.inf, "max"),
            ReductionOperator("min", math.inf, "min"),
            ReductionOperator("or", 0.0, "or"),
            ReductionOperator("and", 1.0, "and"),
            ReductionOperator("argmax", -math.inf, "max", results=2),
            ReductionOperator("argmin", math.inf, "min", results=2),
        )
    }
)
"""Name -> operator, for every reduction that needs no declaration. For a fiber with nothing to reduce, argmax and argmin give
the identity and the coordinate -1."""
