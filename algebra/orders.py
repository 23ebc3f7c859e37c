"""Which of two expressions is larger, where the same operator is applied to what is larger: `tanh(x) <= tanh(max x)`.

Also what a logarithm of a sum is never below: the exponent of each of the terms. `x <= log(sum exp(x))` keeps a log-sum-exp's terms bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .expr import Apply, Expr
from .laws import Direction
from .linear import plain

if TYPE_CHECKING:
    from .invariants import Invariants


def ordered(small: Expr, large: Expr, known: Invariants) -> bool:
    """Whether surely `small <= large`, both being one operator that is monotone in the one argument in which they differ."""
    if not (isinstance(small, Apply) and isinstance(large, Apply) and small.op == large.op and plain(small) and plain(large)):
        return False
    moving = [i for i, (a, b) in enumerate(zip(small.args, large.args, strict=True)) if a != b]
    if len(moving) != 1 or (moves := direction(small, moving[0], known)) is None:
        return False
    difference = known.interval(Apply("sub", (small.args[moving[0]], large.args[moving[0]])))
    return difference.nonpositive if moves == "increasing" else difference.nonnegative


def direction(e: Apply, position: int, known: Invariants) -> Direction | None:
    """How an operator's value moves with one of its arguments, the others being what they are."""
    if e.op == "mul" or (e.op == "div" and position == 0):
        sign = known.interval(e.args[1 - position])
        return "increasing" if sign.nonnegative else "decreasing" if sign.nonpositive else None
    law = known.laws.monotone(e.op)
    return None if law is None else law.directions[position]


def exponents(name: str, above: bool, known: Invariants) -> Iterator[Expr]:
    """Expressions that the logarithm of a summary is never below (`above`), or never above: the exponents of the terms it bounds."""
    summary = known.summaries.get(name)
    for atoms, constant in () if summary is None else summary.above if above else summary.below:
        for e, c in atoms.items():
            if len(atoms) == 1 and constant == 0 and c == 1 and isinstance(e, Apply) and e.op == "exp" and plain(e):
                yield e.args[0]
