"""Reading MLIR text with diagnostics: what xDSL's parser leaves out, locations first.

The lexer reads `!=` as one token, refuses characters and literals that xDSL's trips over, and stays linear where xDSL's string
literals take exponential time when a quote is missing. The parser stamps every operation with its place in the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from xdsl.context import Context
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, ModuleOp, StringAttr, UnknownLoc
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.parser.generic_parser import ParserState
from xdsl.utils.exceptions import DiagnosticException, MultipleSpansParseError, ParseError, UnregisteredConstructException
from xdsl.utils.lexer import Input, Span, Token
from xdsl.utils.mlir_lexer import KIND_BY_PUNCTUATION_SPELLING, MLIRLexer, MLIRToken, MLIRTokenKind, StringLiteral

from .diagnostics import Diagnostic, Failure, at_offset, suggestion
from .source import Source

LONGEST_NUMBER = 1000
"""Most characters a number literal may have; Python reads longer ones in quadratic time, or not at all."""

NUMBERS = frozenset({MLIRTokenKind.INTEGER_LIT, MLIRTokenKind.FLOAT_LIT})

UNNAMED: dict[str, str] = {
    "Could not parse entire input!": "expected an operation",
    "Expected suffix identifier after {first_char}": "expected a name after the sign",
    " in block definition": "expected an operation, a block label or '}'",
}
"""Messages of xDSL's parser that do not say what was expected -> ones that do; what was found instead is added."""


COMMON_TOKEN = re.compile(
    r"""(?:\s++|//[^\n]*+)*+(?:
    (?P<BARE_IDENT>[A-Za-z_][A-Za-z0-9_$.]*+)
  | (?P<PERCENT_IDENT>%(?:[0-9]++|[A-Za-z$._-][A-Za-z0-9$._-]*+))
  | (?P<punctuation>->|[:,()}\[\]<>=+*/?|-]|\{(?!-\#))
  | (?P<INTEGER_LIT>[0-9]{1,20}+(?![0-9.xX]))
  | (?P<EXCLAMATION_IDENT>!=)
    )""",
    re.VERBOSE | re.ASCII,
)
"""The tokens that make up nearly all of a text; a group's name is the token's kind. MLIR's other tokens are left to xDSL's lexer."""

KIND_OF_GROUP = {name: kind for name in COMMON_TOKEN.groupindex if (kind := MLIRTokenKind.__members__.get(name)) is not None}


class SourceLexer(MLIRLexer):
    """MLIR's tokens and `!=`, in time linear in the text."""

    _whitespace_regex = re.compile(r"(?://[^\n]*+|\s++)*+", re.ASCII)
    _unescaped_characters_regex = re.compile(r'"(?:[^"\\\n\v\f]++|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*+"')

    def lex(self) -> MLIRToken:
        match = COMMON_TOKEN.match(self.input.content, self.pos)
        if match is None:
            return self._lex_rare()
        group = match.lastgroup or ""
        start, self.pos = match.span(group)
        kind = KIND_OF_GROUP.get(group) or KIND_BY_PUNCTUATION_SPELLING[match[group]]
        return Token(kind, Span(start, self.pos, self.input))

    def _lex_rare(self) -> MLIRToken:
        self._consume_whitespace()
        start = self.pos
        character = self.input.content[start : start + 1]
        if not character.isascii():
            raise ParseError(Span(start, start + 1, self.input), f"unexpected character U+{ord(character):04X}")
        token = super().lex()
        if token.kind in NUMBERS and token.span.len > LONGEST_NUMBER:
            raise ParseError(token.span, f"number of {token.span.len} characters; at most {LONGEST_NUMBER} are read")
        if token.kind is MLIRTokenKind.BYTES_LIT and _is_text(token.span):
            return Token(MLIRTokenKind.STRING_LIT, token.span)
        return token


def _is_text(span: Span[str]) -> bool:
    """Whether the bytes of a literal are UTF-8: printers escape what is not ASCII, and xDSL's lexer takes what is escaped for no text."""
    try:
        StringLiteral.from_span(span).bytes_contents.decode()
    except UnicodeDecodeError:
        return False
    return True


class SourceParser(Parser):
    """xDSL's parser, with locations on operations and messages that name what is meant."""

    def __init__(self, ctx: Context, source: Source):
        super().__init__(ctx, "", source.name)
        self._source = source
        self._filename = StringAttr(source.name)
        self._op_starts: list[int] = []
        self._first_uses: dict[str, Span[str]] = {}
        self.defined_names: dict[str, None] = {}
        self._parser_state: ParserState[MLIRTokenKind, str] = ParserState(SourceLexer(Input("", source.name)))
        self._parser_state.lexer.input = Input(source.text, source.name)

    def start(self) -> None:
        """Read the first token; apart from the constructor because it can fail."""
        self._resume_from(0)

    def parse_operation(self) -> Operation:
        op = super().parse_operation()
        start = self._op_starts.pop()
        if isinstance(op.location, UnknownLoc):
            op.location = self.location(start)
        return op

    def location(self, offset: int) -> FileLineColLoc:
        line, column = self._source.position(offset)
        return FileLineColLoc(self._filename, IntAttr(line), IntAttr(column))

    def _parse_op_result_list(self) -> list[tuple[Span, int]]:
        results = super()._parse_op_result_list()
        self._op_starts.append(self.pos)  # an operation's place is its name, as in MLIR
        return results

    def _get_op_by_name(self, name: str) -> type[Operation]:
        found = self.ctx.get_optional_op(name, dialect_stack=self._parser_state.dialect_stack)
        if found is None:
            start = self._op_starts[-1]
            self.raise_error(unknown_operation(self.ctx, name), start, start + len(name))
        return found

    def resolve_operand(self, operand: UnresolvedOperand, type: Attribute) -> SSAValue:
        self._first_uses.setdefault(operand.operand_name, operand.span)
        return super().resolve_operand(operand, type)

    def _register_ssa_definition(self, name: str, values: Sequence[SSAValue], span: Span) -> None:
        self.defined_names[name] = None
        super()._register_ssa_definition(name, values, span)

    def undefined_value(self) -> tuple[str, Span[str]] | None:
        """A value that is used and defined nowhere, and where it is used first."""
        return next(((n, self._first_uses[n]) for n in self.forward_ssa_references if n in self._first_uses), None)


def unknown_operation(ctx: Context, name: str) -> str:
    """Says whether it is the dialect or the operation that is not known, and what is near."""
    dialect_name, dot, rest = name.partition(".")
    if not dot:
        return f"unknown operation '{name}'"
    dialect = ctx.get_optional_dialect(dialect_name)
    if dialect is None:
        return f"unknown dialect '{dialect_name}'{suggestion(dialect_name, ctx.registered_dialect_names)}"
    near = suggestion(rest, (op.name.removeprefix(f"{dialect_name}.") for op in dialect.operations))
    return f"unknown operation '{name}'{near}"


def parse_source(
    source: Source,
    ctx: Context,
    *,
    implicit_module: bool = True,
    declares: bool = True,
    make_parser: Callable[[Context, Source], SourceParser] = SourceParser,
) -> ModuleOp:
    """Parse a source into a module whose operations know their places. Raises `Failure`.

    Operators that it uses and does not declare are declared in it if a plug-in offers them, unless `declares` is False.
    """
    parser = make_parser(ctx, source)
    try:
        parser.start()
        module = parser.parse_module(implicit_module)
    except ParseError as error:
        raise Failure(_parse_diagnostic(source, parser, error)) from error
    except RecursionError as error:
        raise Failure(at_offset(source, "nested too deeply to be read", parser.pos)) from error
    except (DiagnosticException, UnregisteredConstructException) as error:
        raise Failure(at_offset(source, str(error), parser.pos)) from error
    except Exception as error:  # xDSL's parser raises whatever its helpers raise; the text is at fault until proved otherwise
        raise Failure(at_offset(source, f"cannot be read: {type(error).__name__}: {error}", parser.pos)) from error
    if isinstance(module.location, UnknownLoc):
        module.location = parser.location(0)
    if declares and "@" in source.text and "einsum." in source.text:
        from .operators import declare_operators

        declare_operators(module, ctx)
    return module


def _parse_diagnostic(source: Source, parser: SourceParser, error: ParseError) -> Diagnostic:
    if error.msg.startswith("values used but not defined") and (undefined := parser.undefined_value()) is not None:
        name, span = undefined
        near = suggestion(f"%{name}", (f"%{n}" for n in parser.defined_names))
        return at_offset(source, f"use of undefined value '%{name}'{near}", span.start, span.end)
    message, notes = error.msg.strip(), ()
    if error.msg in UNNAMED:
        end = error.span.start >= source.visible_end
        message = f"{UNNAMED[error.msg]}, found {'the end of the input' if end else repr(error.span.text)}"
    if isinstance(error, MultipleSpansParseError):
        told = [(error.ref_text or "", *error.refs[0])] if error.refs else []
        notes = tuple(at_offset(source, (text or ref).strip(" :"), s.start, s.end, severity="note") for ref, s, text in told)
    found = at_offset(source, message, error.span.start, error.span.end)
    return replace(found, notes=notes)
