"""A client for `einfold-lsp`: starts it as an editor does, keeps the diagnostics that it sends, and asks it questions."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import BaseLanguageClient

SERVER = Path(sys.executable).parent / "einfold-lsp"
WAIT_S = 30


class Editor(BaseLanguageClient):
    """An editor with open texts."""

    def __init__(self) -> None:
        super().__init__("test-editor", "1")
        self.sent: dict[str, types.PublishDiagnosticsParams] = {}
        self.came = asyncio.Condition()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def _(params: types.PublishDiagnosticsParams) -> None:
            async with self.came:
                self.sent[params.uri] = params
                self.came.notify_all()

    def open(self, uri: str, text: str) -> None:
        self.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "mlir", 1, text)))

    def change(self, uri: str, version: int, text: str) -> None:
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), [whole]))

    async def diagnostics(self, uri: str, version: int) -> list[types.Diagnostic]:
        """Those of a version, when they come."""
        async with self.came:
            await asyncio.wait_for(self.came.wait_for(lambda: uri in self.sent and self.sent[uri].version == version), WAIT_S)
            return list(self.sent[uri].diagnostics)

    async def hover(self, uri: str, line: int, column: int) -> str:
        place = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, column))
        found = await asyncio.wait_for(self.text_document_hover_async(place), WAIT_S)
        return found.contents.value if found is not None and isinstance(found.contents, types.MarkupContent) else ""

    async def definition(self, uri: str, line: int, column: int) -> tuple[int, int, int] | None:
        """Line, and the columns between which the name stands."""
        place = types.DefinitionParams(types.TextDocumentIdentifier(uri), types.Position(line, column))
        found = await asyncio.wait_for(self.text_document_definition_async(place), WAIT_S)
        return (found.range.start.line, found.range.start.character, found.range.end.character) if isinstance(found, types.Location) else None


@asynccontextmanager
async def session(encodings: list[types.PositionEncodingKind] | None = None) -> AsyncIterator[Editor]:
    """A server that has been initialised, and is shut down at the end."""
    editor = Editor()
    await editor.start_io(str(SERVER), "--stdio")
    general = types.GeneralClientCapabilities(position_encodings=list(encodings) if encodings else None)
    await editor.initialize_async(types.InitializeParams(types.ClientCapabilities(general=general)))
    editor.initialized(types.InitializedParams())
    try:
        yield editor
    finally:
        await asyncio.wait_for(editor.shutdown_async(None), WAIT_S)
        editor.exit(None)
        await asyncio.wait_for(editor.stop(), WAIT_S)
