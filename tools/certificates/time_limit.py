"""A limit on the time that something computed from a stranger's input may take, where the system has alarms."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class Expired(Exception):
    """The time is over."""


@contextmanager
def limited(seconds: float) -> Generator[None]:
    """Raise `Expired` in the body after `seconds`. Without effect outside the main thread, and on systems without `SIGALRM`."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(number: int, frame: FrameType | None) -> None:
        raise Expired

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
