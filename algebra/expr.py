"""The scalar expression of an Einsum's map action: one tree for the text, the interpreter, the proofs and the cost models.

Leaves are numbers, tensor accesses, rank variables as values, rank shapes and an operator's own parameters. Everything else
applies a named operator (`operators.py`), or a user's (`@name`), optionally with an EDGE merge. Trees are immutable and hash.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .affine import Affine
from .operators import SCALAR_OPERATORS


@dataclass(frozen=True, slots=True)
class Num:
    """A number; `inf` and `-inf` included. Integers stay integers so that exact arithmetic can trust them."""

    value: int | float

    def __str__(self) -> str:
        if isinstance(self.value, float) and math.isinf(self.value):
            return "inf" if self.value > 0 else "-inf"
        text = repr(self.value)
        return text.replace("e", ".0e") if "e" in text and "." not in text else text  # MLIR wants a point before an exponent


@dataclass(frozen=True, slots=True)
class Access:
    """`T[subscripts]`, T being the tensor at position `tensor` among the Einsum's operands."""

    tensor: int
    subscripts: tuple[Affine, ...]


@dataclass(frozen=True, slots=True)
class RankValue:
    """A rank variable used as a value: its coordinate."""

    rank: str


@dataclass(frozen=True, slots=True)
class RankShape:
    """`shape(m)`: the size of rank m."""

    rank: str


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter, inside the body of a user's operator."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """`op(args)`; `op` is a name in `SCALAR_OPERATORS`, or `@name` for a user's. `merge` None means the operator's default."""

    op: str
    args: tuple[Expr, ...]
    merge: str | None = None


Expr: TypeAlias = Num | Access | RankValue | RankShape | Param | Apply
"""A scalar expression."""

Leaf: TypeAlias = Num | Access | RankValue | RankShape | Param


def apply(op: str, *args: Expr) -> Expr:
    """`op(args)`, folding only the negation of a literal, so that `-1` is one number however it is built."""
    if op == "neg" and isinstance(args[0], Num):
        return Num(-args[0].value)
    return Apply(op, args)


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything in it, operands before operators."""
    if isinstance(expr, Apply):
        for arg in expr.args:
            yield from walk(arg)
    yield expr


def accesses(expr: Expr) -> Iterator[Access]:
    """The tensor accesses, left to right, repeats included."""
    return (e for e in walk(expr) if isinstance(e, Access))


def ranks(expr: Expr) -> tuple[str, ...]:
    """The rank variables that the value depends on, in order of appearance."""
    found: dict[str, None] = {}
    for e in walk(expr):
        if isinstance(e, Access):
            found.update((r, None) for a in e.subscripts for r in a.ranks)
        elif isinstance(e, RankValue):
            found[e.rank] = None
    return tuple(found)


def map_leaves(expr: Expr, fn: Callable[[Leaf], Expr]) -> Expr:
    """Rebuild the expression with every leaf replaced by `fn(leaf)`."""
    if isinstance(expr, Apply):
        args = tuple(map_leaves(a, fn) for a in expr.args)
        return expr if args == expr.args else Apply(expr.op, args, expr.merge)
    return fn(expr)


def substitute_ranks(expr: Expr, replacement: Mapping[str, Affine]) -> Expr:
    """Replace rank variables, in subscripts and as values, by affine expressions of other ranks."""

    def leaf(e: Leaf) -> Expr:
        if isinstance(e, Access):
            return Access(e.tensor, tuple(a.substitute(replacement) for a in e.subscripts))
        if isinstance(e, RankValue) and e.rank in replacement:
            return affine_value(replacement[e.rank])
        return e

    return map_leaves(expr, leaf)


def affine_value(affine: Affine) -> Expr:
    """An affine expression of ranks as a value."""
    total: Expr | None = None
    for name, coefficient in affine.terms:
        term: Expr = RankValue(name) if coefficient == 1 else Apply("mul", (Num(coefficient), RankValue(name)))
        total = term if total is None else Apply("add", (total, term))
    if total is None:
        return Num(affine.const)
    return Apply("add", (total, Num(affine.const))) if affine.const else total


def substitute_params(expr: Expr, replacement: Mapping[str, Expr]) -> Expr:
    """Inline an operator: replace its parameters by argument expressions."""
    return map_leaves(expr, lambda e: replacement.get(e.name, e) if isinstance(e, Param) else e)


def to_text(expr: Expr, access: Callable[[Access], str]) -> str:
    """Text that parses back to the same tree; `access` writes a tensor access (SSA names live outside the algebra)."""
    return _text(expr, access, 0)


def _text(expr: Expr, access: Callable[[Access], str], outer: int) -> str:
    match expr:
        case Num():
            text = str(expr)
            return f"({text})" if text.startswith("-") and outer > 3 else text
        case Access():
            return access(expr)
        case RankValue(rank):
            return rank
        case RankShape(rank):
            return f"shape({rank})"
        case Param(name):
            return f"%{name}"
        case Apply(op, args, merge):
            how = "" if merge is None else f"{{{merge}}}"
            known = SCALAR_OPERATORS.get(op)
            if known is None or known.symbol is None:
                return f"{op}{how}({', '.join(_text(a, access, 0) for a in args)})"
            level = known.precedence
            if len(args) == 1:
                text = f"{known.symbol}{how}{_text(args[0], access, level + 1)}"
            else:
                left, right = _text(args[0], access, level), _text(args[1], access, level + 1)
                text = f"{left} {known.symbol}{how} {right}"
            return f"({text})" if level < outer else text
