"""What a search found, as text and JSON: the best form, what every form promised, and where the cycles above the bound go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...backend.mapping_yaml import WHOLE
from ...backend.simulate import simulate
from ...search.judge import kernels_of
from ...search.scheduling import AHEAD
from ...search.search import Found, Tried

PIPELINE = "pipeline: "
"""What stands before the passes of a form in a mapping's comment."""


@dataclass(frozen=True)
class Gap:
    """Shares of the found kernels' cycles: `waiting` to fill, drain and wait; `placement`, arrays and memories that do not share the form's work
    evenly, idle elements and bytes moved again; `form`, operations that another form that was considered does not need."""

    waiting: float
    placement: float
    form: float

    @property
    def total(self) -> float:
        return self.waiting + self.placement + self.form

    @property
    def reason(self) -> str:
        """The largest part, in words."""
        parts = {
            "filling, draining and waiting": self.waiting,
            "work that the busiest part of the machine cannot hand over": self.placement,
            "operations that another form does without": self.form,
        }
        return max(parts, key=lambda part: parts[part])


def gap_of(found: Found) -> Gap:
    """Where the gap comes from: from the simulated cycles to the busiest resources' alone, to the form's own bound, to the least of all forms."""
    cycles = found.best.result.cycles or 1.0
    steady = min(simulate(found.best.kernels, fidelity="analytic").cycles, cycles)
    own = min(next((t.least for t in found.tried if t.pipeline == found.best.candidate.form.pipeline), found.least.cycles), steady)
    least = min(found.least.cycles, own)
    return Gap(1 - steady / cycles, (steady - own) / cycles, (own - least) / cycles)


def _chosen(forms: int, tried: int) -> str:
    """Out of how many the best one was taken; `tried` are forms with their tiles."""
    if forms == 1:
        return "the only form" if tried == 1 else f"the only form, best of {tried} ways to tile it"
    return f"best of {forms} forms" if tried == forms else f"best of {forms} forms, {tried} with their tiles"


def lines(found: Found) -> list[str]:
    """The search as text."""
    best, result = found.best, found.best.result
    gap, forms = gap_of(found), len({t.pipeline for t in found.tried})
    width = max([12, *(len(unit) + 2 for unit in result.utilisation)])
    told = [
        f"{_chosen(forms, len(found.tried))}: {best.candidate.form.pipeline or 'as written'}",
        f"  {result.cycles:,.2f} cycles, {1e3 * result.seconds:.6g} ms, {best.energy / 1e12:.6g} J, {best.area / 1e6:.4g} mm2 in use; "
        f"scheduled by {found.scheduled_by}",
        *(f"  {unit:<{width}}{100 * shares['total']:7.2f} % busy" for unit, shares in result.utilisation.items()),
        f"  at most {100 * gap.total:.3f} % to gain (bound {found.least.cycles:,.2f} cycles, {found.least.critical}): "
        f"{100 * gap.waiting:.3f} % waits, {100 * gap.placement:.3f} % placement, {100 * gap.form:.3f} % form",
    ]
    if tiles := best.candidate.mapping.kernels[0].tiles:
        told.append(f"  tiles: {', '.join(f'{rank} = {tile or WHOLE}' for rank, tile in tiles.items())}")
    if moved := moved_of(found):
        told.append(f"  moved: {', '.join(f'{name} on {array}' for name, array in moved.items())}")
    if kept := in_place_of(found):
        told.append(f"  added up in the accumulators over all tiles: {', '.join(kept)}")
    told += ["", f"{'bound':>22} {'simulated':>22} {'J':>12}  form"]
    for t in found.tried:
        cycles = "-" if t.cycles is None else f"{t.cycles:,.0f}"
        tiles = ", ".join(f"{rank} = {tile or WHOLE}" for rank, tile in t.tiles.items())
        told.append(f"{t.bound:>22,.0f} {cycles:>22} {t.energy / 1e12:>12.6g}  {t.pipeline or 'as written'}{f'; {tiles}' if tiles else ''}")
    told += [f"no kernels: {r.candidate.form.pipeline or 'as written'}: {r.reason}" for r in found.refused]
    if not found.complete:
        told.append("the budget ended the search before all forms were looked at")
    return told


def to_json(found: Found) -> dict[str, object]:
    """The search as plain data: cycles, seconds, pJ, gap and its parts, forms, schedules."""
    gap = gap_of(found)
    return {
        "pipeline": found.best.candidate.form.pipeline,
        "cycles": found.best.result.cycles,
        "seconds": found.best.result.seconds,
        "energy_pj": found.best.energy,
        "area_in_use_um2": found.best.area,
        "utilisation": {array: shares["total"] for array, shares in found.best.result.utilisation.items()},
        "bound_cycles": found.least.cycles,
        "bound_by": found.least.critical,
        "gap": gap.total,
        "gap_parts": {"waiting": gap.waiting, "placement": gap.placement, "form": gap.form},
        "reason": gap.reason,
        "scheduled_by": found.scheduled_by,
        "complete": found.complete,
        "moved": moved_of(found),
        "in_place": in_place_of(found),
        "kernels": [_schedule(found, i) for i in range(len(kernels_of(found.best)))],
        "forms": [_form(t) for t in found.tried],
        "refused": [{"pipeline": r.candidate.form.pipeline, "reason": r.reason} for r in found.refused],
    }


def moved_of(found: Found) -> dict[str, str]:
    """The Einsums that left the array that placement chose, and where each runs."""
    return {name: e.array for name, e in found.best.candidate.mapping.einsums.items() if e.array is not None}


def in_place_of(found: Found) -> list[str]:
    """The reductions over several tiles that go on in an array's accumulators."""
    return [name for name, e in found.best.candidate.mapping.einsums.items() if e.in_place]


def _form(tried: Tried) -> Mapping[str, object]:
    return {
        "pipeline": tried.pipeline,
        "tiles": dict(tried.tiles),
        "bound_cycles": tried.bound,
        "cycles": tried.cycles,
        "energy_pj": tried.energy,
        "least_cycles": tried.least,
    }


def _schedule(found: Found, position: int) -> Mapping[str, object]:
    kernel = kernels_of(found.best)[position]
    if position >= len(found.schedules):
        return {"name": kernel.sym_name.data}
    schedule = found.schedules[position]
    return {
        "name": kernel.sym_name.data,
        "interval_cycles": float(schedule.interval),
        "interval_proven": schedule.proven,
        "stages": {name: stage + AHEAD for name, stage in schedule.stages.items()},
        "starts_cycles": {name: float(start) for name, start in schedule.starts.items()},
    }


def comment(found: Found, command: str) -> str:
    """What stands above a mapping that was found: how to find it again, and with which passes it goes."""
    least = f"at most {100 * found.gap:.3f} % above the bound of {len(found.tried)} forms"
    return f"Found by: {command}\n{PIPELINE}{found.best.candidate.form.pipeline}\n{found.best.result.cycles:,.0f} cycles there, {least}."
