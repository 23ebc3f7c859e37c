"""Running chunks of points in processes of this machine, in a way that outlives the death of any of them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait as wait_for

from .points import Inputs, Job, Outcome

Chunk = Sequence[tuple[str, Inputs]]
"""Points by digest and input, to be run one after another in one process."""

Run = Callable[[Job, Chunk], list[Outcome]]

DIED = "the worker process died of it twice: killed, or out of memory"


def run_locally(job: Job, chunks: Sequence[Chunk], run: Run, workers: int) -> Iterator[list[Outcome]]:
    """The outcomes of chunks, as they come. `workers`: processes; 0 for this one.

    When a process dies, those points that any process had in hand are run once more, one at a time; one whose process dies again is recorded as
    failed. `run` must be importable by other processes.
    """
    if workers == 0:
        for chunk in chunks:
            yield run(job, chunk)
        return
    waiting = deque(chunks)
    while waiting:
        suspects: list[Chunk] = []
        yield from _until_broken(job, waiting, run, workers, suspects)
        yield from _one_by_one(job, deque(point for chunk in suspects for point in chunk), run)


def _until_broken(job: Job, waiting: deque[Chunk], run: Run, workers: int, suspects: list[Chunk]) -> Iterator[list[Outcome]]:
    """Run what is waiting, until all is done or a process dies; `suspects` then gets what was in hand."""
    with _pool(min(workers, len(waiting))) as pool:
        running: dict[Future[list[Outcome]], Chunk] = {}
        while (waiting and not suspects) or running:
            while waiting and not suspects and len(running) < 2 * workers:
                chunk = waiting.popleft()
                try:
                    running[_submit(pool, run, job, chunk)] = chunk
                except BrokenProcessPool:
                    suspects.append(chunk)
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                chunk = running.pop(future)
                try:
                    outcomes = future.result()
                except BrokenProcessPool:
                    suspects.append(chunk)
                else:
                    yield outcomes


def _one_by_one(job: Job, suspects: deque[tuple[str, Inputs]], run: Run) -> Iterator[list[Outcome]]:
    """The second try of points, one after another, in a process that does nothing else: when it dies, it is known of what."""
    while suspects:
        with _pool(1) as pool:
            while suspects:
                point = suspects.popleft()
                try:
                    yield _submit(pool, run, job, [point]).result()
                except BrokenProcessPool:
                    yield [Outcome(point[0], "failed", reason=DIED)]
                    break


@contextmanager
def _pool(workers: int) -> Generator[ProcessPoolExecutor]:
    """Processes that end at once when the block is left by an exception, and by themselves when this process ends in whatever way."""
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
        raise
    pool.shutdown()


def _submit(pool: ProcessPoolExecutor, run: Run, job: Job, chunk: Chunk) -> Future[list[Outcome]]:
    """Hand a chunk over. Ctrl-C waits until a process that this starts has all it begins with; the process itself does not hear it, not even
    before it gets to `_begin`."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        return pool.submit(run, job, chunk)
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))  # another thread's signal would interrupt this one, too
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        future = pool.submit(run, job, chunk)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        signal.signal(signal.SIGINT, handler)
    if came and handler != signal.SIG_IGN:
        raise KeyboardInterrupt
    return future


GARBAGE = 100_000
"""Objects between two looks for cycles of garbage in a worker: IR is full of cycles that live, and looking for dead ones took a fifth of the time."""


def _begin() -> None:
    """In a new process: Ctrl-C is the first process's affair, and so is its death ours."""
    gc.set_threshold(GARBAGE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait_for([sentinel]), os._exit(1)), daemon=True).start()
