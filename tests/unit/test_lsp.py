"""The language server, asked over standard input and output as an editor asks it."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsp_client import SERVER, Editor, session
from lsprotocol import types

ROOT = Path(__file__).parents[2]
URI = "untitled:one.mlir"

SOFTMAX = """einsum.operator @half(%x) = %x / 2 laws {monotone = increasing}
einsum.cascade @softmax ranks {p = 4, m = 6} (%X[p, m] empty 0) -> [p, m] : f32 {
  %G = einsum.compute [p]    = @half(%X[p, m]) reduce max(m)
  %N = einsum.compute [p, m] = exp(%X[p, m] - %G[p])
  %D = einsum.compute [p]    = %N[p, m] reduce add(m)
  %Y = einsum.compute [p, m] = %N[p, m] / %D[p]
  einsum.return %Y[p, m]
}
"""

WRONG = """einsum.operator @f(%x) = tanhh(%x)
einsum.cascade @a ranks {m = 4} (%A[m]) -> [] : f32 { // 𝔘𝔘
  %S = einsum.compute [] = %A[n] reduce add(m)
  %é = 1
  𝔘 %T = einsum.compte [] = %A[m]
  %U = einsum.compute [m] = @f(%T[] + %A[m])
  einsum.return %S[]
}
einsum.cascade @b ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %Aa[m] reduce add(m)
  einsum.return %S[]
}
"""


def at(name: str, context: str) -> tuple[int, int]:
    """Line and column of the last place of a name of which what follows, some subscripts apart, is this."""
    match = [*re.finditer(rf"(?<![\w%@]){re.escape(name)}(?=(\[[^\]]*\])? *{re.escape(context)})", SOFTMAX)][-1]
    return SOFTMAX.count("\n", 0, match.start()), match.start() - (SOFTMAX.rfind("\n", 0, match.start()) + 1)


def place(name: str, context: str) -> tuple[int, int, int]:
    line, column = at(name, context)
    return line, column, column + len(name)


def talk(conversation: Callable[[Editor], Awaitable[None]], encodings: list[types.PositionEncodingKind] | None = None) -> None:
    async def run() -> None:
        async with session(encodings) as editor:
            await conversation(editor)

    asyncio.run(run())


def test_questions_about_a_softmax() -> None:
    async def conversation(editor: Editor) -> None:
        editor.open(URI, SOFTMAX)
        found = await editor.diagnostics(URI, 1)
        assert [(d.severity, d.range.start.line) for d in found] == [(types.DiagnosticSeverity.Hint, 3), (types.DiagnosticSeverity.Hint, 5)]
        assert found[0].message == "N starts pass 2 over m: it needs G[p], reduced over m"
        # hover
        assert await editor.hover(URI, *at("%N", "/ %D")) == "```mlir\n%N[p, m] : f32\n```\n\n4 x 6 (p = 4, m = 6)\n\npass 2 of 3 over `m`"
        assert "absent where it is 0" in await editor.hover(URI, *at("%X", " - %G"))
        told = await editor.hover(URI, *at("m", ")\n  %N"))
        assert "rank `m` = 6\n\n3 passes over it" in told
        for _ in range(20):  # what takes longer than an answer may is there when one asks again
            told = told if "one-pass" in told else await editor.hover(URI, *at("m", ")\n  %N"))
        assert "`einsum-one-pass` makes it 3 (unknown: " in told
        assert "`exp(a + b)` = `exp(a) * exp(b)`" in await editor.hover(URI, *at("exp", "("))
        assert "identity -inf" in await editor.hover(URI, *at("max", "(m)"))
        assert "undone by `sub`" in await editor.hover(URI, *at("add", "(m)"))
        assert "argument 2" in await editor.hover(URI, *at("-", " %G"))
        assert "merge, unless another is written: right" in await editor.hover(URI, *at("/", " %D"))
        half = await editor.hover(URI, *at("@half", "(%X"))
        assert half.startswith("```mlir\neinsum.operator @half(%x)")
        assert half.endswith("- increasing")
        assert "| `m` | 6 | 3 |" in await editor.hover(URI, *at("einsum.cascade", " "))
        assert "pass 3 of 3" in await editor.hover(URI, *at("einsum.compute", " [p, m] = %N"))
        assert await editor.hover(URI, 7, 0) == ""
        assert await editor.hover(URI, 700, 90) == ""
        # definitions
        assert await editor.definition(URI, *at("%N", "/ %D")) == (3, 2, 4)
        assert await editor.definition(URI, *at("%X", " - %G")) == place("%X", " empty")
        assert await editor.definition(URI, *at("m", ")\n  %N")) == place("m", " = 6")
        assert await editor.definition(URI, *at("@half", "(%X")) == (0, 16, 21)
        assert await editor.definition(URI, *at("%x", " / 2")) == place("%x", ") = ")
        assert await editor.definition(URI, *at("exp", "(")) is None
        # symbols
        symbols = await editor.text_document_document_symbol_async(types.DocumentSymbolParams(types.TextDocumentIdentifier(URI)))
        assert symbols is not None
        assert [(s.name, s.kind) for s in symbols] == [("@half", types.SymbolKind.Operator), ("@softmax", types.SymbolKind.Function)]
        assert isinstance(symbols[1], types.DocumentSymbol)
        assert [c.name for c in symbols[1].children or ()] == ["%G", "%N", "%D", "%Y"]

    talk(conversation)


def test_several_errors_while_the_text_changes() -> None:
    async def conversation(editor: Editor) -> None:
        editor.open(URI, WRONG)
        found = await editor.diagnostics(URI, 1)
        told = [(d.range.start.line, d.range.start.character, d.message) for d in found]
        assert told == [
            (0, 25, "unknown operator 'tanhh'; did you mean 'tanh'?"),
            (2, 7, "unknown rank 'n'; known: m"),
            (3, 2, "expected a name after the sign, found '%'"),
            (4, 2, "unexpected character U+1D518"),
            (4, 10, "unknown operation 'einsum.compte'; did you mean 'compute'?"),
            (9, 27, "unknown tensor '%Aa'; did you mean '%A'?"),
        ]
        assert found[5].range.end.character == 30
        # half-written, many versions at once: only the last one counts
        for version in range(2, 40):
            editor.change(URI, version, SOFTMAX[: 20 * version])
        editor.change(URI, 40, SOFTMAX)
        assert all(d.severity == types.DiagnosticSeverity.Hint for d in await editor.diagnostics(URI, 40))
        editor.change(URI, 41, "")
        assert await editor.diagnostics(URI, 41) == []
        editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI)))
        assert await editor.hover(URI, 0, 0) == ""

    talk(conversation)


@pytest.mark.parametrize(("encoding", "column"), [("utf-16", 13), ("utf-8", 19)])
def test_columns_are_in_the_units_that_were_agreed_on(encoding: str, column: int) -> None:
    async def conversation(editor: Editor) -> None:
        editor.open(URI, '"𝔘𝔘"() : é\r\n')
        editor.change(URI, 2, '// é\u2028é\n"é𝔘𝔘.x"() ? ()\r\n')
        [first] = [d for d in await editor.diagnostics(URI, 2) if d.range.start.line == 1][:1]
        assert first.range.start.character in (0, column)
        editor.change(URI, 3, "// é\u2028\r\neinsum.operator @f(%x) = /*\n*/ %x\r" + '"𝔘é𝔘" = einsum.operator @g(%y) = %x + %y')
        await editor.diagnostics(URI, 3)
        units = {"utf-8": 8 + 2 + 2, "utf-16": 4 + 1 + 2}[encoding]
        start = units + len(" = einsum.operator @g(")
        assert await editor.definition(URI, 3, start + len("%y) = %x + ")) == (3, start, start + 2)

    talk(conversation, [types.PositionEncodingKind(encoding)])


def test_a_huge_text_is_answered_and_called_off() -> None:
    text = (ROOT / "examples" / "attention.mlir").read_text()
    huge = "\n".join(text.replace("@attention", f"@a{i}") for i in range(1500))

    async def conversation(editor: Editor) -> None:
        editor.open(URI, huge)
        [only] = await editor.diagnostics(URI, 1)
        assert only.severity == types.DiagnosticSeverity.Information
        assert "not checked here" in only.message
        assert await editor.hover(URI, 5, 3) == ""
        editor.change(URI, 2, huge[: 2**17])
        await asyncio.sleep(0.3)
        editor.change(URI, 3, SOFTMAX)
        assert len(await editor.diagnostics(URI, 3)) == 2

    assert len(huge) > 10**6
    talk(conversation)


def test_command_line() -> None:
    assert subprocess.run([SERVER, "--version"], capture_output=True, text=True, check=True).stdout.startswith("einfold-lsp ")
    unknown = subprocess.run([SERVER, "--stdoi"], capture_output=True, text=True)
    assert (unknown.returncode > 0, unknown.stderr) == (True, "einfold-lsp: error: unknown option '--stdoi'; did you mean '--stdio'?\n")


def test_without_the_extra_it_says_what_is_missing() -> None:
    code = "import sys; sys.modules['pygls'] = None; from einfold.tools.lsp.main import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "einfold-lsp: error: needs the package 'pygls': pip install 'einfold[lsp]'\n")
