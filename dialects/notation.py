"""Reading the notation of Einsums: rank expressions, map expressions, reductions and filters, on xDSL's token stream.

The same reader serves the pretty form, where a tensor is an SSA value (`%Q[p, e]`), and attributes, where it is a position
among the operands (`in0[p, e]`); the caller says how a tensor is read. Writing is the trees' own `str` and `to_text`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from xdsl.parser import AttrParser
from xdsl.utils.mlir_lexer import PunctuationSpelling

from ..algebra.affine import Affine, Comparison, ComparisonOp
from ..algebra.expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, apply
from ..algebra.merges import MERGE_ALIASES, MERGES
from ..algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS, SYMBOLS

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


def parse_merge(parser: AttrParser) -> str | None:
    """`{union}` after an operator, if present."""
    if parser.parse_optional_punctuation("{") is None:
        return None
    start = parser.pos
    words = [parser.parse_identifier(" for a merge")]
    while parser.parse_optional_punctuation("-") is not None:
        words.append(parser.parse_identifier(" in a merge's name"))
    name = MERGE_ALIASES.get("-".join(words), "-".join(words))
    if name not in MERGES:
        parser.raise_error(f"unknown merge '{name}'{nearest(name, [*MERGES, *MERGE_ALIASES])}", start, parser.pos)
    parser.parse_punctuation("}")
    return name


class ExpressionReader:
    """Reads a map expression by precedence: comparisons, `+ -`, `* /`, unary minus, then what binds tightest."""

    def __init__(self, parser: AttrParser, tensor: Callable[[], int | Param | None], params: frozenset[str] = frozenset()):
        """`tensor` reads a tensor (or a `%parameter`) if one comes next; `params` are names that mean an operator's parameters."""
        self.parser, self.tensor, self.params = parser, tensor, params

    def read(self, level: int = 1, depth: int = 0) -> Expr:
        if depth > DEEPEST:
            self.parser.raise_error(f"expression is nested deeper than {DEEPEST} levels")
        left = self._unary(depth)
        length = 0
        while (symbol := self._symbol(level)) is not None:
            length += 1
            if length > DEEPEST:
                self.parser.raise_error(f"expression is nested deeper than {DEEPEST} levels")
            operator = SCALAR_OPERATORS[SYMBOLS[symbol, 2]] if symbol != "!=" else SCALAR_OPERATORS["ne"]
            merge = parse_merge(self.parser)
            right = self.read(max(operator.precedence, 1) + 1, depth + 1)
            left = Apply(operator.name, (left, right), merge)
        return left

    def _symbol(self, level: int) -> str | None:
        """The next infix symbol, if it binds at least as tightly as `level`."""
        levels: tuple[tuple[int, tuple[PunctuationSpelling, ...]], ...] = ((1, ("<", ">", "=")), (2, ("+", "-")), (3, ("*", "/")))
        for precedence, symbols in levels:
            if precedence < level:
                continue
            for symbol in symbols:
                if self.parser.parse_optional_punctuation(symbol) is None:
                    continue
                if precedence == 1 and self.parser.parse_optional_punctuation("=") is not None:
                    return symbol + "="
                if symbol == "=":
                    self.parser.raise_error("expected '==' to compare")
                return symbol
        if level <= 1 and self.parser.lexer.input.content.startswith("!=", self.parser.pos):
            self.parser.parse_characters("!=")
            return "!="
        return None

    def _unary(self, depth: int) -> Expr:
        if depth > DEEPEST:
            self.parser.raise_error(f"expression is nested deeper than {DEEPEST} levels")
        if self.parser.parse_optional_punctuation("-") is not None:
            merge = parse_merge(self.parser)
            operand = self._unary(depth + 1)
            return apply("neg", operand) if merge is None else Apply("neg", (operand,), merge)
        return self._primary(depth)

    def _primary(self, depth: int) -> Expr:
        parser = self.parser
        if (tensor := self.tensor()) is not None:
            return tensor if isinstance(tensor, Param) else Access(tensor, parse_subscripts(parser))
        if (number := parse_optional_number(parser)) is not None:
            return Num(number)
        if parser.parse_optional_punctuation("(") is not None:
            inner = self.read(depth=depth + 1)
            parser.parse_punctuation(")")
            return inner
        start = parser.pos
        if (symbol := parser.parse_optional_symbol_name()) is not None:
            return self._call(f"@{symbol.data}", depth)
        name = parser.parse_optional_identifier()
        if name is None:
            parser.raise_error("expected an operand: a tensor, a number, a rank, a function or '('")
        if name in self.params:
            return Param(name)
        applied = parser.lexer.input.content.startswith(("(", "{"), parser.pos)
        if not applied or name not in (*SCALAR_OPERATORS, "shape", "arg"):
            if parser.parse_optional_punctuation("(") is not None:
                parser.raise_error(f"unknown operator '{name}'{nearest(name, [*SCALAR_OPERATORS, 'shape'])}", start, start + len(name))
            return RankValue(name)
        if name in ("shape", "arg"):
            with parser.in_parens():
                inner_name = parser.parse_identifier()
            return RankShape(inner_name) if name == "shape" else Param(inner_name)
        return self._call(name, depth, start)

    def _call(self, name: str, depth: int, start: int | None = None) -> Expr:
        parser = self.parser
        merge = parse_merge(parser)
        args = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: self.read(depth=depth + 1))
        known = SCALAR_OPERATORS.get(name)
        if known is not None and len(args) != known.arity and start is not None:
            parser.raise_error(f"operator '{name}' takes {known.arity} operands, {len(args)} given", start, parser.pos)
        return Apply(name, tuple(args), merge)
