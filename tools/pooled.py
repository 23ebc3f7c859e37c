"""The same work for many things, in several processes where the system forks, with progress, and an end at Ctrl-C."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from .progress import counted

T = TypeVar("T")
R = TypeVar("R")


def mapped(task: Callable[[T], R], things: Sequence[T], jobs: int, text: str) -> list[R]:
    """`[task(t) for t in things]` by `jobs` processes; `text` says in the progress what is being done."""
    if jobs <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        return list(counted(map(task, things), len(things), text))
    gc.freeze()
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"), initializer=_left_to_parent) as pool:
        try:
            return list(counted(pool.map(task, things), len(things), text))
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _left_to_parent() -> None:
    """Ctrl-C reaches all processes of a terminal; the parent alone answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
