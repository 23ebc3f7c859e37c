"""A kernel on its machine as the simulator needs it: per operation its resource, its time, what it reads, what it makes, what it moves.

Time is in ticks of 1/1024 cycle, as integers: repetition of a state is then a matter of equality.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, prod

from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..dialects.accel import KernelOp, LoadOp, StoreOp, TaskOp
from ..dialects.accel_attrs import When
from ..dialects.accel_checks import machine_of
from ..dialects.accel_legal import tile_bytes
from ..dialects.accel_machine import MachineOp
from ..dialects.accel_mix import task_cycles
from ..dialects.accel_nest import Read, Scheduled, happens, issue_order, reads_of, scheduled, states, tile_operands, weights
from ..dialects.einsum_attrs import NumberAttr
from ..dialects.einsum_scope import tensor_of

TICKS = 1024
"""Ticks of simulated time in a cycle."""


@dataclass(frozen=True)
class ReadPlan:
    """A read of what step `maker` makes, `back` instances before the reader's own coordinates say.

    It takes place unless the iteration is at coordinate 0 of `not_first`, and only if it is at coordinate 0 of `only_first`.
    """

    maker: int
    back: int
    not_first: str | None = None
    only_first: str | None = None


@dataclass(frozen=True)
class Clip:
    """A dimension of a tile that can reach past its tensor: elements `base(loops) + low .. + high`, of which 0 .. size - 1 exist."""

    base: Mapping[str, int]
    low: int
    high: int
    size: int


@dataclass(frozen=True)
class Step:
    """One operation of the body.

    `cycles` is how long a whole tile takes on its resource, `latency` what passes from then until the result may be read. `moved` is
    bytes per (memory, "read" or "write") and run. A transfer's time and bytes shrink with `clips`, from `elements` a whole tile.
    """

    name: str
    resource: str
    when: When
    stage: int
    cycles: Fraction
    latency: Fraction
    reads: tuple[ReadPlan, ...]
    makes: bool
    copies: int
    moved: Mapping[tuple[str, str], Fraction]
    clips: tuple[Clip, ...] = ()
    elements: int = 1
    transfer: bool = False


@dataclass(frozen=True)
class Program:
    """A kernel to simulate: its steps in issue order; loops outermost first; per step, how instances are numbered along the loops."""

    name: str
    loops: Mapping[str, int]
    steps: tuple[Step, ...]
    weights: tuple[Mapping[str, int], ...]
    clock: float
    arrays: tuple[str, ...]
    memories: tuple[str, ...]
    offchip: str


def ticks(cycles: Fraction) -> int:
    """Cycles as ticks, rounded up, so that nothing takes no time that takes some."""
    return ceil(cycles * TICKS)


def compile_kernel(kernel: KernelOp) -> Program:
    """The program of a verified kernel; raises `VerifyException` where the machine cannot run it."""
    machine = machine_of(kernel)
    order = issue_order(kernel)
    updates = states(kernel)
    names = _names(kernel)
    steps: list[Step] = []
    for op in order:
        reads = tuple(_read_plan(read, order, kernel) for read in reads_of(op, updates) if happens(read, kernel.loops))
        steps.append(_step(op, names[op], reads, kernel, machine))
    return Program(
        kernel.sym_name.data,
        kernel.loops,
        tuple(steps),
        tuple(weights(op.when_, kernel.loops) for op in order),
        float(machine.clock.data),
        tuple(machine.arrays),
        tuple(machine.memories),
        machine.offchip.sym_name.data,
    )


def _names(kernel: KernelOp) -> dict[Scheduled, str]:
    """How reports name each operation: by its label, else by its value or tensor; a number tells equals apart."""
    found: dict[Scheduled, str] = {}
    taken: set[str] = set()
    for op in scheduled(kernel):
        match op:
            case TaskOp():
                base = op.label.data if op.label is not None else op.results[0].name_hint or "task"
            case LoadOp():
                base = f"load {_tensor_name(kernel, op.source)}"
            case StoreOp():
                base = f"store {_tensor_name(kernel, op.target)}"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}.{number}", number + 1
        taken.add(name)
        found[op] = name
    return found


def _tensor_name(kernel: KernelOp, value: SSAValue) -> str:
    return next((name for argument, name in zip(kernel.body.block.args, kernel.tensor_names, strict=True) if argument is value), "?")


def _read_plan(read: Read, order: Mapping[Scheduled, int], kernel: KernelOp) -> ReadPlan:
    back = weights(read.producer.when_, kernel.loops)[read.carried] if read.carried is not None else 0
    return ReadPlan(order[read.producer], back, read.carried, read.at_start)


def _step(op: Scheduled, name: str, reads: tuple[ReadPlan, ...], kernel: KernelOp, machine: MachineOp) -> Step:
    word = machine.word.data
    moved: dict[tuple[str, str], Fraction] = {}

    def move(memory: str, way: str, value: SSAValue) -> None:
        if memory in machine.memories:
            moved[memory, way] = moved.get((memory, way), Fraction(0)) + Fraction(tile_bytes(value, word))

    homes = _homes(kernel)
    for value in dict.fromkeys(tile_operands(op)):
        move(homes[value], "read", value)
    latency = Fraction(0)
    match op:
        case TaskOp():
            array = machine.arrays[op.array.string_value()]
            for result in op.results_:
                move(op.home_name, "write", result)
            compute = Fraction(task_cycles(op, array, kernel.tiles.sizes))
            resource, latency, clips, elements = op.array.string_value(), _fraction(array.latency), (), 1
        case LoadOp():
            move(machine.offchip.sym_name.data, "read", op.result)
            move(op.memory.string_value(), "write", op.result)
            compute, resource, latency = Fraction(0), machine.offchip.sym_name.data, _fraction(machine.offchip.latency)
            clips, elements = _clips(op.source, op.subscripts.data, kernel), prod(op.result.type.get_shape())
        case StoreOp():
            move(machine.offchip.sym_name.data, "write", op.value)
            compute, resource = Fraction(0), machine.offchip.sym_name.data
            clips, elements = _clips(op.target, op.subscripts.data, kernel), prod(tensor_of(op.value).get_shape())
    cycles = max(compute, _transfer_cycles(moved, machine))
    makes = not isinstance(op, StoreOp)
    transfer = not isinstance(op, TaskOp)
    return Step(name, resource, op.when_, op.stage_, cycles, latency, reads, makes, op.copies_, moved, clips, elements, transfer)


def _homes(kernel: KernelOp) -> dict[SSAValue, str]:
    """Tile -> the memory or array in which it lives; a state lives where its updating value does."""
    found: dict[SSAValue, str] = {}
    for op in scheduled(kernel):
        for result in op.results:
            found[result] = op.memory.string_value() if isinstance(op, LoadOp) else op.home_name if isinstance(op, TaskOp) else ""
    for state, value in states(kernel).items():
        found[state.result] = found.get(value, "")
    return found


def _fraction(attr: NumberAttr | None) -> Fraction:
    return Fraction(0) if attr is None else Fraction(attr.data)


def _transfer_cycles(moved: Mapping[tuple[str, str], Fraction], machine: MachineOp) -> Fraction:
    """Cycles that the slowest memory needs for what is moved; each memory moves reads and writes over one port."""
    slowest = Fraction(0)
    for name, memory in machine.memories.items():
        if memory.bandwidth is not None:
            total = sum((b for (m, _), b in moved.items() if m == name), Fraction(0))
            slowest = max(slowest, total * Fraction(machine.clock.data) / Fraction(memory.bandwidth.data))
    return slowest


def _clips(tensor: SSAValue, subscripts: tuple[Affine, ...], kernel: KernelOp) -> tuple[Clip, ...]:
    """The dimensions that reach past the tensor somewhere in the nest."""
    found: list[Clip] = []
    tiles = kernel.tiles.sizes
    for subscript, size in zip(subscripts, tensor_of(tensor).get_shape(), strict=True):
        low, high = subscript.bounds(kernel.sizes)
        if low < 0 or high >= size:
            inner = Affine.of(((r, c) for r, c in subscript.terms if r in tiles), subscript.const)
            found.append(Clip({r: c for r, c in subscript.terms if r not in tiles}, *inner.bounds(tiles), size))
    return tuple(found)
