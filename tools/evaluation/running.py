"""Running an evaluation: every point of every table through one path, from its files to a simulated kernel.

A cascade is rewritten, placed and lowered once for all models of a table and length whose sizes differ only in ranks that repeat the work;
tables and lengths are shared out among processes.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from xdsl.utils.exceptions import DiagnosticException

from ...backend.accounting import accounting_names, load_accounting
from ...backend.energy import energy_of, read_back
from ...backend.machine import Machine
from ...backend.result import SimulationResult
from ...backend.simulate import Fidelity, simulate
from ..diagnostics import Diagnostic, Failure, suggestion
from ..pooled import mapped
from .points import Lowerer, machine_of
from .spec import Spec, Table

LEFT_OUT, READ_BACK = "what the table leaves out", "what the table reads back"
"""A table's exceptions from an accounting."""


@dataclass(frozen=True)
class Row:
    """A point of a table: bytes at the off-chip memory, seconds (of the asked fidelity, and by the bounds), pJ by
    accounting, shares of time by column. `otherwise`: pJ by the asked accounting without one of the table's exceptions, by what that is."""

    table: str
    model: str
    length: str
    traffic: int
    latency: float
    analytic: float
    energies: Mapping[str, float]
    accounting: str
    columns: Mapping[str, float]
    critical: str
    otherwise: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def energy(self) -> float:
        """pJ by the accounting that was asked for."""
        return self.energies[self.accounting]

    def value(self, column: str) -> float | None:
        """A column by its name in the table."""
        known = {"traffic": float(self.traffic), "latency": self.latency, "energy": self.energy}
        return known[column] if column in known else self.columns.get(column)


def evaluate(spec: Spec, *, fidelity: Fidelity = "event", accounting: str = "full", jobs: int = 1) -> dict[str, list[Row]]:
    """Table -> its rows, in the order of the spec. Raises `Failure` where a point's files do not fit together."""
    groups = [(table, length) for table in spec.tables for length in spec.lengths]
    task = _Task(spec, fidelity, accounting)
    done = mapped(task, groups, jobs, "tables and lengths")
    rows: list[Row] = []
    for group in done:
        if isinstance(group, Refused):
            raise Failure(*group.diagnostics, exit_code=group.exit_code)
        rows += group
    found: dict[str, list[Row]] = {}
    for table in spec.tables:
        own = {(row.model, row.length): row for row in rows if row.table == table}
        found[table] = [own[point] for point in spec.points]
    return found


@dataclass(frozen=True)
class Refused:
    """A `Failure` on its way from another process."""

    diagnostics: tuple[Diagnostic, ...]
    exit_code: int


@dataclass(frozen=True)
class _Task:
    """The points of one table at one length, for all models."""

    spec: Spec
    fidelity: Fidelity
    accounting: str

    def __call__(self, group: tuple[str, str]) -> list[Row] | Refused:
        name, length = group
        lowerer = Lowerer(self.spec)
        collected = gc.isenabled()
        gc.disable()  # little of a point is garbage in cycles: looking for it takes a sixth of the time
        try:
            return [self._row(name, model, length, lowerer) for model in self.spec.models]
        except Failure as failure:
            return Refused(failure.diagnostics, failure.exit_code)
        finally:
            if collected:
                gc.enable()

    def _row(self, name: str, model: str, length: str, lowerer: Lowerer) -> Row:
        table = self.spec.tables[name]
        where = f"table '{name}', {model} at {length}"
        try:
            result = simulate(lowerer.lowered(table, model, length), fidelity=self.fidelity)
            columns = {column: share_of(result, *path) for column, path in table.columns.items()}
        except DiagnosticException as error:
            raise Failure(Diagnostic("error", str(error).splitlines()[0], where)) from error
        except Failure as failure:
            raise Failure(*failure.diagnostics, Diagnostic("note", "this is the point", where), exit_code=failure.exit_code) from failure
        machine = machine_of(table.machine, self.spec.folder)
        offchip = next(m.name for m in machine.memories if m.offchip)
        parts = result.kernels or (result,)
        analytic = sum(max(k.bounds.values()) for k in parts) / machine.clock
        accountings = dict.fromkeys((*accounting_names(), self.accounting))
        used = {a: _energy(result, machine, a, table, model, length) for a in accountings}
        changed = {LEFT_OUT: replace(table, uncounted={}), READ_BACK: replace(table, read_back=())}
        otherwise = {what: _energy(result, machine, self.accounting, t, model, length) for what, t in changed.items() if t != table}
        moved = sum(result.moved[offchip].values())
        return Row(name, model, length, moved, result.seconds, analytic, used, self.accounting, columns, result.critical, otherwise)


def _energy(result: SimulationResult, machine: Machine, accounting: str, table: Table, model: str, length: str) -> float:
    """pJ of a point. Raises `Failure` for an operation that the table names and the point does not have."""
    known, counts = load_accounting(accounting), result.counts
    names = [name for entry in table.read_back if entry.covers(model, length) for name in entry.of]
    if known.per_table and names:
        try:
            counts = read_back(counts, names, [m.name for m in machine.memories if not m.offchip])
        except KeyError as error:
            there = [c.name for c in counts]
            message = f"'artifact_reads_back' names '{error.args[0]}'{suggestion(str(error.args[0]), there)}; there are {', '.join(there)}"
            raise Failure(Diagnostic("error", message, result.name)) from error
    return energy_of(counts, machine, known, table.uncounted).total


def share_of(result: SimulationResult, array: str, einsum: str | None = None) -> float:
    """The share of an array's processing elements, over the whole time, that work; or work on one Einsum. Raises `Failure` for a name
    that the result does not have."""
    if array not in result.filled:
        raise Failure(Diagnostic("error", f"no array '{array}'; there are {', '.join(result.filled)}", result.name))
    tasks = result.filled[array]
    if einsum is None:
        return sum(tasks.values()) / (result.cycles or 1.0)
    if einsum not in tasks:
        raise Failure(Diagnostic("error", f"no Einsum '{einsum}' on '{array}', which runs {', '.join(tasks) or 'none'}", result.name))
    return tasks[einsum] / (result.cycles or 1.0)
