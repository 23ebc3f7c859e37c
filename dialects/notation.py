"""Reading the notation of Einsums: rank expressions, map expressions, reductions and filters, on xDSL's token stream.

The same reader serves the pretty form, where a tensor is an SSA value (`%Q[p, e]`), and attributes, where it is a position
among the operands (`in0[p, e]`); the caller says how a tensor is read. Writing is the trees' own `str` and `to_text`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from xdsl.parser import AttrParser

from ..algebra.affine import Affine, Comparison, ComparisonOp
from ..algebra.expr import Num
from ..algebra.operators import REDUCTION_OPERATORS

DEEPEST = 100
"""Most levels an expression may nest; deeper text is refused rather than overflowing the reader's stack."""

INDEX_LIMIT = 2**62
"""Largest magnitude of a coefficient or constant in a rank expression."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """`op(ranks)`: fold the named ranks with `op`, a name in `REDUCTION_OPERATORS` or `@name` for a user's operator."""

    op: str
    ranks: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.op}({', '.join(self.ranks)})"


def results_of(reductions: tuple[Reduction, ...]) -> int:
    """How many tensors an Einsum with these reductions gives: two if the last of them returns coordinates as well."""
    last = REDUCTION_OPERATORS.get(reductions[-1].op) if reductions else None
    return 1 if last is None else last.results


def number_text(value: int | float) -> str:
    """A number as the notation writes it."""
    return str(Num(value))


def nearest(word: str, known: list[str]) -> str:
    """`; did you mean 'x'?` if something known is close to `word`, else nothing."""
    close = get_close_matches(word, known, 1)
    return f"; did you mean '{close[0]}'?" if close else ""


def nearest_or_all(word: str, known: list[str]) -> str:
    """`; did you mean 'x'?` if something known is close to `word`, else all that is known if that is not much, as `; known: x, y`."""
    return nearest(word, known) or (f"; known: {', '.join(known)}" if 0 < len(known) <= LISTED else "")


def subscripts_wanted(name: str, dimensions: int, given: int) -> str:
    """`%A has 2 dimensions, 1 subscript given`."""
    return f"{name} has {dimensions} dimension{'s' * (dimensions != 1)}, {given} subscript{'s' * (given != 1)} given"


LISTED = 12
"""Names that a message lists, at most."""


def parse_number(parser: AttrParser) -> int | float:
    """A literal, `inf`, either with a sign. Exponents may follow an integer (`1e-5`), which MLIR's lexer takes apart."""
    number = parse_optional_number(parser, parser.parse_optional_punctuation("-") is not None)
    if number is None:
        parser.raise_error("expected a number")
    return number


def parse_optional_number(parser: AttrParser, negative: bool = False) -> int | float | None:
    sign = -1 if negative else 1
    if parser.parse_optional_keyword("inf") is not None:
        return sign * math.inf
    whole = parser.parse_optional_integer(allow_boolean=True, allow_negative=False)
    if whole is None:
        number = parser.parse_optional_float(allow_negative=False)
        return None if number is None else sign * number
    position = parser.pos
    content = parser.lexer.input.content
    if not content[position - 1].isdigit() or content[position : position + 1] not in ("e", "E"):
        return sign * whole
    exponent = parser.parse_identifier()[1:]
    if not exponent:
        exponent = ("-" if parser.parse_optional_punctuation("-") is not None else "") + str(
            parser.parse_integer(allow_boolean=False, allow_negative=False)
        )
    if not exponent.lstrip("-").isdigit() or abs(int(exponent)) > 400:
        parser.raise_error("expected an exponent of at most 400", position, position + 1)
    return sign * float(f"{whole}e{exponent}")


def parse_affine(parser: AttrParser) -> Affine:
    """`2 * p + s - 1`, from ranks, integers, `+`, `-`, and `*` with a constant on one side."""
    start = parser.pos
    total = _affine_term(parser, negative=parser.parse_optional_punctuation("-") is not None)
    while True:
        if parser.parse_optional_punctuation("+") is not None:
            total = total + _affine_term(parser, negative=False)
        elif parser.parse_optional_punctuation("-") is not None:
            total = total + _affine_term(parser, negative=True)
        else:
            if any(abs(c) > INDEX_LIMIT for _, c in total.terms) or abs(total.const) > INDEX_LIMIT:
                parser.raise_error("rank expression has a number beyond 2^62", start, parser.pos)
            return total


def _affine_term(parser: AttrParser, negative: bool) -> Affine:
    start = parser.pos
    term = _affine_factor(parser)
    while parser.parse_optional_punctuation("*") is not None:
        factor = _affine_factor(parser)
        if term.terms and factor.terms:
            parser.raise_error("rank expression is not affine: a product of rank variables", start, parser.pos)
        term = factor * term.const if not term.terms else term * factor.const
    if parser.parse_optional_punctuation("/") is not None:
        parser.raise_error("rank expression is not affine: it divides", start, parser.pos)
    return term * -1 if negative else term


def _affine_factor(parser: AttrParser) -> Affine:
    if (number := parser.parse_optional_integer(allow_boolean=False, allow_negative=False)) is not None:
        return Affine((), number)
    if parser.parse_optional_punctuation("(") is not None:
        inner = parse_affine(parser)
        parser.parse_punctuation(")")
        return inner
    start = parser.pos
    name = parser.parse_optional_identifier()
    if name is None:
        parser.raise_error("expected a rank expression: a rank, an integer, or sums and multiples of them")
    if parser.parse_optional_punctuation("(") is not None:
        parser.raise_error(f"rank expression is not affine: it applies '{name}'", start, parser.pos)
    if parser.parse_optional_punctuation("[") is not None:
        parser.raise_error(f"rank expression is not affine: it reads '{name}[...]'", start, parser.pos)
    return Affine.rank(name)


def parse_subscripts(parser: AttrParser) -> tuple[Affine, ...]:
    """`[m, 2 * p + s]`."""
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_affine(parser)))


def parse_filter(parser: AttrParser) -> tuple[Comparison, ...]:
    """`a <= b and c < d`: comparisons joined by `and` or `,`; `a < b <= c` is a chain of two."""
    found: list[Comparison] = []
    while True:
        lhs = parse_affine(parser)
        op = _comparison(parser)
        while op is not None:
            rhs = parse_affine(parser)
            found.append(Comparison(lhs, op, rhs))
            lhs, op = rhs, _comparison(parser)
        if not found or found[-1].rhs is not lhs:
            parser.raise_error("expected a comparison of rank expressions: <, <=, >, >= or ==")
        if parser.parse_optional_keyword("and") is None and parser.parse_optional_punctuation(",") is None:
            return tuple(found)


def _comparison(parser: AttrParser) -> ComparisonOp | None:
    for symbol in ("<", ">", "="):
        if parser.parse_optional_punctuation(symbol) is not None:
            spelled = symbol + ("=" if parser.parse_optional_punctuation("=") is not None else "")
            if spelled == "=":
                parser.raise_error("expected '==' to compare")
            return cast(ComparisonOp, spelled)
    return None


def parse_reductions(parser: AttrParser) -> tuple[Reduction, ...]:
    """`add(e), max(m, n)`, innermost first; a further `reduce` may stand between them."""
    found = [_reduction(parser)]
    while parser.parse_optional_punctuation(",") is not None or parser.parse_optional_keyword("reduce") is not None:
        found.append(_reduction(parser))
    return tuple(found)


def _reduction(parser: AttrParser) -> Reduction:
    symbol = parser.parse_optional_symbol_name()
    op = parser.parse_identifier(" for a reduction operator") if symbol is None else f"@{symbol.data}"
    names = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: parser.parse_identifier(" for a rank to reduce"))
    return Reduction(op, tuple(names))
