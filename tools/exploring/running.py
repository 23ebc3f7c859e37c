"""Running points through the path of `einfold simulate`, each step taken once for all points that share what it depends on.

The cascade is read once; rewritten once for each choice of sizes, tiles and passes; lowered once for what lowering reads of a machine; simulated
once for what the simulator reads of it. Points that differ in a table of energies are then not even simulated again.
"""

from __future__ import annotations

import tempfile
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.exceptions import DiagnosticException

from ...analysis import remarks
from ...analysis.resize import ResizeError, resize
from ...backend.area import area_of
from ...backend.energy import NO_FIGURE, energy_of
from ...backend.machine import Machine
from ...backend.machine_fields import lowering_view, timing_view
from ...backend.result import SimulationResult
from ...backend.simulate import simulate
from ...dialects.accel import KernelOp
from ...dialects.accel_machine import MachineOp
from ..choosing import choose_cascade
from ..diagnostics import Diagnostic, Failure
from ..loading import new_context
from ..parsing import parse_source
from ..running import to_text
from ..simulation import Wanted, only, place, rewrite, rewriting, tiles_wanted
from ..source import Source, remember
from ..verifying import verify_module
from .points import Inputs, Job, Outcome

MACHINE_FREE = "einfold.passes."
"""How the name of a pass's module begins whose room knows no machine: what such passes make serves all machines."""

T = TypeVar("T")


class Shared(Generic[T]):
    """Results of a step by what they depend on, the latest `most`; that a step is refused is a result, too. `made`: how often it was taken."""

    def __init__(self, most: int):
        self.most, self.made = most, 0
        self.known: OrderedDict[Hashable, T | Failure] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result for a key, made if it is not known. Raises `Failure`."""
        if key in self.known:
            self.known.move_to_end(key)
        else:
            self.made += 1
            try:
                self.known[key] = make()
            except Failure as failure:
                self.known[key] = failure
            except DiagnosticException as error:
                self.known[key] = Failure(Diagnostic("error", str(error).splitlines()[0], "einfold explore"))
            if len(self.known) > self.most:
                self.known.popitem(last=False)
        found = self.known[key]
        if isinstance(found, Failure):
            raise Failure(*found.diagnostics, exit_code=found.exit_code)
        return found


@dataclass(frozen=True)
class Kernels:
    """A module of verified kernels, their text (equal for equal kernels, whichever way they came about), and what lowering had to say."""

    module: ModuleOp
    text: str
    notes: tuple[str, ...]


class Explorer:
    """Runs the points of one job, and remembers what they share."""

    def __init__(self, job: Job):
        """Raises `Failure` where the file is no module with the one cascade."""
        self.job, self.ctx = job, new_context()
        self.source = remember(Source(job.file, job.text))
        self.module = parse_source(self.source, self.ctx)
        verify_module(self.module, self.source)
        only(self.module, choose_cascade(self.module, job.cascade, job.file))
        for op in [op for op in self.module.walk() if isinstance(op, MachineOp)]:
            Rewriter.erase_op(op, safe_erase=False)
        self.rewritten = Shared[ModuleOp](32)
        self.lowered = Shared[Kernels](64)
        self.timed = Shared[SimulationResult](256)

    def outcome(self, digest: str, inputs: Inputs) -> Outcome:
        """What a point comes to; never raises for what is wrong with the point."""
        begin = time.perf_counter()
        try:
            kernels = self._kernels(inputs)
            result = self._result(kernels, inputs.machine)
            made = self._measured(digest, kernels, result, inputs.machine)
        except Failure as failure:
            made = Outcome(digest, "refused" if failure.exit_code == 1 else "failed", reason=_reason(failure))
        except Exception as error:  # whatever one point does to the code, the others are to be run
            frame = traceback.extract_tb(error.__traceback__)[-1]
            told = f"internal error: {type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
            made = Outcome(digest, "failed", reason=" ".join(told.split()))
        return Outcome(made.digest, made.status, made.numbers, made.critical, made.notes, made.reason, time.perf_counter() - begin)

    def _kernels(self, inputs: Inputs) -> Kernels:
        view = lowering_view(inputs.machine)
        wanted = Wanted(view.name, inputs.pipeline, tuple(f"{r}={t}" for r, t in inputs.tiles), inputs.overlap, inputs.mapping, verify=False)
        tiles = tiles_wanted(self.module, wanted)
        passes = rewriting(view.to_op(), wanted, tiles)
        free = all(type(p).__module__.startswith(MACHINE_FREE) for p in passes)
        made = ",".join(map(str, passes)), inputs.sizes, "" if free else repr(inputs.machine)
        key = *made, repr(view), inputs.tiles, repr(inputs.mapping), inputs.overlap

        def make() -> Kernels:
            with remarks.collect() as found:
                module = self.rewritten.get(made, lambda: self._rewritten(inputs, wanted, passes, None if free else inputs.machine)).clone()
                _put(module, view)
                place(module, self.source, wanted, tiles)
                verify_module(module, self.source)
            text = "\n".join(to_text(ModuleOp([k.clone()])) for k in module.walk() if isinstance(k, KernelOp))
            return Kernels(module, text, tuple(r.message for r in found if r.kind == "analysis"))

        return self.lowered.get(key, make)

    def _rewritten(self, inputs: Inputs, wanted: Wanted, passes: Sequence[ModulePass], machine: Machine | None) -> ModuleOp:
        module = self.module.clone()
        if inputs.sizes:
            try:
                resize(module, dict(inputs.sizes))
            except ResizeError as error:
                raise Failure(Diagnostic("error", str(error), self.job.file)) from error
            verify_module(module, self.source)
        if machine is not None:
            _put(module, machine)
        rewrite(self.ctx, module, self.source, wanted, passes, str(Path(tempfile.gettempdir()) / "einfold-explore"))
        return module

    def _result(self, kernels: Kernels, machine: Machine) -> SimulationResult:
        def make() -> SimulationResult:
            _put(kernels.module, machine)
            return simulate(kernels.module, fidelity=self.job.fidelity)

        return self.timed.get((kernels.text, repr(timing_view(machine))), make)

    def _measured(self, digest: str, kernels: Kernels, result: SimulationResult, machine: Machine) -> Outcome:
        energy, area = energy_of(result.counts, machine, self.job.accounting), area_of(machine)
        offchip = next(m.name for m in machine.memories if m.offchip)
        pj = energy.total if energy.actions else None
        numbers: dict[str, float | None] = {
            "latency": result.seconds,
            "energy": pj,
            "area": area.total if area.parts else None,
            "edp": None if pj is None else pj * result.seconds,
            "traffic": float(sum(result.moved[offchip].values())),
            "cycles": result.cycles,
        }
        numbers |= {f"busy.{a.name}": sum(result.busy.get(a.name, {}).values()) / (result.cycles or 1.0) for a in machine.arrays}
        lacking = sorted({f"{u.action} of {u.component}" for u in energy.uncounted if u.reason == NO_FIGURE})
        notes = [*kernels.notes]
        if lacking:
            notes.append(f"energy lacks {', '.join(lacking)}")
        if area.unstated:
            notes.append(f"area lacks {', '.join(area.unstated)}")
        return Outcome(digest, "done", numbers, result.critical, tuple(dict.fromkeys(notes)))


def _put(module: ModuleOp, machine: Machine) -> None:
    """Make a machine the only one of a module."""
    for op in [op for op in module.walk() if isinstance(op, MachineOp)]:
        Rewriter.erase_op(op, safe_erase=False)
    Rewriter.insert_op(machine.to_op(), InsertPoint.at_start(module.body.block))


def _reason(failure: Failure) -> str:
    """A failure as one line: what, and where if that is a place in the cascade's file."""
    first, *others = failure.diagnostics
    return " ".join(" ".join([first.message, *(f"({d.message})" for d in others if failure.exit_code != 1)]).split())


_explorer: Explorer | None = None
_one_at_a_time = Lock()
"""Points share modules: where a process is given several chunks at once, as workers with threads are, they take turns."""


def run_chunk(job: Job, points: Sequence[tuple[str, Inputs]]) -> list[Outcome]:
    """The outcomes of points, given by digest and input, in this process, which remembers what the points of the last job share."""
    global _explorer
    with _one_at_a_time:
        if _explorer is None or _explorer.job != job:
            _explorer = Explorer(job)
        return [_explorer.outcome(digest, inputs) for digest, inputs in points]
