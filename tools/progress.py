"""Progress on standard error, for whatever takes more than a second, and only on a terminal.

`watched` stands around a whole command; what runs inside may say where it is with `counted` and `doing`, which cost nothing where nobody
watches. Whatever is printed meanwhile takes the place of the progress, which comes back after another second of silence.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar, cast

T = TypeVar("T")

DELAY_S = 1.0
"""Seconds of silence before progress is shown."""


class Watch:
    """One command under way. A thread of its own shows the progress; `lock` guards what both see."""

    def __init__(self, text: str, stream: TextIO):
        self.lock = threading.RLock()
        self.text, self.done, self.total = text, 0, 0
        self.stream = stream
        self.begin = self.quiet_since = time.monotonic()
        self._ended = threading.Event()
        self._shown: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            with self.lock:
                if self._shown is not None:
                    self._shown.update(self._line())
                elif time.monotonic() - self.quiet_since >= DELAY_S and not self._ended.is_set():
                    from rich.console import Console
                    from rich.status import Status

                    self._shown = Status(self._line(), console=Console(file=self.stream, highlight=False, emoji=False))
                    self._shown.start()

    def _line(self) -> str:
        counted = f" {self.done} of {self.total}" if self.total else ""
        return f"{self.text}{counted}, {time.monotonic() - self.begin:.0f} s".replace("[", "\\[")

    def hide(self) -> None:
        """Take the progress off the terminal, until it was silent for a while again."""
        with self.lock:
            self.quiet_since = time.monotonic()
            if self._shown is not None:
                self._shown.stop()
                self._shown = None

    def end(self) -> None:
        self._ended.set()
        self.hide()
        self._thread.join()


class _Hiding:
    """A stream that takes the progress away before anything is written to it."""

    def __init__(self, stream: TextIO, watch: Watch):
        self._stream, self._watch = stream, watch

    def write(self, text: str) -> int:
        self._watch.hide()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_watch: Watch | None = None


@contextmanager
def watched(text: str) -> Generator[None]:
    """Show progress while the body runs, if standard error is a terminal that can draw."""
    global _watch
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb" or _watch is not None:
        yield
        return
    output, errors = sys.stdout, sys.stderr
    watch = _watch = Watch(text, errors)
    sys.stdout, sys.stderr = (cast(TextIO, _Hiding(stream, watch)) if stream is not None else stream for stream in (output, errors))
    watch.start()
    try:
        yield
    finally:
        _watch = None
        sys.stdout, sys.stderr = output, errors
        watch.end()


def doing(text: str) -> None:
    """Say what is being done now."""
    if _watch is not None:
        _watch.text, _watch.done, _watch.total = text, 0, 0


def counted(things: Iterable[T], total: int, text: str) -> Iterator[T]:
    """The things, one by one; how many of them are done is the progress."""
    doing(text)
    if _watch is not None:
        _watch.total = total
    for number, thing in enumerate(things, 1):
        if _watch is not None:
            _watch.done = number
        yield thing
    doing(text)
