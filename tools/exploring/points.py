"""A point of a sweep: all that its result depends on, and the digest under which that result is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, TypeAlias

from ...backend.accounting import Accounting
from ...backend.machine import Machine
from ...backend.machine_fields import plain
from ...backend.simulate import Fidelity
from ...lowering.mapping import DEFAULT, CascadeMapping
from .ranges import Value

ROOMS = ("algebra", "analysis", "backend", "dialects", "lowering", "passes", "plugins", "search", "tools")
"""Packages whose code decides what a point comes to."""

Status: TypeAlias = Literal["done", "refused", "failed"]
"""Simulated; cannot work, for a reason that is the point's own; or not decided: a worker died of it, or einfold itself is at fault."""


@dataclass(frozen=True)
class Job:
    """What the points of a sweep share: the text of the cascade's file, and its name for messages; which cascade of it (None: the only one)."""

    file: str
    text: str
    cascade: str | None = None
    fidelity: Fidelity = "event"
    accounting: Accounting = field(default_factory=lambda: Accounting("full"))


@dataclass(frozen=True)
class Inputs:
    """What a point has of its own. `pipeline` None: passes of einfold's own choice. `sizes` and `tiles`: pairs of rank and coordinates."""

    machine: Machine
    pipeline: str | None = None
    sizes: tuple[tuple[str, int], ...] = ()
    tiles: tuple[tuple[str, int], ...] = ()
    mapping: CascadeMapping = DEFAULT
    overlap: bool = True


@dataclass(frozen=True)
class Point:
    """A point by its position in the sweep, with the values of its axes, and of what follows them, by name. Points of one `group` share kernels."""

    index: int
    choices: Mapping[str, Value]
    inputs: Inputs
    digest: str
    group: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a point came to. `numbers`: by the names of `front.OBJECTIVES`, and others; None where no table states it. `notes`: what they lack.

    `seconds`: how long it took to find out. `reason`: why there are no numbers.
    """

    digest: str
    status: Status
    numbers: Mapping[str, float | None] = field(default_factory=dict[str, "float | None"])
    critical: str = ""
    notes: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0


def digest_of(shared: str, inputs: Inputs) -> str:
    """A text that is the same for the same input to the same code, and only then; 64 hexadecimal digits. `shared`: see `shared_by`."""
    return hashlib.sha256(f"{shared}\n{json.dumps(told(inputs), sort_keys=True)}".encode()).hexdigest()


def shared_by(job: Job) -> str:
    """What the digests of a job's points have in common."""
    return json.dumps([code(), job.text, job.cascade, job.fidelity, repr(job.accounting)])


def told(inputs: Inputs) -> dict[str, object]:
    """The input of a point as dictionaries, lists, texts and numbers."""
    return {
        "machine": plain(inputs.machine),
        "pipeline": inputs.pipeline,
        "sizes": dict(inputs.sizes),
        "tiles": dict(inputs.tiles),
        "mapping": repr(inputs.mapping),
        "overlap": inputs.overlap,
    }


@lru_cache(maxsize=1)
def code() -> str:
    """The version of einfold, with a digest of the modules that decide what a point comes to: a result of other code is another result."""
    found = hashlib.sha256()
    for room in ROOMS:
        for name, text in sorted(_modules(files(f"einfold.{room}"), room)):
            found.update(f"{name}\0{len(text)}\0".encode())
            found.update(text)
    return f"{version('einfold')}+{found.hexdigest()[:12]}"


def _modules(folder: Traversable, name: str) -> list[tuple[str, bytes]]:
    """Path and contents of the Python files in a package and those in it."""
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.name.endswith(".py"):
            found.append((f"{name}/{entry.name}", entry.read_bytes()))
        elif entry.is_dir() and entry.name != "__pycache__":
            found += _modules(entry, f"{name}/{entry.name}")
    return found
