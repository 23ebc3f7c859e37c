"""The kernels of an evaluation's points: from the files of a point through the passes, the placement and the lowering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.rewriter import InsertPoint, Rewriter

from ...analysis import remarks
from ...analysis.resize import ResizeError, resize
from ...backend.machine import Machine
from ...backend.machine_yaml import MachineError, load_machine
from ...dialects.accel import KernelOp
from ...lowering.lower_einsum_to_accel import Lowered
from ...lowering.mapping import CascadeMapping
from ...lowering.repeats import repeat, repeated_loops
from ..choosing import choose_cascade
from ..default_pipeline import NO_TILES
from ..diagnostics import Diagnostic, Failure
from ..loading import load_module, new_context
from ..simulation import Wanted, lower, mapping_in, only, told_at
from ..source import Source, known_source
from ..verifying import verify_module
from .spec import Case, Spec, Table


@dataclass(frozen=True)
class Kernels:
    """A module of verified kernels, and how their tensors are named."""

    module: ModuleOp
    lowered: Lowered


def lowered(spec: Spec, table: Table, mapping: CascadeMapping, sizes: Mapping[str, int], machine: Machine | None = None) -> Kernels:
    """The kernels of a table's cascade at some sizes, on a machine (None: the table's own). Raises `Failure`."""
    module, source = cascade_of(spec, table, sizes)
    symbol = put(module, machine or machine_of(table.machine, spec.folder))
    with remarks.collect():
        made = lower(new_context(), module, source, Wanted(symbol, table.pipeline, (), True, mapping, verify=False))
    verify_module(module, source)
    return Kernels(module, made)


def cascade_of(spec: Spec, table: Table, sizes: Mapping[str, int]) -> tuple[ModuleOp, Source]:
    """A module with a table's one cascade at some sizes, and its text. Raises `Failure`."""
    path = str(spec.folder / table.cascade)
    module = _read(path).clone()
    only(module, choose_cascade(module, None, path))
    try:
        resize(module, sizes)
    except ResizeError as error:
        raise Failure(Diagnostic("error", str(error), path)) from error
    return module, known_source(path) or Source(path, "")


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
        own = table if case.pipeline is None else replace(table, pipeline=case.pipeline)
        module = lowered(self.spec, own, mapping, sizes, self.machine).module
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


def put(module: ModuleOp, machine: Machine) -> str:
    """Put a machine into a module; its symbol there."""
    Rewriter.insert_op(machine.to_op(), InsertPoint.at_start(module.body.block))
    return machine.name


@lru_cache(maxsize=64)
def _mapping(path: str | None) -> CascadeMapping:
    return mapping_in(path)


def mapping_of(case: Case, folder: Path) -> CascadeMapping:
    """The mapping of a case, with its spill shares. Raises `Failure`."""
    mapping = case.mapping or _mapping(None if case.file is None else str(folder / case.file))
    if not case.spill:
        return mapping
    return replace(mapping, kernels=tuple(replace(k, spill={**k.spill, **case.spill}) for k in mapping.kernels))


def _tiled(mapping: CascadeMapping, tiles: Mapping[str, int]) -> CascadeMapping:
    return replace(mapping, kernels=tuple(replace(k, tiles={**k.tiles, **tiles}) for k in mapping.kernels)) if tiles else mapping
