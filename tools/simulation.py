"""From a cascade to kernels, as `einfold simulate` does it: a machine by name, the passes, the lowering."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter
from xdsl.utils.exceptions import PassFailedException

from ..analysis.remarks import LocatedPassFailure
from ..backend.einsum_place import machine_for, parse_tiles
from ..backend.machine import Machine
from ..backend.machine_yaml import machine_names
from ..backend.mapping_yaml import MappingError, load_mapping
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp
from ..lowering.lower_einsum_to_accel import Lowered, lower_cascade
from ..lowering.machine_lookup import machines_of
from ..lowering.mapping import DEFAULT, CascadeMapping
from ..lowering.placement import place_cascade
from .default_pipeline import rewriting_passes, tile_side
from .diagnostics import Diagnostic, Failure, at_location
from .pipeline import build
from .plugins import installed_universe
from .running import Instrument, Runner
from .source import Source

TOOL = "einfold simulate"

Observer = Callable[[str, ModuleOp], None]
"""Called after each pass with its name and the module as it leaves it."""


def unobserved(name: str, module: ModuleOp) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Observed(Instrument):
    """Tells an observer of each pass."""

    observer: Observer

    def after(self, current: ModulePass, module: ModuleOp) -> None:
        self.observer(str(current), module)


@dataclass(frozen=True)
class Wanted:
    """What to lower for: a machine of the module, the passes to rewrite with (None: those to the fewest passes), tiles as `RANK=SIZE`
    texts, whether the kernels are software-pipelined, what a mapping says, and whether passes are verified one by one."""

    machine: str
    pipeline: str | None
    tiles: tuple[str, ...]
    overlap: bool
    mapping: CascadeMapping = DEFAULT
    verify: bool = True


def only(module: ModuleOp, cascade: CascadeOp) -> CascadeOp:
    """The cascade, with the module's others removed."""
    for other in [op for op in module.walk() if isinstance(op, CascadeOp) and op is not cascade]:
        Rewriter.erase_op(other)
    return cascade


def mapping_in(path: str | None) -> CascadeMapping:
    """The mapping in a file. Raises `Failure`."""
    if path is None:
        return DEFAULT
    try:
        return load_mapping(path)
    except MappingError as error:
        raise Failure(told_at(str(error), "--mapping")) from error


def told_at(text: str, otherwise: str) -> Diagnostic:
    """A diagnostic from `file:line:col: error: message`, or one about `otherwise` where no place is told."""
    found = re.match(r"(?P<file>.*?):(?P<line>\d+)(?::(?P<column>\d+))?: error: (?P<message>.*)", text, re.DOTALL)
    if found is None:
        return Diagnostic("error", text, otherwise)
    return Diagnostic("error", found["message"], found["file"], int(found["line"]), int(found["column"] or 1))


def machine_named(module: ModuleOp, name: str | None, file: str) -> str:
    """Put the machine called `name` into the module; its symbol. Raises `Failure` with the nearest name."""
    known = machines_of(module)
    if name is None and len(known) != 1:
        shipped = ", ".join(machine_names())
        told = f"{len(known)} machines in it" if known else "no machine in it"
        raise Failure(Diagnostic("error", f"{told}; name one with --machine ({shipped}, or a YAML file)", file))
    try:
        return machine_for(module, name).sym_name.data
    except PassFailedException as error:
        raise Failure(told_at(str(error), file if name is None else "--machine")) from error


def lower(ctx: Context, module: ModuleOp, source: Source, wanted: Wanted, after: Observer = unobserved) -> Lowered:
    """Rewrite, place and lower the one cascade of a module; `after` is told of each pass that has run. Raises `Failure`."""
    tiles = tiles_wanted(module, wanted)
    rewrite(ctx, module, source, wanted, rewriting(machines_of(module)[wanted.machine], wanted, tiles), after=after)
    return place(module, source, wanted, tiles, after)


def rewrite(
    ctx: Context,
    module: ModuleOp,
    source: Source,
    wanted: Wanted,
    passes: Sequence[ModulePass],
    crash_dir: str = ".",
    after: Observer = unobserved,
) -> None:
    """Run passes of `rewriting`, for which no machine needs to be there. `crash_dir`: for the reproducer of a crash. Raises `Failure`."""
    Runner(ctx, passes, verify=wanted.verify, crash_dir=crash_dir, tool=TOOL, instruments=(Observed(after),)).run(module, source)


def place(module: ModuleOp, source: Source, wanted: Wanted, tiles: Mapping[str, int], after: Observer = unobserved) -> Lowered:
    """Place and lower the one cascade of a rewritten module. Raises `Failure`."""
    machine = machines_of(module)[wanted.machine]
    cascades = [op for op in module.walk() if isinstance(op, CascadeOp)]
    if len(cascades) != 1:
        raise Failure(Diagnostic("error", f"the pipeline leaves {len(cascades)} cascades; it has to leave the one to be placed", source.name))
    try:
        place_cascade(cascades[0], machine, {r: t for r, t in tiles.items() if r in cascades[0].sizes}, wanted.mapping)
        after("einsum-place", module)
        lowered = lower_cascade(cascades[0], pipeline=wanted.overlap, mapping=wanted.mapping)
        after("lower-einsum-to-accel", module)
        return lowered
    except LocatedPassFailure as error:
        raise Failure(at_location(error.location, str(error), source)) from error


def tiles_wanted(module: ModuleOp, wanted: Wanted) -> dict[str, int]:
    """Rank -> tile, of the ranks of a module's cascades as written. Raises `Failure` with the nearest rank."""
    ranks = {r for op in module.walk() if isinstance(op, CascadeOp) for r in op.sizes}
    try:
        return parse_tiles((t for many in wanted.tiles for t in many.split(",")), ranks)
    except PassFailedException as error:
        raise Failure(Diagnostic("error", str(error), "--tile")) from error


def rewriting(machine: MachineOp, wanted: Wanted, tiles: dict[str, int]) -> tuple[ModulePass, ...]:
    """The passes to rewrite with; those to the fewest passes depend on the machine's largest array and memory. Raises `Failure`."""
    if wanted.pipeline is not None:
        return build(wanted.pipeline, "--pipeline", "pass", installed_universe().all_passes)
    return rewriting_passes(tile_side(Machine.from_op(machine)), tiles)
