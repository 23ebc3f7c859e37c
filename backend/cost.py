"""A kernel on its machine as the simulator needs it: per operation its resource, its time, what it reads, what it makes, what it moves."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod

from xdsl.ir import Operation, SSAValue

from ..algebra.affine import Affine
from ..dialects.accel import KernelOp, LoadOp, MoveOp, StoreOp, TaskOp
from ..dialects.accel_checks import machine_of
from ..dialects.accel_legal import streams, told
from ..dialects.accel_machine import MachineOp
from ..dialects.accel_mix import task_cycles
from ..dialects.accel_nest import Read, Scheduled, happens, home_of, issue_order, reads_of, scheduled, states, weights
from ..dialects.einsum_attrs import NumberAttr
from ..dialects.einsum_scope import tensor_of
from .actions import Actions, actions_of
from .movement import Movement, movement
from .steps import Clip, Program, ReadPlan, Step


def compile_kernel(kernel: KernelOp) -> Program:
    """The program of a verified kernel; raises `VerifyException` where the machine cannot run it."""
    machine = machine_of(kernel)
    costs = _Costs(kernel, machine)
    return Program(
        kernel.sym_name.data,
        kernel.loops,
        tuple(costs.steps),
        tuple(weights(step.when, kernel.loops) for step in costs.steps),
        float(machine.clock.data),
        float(machine.word.data),
        tuple(machine.arrays),
        tuple(machine.memories),
        machine.offchip.sym_name.data,
        kernel.barriers is not None,
    )


class _Costs:
    """The steps of one kernel."""

    def __init__(self, kernel: KernelOp, machine: MachineOp):
        self.kernel, self.machine, self.offchip = kernel, machine, machine.offchip.sym_name.data
        self.updates = states(kernel)
        self.homes = _homes(kernel)
        self.movements: dict[Operation, Movement] = {
            op: movement(op, machine.arrays[op.array.string_value()], kernel.tiles.sizes) for op in scheduled(kernel) if isinstance(op, TaskOp)
        }
        self.positions: dict[Scheduled, int] = {}
        self.steps: list[Step] = []
        names, order = _names(kernel), issue_order(kernel)
        spills = {op for op in order if isinstance(op, TaskOp) and any(self._spilled(op).values())}
        count = 0
        for op in order:
            self.positions[op] = count
            count += 1 + (op in spills)
        for op in order:
            self.steps.append(self._step(op, names[op]))
            if isinstance(op, TaskOp) and op in spills:
                self.steps.append(self._spill(op, names[op]))

    def _step(self, op: Scheduled, name: str) -> Step:
        reads = tuple(self._plan(read) for read in reads_of(op, self.updates) if happens(read, self.kernel.loops))
        latency, cycles, clips, actions = Fraction(0), Fraction(0), tuple[Clip, ...](), Actions()
        resource = self.offchip
        match op:
            case TaskOp():
                resource = op.array.string_value()
                array = self.machine.arrays[resource]
                moved = _scaled(self._accesses(op), self.kernel.spilled)
                cycles = Fraction(task_cycles(op, array, self.kernel.tiles.sizes))
                latency = _fraction(op.delay if op.delay is not None else array.latency)
                actions = actions_of(op, array, self.kernel.tiles.sizes, cycles)
            case LoadOp():
                moved = self._transferred(op, self.offchip, _elements(op.result))
                latency, clips = self._away(), _clips(op.source, op.subscripts.data, self.kernel)
            case MoveOp():
                moved = self._transferred(op, self.homes[op.source], _elements(op.result))
                latency = self._away() if self.homes[op.source] == self.offchip else Fraction(0)
            case StoreOp():
                word = Fraction(self.machine.word.data)
                moved = self._both(self.homes[op.value], self.offchip, word * _elements(op.value), word * _elements(op.value))
                clips = _clips(op.target, op.subscripts.data, self.kernel)
        cycles = max(cycles, _transfer_cycles(moved, self.machine))
        makes, transfer = not isinstance(op, StoreOp), not isinstance(op, TaskOp)
        when, stage, turn = op.when_, op.stage_, op.turn_
        home, tile = self._made(op)
        return Step(name, resource, when, stage, cycles, latency, reads, makes, op.copies_, moved, clips, transfer, turn, actions, home, tile)

    def _made(self, op: Scheduled) -> tuple[str, int]:
        """Where the tile that an operation makes lives, and its bytes."""
        if isinstance(op, StoreOp):
            return "", 0
        return home_of(op), int(Fraction(self.machine.word.data) * sum(_elements(r) for r in op.results))

    def _plan(self, read: Read) -> ReadPlan:
        back = weights(read.producer.when_, self.kernel.loops)[read.carried] if read.carried is not None else 0
        return ReadPlan(self.positions[read.producer], back, read.carried, read.at_start)

    def _accesses(self, op: TaskOp) -> dict[tuple[str, str], Fraction]:
        """Bytes that a task reads from and writes to memories; what is tapped or stays in registers asks none."""
        word, found = Fraction(self.machine.word.data), dict[tuple[str, str], Fraction]()
        moves = self.movements[op]
        reads = [(self.homes[v], moves.reads[i]) for i, v in enumerate(op.operands_) if i not in op.tapped]
        for memory, way, count in (*((m, "read", n) for m, n in reads), (op.home_name, "write", moves.writes), (op.home_name, "read", moves.rereads)):
            if memory in self.machine.memories:
                found[memory, way] = found.get((memory, way), Fraction(0)) + word * count
        return {key: count for key, count in found.items() if count}

    def _transferred(self, op: LoadOp | MoveOp, source: str, elements: int) -> dict[tuple[str, str], Fraction]:
        """Bytes that bringing a tile somewhere moves; one that streams to an array is moved as often as its readers ask for it."""
        word = Fraction(self.machine.word.data)
        asked = elements
        if streams(op, self.machine):
            readers = [(t, i) for t in self.movements if isinstance(t, TaskOp) for i, v in enumerate(t.operands_) if v is op.result]
            asked = max(sum(self.movements[t].reads[i] for t, i in readers if i not in t.tapped), elements if not readers else 1)
        return self._both(source, op.memory.string_value(), word * asked, word * elements)

    def _both(self, source: str, target: str, read: Fraction, written: Fraction) -> dict[tuple[str, str], Fraction]:
        pairs = (((source, "read"), read), ((target, "write"), written))
        return {key: count for key, count in pairs if key[0] in self.machine.memories}

    def _away(self) -> Fraction:
        return _fraction(self.machine.offchip.latency)

    def _spilled(self, op: TaskOp) -> dict[str, Fraction]:
        """Way -> bytes of a task's accesses that go off the chip because a memory is overbooked."""
        found = {"read": Fraction(0), "write": Fraction(0)}
        for (memory, way), count in self._accesses(op).items() if self.kernel.spilled else ():
            found[way] += count * Fraction(self.kernel.spilled.get(memory, 0))
        return found

    def _spill(self, op: TaskOp, name: str) -> Step:
        """The accesses of a task that miss an overbooked memory, as one transfer behind it, for which nothing waits."""
        moved = {(self.offchip, way): count for way, count in self._spilled(op).items() if count}
        cycles = _transfer_cycles(moved, self.machine)
        reads = (ReadPlan(self.positions[op], 0),)
        return Step(f"spill {name}", self.offchip, op.when_, op.stage_, cycles, Fraction(0), reads, False, 1, moved, transfer=True, turn=op.turn_)


def _scaled(moved: Mapping[tuple[str, str], Fraction], spilled: Mapping[str, float]) -> dict[tuple[str, str], Fraction]:
    return {(memory, way): count * (1 - Fraction(spilled.get(memory, 0))) for (memory, way), count in moved.items()}


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
            case MoveOp():
                base = f"move {told(op.source.owner).split()[-1] if isinstance(op.source.owner, Operation) else 'tile'} to {op.memory.string_value()}"
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


def _elements(value: SSAValue) -> int:
    return prod(tensor_of(value).get_shape())


def _homes(kernel: KernelOp) -> dict[SSAValue, str]:
    """Tile -> the memory or array in which it lives; a state lives where its updating value does."""
    found: dict[SSAValue, str] = {}
    for op in scheduled(kernel):
        for result in op.results:
            found[result] = "" if isinstance(op, StoreOp) else home_of(op)
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
