"""Running an evaluation: every point of every table through one path, from its files to a simulated kernel.

A cascade is rewritten, placed and lowered once for all models of a table and length whose sizes differ only in ranks that repeat the work;
tables and lengths are shared out among processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.exceptions import DiagnosticException

from ...analysis import remarks
from ...analysis.resize import ResizeError, resize
from ...backend.accounting import accounting_names, load_accounting
from ...backend.energy import energy_of
from ...backend.machine import Machine
from ...backend.machine_yaml import MachineError, load_machine
from ...backend.result import SimulationResult
from ...backend.simulate import Fidelity, simulate
from ...dialects.accel import KernelOp
from ...lowering.lower_einsum_to_accel import Lowered
from ...lowering.mapping import CascadeMapping
from ...lowering.repeats import repeat, repeated_loops
from ..choosing import choose_cascade
from ..default_pipeline import NO_TILES
from ..diagnostics import Diagnostic, Failure
from ..loading import load_module, new_context
from ..pooled import mapped
from ..simulation import Wanted, lower, mapping_in, only, told_at
from ..source import Source, known_source
from ..verifying import verify_module
from .spec import Case, Spec, Table


@dataclass(frozen=True)
class Row:
    """A point of a table: bytes at the off-chip memory, seconds (of the asked fidelity, and by the bounds), pJ by
    accounting, shares of time by column."""

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
        try:
            return [self._row(name, model, length, lowerer) for model in self.spec.models]
        except Failure as failure:
            return Refused(failure.diagnostics, failure.exit_code)

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
        used = {a: energy_of(result.counts, machine, load_accounting(a), table.uncounted).total for a in accountings}
        return Row(
            name, model, length, sum(result.moved[offchip].values()), result.seconds, analytic, used, self.accounting, columns, result.critical
        )


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


@dataclass(frozen=True)
class Kernels:
    """A module of verified kernels, and how their tensors are named."""

    module: ModuleOp
    lowered: Lowered


def lowered(spec: Spec, table: Table, mapping: CascadeMapping, sizes: Mapping[str, int], machine: Machine | None = None) -> Kernels:
    """The kernels of a table's cascade at some sizes, on a machine (None: the table's own). Raises `Failure`."""
    path = str(spec.folder / table.cascade)
    ctx = new_context()
    module = _read(path).clone()
    source = known_source(path) or Source(path, "")
    only(module, choose_cascade(module, None, path))
    try:
        resize(module, sizes)
    except ResizeError as error:
        raise Failure(Diagnostic("error", str(error), path)) from error
    symbol = _put(module, machine or machine_of(table.machine, spec.folder))
    with remarks.collect():
        made = lower(ctx, module, source, Wanted(symbol, table.pipeline, (), True, mapping, verify=False))
    verify_module(module, source)
    return Kernels(module, made)


class Lowerer:
    """Lowers points one after another, with the kernels of the last one at other trip counts where that is all that differs."""

    def __init__(self, spec: Spec, machine: Machine | None = None):
        """`machine`: instead of the tables' own."""
        self.spec, self.machine = spec, machine
        self.reused = 0
        """How often the kernels of the point before served."""
        self._last: tuple[Table, Case, dict[str, int], ModuleOp] | None = None

    def lowered(self, table: Table, model: str, length: str, tiles: Mapping[str, int] = NO_TILES) -> ModuleOp:
        """The kernels of a point; `tiles`, the same for all points, are instead of its mapping's."""
        case, sizes = self.spec.case(table, model, length), self.spec.sizes(table, model, length)
        if self._last is not None and self._last[:2] == (table, case):
            _, _, old, module = self._last
            changed = {r for r in sizes if sizes[r] != old[r]}
            kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
            if all(changed <= repeated_loops(kernel) for kernel in kernels):
                for kernel in kernels:
                    for loop in changed:
                        repeat(kernel, loop, sizes[loop])
                self._last = table, case, sizes, module
                self.reused += 1
                return module
        mapping = _tiled(mapping_of(case, self.spec.folder), tiles)
        module = lowered(self.spec, table, mapping, sizes, self.machine).module
        self._last = table, case, sizes, module
        return module


@lru_cache(maxsize=64)
def _read(path: str) -> ModuleOp:
    return load_module(path, new_context())


@lru_cache(maxsize=64)
def machine_of(name: str, folder: Path) -> Machine:
    """A machine by its name, or from its file beside the spec. Raises `Failure`."""
    path = str(folder / name) if name.endswith((".yaml", ".yml")) else name
    try:
        return load_machine(path)
    except MachineError as error:
        raise Failure(told_at(str(error), name)) from error


def _put(module: ModuleOp, machine: Machine) -> str:
    """Put a machine into a module; its symbol there."""
    Rewriter.insert_op(machine.to_op(), InsertPoint.at_start(module.body.block))
    return machine.name


@lru_cache(maxsize=64)
def _mapping(path: str | None) -> CascadeMapping:
    return mapping_in(path)


def mapping_of(case: Case, folder: Path) -> CascadeMapping:
    """The mapping of a case, with its spill shares. Raises `Failure`."""
    mapping = _mapping(None if case.file is None else str(folder / case.file))
    if not case.spill:
        return mapping
    return replace(mapping, kernels=tuple(replace(k, spill={**k.spill, **case.spill}) for k in mapping.kernels))


def _tiled(mapping: CascadeMapping, tiles: Mapping[str, int]) -> CascadeMapping:
    return replace(mapping, kernels=tuple(replace(k, tiles={**k.tiles, **tiles}) for k in mapping.kernels)) if tiles else mapping
