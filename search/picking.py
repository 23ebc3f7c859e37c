"""From forms to the best candidate of theirs: each in its tilings by bounds, then, best bound first, assigned, scheduled and simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..backend.machine import Machine
from .assignment import improved
from .bounds import LowerBound, lower_bound
from .forms import Form
from .judge import Candidate, Judged, Judging, Objective, Refused, judge
from .problem import Schedule
from .scheduling import Solver, scheduled
from .tilings import tilings


@dataclass(frozen=True)
class Tried:
    """A form in some tiles: its pipeline, the tiles that are stated, cycles by bounds after assignment, simulated cycles (None: not worth it),
    pJ, the bound of its Einsums; and its kernels, as simulated or else as bounded."""

    pipeline: str
    tiles: Mapping[str, int | None]
    bound: float
    cycles: float | None
    energy: float
    least: float
    judged: Judged


@dataclass(frozen=True)
class Looked:
    """Candidates by their bounds, best first, and those that have no kernels; `complete`: whether there was time for all."""

    judged: tuple[Judged, ...]
    refused: tuple[Refused, ...]
    complete: bool


def look(forms: Sequence[Form], machine: Machine, objective: Objective, deadline: float, judging: Judging = judge) -> Looked:
    """Every form in each of its tilings, until `deadline` (of `time.monotonic`); at least one."""
    found: list[Judged | Refused] = []
    complete = True
    for form in forms:
        for mapping in tilings(form.cascade, machine):
            if time.monotonic() > deadline and any(isinstance(j, Judged) for j in found):
                complete = False
                break
            found.append(judging(Candidate(form, mapping), machine, "analytic"))
    judged = sorted((j for j in found if isinstance(j, Judged)), key=lambda j: j.score(objective))
    return Looked(tuple(judged), tuple(j for j in found if isinstance(j, Refused)), complete and time.monotonic() <= deadline)


@dataclass(frozen=True)
class Picking:
    """How to pick: what to make small, the share by which a candidate has to promise more than the best one so far, the solver, the deadline; and
    of how many candidates at most, best bound first, an Einsum is moved."""

    objective: Objective
    tolerance: float
    solver: Solver
    deadline: float
    most: int | None = None


@dataclass(frozen=True)
class Picked:
    """The best candidate, its kernels' schedules (none: the lowering's own), and what was tried on the way."""

    best: Judged
    schedules: tuple[Schedule, ...]
    tried: tuple[Tried, ...]
    complete: bool


def pick(
    judged: Sequence[Judged], machine: Machine, how: Picking, progress: Callable[[str], None] = lambda told: None, judging: Judging = judge
) -> Picked | None:
    """The best of some candidates (best bound first), assigned and scheduled; None if none of them could be simulated."""
    best: tuple[Judged, tuple[Schedule, ...]] | None = None
    tried: list[Tried] = []
    complete = True
    for position, default in enumerate(judged):
        if best is not None and time.monotonic() > how.deadline:
            complete = False
            break
        progress(f"form {position + 1} of {len(judged)}: {default.candidate.form.pipeline or 'as written'}")
        bounded = improved(default, machine, how.objective, judging) if how.most is None or position < how.most else default
        found = None
        if best is None or bounded.score(how.objective)[0] < (1 - how.tolerance) * best[0].score(how.objective)[0]:
            found = scheduled(bounded, machine, how.objective, [how.solver], judging)
        tried.append(_told(bounded, found))
        if found is not None and (best is None or found[0].score(how.objective) < best[0].score(how.objective)):
            best = found
    return None if best is None else Picked(*best, tuple(tried), complete)


def _told(bounded: Judged, found: tuple[Judged, tuple[Schedule, ...]] | None) -> Tried:
    candidate, result = bounded.candidate, bounded.result
    cycles = None if found is None else found[0].result.cycles
    least = least_of(candidate.form).cycles
    tiles = candidate.mapping.kernels[0].tiles
    return Tried(candidate.form.pipeline, tiles, result.cycles, cycles, bounded.energy, least, bounded if found is None else found[0])


def bytes_off_chip(judged: Judged) -> int:
    """Bytes that a candidate's kernels read from and write to the off-chip memory."""
    return sum(judged.result.moved[judged.candidate.form.machine.offchip.sym_name.data].values())


def least_of(form: Form) -> LowerBound:
    """What no schedule of a form can beat on the module's machine."""
    return lower_bound(form.cascade, form.machine)
