"""Where the cycles above the bound go, in shares and in words: waits, placement, or a form that another one beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..backend.result import SimulationResult
from ..backend.simulate import simulate
from ..dialects.accel_machine import ArrayOp
from ..dialects.accel_nest import scheduled
from ..dialects.accel_units import units_of
from ..lowering.work import Work, missing_operations, works_of
from .bounds import element_cycles, filters_of
from .judge import Judged, kernels_of
from .search import Found, least_of

TOLD = 3
"""Names that a reason lists, at most."""


@dataclass(frozen=True)
class Gap:
    """Shares of the found kernels' cycles: `waiting` to fill, drain and wait; `placement`, arrays and memories that do not share the form's work
    evenly, idle elements and bytes moved again; `form`, operations that another form that was considered does not need. `because`: the largest
    part's cause, in words."""

    waiting: float
    placement: float
    form: float
    because: str = ""

    @property
    def total(self) -> float:
        return self.waiting + self.placement + self.form

    @property
    def largest(self) -> str:
        """The largest part's name."""
        parts = {"waits": self.waiting, "placement": self.placement, "form": self.form}
        return max(parts, key=lambda part: parts[part])

    @property
    def reason(self) -> str:
        """The largest part with its cause."""
        share = max(self.waiting, self.placement, self.form)
        return f"{self.largest}: {100 * share:.3g} % since {self.because}"


def gap_of(found: Found) -> Gap:
    """Where the gap comes from: from the simulated cycles to the busiest resources' alone, to the form's own bound, to the least of all forms."""
    cycles = found.best.result.cycles or 1.0
    steady = simulate(found.best.kernels, fidelity="analytic")
    busiest = min(steady.cycles, cycles)
    own = min(least_of(found.best.candidate.form).cycles, busiest)
    least = min(found.least.cycles, own)
    gap = Gap(1 - busiest / cycles, (busiest - own) / cycles, (own - least) / cycles)
    if gap.largest == "waits":
        because = _waits(found.best, steady)
    elif gap.largest == "placement":
        because = _placement(found.best, steady)
    else:
        looked_at = found.least_form in {t.pipeline for t in found.tried} or found.complete
        have = "has kernels that take longer" if looked_at else "was not looked at before the budget ended"
        because = f"a form with fewer operations {have}: {found.least_form or 'as written'}"
    return Gap(gap.waiting, gap.placement, gap.form, because)


def _parts(result: SimulationResult) -> Sequence[SimulationResult]:
    return result.kernels or (result,)


def _waits(best: Judged, steady: SimulationResult) -> str:
    """The kernel that waits most, and whether it leaves iterations out, has a state that is waited for, or merely starts and ends."""
    cycles = best.result.cycles
    kernels, parts = kernels_of(best), _parts(best.result)
    lost = [(have.cycles - least.cycles) / cycles for have, least in zip(parts, _parts(steady), strict=True)]
    worst = max(range(len(lost)), key=lost.__getitem__)
    kernel, part = kernels[worst], _parts(steady)[worst]
    among = f" (@{kernel.sym_name.data}: {100 * lost[worst]:.3g} %)" if len(kernels) > 1 else ""
    if any(op.guard_ for op in scheduled(kernel)):
        return f"@{part.critical} waits, in a kernel whose nest passes over iterations that are left out{among}"
    if len(kernels) > 1:
        return f"{len(kernels)} kernels follow one another, and each fills and drains{among}"
    return f"@{part.critical} waits while the pipeline fills and drains, or for another array's results"


def _placement(best: Judged, steady: SimulationResult) -> str:
    """What makes the busiest resource busier than the bound, of the kernels that it decides."""
    parts = _parts(steady)
    deciding: dict[str, float] = {}
    for part in parts:
        deciding[part.critical] = deciding.get(part.critical, 0.0) + part.cycles
    form = best.candidate.form
    offchip = form.machine.offchip.sym_name.data
    if deciding.get(offchip, 0.0) * 2 > steady.cycles:
        return _moved_again(best, [p for p in parts if p.critical == offchip], offchip)
    arrays = {a: c for a, c in deciding.items() if a != offchip}
    busiest = max(arrays, key=arrays.__getitem__)
    if len(deciding) > 1 and max(deciding.values()) < 0.9 * steady.cycles:
        shares = ", ".join(f"@{r} {100 * c / steady.cycles:.3g} %" for r, c in sorted(deciding.items(), key=lambda d: -d[1]))
        return f"{len(parts)} kernels are busy with different parts of the machine, one after another ({shares} of the time)"
    return _array(best, steady, form.machine.arrays, busiest)


def _moved_again(best: Judged, parts: Sequence[SimulationResult], offchip: str) -> str:
    between = {n.data for k in kernels_of(best) for n in k.outputs}.intersection(n.data for k in kernels_of(best) for n in k.inputs)
    moved: dict[str, float] = {}
    for part in parts:
        for name, cycles in part.busy.get(offchip, {}).items():
            moved[name.split()[-1]] = moved.get(name.split()[-1], 0.0) + cycles
    most = ", ".join(f"%{n.lstrip('%')}" for n in sorted(moved, key=lambda n: -moved[n])[:TOLD])
    through = f"; between kernels {', '.join(f'%{n}' for n in sorted(between)[:TOLD])} go off the chip and back" if between else ""
    return f"@{offchip} moves bytes more than once (most for {most}){through}"


def _array(best: Judged, steady: SimulationResult, arrays: Mapping[str, ArrayOp], busiest: str) -> str:
    """Whether the busiest array has idle elements, or work that it alone can do or has not handed over."""
    form = best.candidate.form
    array = next(op for op in arrays.values() if busiest in units_of(op))
    name_of = array.sym_name.data
    busy = {name.partition(".")[0]: 0.0 for name in steady.busy[busiest]}
    for name, cycles in steady.busy[busiest].items():
        busy[name.partition(".")[0]] += cycles
    works = {str(w.op.results_[0].name_hint): w for w in works_of(form.cascade)}
    filters, size = filters_of(list(works.values())), array.rows.data * array.cols.data
    needed = {n: (element_cycles(w, array, form.cascade.sizes, filters) or 0.0) / size for n, w in works.items() if n in busy}
    idle = {n: busy[n] - cycles for n, cycles in needed.items()}
    lost, total = sum(idle.values()), sum(busy.values())
    names = ", ".join(sorted((n for n in idle if idle[n] > 0.05 * lost), key=lambda n: -idle[n])[:TOLD])
    elements = sum(a.rows.data * a.cols.data for a in arrays.values())
    if 2 * lost > total - _even(best, steady) and names:
        why = "filters leave part of a tile, or ranks do not fill rows and columns"
        return f"{100 * lost / total:.3g} % of @{busiest}'s elements are idle while it works, most in {names}: {why}"
    share = f"@{busiest} has {size:,} of {elements:,} elements"
    only = _only_there(works, needed, arrays, name_of)
    if only:
        return f"{share}, and only it has {only}, for most of what it does"
    others = ", ".join(f"@{a} {100 * sum(steady.busy[a].values()) / steady.cycles:.3g} %" for a in arrays if a != name_of)
    return f"whole Einsums do not share out evenly: @{busiest} is always busy, {others}"


def _even(best: Judged, steady: SimulationResult) -> float:
    """Cycles of the form's bound."""
    return min(least_of(best.candidate.form).cycles, steady.cycles)


def _only_there(works: Mapping[str, Work], needed: Mapping[str, float], arrays: Mapping[str, ArrayOp], busiest: str) -> str:
    """The operations for which most of an array's work is there, since no other array has them; nothing if most of it could go elsewhere."""
    found: dict[str, float] = {}
    bound = 0.0
    for name, cycles in needed.items():
        lacking = [set(missing_operations(works[name], array)) for other, array in arrays.items() if other != busiest]
        alone = set[str].intersection(*lacking) if lacking else set[str]()
        bound += cycles if alone else 0.0
        for op in sorted(alone):
            found[op] = found.get(op, 0.0) + cycles
    if 2 * bound < sum(needed.values()):
        return ""
    return ", ".join(sorted(found, key=lambda op: -found[op])[:TOLD])
