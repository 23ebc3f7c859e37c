"""A candidate through the one path that everything takes, placed, lowered, verified, simulated, and what it scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException, VerifyException

from ..analysis import remarks
from ..backend.accounting import load_accounting
from ..backend.area import area_of
from ..backend.energy import energy_of
from ..backend.machine import Machine
from ..backend.result import SimulationResult
from ..backend.simulate import Fidelity, simulate
from ..dialects.accel import KernelOp
from ..dialects.accel_checks import machine_of
from ..dialects.accel_legal import held_in
from ..lowering.lower_einsum_to_accel import Lowered, lower_cascade
from ..lowering.mapping import DEFAULT, CascadeMapping
from ..lowering.placement import place_cascade
from .forms import Form

Objective: TypeAlias = Literal["latency", "energy", "edp", "area"]
"""What to make small: cycles, picojoules, their product, or the area that is in use, see `area_in_use`."""

OBJECTIVES: tuple[Objective, ...] = ("latency", "energy", "edp", "area")


@dataclass(frozen=True)
class Candidate:
    """A form and a mapping: all that a search decides, and all that it takes to build the kernels again."""

    form: Form
    mapping: CascadeMapping = DEFAULT


@dataclass(frozen=True)
class Judged:
    """A candidate's kernels, what they cost, and how good that is: smaller scores are better."""

    candidate: Candidate
    kernels: ModuleOp
    lowered: Lowered
    result: SimulationResult
    energy: float
    fidelity: Fidelity
    area: float = 0.0

    def score(self, objective: Objective) -> tuple[float, float]:
        """By the objective, then by cycles."""
        cycles = self.result.cycles
        return {"latency": cycles, "energy": self.energy, "edp": self.energy * cycles, "area": self.area}[objective], cycles


@dataclass(frozen=True)
class Refused:
    """A candidate that has no kernels on the machine, and the reason, in one line."""

    candidate: Candidate
    reason: str


def build(candidate: Candidate, prefix: str = "") -> tuple[ModuleOp, Lowered]:
    """The verified kernels of a candidate, with `prefix` before the names of their tensors. Raises `DiagnosticException` or `VerifyException` with
    the reason where it has none."""
    module = candidate.form.module.clone()
    form = replace(candidate.form, module=module)
    cascade, machine = form.cascade, form.machine
    with remarks.collect():
        place_cascade(cascade, machine, None, candidate.mapping)
        lowered = lower_cascade(cascade, mapping=candidate.mapping, prefix=prefix)
    for kernel in lowered.kernels:
        kernel.verify()
    return module, lowered


def judge(candidate: Candidate, machine: Machine, fidelity: Fidelity = "event") -> Judged | Refused:
    """Build a candidate and simulate it. With `fidelity="analytic"` its cycles are a lower bound on what any schedule of its tasks takes."""
    try:
        module, lowered = build(candidate)
        result = simulate(module, fidelity=fidelity)
    except (DiagnosticException, VerifyException) as error:
        return Refused(candidate, str(error).splitlines()[0])
    energy = energy_of(result.counts, machine, load_accounting("full")).total
    return Judged(candidate, module, lowered, result, energy, fidelity, area_in_use(lowered.kernels, result, machine))


def area_in_use(kernels: Sequence[KernelOp], result: SimulationResult, machine: Machine) -> float:
    """um2 of the arrays that run anything, and of each memory on the chip the share that the kernel with most in it holds; 0 where the machine's
    tables state no areas."""
    parts = area_of(machine).parts
    used = sum(area for name, area in parts.items() if any(c.resource == name and c.runs for c in result.counts))
    for memory in machine.memories:
        if memory.name in parts and memory.capacity:
            held = max((held_in(kernel, machine_of(kernel)).get(memory.name, 0.0) for kernel in kernels), default=0.0)
            used += parts[memory.name] * min(1.0, held / memory.capacity)
    return used


def kernels_of(judged: Judged) -> list[KernelOp]:
    return [op for op in judged.kernels.walk() if isinstance(op, KernelOp)]
