"""The results of sweeps in one SQLite file, by the digest of a point's full input: what is in it is never run again.

Every outcome is a transaction of its own in write-ahead mode, so that a process that is killed loses what it was working on and nothing else, and
several runs may write to one file. (Write-ahead mode needs a file on a disk of this machine: not one shared over a network.)
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from ..diagnostics import Diagnostic, Failure
from .points import Outcome, Point, code, told

FILE = "results.sqlite"
"""Its name in the folder of a sweep."""

APPLICATION, FORMAT = 0x65696E66, 1
"""What SQLite's header says whose file it is ("einf"), and the version of its tables."""

PATIENCE_S = 60.0
"""How long a run waits for another one that is writing."""

TABLES = """
CREATE TABLE IF NOT EXISTS points (
  digest TEXT PRIMARY KEY,      -- of cascade, machine, passes, sizes, mapping, and einfold's code
  status TEXT NOT NULL,         -- done, refused (cannot work), failed (to be tried again)
  reason TEXT NOT NULL,         -- why there are no numbers
  latency REAL, energy REAL, area REAL,  -- s, pJ, um2
  numbers TEXT NOT NULL,        -- JSON: all numbers
  critical TEXT NOT NULL,       -- the busiest resource
  notes TEXT NOT NULL,          -- JSON: what the numbers lack
  choices TEXT NOT NULL,        -- JSON: the axes' values
  input TEXT NOT NULL,          -- JSON: machine, passes, sizes, tiles, mapping, overlap
  code TEXT NOT NULL,           -- version of einfold
  seconds REAL NOT NULL         -- that it took to find out
)
"""

INSERT = """
INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (digest) DO UPDATE SET status = excluded.status, reason = excluded.reason, latency = excluded.latency, energy = excluded.energy,
  area = excluded.area, numbers = excluded.numbers, critical = excluded.critical, notes = excluded.notes, seconds = excluded.seconds
WHERE points.status = 'failed'
"""
"""A result stays; only a failure gives way to another try."""

T = TypeVar("T")


class Store:
    """A file of results, made if it is not there. Raises `Failure` where it cannot be read or written, or is no such file."""

    def __init__(self, path: Path):
        self.path = path
        self._database: sqlite3.Connection = self._safely(lambda: sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None))
        try:
            self._safely(self._open)
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()

    def put(self, outcomes: Iterable[tuple[Point, Outcome]]) -> None:
        """Keep outcomes, all of them or none."""
        rows = [_row(point, outcome) for point, outcome in outcomes]

        def write() -> None:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(INSERT, rows)

        self._safely(write)

    def get(self, digests: Collection[str], *, failed: bool = True) -> dict[str, Outcome]:
        """Digest -> its outcome, of those that are kept; without `failed`, only those that are final."""

        def read() -> dict[str, Outcome]:
            wanted = set(digests)
            found: dict[str, Outcome] = {}
            for row in self._database.execute("SELECT digest, status, numbers, critical, notes, reason, seconds FROM points"):
                if row[0] in wanted and (failed or row[1] != "failed"):
                    found[row[0]] = Outcome(row[0], row[1], json.loads(row[2]), row[3], tuple(json.loads(row[4])), row[5], row[6])
            return found

        return self._safely(read)

    def _open(self) -> None:
        application, tables = self._pragma("application_id"), self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application != APPLICATION and (application or tables):
            raise Failure(Diagnostic("error", "is an SQLite file of something else", str(self.path)))
        if application == APPLICATION and (found := self._pragma("user_version")) != FORMAT:
            raise Failure(Diagnostic("error", f"has results in format {found}; this einfold reads format {FORMAT}", str(self.path)))
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute(TABLES)
            self._database.execute(f"PRAGMA application_id = {APPLICATION}")
            self._database.execute(f"PRAGMA user_version = {FORMAT}")

    def _pragma(self, name: str) -> Any:
        return self._database.execute(f"PRAGMA {name}").fetchone()[0]

    def _safely(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except sqlite3.Error as error:
            raise Failure(Diagnostic("error", f"results cannot be kept: {error}", str(self.path))) from error


def _row(point: Point, outcome: Outcome) -> tuple[object, ...]:
    numbers = outcome.numbers
    return (
        outcome.digest,
        outcome.status,
        outcome.reason,
        *(numbers.get(name) for name in ("latency", "energy", "area")),
        json.dumps(dict(numbers)),
        outcome.critical,
        json.dumps(outcome.notes),
        json.dumps(dict(point.choices)),
        json.dumps(told(point.inputs)),
        code(),
        outcome.seconds,
    )
