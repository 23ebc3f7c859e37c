"""Formulas as a story states them: one tree for every format, built from the algebra's expressions and what stands around them.

`latex_math.py` writes it; `naming.py` knows what the leaves of an expression are called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ...algebra.affine import Affine, Comparison
from ...algebra.expr import Apply, Expr, Leaf
from ...algebra.operators import SCALAR_OPERATORS

SymbolKind: TypeAlias = Literal["name", "greek", "bold", "script", "size"]
"""A name of the file; letters of the page: Greek, bold for vectors and matrices, script; the size of the rank of that name."""

RelationName: TypeAlias = Literal["equals", "becomes", "at least", "at most", "above", "below", "in", "plus", "minus", "times"]
"""What stands between the sides of a line. The last three continue the line before."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number; `inf` and `-inf` included."""

    value: int | float

    @property
    def negative(self) -> bool:
        return self.value < 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name with subscripts, and marks above: `old`, the number of an accumulator, the part of a fiber."""

    name: str
    subscripts: tuple[Affine, ...] = ()
    marks: tuple[str, ...] = ()
    kind: SymbolKind = "name"

    def marked(self, *marks: str) -> Symbol:
        return Symbol(self.name, self.subscripts, (*self.marks, *marks), self.kind)


@dataclass(frozen=True, slots=True)
class Operation:
    """A scalar operator of `SCALAR_OPERATORS`, or a user's `@name`, on operands; `merge` where it is not the operator's own."""

    op: str
    args: tuple[Formula, ...]
    merge: str | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """A reduction operator over ranks, under a filter: a big sum, a maximum. `tile`: of the last rank, only what lies in that."""

    op: str
    ranks: tuple[str, ...]
    body: Formula
    where: tuple[Comparison, ...] = ()
    tile: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of formulas, `None` being zero."""

    rows: tuple[tuple[Formula | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of the page, `F(x, d)`; without a head a tuple, `(a, b)`."""

    head: Formula | None
    args: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Factors side by side that no operator of the file connects: a matrix and a vector."""

    factors: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A truth value said outright, `a = b`, rather than as the number 0 or 1."""

    condition: Formula


@dataclass(frozen=True, slots=True)
class Related:
    """`left relation right`; without a left side a line that continues the one before it."""

    left: Formula | None
    relation: RelationName
    right: Formula
    where: tuple[Comparison, ...] = field(default=())
    """A filter under which it holds, to be written behind it."""


Formula: TypeAlias = Number | Symbol | Operation | Fold | Matrix | Applied | Product | Statement | Related


def from_expression(expression: Expr, leaf: Callable[[Leaf], Formula]) -> Formula:
    """The formula of an expression, with signs drawn to the front: `(-a) * b` reads `-a b`, `a + (-b)` reads `a - b`."""
    if not isinstance(expression, Apply):
        return leaf(expression)
    args = tuple(from_expression(a, leaf) for a in expression.args)
    if expression.merge is not None and expression.merge == _default_merge(expression.op):
        return Operation(expression.op, args)
    return Operation(expression.op, args, expression.merge) if expression.merge is not None else operation(expression.op, *args)


def _default_merge(op: str) -> str | None:
    known = SCALAR_OPERATORS.get(op)
    return None if known is None else known.merge


def operation(op: str, *args: Formula) -> Formula:
    """The operator on operands, with the signs of its operands drawn to the front. Exact: no value changes, not even a float's."""
    match op, args:
        case "neg", (a,):
            return negated(a)
        case "add", (a, b) if (opposite := _without_sign(b)) is not None:
            return Operation("sub", (a, opposite))
        case "sub", (a, b) if (opposite := _without_sign(b)) is not None:
            return Operation("add", (a, opposite))
        case "mul", (a, b) if (opposite := _without_sign(a)) is not None:
            return negated(operation("mul", opposite, b))
        case "mul", (a, b) if (opposite := _without_sign(b)) is not None:
            return negated(operation("mul", a, opposite))
        case "div", (a, b) if (opposite := _without_sign(a)) is not None:
            return negated(operation("div", opposite, b))
        case _:
            return Operation(op, tuple(args))


def negated(a: Formula) -> Formula:
    opposite = _without_sign(a)
    if opposite is not None:
        return opposite
    if isinstance(a, Number) and a.value != 0:
        return Number(-a.value)
    return Operation("neg", (a,))


def _without_sign(a: Formula) -> Formula | None:
    """What `a` is the negative of, if it is written with a minus sign in front."""
    match a:
        case Number() if a.negative:
            return Number(-a.value)
        case Operation("neg", (inner,), None):
            return inner
        case _:
            return None


SignedTerm: TypeAlias = tuple[bool, Formula]
"""Whether a term is subtracted, and the term."""


def signed_terms(formula: Formula) -> list[SignedTerm]:
    """A sum as its terms, left to right; one term if it is none. Sums on the right of a plus sign are opened, of a minus sign kept."""
    found: list[SignedTerm] = []
    pending: list[SignedTerm] = [(False, formula)]
    while pending:
        minus, part = pending.pop()
        match part:
            case Operation("add", (a, b), None) if not minus:
                pending += [(False, b), (False, a)]
            case Operation("sub", (a, b), None) if not minus:
                pending += [(True, b), (False, a)]
            case Operation("neg", (a,), None):
                (found if _is_sum(a) else pending).append((not minus, a))
            case Number() if part.negative:
                found.append((not minus, Number(-part.value)))
            case _:
                found.append((minus, part))
    return found


def _is_sum(formula: Formula) -> bool:
    return isinstance(formula, Operation) and formula.op in ("add", "sub") and formula.merge is None


def factors_of(formula: Formula) -> list[Formula]:
    """A product as its factors, left to right; one factor if it is none. Quotients stay."""
    found: list[Formula] = []
    pending = [formula]
    while pending:
        part = pending.pop()
        if isinstance(part, Operation) and part.op == "mul" and part.merge is None:
            pending += reversed(part.args)
        else:
            found.append(part)
    return found


def total(terms: Sequence[SignedTerm]) -> Formula:
    """The sum of terms, the first one without its sign."""
    result = terms[0][1]
    for minus, term in terms[1:]:
        result = Operation("sub" if minus else "add", (result, term))
    return result


def product(factors: Sequence[Formula]) -> Formula:
    result = factors[0]
    for factor in factors[1:]:
        result = Operation("mul", (result, factor))
    return result
