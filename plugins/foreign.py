"""Running what others wrote: whatever it raises is theirs, and is told in a line; only Ctrl-C is ours."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

LONGEST = 500
"""Characters of an error's message that are told."""


class ForeignError(Exception):
    """What others' code raised, as its cause and as the text `Type: message`."""

    def __init__(self, error: BaseException):
        super().__init__(described(error))
        self.error = error


def described(error: BaseException) -> str:
    """`Type: message` in one line of at most `LONGEST` characters, also for an exception that cannot say what it is."""
    name, message = type(error).__name__, message_of(error)
    return f"{name}: {message}" if message else name


def message_of(error: BaseException) -> str:
    """What an exception says, in one line of at most `LONGEST` characters; nothing if it cannot say it."""
    try:
        message = " ".join(str(error).split())
    except KeyboardInterrupt:
        raise
    except BaseException:
        return ""
    return message if len(message) <= LONGEST else f"{message[:LONGEST]}..."


def run_foreign(body: Callable[[], T]) -> T:
    """What the body returns. Raises `ForeignError` for anything that it raises, `KeyboardInterrupt` only if somebody pressed Ctrl-C."""
    pressed: list[int] = []
    try:
        with _listening(pressed):
            return body()
    except BaseException as error:
        if pressed or (isinstance(error, KeyboardInterrupt) and not _is_main()):
            raise KeyboardInterrupt from error
        raise ForeignError(error) from error


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _listening(pressed: list[int]) -> Generator[None]:
    """Notes that Ctrl-C was pressed, and passes it on. Threads other than the first hear nothing."""
    before = signal.getsignal(signal.SIGINT)
    if not _is_main() or not callable(before):
        yield
        return

    def heard(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
