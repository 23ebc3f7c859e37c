"""Whether kernels compute what the cascade says: both run on the same random inputs, in f64, and compared."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from ..backend.values import run_tensors
from ..dialects.accel import KernelOp
from ..dialects.accel_mix import task_ranks
from ..dialects.accel_nest import instances, scheduled
from ..dialects.accel_task import TaskOp
from ..dialects.einsum import CascadeOp, YieldOp
from ..interpreter.arguments import random_inputs
from ..interpreter.cascade import run_cascade
from ..interpreter.elements import InputError
from ..lowering.lower_einsum_to_accel import Lowered
from .cli import BAD_INPUT, INTERNAL_ERROR
from .diagnostics import Diagnostic, Failure

LARGEST_DEVIATION = 1e-6
"""Deviation in f64, relative to 1 + |reference|, beyond which the kernels compute something else."""

MOST_POINTS = 2_000_000_000
"""Most points of iteration spaces that are evaluated."""


@dataclass(frozen=True)
class ValuesCheck:
    """The largest deviation over all results, relative to 1 + |reference|, of how many elements, for which seed."""

    deviation: float
    elements: int
    seed: int

    @property
    def told(self) -> str:
        return f"values: {self.elements:,} elements, largest deviation from the reference {self.deviation:.2e} (f64, seed {self.seed})"

    def to_json(self) -> dict[str, object]:
        return {"largest_deviation": self.deviation, "elements": self.elements, "seed": self.seed}


def check_values(original: ModuleOp, module: ModuleOp, lowered: Lowered, seed: int, file: str) -> ValuesCheck:
    """Compare the kernels of `module` with the one cascade of `original`. Raises `Failure` if they differ, or are too large to run."""
    cascade = next(op for op in original.walk() if isinstance(op, CascadeOp))
    points = sum(_points(kernel) for kernel in lowered.kernels)
    if points > MOST_POINTS:
        raise Failure(
            Diagnostic("error", f"--values would evaluate {points:.3g} points, more than {MOST_POINTS:.0e}; choose smaller ranks with --set", file)
        )
    try:
        arguments = random_inputs(cascade, seed, dtype="f64")
        expected = run_cascade(cascade, arguments, dtype="f64")
        used = {n.data for kernel in lowered.kernels for n in kernel.inputs}
        named = {name: array for name, array in zip(lowered.arguments, arguments.values(), strict=True) if name in used}
        tensors = run_tensors(module, named, dtype="f64")
    except (InputError, DiagnosticException) as error:
        raise Failure(Diagnostic("error", f"--values: {error}", file)) from error
    made = [tensors[name] for name in lowered.results]
    deviation = max((_deviation(m, e) for m, e in zip(made, expected, strict=True)), default=0.0)
    if not deviation <= LARGEST_DEVIATION:
        guarded = any(op.until is not None for op in cascade.walk() if isinstance(op, YieldOp))
        why = "; its guard after 'until' stops the iteration, the kernels run all generations" if guarded else ""
        message = f"the kernels compute something else than the cascade: largest deviation {deviation:.2e} (f64, seed {seed}){why}"
        raise Failure(Diagnostic("error", message, file), exit_code=BAD_INPUT if guarded else INTERNAL_ERROR)
    return ValuesCheck(deviation, sum(e.size for e in expected), seed)


def _deviation(made: NDArray[Any], expected: NDArray[Any]) -> float:
    """Largest |made - expected| / (1 + |expected|); what is not finite has to be the same."""
    made, expected = made.astype(np.float64), expected.astype(np.float64)
    same = (made == expected) | (np.isnan(made) & np.isnan(expected))
    if same.all():
        return 0.0
    if not np.isfinite(made[~same]).all() or not np.isfinite(expected[~same]).all():
        return float("inf")
    return float(np.max(np.abs(made - expected)[~same] / (1 + np.abs(expected[~same]))))


def _points(kernel: KernelOp) -> int:
    """Points that all runs of a kernel's tasks evaluate."""
    tiles = kernel.tiles.sizes
    tasks = [op for op in scheduled(kernel) if isinstance(op, TaskOp)]
    return sum(prod(tiles[r] for r in task_ranks(task, tiles)) * instances(task.when_, kernel.loops) for task in tasks)
