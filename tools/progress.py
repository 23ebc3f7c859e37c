"""Progress on standard error, for whatever takes more than a second, and only on a terminal.

`watched` stands around a whole command; what runs inside may say where it is with `counted` and `doing`, which cost nothing where nobody
watches. Whatever is printed meanwhile takes the place of the progress, which comes back after another second of silence.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, TypeVar, cast

from .output import printable

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
                if self._shown is None and time.monotonic() - self.quiet_since >= DELAY_S and not self._ended.is_set():
                    self._shown = _display(self.stream)
                    self._shown.add_task("", total=None)
                    self._shown.start()
                if self._shown is not None:
                    (task,) = self._shown.tasks
                    task.total = self.total or None  # `update` would keep the old one
                    self._shown.update(task.id, description=self._line(), completed=self.done)

    def _line(self) -> str:
        counted = f" {self.done} of {self.total}" if self.total else ""
        return printable(f"{self.text}{counted}, {time.monotonic() - self.begin:.0f} s")

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


def _display(stream: TextIO) -> Any:
    """A line that turns, and where it is known how much there is to do, a bar and the time that is left."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Bar(BarColumn):
        def render(self, task: Task) -> Any:
            return super().render(task) if task.total else Text("")

    class Left(TimeRemainingColumn):
        def render(self, task: Task) -> Text:
            return super().render(task) if task.total else Text("")

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), Bar(), Left())
    return Progress(
        *columns, console=Console(file=stream, highlight=False, emoji=False), transient=True, redirect_stdout=False, redirect_stderr=False
    )


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


@contextmanager
def counting(total: int, done: int, text: str) -> Generator[Callable[[int], None]]:
    """A count that starts at `done` of `total`; the function that it gives takes how many more are done."""
    doing(text)
    if _watch is not None:
        _watch.total, _watch.done = total, done

    def advance(more: int) -> None:
        if _watch is not None:
            _watch.done += more

    yield advance
    doing(text)


def counted(things: Iterable[T], total: int, text: str) -> Iterator[T]:
    """The things, one by one; how many of them are done is the progress."""
    with counting(total, 0, text) as advance:
        for thing in things:
            advance(1)
            yield thing
