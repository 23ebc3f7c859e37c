"""The language server: texts come in as they are edited, diagnostics go out, questions about places are answered.

Checks run in a thread of their own, a short while after the last change; a change calls off the check of what was there before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from functools import cached_property
from importlib.metadata import version
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from ...dialects.einsum import CascadeOp
from .budget import Budget
from .checking import MOST_CHARACTERS, Checked, Found, check
from .deriving import derived_told
from .hovering import Hover, Hoverer
from .outline import Outline
from .positions import Encoding, Lines
from .symbols import symbols

DELAY_S = 0.15
"""Seconds without a change before a text is checked."""

CHECK_S = 10.0
"""Seconds a check may take."""

ANSWER_S = 3.0
"""Seconds that a question waits for the check of its text."""

DERIVE_S = 1.0
"""Seconds that a question waits for a derivation; a later one finds it done."""

SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "remark": types.DiagnosticSeverity.Hint,
    "note": types.DiagnosticSeverity.Information,
}


class Document:
    """One version of a text, what stands where in it, and its check."""

    def __init__(self, text: str, version: int | None, encoding: Encoding):
        self.text, self.version = text, version
        self.lines = Lines(text, encoding)
        self.budget = Budget(CHECK_S + DELAY_S)
        self.checking: asyncio.Future[Checked] | None = None

    @cached_property
    def outline(self) -> Outline:
        return Outline(self.text if len(self.text) <= MOST_CHARACTERS else "")

    def check(self) -> Checked:
        return check(self.text, self.outline, self.budget)

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def position(self, offset: int) -> types.Position:
        return types.Position(*self.lines.position(offset))

    def offset(self, position: types.Position) -> int:
        return self.lines.offset(position.line, position.character)


class EinfoldServer(LanguageServer):
    """Texts by address, and two threads: one for checks, one for derivations."""

    def __init__(self) -> None:
        start: Any = super()  # pygls states no types for some of the arguments
        start.__init__("einfold-lsp", version("einfold"), text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.texts: dict[str, Document] = {}
        self.checks = ThreadPoolExecutor(1, "check")
        self.derivations = ThreadPoolExecutor(1, "derive")
        self.derived: dict[tuple[str, str, str], Future[str | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def encoding(self) -> Encoding:
        names: dict[str, Encoding] = {"utf-8": "utf-8", "utf-32": "utf-32"}
        return names.get(str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding)), "utf-16")

    def changed(self, uri: str, text: str, number: int | None) -> None:
        """Take a text in and check it soon."""
        if (before := self.texts.get(uri)) is not None:
            before.budget.cancel()
        document = self.texts[uri] = Document(text, number, self.encoding)
        document.checking = asyncio.get_running_loop().create_future()
        task = asyncio.get_running_loop().create_task(self._check(uri, document))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(self, uri: str, document: Document) -> None:
        await asyncio.sleep(DELAY_S)
        checking = document.checking
        found = Checked()
        try:
            if not document.budget.cancelled:
                found = await asyncio.get_running_loop().run_in_executor(self.checks, document.check)
        finally:
            if checking is not None and not checking.done():
                checking.set_result(found)
        if self.texts.get(uri) is document:
            diagnostics = [self._diagnostic(uri, document, f) for f in found.found]
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, document.version))

    def _diagnostic(self, uri: str, document: Document, found: Found) -> types.Diagnostic:
        related = [types.DiagnosticRelatedInformation(types.Location(uri, document.range(r.start, r.end)), r.message) for r in found.related]
        return types.Diagnostic(
            document.range(found.start, found.end),
            found.message,
            SEVERITIES[found.severity],
            source="einfold",
            related_information=related or None,
        )

    def closed(self, uri: str) -> None:
        if (document := self.texts.pop(uri, None)) is not None:
            document.budget.cancel()
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    async def hover(self, uri: str, position: types.Position) -> tuple[Document, Hover] | None:
        """What there is to say about a place, once its text has been checked or `ANSWER_S` has passed."""
        document = self.texts.get(uri)
        if document is None or document.checking is None:
            return None
        try:
            checked = await asyncio.wait_for(asyncio.shield(document.checking), ANSWER_S)
        except TimeoutError:
            checked = Checked()
        hoverer = Hoverer(document.outline, checked, lambda cascade, rank: self._derive(document, checked, cascade, rank))
        found = await asyncio.get_running_loop().run_in_executor(None, hoverer.at, document.offset(position))
        return None if found is None else (document, found)

    def _derive(self, document: Document, checked: Checked, cascade: CascadeOp, rank: str) -> str | None:
        """In a thread: what can be derived, if that is known in time."""
        if checked.module is None or any(f.severity == "error" for f in checked.found):
            return None
        key = (document.text, cascade.sym_name.data, rank)
        if key not in self.derived:
            while len(self.derived) >= 64:
                self.derived.pop(next(iter(self.derived))).cancel()
            self.derived[key] = self.derivations.submit(derived_told, checked.module, *key[1:])
        try:
            return self.derived[key].result(DERIVE_S)
        except Late:
            return None


def make_server() -> EinfoldServer:
    """A server with all that it answers."""
    server = EinfoldServer()
    _on(server, types.TEXT_DOCUMENT_DID_OPEN, _opened)
    _on(server, types.TEXT_DOCUMENT_DID_CHANGE, _changed)
    _on(server, types.TEXT_DOCUMENT_DID_CLOSE, _closed)
    _on(server, types.TEXT_DOCUMENT_HOVER, _hover)
    _on(server, types.TEXT_DOCUMENT_DEFINITION, _definition)
    _on(server, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, _symbols)
    return server


def _on(server: EinfoldServer, method: str, answer: Callable[[EinfoldServer, Any], Coroutine[Any, Any, object]]) -> None:
    async def answered(params: Any) -> object:
        return await answer(server, params)

    server.feature(method)(answered)


async def _opened(server: EinfoldServer, params: types.DidOpenTextDocumentParams) -> None:
    server.changed(params.text_document.uri, params.text_document.text, params.text_document.version)


async def _changed(server: EinfoldServer, params: types.DidChangeTextDocumentParams) -> None:
    if params.content_changes:
        server.changed(params.text_document.uri, params.content_changes[-1].text, params.text_document.version)


async def _closed(server: EinfoldServer, params: types.DidCloseTextDocumentParams) -> None:
    server.closed(params.text_document.uri)


async def _hover(server: EinfoldServer, params: types.HoverParams) -> types.Hover | None:
    found = await server.hover(params.text_document.uri, params.position)
    if found is None:
        return None
    document, hover = found
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, hover.text), document.range(hover.start, hover.end))


async def _definition(server: EinfoldServer, params: types.DefinitionParams) -> types.Location | None:
    document = server.texts.get(params.text_document.uri)
    if document is None:
        return None
    outline = await asyncio.to_thread(lambda: document.outline)
    found = outline.definition_at(document.offset(params.position))
    if found is None:
        return None
    return types.Location(params.text_document.uri, document.range(found.token.start, found.token.end))


async def _symbols(server: EinfoldServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    document = server.texts.get(params.text_document.uri)
    return [] if document is None else await asyncio.to_thread(lambda: symbols(document.outline, document.range))
