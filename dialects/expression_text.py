"""Reading map expressions, on xDSL's token stream: by precedence, each tensor as the caller says (`%Q[p, e]`, or `in0[p, e]` in attributes)."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.parser import AttrParser
from xdsl.utils.mlir_lexer import PunctuationSpelling

from ..algebra.expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, apply
from ..algebra.merges import MERGE_ALIASES, MERGES
from ..algebra.operators import SCALAR_OPERATORS, SYMBOLS
from .notation import DEEPEST, nearest, parse_optional_number, parse_subscripts


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
