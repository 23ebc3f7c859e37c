"""Writing results whole or not at all: a file appears under its name only when all of it has been written."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from .diagnostics import Diagnostic, Failure


def write_text(path: str | None, text: str) -> None:
    """Write to a file, or to standard output for None and `-`. Raises `Failure`; an existing file then stays as it was."""
    if path is None or path == "-":
        print(printable(text) if sys.stdout is not None and sys.stdout.isatty() else text, end="", flush=True)
        return
    write_bytes(path, text.encode("utf-8", "replace"))  # what is no character, as in a file's name that is no text, becomes a '?'


UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Characters that a terminal obeys rather than shows: controls, and those that turn the direction of what follows."""


def printable(text: str) -> str:
    """A text without what a terminal would obey: names come from files."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def check_writable(*paths: str | None) -> None:
    """Raises `Failure` where a file could not be written, before the work whose result goes there is done. None and `-` are standard output."""
    for path in paths:
        if path is None or path == "-":
            continue
        place = Path(path)
        try:
            if place.is_dir():
                raise _unwritable(path, "is a directory")
            if not place.exists() and not place.resolve().parent.is_dir():
                raise _unwritable(path, f"there is no folder '{place.parent}'")
            if place.is_file() and not os.access(place.parent, os.W_OK):
                raise _unwritable(path, f"nothing can be written to the folder '{place.parent}'")
        except (OSError, ValueError) as error:
            raise _unwritable(path, getattr(error, "strerror", None) or str(error)) from error


def check_folder(path: str) -> None:
    """Raises `Failure` where a folder, with those that it lies in, could not be made. It may be there."""
    place = Path(path)
    try:
        there = next(p for p in (place, *place.absolute().parents) if p.exists())
        if not there.is_dir():
            raise Failure(Diagnostic("error", f"cannot be made: '{there}' is a file", path))
        if not os.access(there, os.W_OK):
            raise Failure(Diagnostic("error", f"cannot be made: nothing can be written to the folder '{there}'", path))
    except (OSError, ValueError) as error:
        raise Failure(Diagnostic("error", f"cannot be made: {getattr(error, 'strerror', None) or error}", path)) from error


def _unwritable(path: str, reason: str) -> Failure:
    return Failure(Diagnostic("error", f"cannot be written: {reason}", path))


def write_bytes(path: str, data: bytes) -> None:
    """Write to a file. Raises `Failure`; an existing file then stays as it was."""
    try:
        _write_file(Path(path), data)
    except (OSError, ValueError) as error:
        check_writable(path)  # says more where it can
        raise _unwritable(path, getattr(error, "strerror", None) or str(error)) from error


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
