"""What a search found, as text and JSON: the best form, what every form promised, and where the cycles above the bound go."""

from __future__ import annotations

from collections.abc import Mapping

from ...backend.mapping_yaml import WHOLE
from ...dialects.accel_names import operation_names
from ...lowering.mapping import EinsumMapping
from ...search.contenders import contenders
from ...search.gaps import gap_of
from ...search.judge import Objective, kernels_of
from ...search.picking import Tried
from ...search.scheduling import AHEAD
from ...search.search import Found
from .why import against, contender_json, passes_line

PIPELINE = "pipeline: "
"""What stands before the passes of a form in a mapping's comment."""


WORTH_A_REASON = 0.01
"""The gap from which on its reason is told, as a share of the cycles."""


def _chosen(forms: int, tried: int) -> str:
    """Out of how many the best one was taken; `tried` are forms with their tiles."""
    if forms == 1:
        return "the only form" if tried == 1 else f"the only form, best of {tried} ways to tile it"
    return f"best of {forms} forms" if tried == forms else f"best of {forms} forms, {tried} with their tiles"


def lines(found: Found, objective: Objective) -> list[str]:
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
    if gap.total >= WORTH_A_REASON:
        told.append(f"  {gap.reason}")
    chosen, others = contenders(found, objective)
    if found.rank is not None and others:
        told.append(f"  {passes_line(found.rank, chosen, others, offchip_of(found), objective)}")
    if tiles := best.candidate.mapping.kernels[0].tiles:
        told.append(f"  tiles: {', '.join(f'{rank} = {tile or WHOLE}' for rank, tile in tiles.items())}")
    if moved := moved_of(found):
        told.append(f"  moved: {', '.join(f'{name} on {array}' for name, array in moved.items())}")
    if kept := in_place_of(found):
        told.append(f"  added up in the accumulators over all tiles: {', '.join(kept)}")
    einsums = best.candidate.mapping.einsums
    if spread := ", ".join(f"{name} over {' x '.join(map('.'.join, _sides(e)))}" for name, e in einsums.items() if _sides(e)):
        told.append(f"  spread: {spread}")
    told += ["", f"{'bound':>22} {'simulated':>22} {'J':>12}  form"]
    for t in found.tried:
        cycles = "-" if t.cycles is None else f"{t.cycles:,.0f}"
        tiles = ", ".join(f"{rank} = {tile or WHOLE}" for rank, tile in t.tiles.items())
        told.append(f"{t.bound:>22,.0f} {cycles:>22} {t.energy / 1e12:>12.6g}  {t.pipeline or 'as written'}{f'; {tiles}' if tiles else ''}")
    told += [f"no kernels: {r.candidate.form.pipeline or 'as written'}: {r.reason}" for r in found.refused]
    if not found.complete:
        told.append("the budget ended the search before all forms were looked at")
    return told


def _sides(einsum: EinsumMapping) -> list[tuple[str, ...]]:
    """The ranks over rows, if there are any, and over columns, that a search has decided."""
    return [side for side in (einsum.rows, einsum.cols) if side]


def _spread(einsum: EinsumMapping) -> dict[str, list[str]]:
    return {"rows": list(einsum.rows or ()), "cols": list(einsum.cols or ())}


def to_json(found: Found, objective: Objective) -> dict[str, object]:
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
        "largest_part": gap.largest,
        "passes": _passes_json(found, objective),
        "scheduled_by": found.scheduled_by,
        "complete": found.complete,
        "moved": moved_of(found),
        "in_place": in_place_of(found),
        "spread": {name: _spread(e) for name, e in found.best.candidate.mapping.einsums.items() if _sides(e)},
        "kernels": [_schedule(found, i) for i in range(len(kernels_of(found.best)))],
        "forms": [_form(t) for t in found.tried],
        "refused": [{"pipeline": r.candidate.form.pipeline, "reason": r.reason} for r in found.refused],
    }


def _passes_json(found: Found, objective: Objective) -> dict[str, object] | None:
    if found.rank is None:
        return None
    chosen, others = contenders(found, objective)
    why = against(chosen, others, offchip_of(found), objective)
    return {"rank": found.rank, "chosen": contender_json(chosen), "others": [contender_json(o) for o in others], "why": why}


def offchip_of(found: Found) -> str:
    """The name of the machine's off-chip memory."""
    return found.best.candidate.form.machine.offchip.sym_name.data


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
    tasks = operation_names(kernel).values()
    schedule = next((s for s in found.schedules if not s.stages.keys().isdisjoint(tasks)), None)
    if schedule is None:
        return {"name": kernel.sym_name.data}
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
