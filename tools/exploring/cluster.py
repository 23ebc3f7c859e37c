"""Running chunks of points on an existing Dask cluster (`pip install einfold[distributed]`): workers come, go and die as they please.

Dask's scheduler hears every worker's heartbeat, and gives what a silent one had in hand to another. Points that several workers died with are run
one by one in the end; one that outlives its workers again is recorded as failed. Results come to this process, which alone knows the file that keeps
them.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..diagnostics import Diagnostic, Failure
from .local import Chunk, Run
from .points import Job, Outcome, code

EXTRA = "distributed"

PATIENCE_S = 60.0
"""How long a cluster may be without workers."""

CONNECT_S, PART_S = 10.0, 2.0
"""How long a scheduler may take to answer, and to hear that it is no longer needed."""

HEARTBEAT_S = 2.0
"""How often the cluster is looked at while nothing comes from it."""

DIED = "each worker that had it in hand died"


def available() -> bool:
    """Whether Dask's distributed scheduler is installed."""
    return find_spec(EXTRA) is not None


def run_on_cluster(job: Job, chunks: Sequence[Chunk], run: Run, address: str, patience: float = PATIENCE_S) -> Iterator[list[Outcome]]:
    """The outcomes of chunks, as they come from the cluster whose scheduler is at `address`.

    Raises `Failure` where Dask is not installed, no scheduler answers, a worker has another einfold, or all workers, or the scheduler, are gone.
    """
    if not available():
        raise Failure(Diagnostic("error", "needs Dask: pip install 'einfold[distributed]'", "--dask"))
    distributed: Any = import_module(EXTRA)
    cluster = _Cluster(distributed, address, patience)
    try:
        yield from cluster.outcomes(job, chunks, run)
    except OSError as error:
        raise cluster.gone() from error
    finally:
        cluster.close()


class OtherCodeError(Exception):
    """A worker has another einfold than the process that keeps the results, under the digest of its own code."""


def run_there(run: Run, expected: str, job: Job, chunk: Chunk) -> list[Outcome]:
    """What a worker does with a chunk. Raises `OtherCodeError`."""
    if (own := code()) != expected:
        raise OtherCodeError(f"worker {socket.gethostname()}:{os.getpid()} has einfold {own}; here it is {expected}")
    return run(job, chunk)


class _Cluster:
    """A connection. Dask says nothing of its types, so that nothing of it leaves this class."""

    def __init__(self, distributed: Any, address: str, patience: float):
        self.distributed, self.address, self.patience = distributed, address, patience
        try:
            distributed.comm.get_address_host_port(address, strict=True)
        except (ValueError, TypeError) as error:
            raise self._failure(f"no address of a scheduler ({error}); one is written tcp://HOST:PORT") from error
        self.log = logging.getLogger("distributed.client")
        self.level = self.log.level
        self.log.setLevel(logging.CRITICAL)  # what goes wrong is told here, in one line
        try:
            self.client: Any = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, RuntimeError) as error:
            raise self._failure(f"no Dask scheduler answers: {' '.join(str(error).split()) or type(error).__name__}") from error

    def outcomes(self, job: Job, chunks: Sequence[Chunk], run: Run) -> Iterator[list[Outcome]]:
        """All chunks at once; then, one by one, the points of those that workers died with, since it may have been of their neighbours."""
        self._await_workers()
        suspects: list[Chunk] = []
        yield from self._run(job, chunks, run, suspects, alone=False)
        again: list[Chunk] = []
        yield from self._run(job, [[point] for chunk in suspects for point in chunk], run, again, alone=True)
        yield [Outcome(digest, "failed", reason=DIED) for chunk in again for digest, _ in chunk]

    def _run(self, job: Job, chunks: Sequence[Chunk], run: Run, suspects: list[Chunk], *, alone: bool) -> Iterator[list[Outcome]]:
        waiting, running = deque(chunks), dict[Any, Chunk]()
        while waiting or running:
            # So many are enough to keep all busy, and a worker that joins later gets its share.
            many = 1 if alone else max(4, 4 * self._workers())
            while waiting and len(running) < many:
                chunk = waiting.popleft()
                running[self.client.submit(run_there, run, code(), job, chunk, pure=False, retries=1)] = chunk
            for future in self._finished(list(running)):
                chunk = running.pop(future)
                try:
                    yield self._outcomes(future)
                except self.distributed.KilledWorker:
                    suspects.append(chunk)

    def close(self) -> None:
        with suppress(OSError, TimeoutError):
            self.client.close(timeout=PART_S)
        self.log.setLevel(self.level)

    def _finished(self, futures: list[Any]) -> list[Any]:
        """Some futures that are finished, after whatever time; raises `Failure` when none can be any more."""
        alone_since: float | None = None
        while True:
            try:
                with self.client.as_current():
                    return list(self.distributed.wait(futures, timeout=HEARTBEAT_S, return_when="FIRST_COMPLETED").done)
            except (TimeoutError, self.distributed.TimeoutError):
                pass
            except CancelledError as error:
                raise self.gone() from error
            if self.client.status != "running":
                raise self.gone()
            if self._workers():
                alone_since = None
            elif alone_since is None:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > self.patience:
                raise self._failure(f"the cluster has had no workers for {self.patience:g} s")

    def _outcomes(self, future: Any) -> list[Outcome]:
        try:
            return future.result()
        except CancelledError as error:
            raise self.gone() from error
        except OtherCodeError as error:
            raise self._failure(str(error)) from error
        except (OSError, self.distributed.KilledWorker):
            raise
        except Exception as error:
            raise self._failure(" ".join(f"a worker cannot run points: {type(error).__name__}: {error}".split())) from error

    def _await_workers(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=self.patience)
        except (TimeoutError, self.distributed.TimeoutError):
            raise self._failure(f"the cluster has had no workers for {self.patience:g} s") from None

    def _workers(self) -> int:
        """How many there are now."""
        return len(self.client.nthreads())

    def gone(self) -> Failure:
        """That the scheduler is, to be raised."""
        return self._failure("the Dask scheduler is gone; what it had finished is kept, and the same command goes on from there")

    def _failure(self, message: str) -> Failure:
        return Failure(Diagnostic("error", message, f"--dask {self.address}"))
