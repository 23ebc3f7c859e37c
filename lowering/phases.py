"""From units to kernels: which Einsums share a loop nest, and how large a block of each reused rank the on-chip memory allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from xdsl.dialects.builtin import StringAttr

from ..dialects.accel import KernelOp
from ..dialects.accel_machine import MachineOp
from .flow import Flow, looped_ranks
from .group import Group
from .homes import Homes
from .idle import mark_idle
from .kernel_body import build_kernel
from .kernel_plan import KernelPlan
from .mapping import ANY, DEFAULT, CascadeMapping, KernelMapping
from .nest import Nest, Roles, block_choices, make_nest
from .program import Program, Tensor, Unit, made_by
from .schedule import Wanted, schedule
from .stages import Deadlock, Unschedulable
from .stated_nest import stated_choices, stated_nest
from .uses import Uses

NO_BLOCKS: Mapping[str, int] = MappingProxyType({})
"""Blocks of one tile each."""


@dataclass(frozen=True)
class Target:
    """What kernels are built for: the machine, the memory for tiles, rank -> tile, whether to pipeline, and what a mapping says."""

    machine: MachineOp
    memory: str
    tiles: Mapping[str, int]
    pipeline: bool
    mapping: CascadeMapping = DEFAULT
    stated: KernelMapping = ANY

    @property
    def wanted(self) -> Wanted:
        """What the schedule of a kernel has to be like."""
        return Wanted(self.memory, self.pipeline, self.mapping, self.stated)


class Phases:
    """The kernels of one program."""

    def __init__(self, program: Program, target: Target):
        self.program, self.target = program, target
        self._kernels: dict[tuple[tuple[Unit, ...], frozenset[Tensor]], tuple[KernelOp, bool]] = {}
        self.notes: dict[KernelOp, str] = {}
        """What a user should know about a kernel, in one line."""

    def groups(self, units: Sequence[Unit]) -> list[list[Unit]]:
        """Some units by kernel, in order. An Einsum joins the kernel before it if that has its loops, or is nothing but maps for it.

        Raises `Unfit` if a unit cannot even be a kernel by itself.
        """
        groups: list[Group] = []
        for unit in units:
            if not groups or not groups[-1].takes(unit):
                groups.append(Group(unit, self.target.tiles, self.program.sizes, self._nest))
        return [group.units for group in groups]

    def _looped(self, units: Sequence[Unit]) -> tuple[str, ...]:
        return looped_ranks(units, self.target.tiles, self.program.sizes)

    def _plan(self, units: Sequence[Unit], blocks: Mapping[str, int], keeping: bool) -> KernelPlan:
        looped, uses = self._looped(units), Uses(units)
        nest = self._nest(uses, uses.roles(looped), looped, blocks, keeping)
        return KernelPlan(units, nest, Flow(units, looped), self.program.sizes)

    def _nest(self, uses: Uses, roles: Roles, looped: Sequence[str], blocks: Mapping[str, int] = NO_BLOCKS, keeping: bool = True) -> Nest:
        tiles, sizes = self.target.tiles, self.program.sizes
        if stated := self.target.stated.loops:
            return stated_nest(stated, looped, tiles, sizes, uses.iterative, blocks, uses.used)
        return make_nest(roles, tiles, sizes, uses.iterative, blocks, uses.used, keeping=keeping)

    def kernels(self, group: Sequence[Unit], name: str, stored: Collection[Tensor]) -> list[list[Unit]]:
        """The group, taken apart as far as the memory makes necessary, unless the mapping states what one kernel runs."""
        try:
            self.kernel(group, name, stored)
        except Unschedulable:
            if len(group) == 1 or self.target.stated.einsums:
                raise
            half = len(group) // 2
            return [*self.kernels(group[:half], name, stored), *self.kernels(group[half:], name, stored)]
        return [list(group)]

    def kernel(self, group: Sequence[Unit], name: str, stored: Collection[Tensor]) -> KernelOp:
        """One kernel: with the largest blocks that fit, and then as many copies as fit. Raises `Unschedulable` if no block fits."""
        key = (tuple(group), frozenset(t for u in group for t in made_by(u) if t in stored))
        if key not in self._kernels:
            self._kernels[key] = self._kernel(group, name, stored)
        kernel, spare = self._kernels[key]
        kernel.properties["sym_name"] = StringAttr(name)
        if self.target.pipeline and not spare:
            note = "has no room to hold loaded tiles twice: a load waits for the last read of the tile before it"
            self.notes[kernel] = f"kernel '@{name}' {note}"
        return kernel

    def _kernel(self, group: Sequence[Unit], name: str, stored: Collection[Tensor]) -> tuple[KernelOp, bool]:
        try:
            blocks, keeping = self._blocks(group, name, stored, True), True
        except Unschedulable:
            blocks, keeping = self._blocks(group, name, stored, False), False
        kernel = self._build(group, name, stored, blocks, keeping)
        mark_idle(kernel)
        return kernel, schedule(kernel, self.target.machine, self.target.wanted)

    def _build(self, group: Sequence[Unit], name: str, stored: Collection[Tensor], blocks: Mapping[str, int], keeping: bool) -> KernelOp:
        plan = self._plan(group, blocks, keeping)
        home = Homes(self.target.machine, self.target.memory, self.target.mapping)
        return build_kernel(name, group, plan, home, self.program.element, stored)

    def _blocks(self, group: Sequence[Unit], name: str, stored: Collection[Tensor], keeping: bool) -> dict[str, int]:
        """Rank -> tiles in a block: innermost ranks first, each as large as fits; a rank further out only once those are whole."""
        roles = Uses(group).roles(self._looped(group))
        blocks: dict[str, int] = {}

        def fits(rank: str, count: int) -> bool:
            kernel = self._build(group, name, stored, {**blocks, rank: count}, keeping)
            try:
                schedule(kernel, self.target.machine, self.target.wanted, most=False)
            except Unschedulable:
                return False
            return True

        with suppress(Deadlock):  # larger blocks may not
            schedule(self._build(group, name, stored, {}, keeping), self.target.machine, self.target.wanted, most=False)
        for rank, choices in self._choices(group, roles).items():
            if (stated := self.target.stated.blocks.get(rank)) is not None:
                blocks[rank] = max(c for c in choices if c <= stated)
                continue
            low, high = 0, len(choices) - 1
            if high > 0:
                low, high = (high, high) if fits(rank, choices[high]) else (0, high - 1)
            while low < high:  # what a block holds grows with it
                middle = (low + high + 1) // 2
                low, high = (middle, high) if fits(rank, choices[middle]) else (low, middle - 1)
            blocks[rank] = choices[low]
            if low < len(choices) - 1:
                break
        return blocks

    def _choices(self, group: Sequence[Unit], roles: Roles) -> dict[str, list[int]]:
        """Rank -> the numbers of tiles that a block may have."""
        if stated := self.target.stated.loops:
            return stated_choices(stated, self._looped(group), self.target.tiles, self.program.sizes)
        return block_choices(roles, self.target.tiles, self.program.sizes)
