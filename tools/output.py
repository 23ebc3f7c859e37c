"""Writing results whole or not at all: a file appears under its name only when all of it has been written."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from .diagnostics import Diagnostic, Failure


def write_text(path: str | None, text: str) -> None:
    """Write to a file, or to standard output for None and `-`. Raises `Failure`; an existing file then stays as it was."""
    if path is None or path == "-":
        print(text, end="", flush=True)
        return
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str, data: bytes) -> None:
    """Write to a file. Raises `Failure`; an existing file then stays as it was."""
    try:
        _write_file(Path(path), data)
    except (OSError, ValueError) as error:
        message = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise Failure(Diagnostic("error", message, path)) from error


def _write_file(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():  # a device or a pipe cannot be replaced; a directory fails here as it should
        path.write_bytes(data)
        return
    path = path.resolve()
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
