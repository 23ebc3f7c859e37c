"""Which array runs each Einsum: from the placement's own choice, one Einsum at a time leaves the busiest array as long as that helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..backend.machine import Machine
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp
from ..lowering.mapping import EinsumMapping
from ..lowering.work import missing_operations, works_of
from .judge import Candidate, Judged, Objective, Refused, judge

MOST_MOVES = 6
"""Einsums that are moved, at most."""


def improved(first: Judged, machine: Machine, objective: Objective) -> Judged:
    """The best of what moves of single Einsums lead to, judged by bounds; `first` itself if none helps."""
    best = first
    for _ in range(MOST_MOVES):
        tried = (judge(c, machine, "analytic") for c in moves(best, machine))
        better = min((j for j in tried if not isinstance(j, Refused)), key=lambda j: j.score(objective), default=best)
        if better.score(objective) >= best.score(objective):
            return best
        best = better
    return best


def moves(judged: Judged, machine: Machine) -> Iterator[Candidate]:
    """The candidates in which one Einsum of the busiest array runs on another that has its operations."""
    form, mapping = judged.candidate.form, judged.candidate.mapping
    cascade = next(op for op in form.module.walk() if isinstance(op, CascadeOp))
    described = next(op for op in form.module.walk() if isinstance(op, MachineOp))
    busiest = judged.result.critical
    running = {label.partition(".")[0] for label in judged.result.busy.get(busiest, {})} if busiest in described.arrays else set[str]()
    for work in works_of(cascade):
        name = work.op.results_[0].name_hint
        if name is None or name not in running:
            continue
        for array, op in described.arrays.items():
            if array != busiest and not missing_operations(work, op):
                stated = replace(mapping.einsums.get(name, EinsumMapping()), array=array)
                yield Candidate(form, replace(mapping, einsums={**mapping.einsums, name: stated}))
