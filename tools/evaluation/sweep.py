"""Running a sweep: the tables of an evaluation on machines of other sizes, each point through the path of `running.py`; area beside time."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log2
from pathlib import Path

from xdsl.utils.exceptions import DiagnosticException

from ...backend.area import area_of
from ...backend.machine import Array, Machine, Memory
from ...backend.result import SimulationResult
from ...backend.simulate import Fidelity, simulate
from ..diagnostics import Diagnostic, Failure, suggestion
from ..pooled import mapped
from ..simulation import told_at
from .points import Lowerer, machine_of
from .running import Refused
from .spec import Spec
from .spec_yaml import SpecError
from .sweep_spec import Accelerator, Design, Sweep, parse_sweep


@dataclass(frozen=True)
class Point:
    """A row of a sweep: rows and columns of the arrays, bytes of the buffer, bytes off the chip, seconds by part were it alone and altogether,
    um2 of one array and of the whole chip."""

    accelerator: str
    model: str
    side: int
    buffer: int
    traffic: int
    times: Mapping[str, float]
    latency: float
    array_area: float
    area: float


def load_sweep(name: str, spec: Spec) -> Sweep:
    """A sweep from its file beside the evaluation. Raises `Failure`."""
    path = Path(spec.folder / name)
    try:
        return parse_sweep(path.read_text(encoding="utf-8"), str(path), spec)
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(Diagnostic("error", f"cannot be read: {getattr(error, 'strerror', None) or 'not a text file'}", str(path))) from error
    except SpecError as error:
        raise Failure(told_at(str(error), str(path))) from error


def run_sweep(sweep: Sweep, spec: Spec, *, fidelity: Fidelity = "event", jobs: int = 1) -> list[Point]:
    """The points of a sweep, by accelerator, model and machine. Raises `Failure` where a point's files do not fit together."""
    groups = [(name, design) for name, accelerator in sweep.accelerators.items() for design in accelerator.designs]
    task = _Task(sweep, spec, fidelity)
    done = mapped(task, groups, jobs, f"machines of the sweep '{sweep.name}'")
    points: list[Point] = []
    for group in done:
        if isinstance(group, Refused):
            raise Failure(*group.diagnostics, exit_code=group.exit_code)
        points += group
    accelerators, models = list(sweep.accelerators), list(spec.models)
    return sorted(points, key=lambda p: (accelerators.index(p.accelerator), models.index(p.model)))


def sweep_csv(sweep: Sweep, points: Sequence[Point]) -> str:
    """A table: accel, model, PE_dim, traffic (bytes), the sweep's times (s), latency (s), the array's area and the chip's (um2)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["accel", "model", "PE_dim", "traffic", *sweep.times, "latency", sweep.array_column, "area"])
    for p in points:
        writer.writerow([p.accelerator, p.model, p.side, p.traffic, *map(repr, p.times.values()), repr(p.latency), repr(p.array_area), repr(p.area)])
    return out.getvalue()


def resized(machine: Machine, sweep: Sweep, design: Design) -> Machine:
    """A machine with arrays and buffer of a design's size: arrays of one row stay so; a row of the buffer feeds a row of an array. Raises
    `Failure` for a name that the machine does not have."""
    _known(sweep.memory, {m.name: m for m in machine.memories if not m.offchip}, "memory on the chip", sweep)
    for name in (sweep.array, *design.registers):
        _known(name, {a.name: a for a in machine.arrays}, "array", sweep)
    memories = tuple(_memory(m, machine, sweep, design) if m.name == sweep.memory else m for m in machine.memories)
    return replace(machine, memories=memories, arrays=tuple(_array(a, sweep, design) for a in machine.arrays))


def _memory(memory: Memory, machine: Machine, sweep: Sweep, design: Design) -> Memory:
    area = sweep.area.buffer(design.side, design.buffer)
    if area is None:
        message = f"no area is stated of a buffer of {design.buffer} bytes beside arrays of {design.side}"
        raise Failure(Diagnostic("error", message, f"sweep '{sweep.name}'"))
    return replace(memory, capacity=design.buffer, row=design.side * machine.word, area={"total": area})


def _array(array: Array, sweep: Sweep, design: Design) -> Array:
    rows = 1 if array.rows == 1 else design.side
    words = design.registers.get(array.name)
    if words is None:
        return replace(array, rows=rows, cols=design.side)
    registers = sweep.area.word * words + sweep.area.address_bit * max(1, ceil(log2(words)))
    return replace(array, rows=rows, cols=design.side, area={**array.area, "registers": registers})


def _known(name: str, there: Mapping[str, object], what: str, sweep: Sweep) -> None:
    if name not in there:
        raise Failure(Diagnostic("error", f"no {what} '{name}'{suggestion(name, there)}", f"sweep '{sweep.name}'"))


@dataclass(frozen=True)
class _Task:
    """The points of one accelerator and machine, for all its models."""

    sweep: Sweep
    spec: Spec
    fidelity: Fidelity

    def __call__(self, group: tuple[str, Design]) -> list[Point] | Refused:
        name, design = group
        lowerers: dict[int, Lowerer] = {}
        try:
            return [self._point(name, model, design, lowerers) for model in design.models or self.spec.models]
        except Failure as failure:
            note = Diagnostic("note", "this is the point", f"sweep '{self.sweep.name}', {name}, side {design.side}")
            return Refused((*failure.diagnostics, note), failure.exit_code)

    def _point(self, name: str, model: str, design: Design, lowerers: dict[int, Lowerer]) -> Point:
        sweep, accelerator = self.sweep, self.sweep.accelerators[name]
        machine, result = self._simulated(accelerator, model, design, lowerers)
        while accelerator.grows and 2 * design.buffer <= sweep.largest and _waits_for_memory(machine, result):
            design = replace(design, buffer=2 * design.buffer)
            machine, result = self._simulated(accelerator, model, design, lowerers)
        for part in sweep.times.values():
            _known(part, result.bounds, "array or memory", sweep)
        times = {column: result.bounds[part] / machine.clock for column, part in sweep.times.items()}
        area = area_of(machine)
        if area.unstated:
            raise Failure(Diagnostic("error", f"machine '{machine.name}' states no area of {', '.join(area.unstated)}", f"sweep '{sweep.name}'"))
        traffic = sum(result.moved[_offchip(machine)].values())
        return Point(name, model, design.side, design.buffer, traffic, times, result.seconds, area.parts[sweep.array], area.total)

    def _simulated(self, accelerator: Accelerator, model: str, design: Design, lowerers: dict[int, Lowerer]) -> tuple[Machine, SimulationResult]:
        table = self.spec.tables[accelerator.table]
        machine = resized(machine_of(table.machine, self.spec.folder), self.sweep, design)
        lowerer = lowerers.setdefault(design.buffer, Lowerer(self.spec, machine))
        module = lowerer.lowered(table, model, self.sweep.length, dict.fromkeys(accelerator.tiles, design.side))
        try:
            return machine, simulate(module, fidelity=self.fidelity)
        except DiagnosticException as error:
            raise Failure(Diagnostic("error", str(error).splitlines()[0], accelerator.table)) from error


def _waits_for_memory(machine: Machine, result: SimulationResult) -> bool:
    """Whether the memory off the chip would take longer than every array, were each alone."""
    return result.bounds[_offchip(machine)] > max(result.bounds[a.name] for a in machine.arrays)


def _offchip(machine: Machine) -> str:
    return next(m.name for m in machine.memories if m.offchip)
