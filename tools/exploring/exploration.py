"""A sweep from its points to its results: what is kept already is taken from there, and the rest is run, here or on a cluster, and kept at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias, cast

from ..progress import counting
from .local import Chunk, Run, run_locally
from .points import Inputs, Job, Outcome, Point
from .ranges import Value
from .running import run_chunk
from .store import Store

CHUNK = 8
"""Points that a process takes at once, at most: what a killed run loses of each process's work."""

Execute: TypeAlias = Callable[[Job, Sequence[Chunk], Run], Iterator[list[Outcome]]]
"""How chunks are run: see `local.run_locally` and `cluster.run_on_cluster`."""


@dataclass(frozen=True)
class Explored:
    """Points with their outcomes; how many of these were kept from earlier runs."""

    rows: tuple[tuple[Point, Outcome], ...]
    reused: int

    def count(self, status: str) -> int:
        return sum(outcome.status == status for _, outcome in self.rows)


def here(workers: int) -> Execute:
    """Chunks run in processes of this machine; 0: in this process."""
    return lambda job, chunks, run: run_locally(job, chunks, run, workers)


def explore(job: Job, points: Sequence[Point], store: Store, execute: Execute, run: Run = run_chunk) -> Explored:
    """The outcomes of all points. Raises `Failure` where they cannot be kept, or run; whatever was finished by then is kept, as it is when this is
    interrupted or killed: the same call goes on from there."""
    by_digest = {p.digest: p for p in points}
    kept = store.get(by_digest, failed=False)
    missing = [p for d, p in by_digest.items() if d not in kept]
    with counting(len(by_digest), len(kept), "points") as advance:
        running = cast("Generator[list[Outcome]]", execute(job, chunks_of(missing), run))
        with closing(running):
            for outcomes in running:
                store.put((by_digest[o.digest], o) for o in outcomes)
                advance(len(outcomes))
    found = store.get(by_digest)
    return Explored(tuple((p, found[p.digest]) for p in points), len(kept))


def chunks_of(points: Sequence[Point]) -> list[Chunk]:
    """Points in chunks, those that share kernels together."""
    groups: dict[tuple[Value, ...], list[tuple[str, Inputs]]] = {}
    for point in points:
        groups.setdefault(point.group, []).append((point.digest, point.inputs))
    return [own[i : i + CHUNK] for own in groups.values() for i in range(0, len(own), CHUNK)]
