"""Which array runs each Einsum: from the placement's own choice, one Einsum at a time leaves the busiest array as long as that helps."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from ..backend.machine import Machine
from ..dialects.accel_units import unit_names, units_of
from ..lowering.mapping import EinsumMapping
from ..lowering.work import works_of
from .bounds import element_cycles
from .judge import Candidate, Judged, Objective, Refused, judge

MOST_MOVES = 6
"""Einsums that are moved, at most."""

MOST_TRIES = 3
"""Moves that are built before giving up, most promising first."""


def improved(first: Judged, machine: Machine, objective: Objective) -> Judged:
    """The best of what moves of single Einsums lead to, judged by bounds; `first` itself if none helps."""
    best = first
    for _ in range(MOST_MOVES):
        tried = (judge(c, machine, "analytic") for c in islice(moves(best), MOST_TRIES))
        better = next((j for j in tried if not isinstance(j, Refused) and j.score(objective) < best.score(objective)), None)
        if better is None:
            return best
        best = better
    return best


def moves(judged: Judged) -> list[Candidate]:
    """The candidates in which one Einsum of the busiest array runs on another that has its operations, or a sum over several tiles goes on in the
    accumulators of the array that makes its parts; those that may relieve the array most first.

    How long an Einsum takes elsewhere is estimated from below, with no element of the other array idle; moves that cannot help are left out.
    """
    form, mapping = judged.candidate.form, judged.candidate.mapping
    cascade, described = form.cascade, form.machine
    loads = {unit: sum(judged.result.busy.get(unit, {}).values()) for unit in unit_names(described)}
    busiest = judged.result.critical
    here = next((array for array, op in described.arrays.items() if busiest in units_of(op)), None)
    own: dict[str, float] = {}
    for label, cycles in judged.result.busy.get(busiest, {}).items() if here is not None else ():
        own[label.partition(".")[0]] = own.get(label.partition(".")[0], 0.0) + cycles
    found: list[tuple[float, int, Candidate]] = []
    for work in works_of(cascade):
        name = work.op.results_[0].name_hint
        if name in own and any(f"{name}.part" in tasks for tasks in judged.result.busy.values()):
            stated = replace(mapping.einsums.get(name, EinsumMapping()), in_place=True)
            left = max([loads[busiest] - own[name], *(load for unit, load in loads.items() if unit != busiest)])
            found.append((left, len(found), Candidate(form, replace(mapping, einsums={**mapping.einsums, name: stated}))))
        for array, op in described.arrays.items() if name in own else ():
            alone = element_cycles(work, op, cascade.sizes) if array != here else None
            if name is None or alone is None:
                continue
            left = max(loads[busiest] - own[name], loads[array] + alone / (op.rows.data * op.cols.data))
            if left < loads[busiest]:
                stated = replace(mapping.einsums.get(name, EinsumMapping()), array=array)
                found.append((left, len(found), Candidate(form, replace(mapping, einsums={**mapping.einsums, name: stated}))))
    return [candidate for _, _, candidate in sorted(found, key=lambda f: f[:2])]
