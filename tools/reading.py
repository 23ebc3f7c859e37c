"""Reading input within limits: what is missing, too large, or not text ends as a `Failure` that says so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from .diagnostics import Diagnostic, Failure, at_offset, suggestion
from .source import Source, remember

MEBIBYTE = 2**20

INPUT_LIMIT_MIB = 16
"""Largest input, in MiB, that is read unless the user says otherwise: minutes of parsing and gigabytes of memory."""

STDIN_NAME = "<stdin>"

BYTECODE_MAGIC = b"ML\xefR"


def read_source(path: str | None, limit_mib: float = INPUT_LIMIT_MIB) -> Source:
    """Read a file, or standard input for None and `-`, as UTF-8 text of at most `limit_mib` MiB. Raises `Failure`."""
    name = STDIN_NAME if path is None or path == "-" else path
    limit = int(limit_mib * MEBIBYTE)
    try:
        if name is STDIN_NAME:
            data = _standard_input(limit + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(limit + 1)
    except FileNotFoundError:
        raise _failure(name, f"no such file{_nearest_sibling(name)}") from None
    except IsADirectoryError:
        raise _failure(name, "is a directory, not a file") from None
    except (OSError, ValueError) as error:
        raise _failure(name, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > limit:
        raise _failure(name, f"larger than {limit_mib:g} MiB, the limit for inputs; raise it with --input-limit=MIB")
    return remember(Source(name, _decode(name, data)))


def _standard_input(most: int) -> bytes:
    """At most so many bytes; who types them is told that they are waited for."""
    stream: TextIO | None = sys.stdin  # None where it was closed before we began
    if stream is None:
        raise _failure(STDIN_NAME, "is closed")
    if stream.isatty():
        print("reading standard input; Ctrl-D ends it", file=sys.stderr)
    return stream.buffer.read(most)


def _decode(name: str, data: bytes) -> str:
    if data.startswith(BYTECODE_MAGIC):
        raise _failure(name, "MLIR bytecode, not text; convert it with mlir-opt")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        readable = Source(name, data.decode("utf-8", "replace"))
        offset = len(data[: error.start].decode("utf-8", "replace"))
        raise Failure(at_offset(readable, f"not UTF-8 text: byte 0x{data[error.start]:02x}", offset)) from None
    if (nul := text.find("\0")) >= 0:
        raise Failure(at_offset(Source(name, text), "not text: it holds a NUL character", nul))
    return text


def _failure(name: str, message: str) -> Failure:
    return Failure(Diagnostic("error", message, name))


def _nearest_sibling(name: str) -> str:
    path = Path(name)
    try:
        return suggestion(path.name, (entry.name for entry in path.parent.iterdir()))
    except (OSError, ValueError):
        return ""
