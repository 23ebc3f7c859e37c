"""The search: forms by their bounds, the most promising first; assigned, scheduled, simulated; until nothing left can be better.

What a form's tasks take at least is known before any schedule (the busiest resource's work), so that most forms are never scheduled.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import FloatAttr, ModuleOp, StringAttr, f64

from ..backend.machine import Machine
from ..dialects.accel import KernelOp
from ..dialects.einsum import CascadeOp
from ..passes.places import most_passed
from .bounds import LowerBound
from .checker import violations
from .forms import forms_of
from .judge import Judged, Objective, Refused, kernels_of
from .picking import Picking, Tried, least_of, look, pick
from .problem import Schedule
from .scheduling import solvers


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
    budget sufficed. `rank`: the one that the cascade as written passes over most often.
    """

    best: Judged
    least: LowerBound
    least_form: str
    schedules: tuple[Schedule, ...]
    tried: tuple[Tried, ...]
    refused: tuple[Refused, ...]
    complete: bool
    rank: str | None = None

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
    looked = look(forms_of(module, machine, contract=options.contract, deadline=deadline), machine, options.objective, deadline)
    if not looked.judged:
        plainest = min(looked.refused, key=lambda r: len(r.candidate.form.passes), default=None)
        raise NothingFits(plainest.reason if plainest is not None else "there is no form of the cascade")
    picked = pick(looked.judged, machine, Picking(options.objective, options.tolerance, solver, deadline), progress)
    if picked is None:
        raise NothingFits("no candidate's kernels could be simulated")
    for kernel in kernels_of(picked.best):
        if wrong := violations(kernel):
            raise IllegalSchedule(f"kernel '@{kernel.sym_name.data}': {wrong[0]}")
    bounds = {j.candidate.form.pipeline: least_of(j.candidate.form) for j in looked.judged}
    least_form = min(bounds, key=lambda pipeline: bounds[pipeline].cycles)
    rank = most_passed(next(op for op in module.walk() if isinstance(op, CascadeOp)))
    complete = looked.complete and picked.complete
    return Found(picked.best, bounds[least_form], least_form, picked.schedules, picked.tried, looked.refused, complete, rank)
