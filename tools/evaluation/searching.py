"""`einfold evaluate --search`: the mappings of searched tables found anew, one search for all points that share a steady state.

Points whose sizes differ only in ranks that repeat the work, or in how long the others are, are likely to have one best form and schedule. The
shortest point is searched; what was found is judged at the others by its own gap there, and a point where the gap is too large is searched itself.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from xdsl.dialects.builtin import ModuleOp

from ...backend.machine import Machine
from ...backend.mapping_text import mapping_text
from ...lowering.mapping import CascadeMapping
from ...lowering.work import works_of
from ...search.forms import Form, forms_of, rewritten
from ...search.judge import Candidate, Judged, judge
from ...search.picking import least_of
from ...search.search import Found, NothingFits, Options, search
from ..diagnostics import Diagnostic, Failure
from ..progress import doing
from .points import cascade_of, machine_of, put
from .spec import Case, Spec, Table

LARGEST_GAP = 0.01
"""Share of a point's cycles above its bound beyond which it is searched for itself."""

BUDGET_SECONDS = 30.0
"""For one search."""


@dataclass(frozen=True)
class Searched:
    """A point: what it costs, its bound, and the seconds that its own search took; 0 where another point's served."""

    table: str
    model: str
    length: str
    pipeline: str
    mapping: CascadeMapping
    cycles: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        return max(0.0, 1 - self.bound / self.cycles)


def search_tables(spec: Spec) -> tuple[Spec, list[Searched]]:
    """The evaluation with what searches find in place of the files, and every searched point. Raises `Failure` where nothing fits."""
    tables, points = dict(spec.tables), list[Searched]()
    for name, table in spec.tables.items():
        if table.search is None:
            continue
        found = _searched(spec, name, table)
        points += found
        cases = tuple(Case(None, (p.model,), (p.length,), mapping=p.mapping, pipeline=p.pipeline) for p in found)
        tables[name] = replace(table, cases=_joined(cases))
    return replace(spec, tables=tables), points


def _joined(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Cases that say the same, as one for all their models and lengths, as far as that is a grid."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.pipeline or "", mapping_text(case.mapping) if case.mapping is not None else ""), []).append(case)
    found: list[Case] = []
    for own in groups.values():
        models, lengths = tuple(dict.fromkeys(c.models[0] for c in own)), tuple(dict.fromkeys(c.lengths[0] for c in own))
        found += [replace(own[0], models=models, lengths=lengths)] if len(own) == len(models) * len(lengths) else own
    return tuple(found)


def _searched(spec: Spec, name: str, table: Table) -> list[Searched]:
    machine, known, found = machine_of(table.machine, spec.folder), dict[tuple[tuple[str, int], ...], Candidate](), list[Searched]()
    for model, length in sorted(spec.points, key=lambda p: spec.lengths[p[1]]):
        doing(f"table {name}: {model} at {length}")
        sizes = spec.sizes(table, model, length)
        module, _ = cascade_of(spec, table, sizes)
        put(module, machine)
        key = _steady(module, spec, table, sizes)
        point = _served(known.get(key), module, machine, table, (name, model, length))
        if point is None:
            started = time.monotonic()
            result = _search(table, module, machine, f"table '{name}', {model} at {length}")
            known[key] = result.best.candidate
            point = _point(name, model, length, result.best, result.least.cycles, time.monotonic() - started)
        found.append(point)
    return found


def _search(table: Table, module: ModuleOp, machine: Machine, where: str) -> Found:
    wanted = table.search
    options = Options(wanted.objective, BUDGET_SECONDS, None, wanted.contract) if wanted is not None else Options()
    try:
        return search(module, machine, options)
    except NothingFits as error:
        raise Failure(Diagnostic("error", str(error), where)) from error


def _steady(module: ModuleOp, spec: Spec, table: Table, sizes: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """What points that may share a schedule have in common: the sizes of ranks that neither repeat the work nor grow with the length."""
    form = Form((), module)
    works = works_of(form.cascade)
    repeats = {r for r in sizes if all(r in w.kept and r not in w.useful for w in works)}
    long = {r for r, factors in table.ranks.items() if "length" in factors}
    return tuple((r, s) for r, s in sizes.items() if r not in repeats and r not in long)


def _served(candidate: Candidate | None, module: ModuleOp, machine: Machine, table: Table, point: tuple[str, str, str]) -> Searched | None:
    """What another point's candidate makes of this one, unless the gap is too large or it does not fit."""
    if candidate is None or (form := rewritten(module, candidate.form.passes)) is None:
        return None
    judged = judge(Candidate(form, candidate.mapping), machine)
    if not isinstance(judged, Judged):
        return None
    contract = table.search is None or table.search.contract
    least = min(least_of(f).cycles for f in forms_of(module, machine, contract=contract))
    found = _point(*point, judged, least, 0.0)
    return found if found.gap <= LARGEST_GAP else None


def _point(name: str, model: str, length: str, judged: Judged, least: float, seconds: float) -> Searched:
    candidate = judged.candidate
    return Searched(name, model, length, candidate.form.pipeline, candidate.mapping, judged.result.cycles, least, seconds)


def searched_csv(points: list[Searched]) -> str:
    """Per point: cycles, the bound, the gap as a share, seconds of its search, and the passes of its form."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "model", "seq_len", "cycles", "bound", "gap", "search_seconds", "pipeline"])
    for p in points:
        writer.writerow([p.table, p.model, p.length, repr(p.cycles), repr(p.bound), repr(p.gap), f"{p.seconds:.2f}", p.pipeline])
    return out.getvalue()


def mapping_files(points: list[Searched]) -> dict[str, str]:
    """File -> text of the different mappings that were found."""
    found: dict[str, str] = {}
    for p in points:
        text = mapping_text(replace(p.mapping, name=p.table), f"Found by: einfold evaluate --search\npipeline: {p.pipeline}")
        if text not in found.values():
            found[f"{p.table}-{p.model}-{p.length}.yaml"] = text
    return found
