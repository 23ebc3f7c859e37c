"""The forms of a cascade on a machine's roofline: as written, online, one-pass, each through the path that `einfold simulate` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from ..analysis import remarks
from ..analysis.footprint import bytes_of
from ..analysis.passes_over import count_passes
from ..analysis.resize import resize
from ..backend.bounds import largest_array, mac_rate
from ..backend.machine import Machine
from ..backend.result import SimulationResult
from ..backend.simulate import simulate
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp
from ..lowering.machine_lookup import machines_of
from . import progress
from .diagnostics import Failure
from .pipeline import build
from .plugins import installed_universe
from .running import Runner
from .simulation import Wanted, lower
from .source import Source
from .verifying import verify_module

FORMS: Mapping[str, str] = {
    "as written": "",
    "online": "einsum-online{{size={side}}},einsum-dce",
    "one-pass": "einsum-one-pass{{size={side}}},einsum-dce",
}
"""Form -> the passes that make it, in tiles of `side` coordinates."""

LENGTHS = tuple(1024 * 4**k for k in range(6))
"""Sequence lengths of footprints: 1K to 1M."""


@dataclass(frozen=True)
class Roof:
    """What a machine attains at most: operations per second with every element at work, MACs of the largest array, bytes per second
    off the chip (None: not stated)."""

    operations: float
    macs: float
    bandwidth: float | None

    @staticmethod
    def of(machine: Machine) -> Roof:
        operations = sum(a.rows * a.cols / min(a.ops.values()) for a in machine.arrays if a.ops) * machine.clock
        offchip = next(m for m in machine.memories if m.offchip)
        return Roof(operations, mac_rate(largest_array(machine)) * machine.clock, offchip.bandwidth)

    def at(self, intensity: float) -> float:
        """Operations per second at most, at so many operations per byte."""
        return self.operations if self.bandwidth is None else min(self.operations, intensity * self.bandwidth)

    @property
    def ridge(self) -> float | None:
        """Operations per byte from which on the arrays are the limit."""
        return None if self.bandwidth is None else self.operations / self.bandwidth


@dataclass(frozen=True)
class Form:
    """A form of a cascade: passes over the rank; where it was simulated, operations, bytes off the chip, seconds; or else why not.

    `footprint`: bytes on the chip for one fiber, by sequence length.
    """

    name: str
    pipeline: str
    passes: int | None = None
    operations: int = 0
    traffic: int = 0
    seconds: float = 0.0
    critical: str = ""
    kernels: int = 0
    refused: str | None = None
    footprint: Mapping[int, int] | None = None

    @property
    def intensity(self) -> float | None:
        """Operations per byte off the chip."""
        return self.operations / self.traffic if self.traffic else None

    @property
    def rate(self) -> float | None:
        """Operations per second."""
        return self.operations / self.seconds if self.seconds else None


def forms_of(ctx: Context, module: ModuleOp, source: Source, machine: str, rank: str | None) -> list[Form]:
    """The forms of the one cascade of a module on a machine of it. `rank`: over which passes and footprints are; None: not asked."""
    side = max((a.rows.data for a in machines_of(module)[machine].arrays.values() if a.rows.data > 1), default=256)
    known = progress.counted(FORMS.items(), len(FORMS), "forms on the roofline")
    return [_form(ctx, module, source, machine, rank, name, text.format(side=side)) for name, text in known]


def _form(ctx: Context, module: ModuleOp, source: Source, machine: str, rank: str | None, name: str, pipeline: str) -> Form:
    passes, footprint = None, None
    try:
        with remarks.collect():
            made = rewritten(ctx, module, source, pipeline)
            if rank is not None:
                passes = _passes(made, rank)
                footprint = {length: held for length in LENGTHS if (held := _held(ctx, module, source, pipeline, rank, length)) is not None}
            kernels = lower(ctx, made, source, Wanted(machine, "", (), True))
        verify_module(made, source)
        result = simulate(made)
    except Failure as failure:
        return Form(name, pipeline, passes, refused=failure.diagnostics[0].message, footprint=footprint)
    except DiagnosticException as error:
        return Form(name, pipeline, passes, refused=str(error).splitlines()[0], footprint=footprint)
    del kernels
    offchip = machines_of(module)[machine].offchip.sym_name.data
    count = len(result.kernels) or 1
    return Form(
        name, pipeline, passes, _operations(result), sum(result.moved[offchip].values()), result.seconds, result.critical, count, None, footprint
    )


def _operations(result: SimulationResult) -> int:
    return sum(sum(c.operations.values()) for c in result.counts)


def rewritten(ctx: Context, module: ModuleOp, source: Source, pipeline: str) -> ModuleOp:
    """A copy of a module after some passes. Raises `Failure`."""
    made = module.clone()
    Runner(ctx, build(pipeline, "einfold roofline", "pass", installed_universe().all_passes), tool="einfold roofline").run(made, source)
    return made


def _cascade(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def _passes(module: ModuleOp, rank: str) -> int | None:
    found = count_passes(_cascade(module)).get(rank)
    return None if found is None else found.passes


def most_passed(module: ModuleOp) -> str | None:
    """The rank with the most passes of the one cascade, the longest of several; None if no Einsum traverses any."""
    counted = count_passes(_cascade(module))
    return max(counted, key=lambda r: (counted[r].passes, counted[r].size), default=None)


def _held(ctx: Context, module: ModuleOp, source: Source, pipeline: str, rank: str, length: int) -> int | None:
    """Bytes that must stay on the chip for one fiber of `length` elements: what is kept between two traversals, or else the largest tile that
    an iteration makes. Ranks that no Einsum reduces have one coordinate. None where the cascade has no such sizes."""
    small = module.clone()
    cascade = _cascade(small)
    reduced = {r for op in cascade.walk() if isinstance(op, ComputeOp) and op.reduce is not None for red in op.reduce.data for r in red.ranks}
    try:
        resize(small, {r: 1 for r in cascade.sizes if r not in reduced} | {rank: length})
        made = _cascade(rewritten(ctx, small, source, pipeline))
    except (Failure, DiagnosticException, ValueError):
        return None
    counted = count_passes(made).get(rank)
    kept = [live.kept.bytes for live in counted.live] if counted is not None else []
    loops = [op for op in made.walk() if isinstance(op, IterateOp)]
    tiles = [bytes_of(v) for loop in loops for op in loop.walk() if isinstance(op, ComputeOp) for v in op.results]
    return max([*kept, *tiles], default=0) or None


def points_told(forms: Sequence[Form]) -> Sequence[Form]:
    """The forms that were simulated and touch memory."""
    return [f for f in forms if f.refused is None and f.intensity is not None and f.rate is not None]
