"""The tools' lexer reads what xDSL's reads, token for token, apart from what it is there to change."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from xdsl.utils.exceptions import ParseError
from xdsl.utils.lexer import Input
from xdsl.utils.mlir_lexer import MLIRLexer, MLIRTokenKind

from einfold.tools.parsing import SourceLexer

PIECES = (
    *("a", "_b.c$d", "%x", "%0", "%a-b", "%", "^bb0", "^", "!t", "!", "#a", "#0", "@f", '@"f g"', "@", "e5", "true"),
    *("0", "42", "007", "0x1F", "0xg", "4x8xf32", "1.5", "1.", "1.5e-3", "1e5", "99999999999999999999999"),
    *('"s"', '"\\n\\22"', '"\\q"', '"', "->", "-", "...", "..", "{-#", "#-}", "{", "}", "//", "// c\n", "\n", " ", "\t"),
    *(":", ",", "(", ")", "[", "]", "<", ">", "=", "+", "*", "/", "?", "|", ";", "&", "~", "$"),
)


def tokens(lexer: MLIRLexer) -> list[tuple[MLIRTokenKind, int, int] | str]:
    """What a lexer reads, ended by the end of the text or by an error."""
    found: list[tuple[MLIRTokenKind, int, int] | str] = []
    while True:
        try:
            token = lexer.lex()
        except ParseError:
            return [*found, "error"]
        if token.kind is MLIRTokenKind.EOF:
            return [*found, (token.kind, token.span.start, token.span.start)]
        found.append((token.kind, token.span.start, token.span.end))


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_lexers_agree(pieces: list[str]):
    text = "".join(pieces)
    if "!=" in text:
        return
    assert tokens(SourceLexer(Input(text, "t"))) == tokens(MLIRLexer(Input(text, "t")))


def test_not_equal_is_one_token():
    kinds = tokens(SourceLexer(Input("a!=b != !t", "t")))
    assert kinds == [
        (MLIRTokenKind.BARE_IDENT, 0, 1),
        (MLIRTokenKind.EXCLAMATION_IDENT, 1, 3),
        (MLIRTokenKind.BARE_IDENT, 3, 4),
        (MLIRTokenKind.EXCLAMATION_IDENT, 5, 7),
        (MLIRTokenKind.EXCLAMATION_IDENT, 8, 10),
        (MLIRTokenKind.EOF, 10, 10),
    ]


def test_lexing_takes_time_linear_in_the_text():
    begin = time.monotonic()
    for text in ('"' + "a" * 10**6, " " * 10**6, "//" * 10**6, "// x\n" * 10**5, "a" * 10**6, '"' + "\\n" * 10**6):
        assert tokens(SourceLexer(Input(text, "t")))
    assert time.monotonic() - begin < 5
