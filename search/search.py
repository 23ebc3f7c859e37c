"""The search: forms by their bounds, the most promising first; assigned, scheduled, simulated; until nothing left can be better.

What a form's tasks take at least is known before any schedule (the busiest resource's work), so that most forms are never scheduled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from xdsl.dialects.builtin import FloatAttr, ModuleOp, StringAttr, f64

from ..backend.machine import Machine
from ..backend.result import SimulationResult
from ..dialects.accel import KernelOp
from ..dialects.accel_nest import scheduled as scheduled_in
from ..lowering.mapping import CascadeMapping, Slot
from .assignment import improved
from .bounds import LowerBound, lower_bound
from .checker import violations
from .forms import Form, forms_of
from .judge import Candidate, Judged, Objective, Refused, judge, kernels_of
from .problem import Schedule
from .scheduling import Solver, scheduled_mapping, solvers
from .tilings import tilings


@dataclass(frozen=True)
class Options:
    """What to make small; seconds after which nothing new is tried; which solver (None: the best at hand); whether products may fuse into sums;
    and the share by which a form has to promise more than the best one so far to be looked at."""

    objective: Objective = "latency"
    budget: float = 30.0
    solver: str | None = None
    contract: bool = True
    tolerance: float = 1e-3


@dataclass(frozen=True)
class Found:
    """The best candidate, what bounds it from below, and how the search went.

    `least`: the smallest bound of any form that was considered, which `least_form` has. `schedules`: of its kernels; none for those where the
    lowering's own rule did as well. `tried`: every form with its bound, and its simulated cycles where it was simulated. `complete`: whether the
    budget sufficed.
    """

    best: Judged
    least: LowerBound
    least_form: str
    schedules: tuple[Schedule, ...]
    tried: tuple[Tried, ...]
    refused: tuple[Refused, ...]
    complete: bool

    @property
    def scheduled_by(self) -> str:
        """The solver whose schedules are the best candidate's; `rule` for the lowering's own."""
        return self.schedules[0].solver if self.schedules else "rule"

    @property
    def gap(self) -> float:
        """How far the best candidate's cycles may be from optimal, as a share of them."""
        cycles = self.best.result.cycles
        return max(0.0, 1 - self.least.cycles / cycles) if cycles else 0.0

    def mark(self, kernels: Sequence[KernelOp]) -> None:
        """Let kernels that were built from the best candidate say how far they may be from optimal, and what scheduled them."""
        for kernel in kernels:
            kernel.attributes["gap"] = FloatAttr(self.gap, f64)
            kernel.attributes["bound_cycles"] = FloatAttr(self.least.cycles, f64)
            kernel.attributes["scheduled_by"] = StringAttr(self.scheduled_by)


@dataclass(frozen=True)
class Tried:
    """A form in some tiles: its pipeline, the tiles that are stated, cycles by bounds after assignment, simulated cycles (None: not worth it),
    pJ, and the bound of its Einsums."""

    pipeline: str
    tiles: Mapping[str, int | None]
    bound: float
    cycles: float | None
    energy: float
    least: float


FEW_ITERATIONS = 1000
"""Iterations of a kernel up to which it matters how long the pipeline takes to fill and to drain."""


class IllegalSchedule(Exception):
    """The search made kernels that its own independent check finds wrong: a fault of einfold's, not of what it was given."""


class NothingFits(Exception):
    """No form of a cascade has kernels on the machine; the message is the first reason."""


def search(module: ModuleOp, machine: Machine, options: Options, progress: Callable[[str], None] = lambda told: None) -> Found:
    """The best form, assignment and schedule of a module's one cascade on its one machine.

    The module stays as it is. Raises `NothingFits`; `KeyError` for a solver that is not at hand.
    """
    deadline = time.monotonic() + options.budget
    known = solvers()
    solver = known[options.solver or list(known)[-1]]
    first: list[Judged | Refused] = []
    complete = True
    for form in forms_of(module, machine, contract=options.contract, deadline=deadline):
        for mapping in tilings(form.cascade, machine):
            if time.monotonic() > deadline and any(isinstance(j, Judged) for j in first):
                complete = False
                break
            first.append(judge(Candidate(form, mapping), machine, "analytic"))
    complete = complete and time.monotonic() <= deadline
    refused = [j for j in first if isinstance(j, Refused)]
    judged = sorted((j for j in first if isinstance(j, Judged)), key=lambda j: j.score(options.objective))
    if not judged:
        plainest = min(refused, key=lambda r: len(r.candidate.form.passes), default=None)
        raise NothingFits(plainest.reason if plainest is not None else "there is no form of the cascade")
    best: tuple[Judged, tuple[Schedule, ...]] | None = None
    tried: list[Tried] = []
    for position, default in enumerate(judged):
        if best is not None and time.monotonic() > deadline:
            complete = False
            break
        progress(f"form {position + 1} of {len(judged)}: {default.candidate.form.pipeline or 'as written'}")
        bounded = improved(default, machine, options.objective)
        found = None
        if best is None or bounded.score(options.objective)[0] < (1 - options.tolerance) * best[0].score(options.objective)[0]:
            found = scheduled(bounded, machine, options.objective, [solver])
        tried.append(_told(bounded, found))
        if found is not None and (best is None or found[0].score(options.objective) < best[0].score(options.objective)):
            best = found
    if best is None:
        raise NothingFits("no candidate's kernels could be simulated")
    for kernel in kernels_of(best[0]):
        if wrong := violations(kernel):
            raise IllegalSchedule(f"kernel '@{kernel.sym_name.data}': {wrong[0]}")
    bounds = {j.candidate.form.pipeline: least_of(j.candidate.form) for j in judged}
    least_form = min(bounds, key=lambda pipeline: bounds[pipeline].cycles)
    return Found(best[0], bounds[least_form], least_form, best[1], tuple(tried), tuple(refused), complete)


def scheduled(bounded: Judged, machine: Machine, objective: Objective, using: Sequence[Solver]) -> tuple[Judged, tuple[Schedule, ...]] | None:
    """A candidate simulated with its own schedule and with those that solvers find, each kernel with the one that suits it; the best one, and its
    schedules (none: its own)."""
    kernels, mapping = kernels_of(bounded), bounded.candidate.mapping
    sparse = any(op.guard_ for kernel in kernels for op in scheduled_in(kernel))
    few = any(prod(kernel.loops.values()) <= FEW_ITERATIONS for kernel in kernels)
    variants: list[tuple[CascadeMapping, Sequence[Schedule]]] = [(mapping, ())]
    for solver, dense, short in product(using, (False, True) if sparse else (False,), (False, True) if few else (False,)):
        made = scheduled_mapping(kernels, mapping, solver, dense, short)
        if made is not None:
            variants.append(made)
    judged = [(j, made) for made in variants if isinstance(j := judge(Candidate(bounded.candidate.form, made[0]), machine), Judged)]
    if len(kernels) > 1 and len(judged) > 1:
        mixed = _mixed(mapping, [(j.result.kernels, made) for j, made in judged], len(kernels))
        if isinstance(j := judge(Candidate(bounded.candidate.form, mixed[0]), machine), Judged):
            judged.append((j, mixed))
    best = min(judged, key=lambda found: found[0].score(objective), default=None)
    return None if best is None else (best[0], tuple(best[1][1]))


def _mixed(
    mapping: CascadeMapping, variants: Sequence[tuple[Sequence[SimulationResult], tuple[CascadeMapping, Sequence[Schedule]]]], kernels: int
) -> tuple[CascadeMapping, Sequence[Schedule]]:
    """Of several schedules of all kernels, for each kernel the one with which it takes the fewest cycles."""
    slots: dict[str, Slot] = {}
    chosen: list[Schedule] = []
    for i in range(kernels):
        _, (made, schedules) = min(variants, key=lambda v: v[0][i].cycles)
        if schedules:
            chosen.append(schedules[i])
            slots |= {name: made.kernels[0].schedule[name] for name in schedules[i].stages}
    return replace(mapping, kernels=tuple(replace(k, schedule=slots) for k in mapping.kernels)), chosen


def _told(bounded: Judged, found: tuple[Judged, tuple[Schedule, ...]] | None) -> Tried:
    cycles = None if found is None else found[0].result.cycles
    candidate = bounded.candidate
    return Tried(
        candidate.form.pipeline,
        candidate.mapping.kernels[0].tiles,
        bounded.result.cycles,
        cycles,
        bounded.energy,
        least_of(bounded.candidate.form).cycles,
    )


def least_of(form: Form) -> LowerBound:
    """What no schedule of a form can beat on the module's machine."""
    return lower_bound(form.cascade, form.machine)
