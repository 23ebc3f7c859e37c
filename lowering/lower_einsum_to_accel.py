"""`lower-einsum-to-accel`: placed cascades become kernels: loops over tiles, tasks on arrays, moves, a software pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..analysis import remarks, statistics
from ..dialects.accel import KernelOp
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp
from .flow import Unfit
from .machine_lookup import find_machine
from .mapping import DEFAULT, CascadeMapping, tiles_in
from .phases import Phases, Target
from .placed import Place, machine_of, tiles_of
from .program import Program, Tensor, Unit, einsums_of, made_by, read_by
from .read_cascade import CascadeReader
from .stages import Unschedulable
from .tile_sizes import on_chip_memory


@dataclass(frozen=True)
class Lowered:
    """What a cascade became: its kernels in order, and the names under which they find its arguments and leave its results."""

    kernels: tuple[KernelOp, ...]
    arguments: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True)
class LowerEinsumToAccel(ModulePass):
    """Lower every cascade that `einsum-place` has placed to `accel.kernel`s, one per phase that shares a loop nest.

    Kernels hand tensors to one another through the off-chip memory. An `einsum.iterate` is one kernel, with the maps before it and the
    Einsums behind it that its loops can serve; a reduction over several tiles is a state carried along a loop.
    """

    name = "lower-einsum-to-accel"

    pipeline: bool = True
    """Whether the tasks that an iteration need not wait for run beside the next one, with tiles held twice. Without, all tasks of a tile are
    in one stage and there is one copy of it; only what the arrays' own queues let overlap does."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        cascades = [o for o in op.walk() if isinstance(o, CascadeOp)]
        for cascade in cascades:
            made = lower_cascade(cascade, pipeline=self.pipeline, prefix=f"{cascade.sym_name.data}." if len(cascades) > 1 else "")
            statistics.count("kernels made", len(made.kernels))


def lower_cascade(cascade: CascadeOp, *, pipeline: bool = True, prefix: str = "", mapping: CascadeMapping = DEFAULT) -> Lowered:
    """Put kernels in a placed cascade's place. `prefix` stands before the names of its tensors; `mapping` says what is decided already.

    Raises `LocatedPassFailure` where the cascade is not placed, has no kernel's shape, or does not fit into the machine's memory.
    """
    name = machine_of(cascade)
    if name is None:
        remarks.fail(cascade, f"cascade '@{cascade.sym_name.data}' has no machine; run einsum-place first")
    machine = find_machine(cascade, name)
    memory = on_chip_memory(machine)
    if memory is None:
        remarks.fail(cascade, f"machine '@{name}' has no memory on the chip, which tiles need")
    tiles = tiles_of(cascade)
    each = [tiles_in(kernel, tiles, cascade.sizes) for kernel in mapping.kernels]
    program = _read(cascade, machine, prefix, {r: min(t[r] for t in each) for r in tiles})
    targets = [Target(machine, memory.sym_name.data, own, pipeline, mapping, k) for k, own in zip(mapping.kernels, each, strict=True)]
    return _emit(cascade, program, [Phases(program, target) for target in targets])


def _read(cascade: CascadeOp, machine: MachineOp, prefix: str, tiles: Mapping[str, int]) -> Program:
    taken: set[str] = set()

    def fresh(hint: str) -> str:
        name, number = f"{prefix}{hint}", 2
        while name in taken:
            name, number = f"{prefix}{hint}_{number}", number + 1
        taken.add(name)
        return name

    smallest = min(machine.arrays.values(), key=lambda a: a.rows.data * a.cols.data)
    reader = CascadeReader(cascade, lambda r: tiles[r] < cascade.sizes[r], fresh, Place(smallest.sym_name.data))
    return reader.read()


def _emit(cascade: CascadeOp, program: Program, phases: Sequence[Phases]) -> Lowered:
    name = cascade.sym_name.data
    program.units = _needed(program)
    try:
        groups = [(p, group) for p, units in _shares(program, phases) for group in (p.groups(units) if not p.target.stated.einsums else [units])]
        wanted = _stored(program, [g for _, g in groups])
        groups = [(p, part) for p, group in groups for part in p.kernels(group, name, wanted)]
        wanted = _stored(program, [g for _, g in groups])
        names = [name] if len(groups) == 1 else [f"{name}_{i}" for i in range(1, len(groups) + 1)]
        kernels = tuple(p.kernel(group, n, wanted) for (p, group), n in zip(groups, names, strict=True))
    except (Unfit, Unschedulable) as error:
        remarks.fail(cascade, f"cascade '@{name}' cannot be lowered: {error}")
    for note in (p.notes[k] for p in phases for k in kernels if k in p.notes):
        remarks.analysis(LowerEinsumToAccel.name, cascade, note)
    for kernel in kernels:
        kernel.location = cascade.location
    Rewriter.insert_op(kernels, InsertPoint.before(cascade))
    Rewriter.erase_op(cascade)
    return Lowered(kernels, tuple(t.name for t in program.inputs), tuple(t.name for t in program.returns))


def _shares(program: Program, phases: Sequence[Phases]) -> list[tuple[Phases, list[Unit]]]:
    """The units that each kernel of the mapping runs, in the cascade's order. Raises `Unfit` if the mapping forgets or repeats one."""
    stated = [p for p in phases if p.target.stated.einsums]
    if len(stated) < len(phases):
        if len(phases) > 1:
            raise Unfit("the mapping has several kernels, and one of them says not which Einsums it runs")
        return [(phases[0], program.units)]
    shares: list[tuple[Phases, list[Unit]]] = [(p, []) for p in stated]
    for unit in program.units:
        names = {*(e.name for e in einsums_of(unit)), *(t.name for t in made_by(unit))}
        own = [units for p, units in shares if not names.isdisjoint(p.target.stated.einsums)]
        if len(own) != 1:
            raise Unfit(f"the mapping runs %{min(names)} in {len(own)} kernels; it needs one")
        own[0].append(unit)
    return [(p, units) for p, units in shares if units]


def _needed(program: Program) -> list[Unit]:
    """The units that something returned depends on."""
    wanted, kept = set(program.returns), list[Unit]()
    for unit in reversed(program.units):
        if not wanted.isdisjoint(made_by(unit)):
            wanted.update(read_by(unit))
            kept.append(unit)
    return kept[::-1]


def _stored(program: Program, groups: Sequence[Sequence[Unit]]) -> set[Tensor]:
    """The tensors that leave the chip: those returned, and those that a later kernel reads."""
    found, read = set(program.returns), set[Tensor]()
    for group in reversed(groups):
        found.update(t for u in group for t in made_by(u) if t in read)
        read.update(t for u in group for t in read_by(u))
    return found
