"""A kernel on its machine as the simulator needs it: per operation its resource, its time, what it reads, what it makes, what it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import prod

from xdsl.ir import Operation, SSAValue

from ..dialects.accel import ArrayOp, KernelOp, LoadOp, MoveOp, StoreOp, TaskOp
from ..dialects.accel_body import StateOp
from ..dialects.accel_checks import machine_of
from ..dialects.accel_legal import streams
from ..dialects.accel_machine import MachineOp
from ..dialects.accel_mix import task_cycles, task_ranks
from ..dialects.accel_names import operation_names
from ..dialects.accel_nest import Read, Scheduled, happens, home_of, issue_order, reads_of, scheduled, states, weights
from ..dialects.accel_units import held_units, unit_names
from ..dialects.einsum_attrs import NumberAttr
from ..dialects.einsum_scope import tensor_of
from .actions import actions_of
from .guards import guards_of, left_out
from .movement import Movement, movement
from .ragged import clips_of, ragged_ranks, tile_ranks_of
from .steps import Clip, Program, ReadPlan, Step, Work


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
        (*unit_names(machine), machine.offchip.sym_name.data),
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
        self.tiles, self.ragged = kernel.tiles.sizes, ragged_ranks(kernel)
        self.movements: dict[Operation, Movement] = {}
        """Of tasks on whole tiles."""
        self.positions: dict[Scheduled, int] = {}
        self.steps: list[Step] = []
        names, order = operation_names(kernel), issue_order(kernel)
        spills = {op for op in order if isinstance(op, TaskOp) and self._spilled(self._accesses(op, self._movement(op, self.tiles), False))}
        count = 0
        for op in order:
            self.positions[op] = count
            count += 1 + (op in spills)
        for op in order:
            self.steps.append(self._step(op, names[op]))
            if isinstance(op, TaskOp) and op in spills:
                self.steps.append(self._spill(op, names[op]))

    def _step(self, op: Scheduled, name: str) -> Step:
        plans = {read: self._plan(read) for read in reads_of(op, self.updates) if happens(read, self.kernel.loops)}
        latency, ranks, clips, continues, resource = Fraction(0), tuple[str, ...](), tuple[Clip, ...](), None, self.offchip
        idle, units = left_out(op), (self.offchip,)
        match op:
            case TaskOp():
                resource = op.array.string_value()
                array = self.machine.arrays[resource]
                units = held_units(op, array)
                latency = _fraction(op.delay if op.delay is not None else array.latency)
                ranks = tuple(r for r in task_ranks(op, self.tiles) if r in self.ragged)
                continues = self._continues(op, tuple(plans))
                clips = guards_of(op, self.kernel)
                before = len(idle) + len(clips)

                def work(existing: tuple[int, ...], anew: bool) -> Work:
                    return self._task(op, array, self._tiles(ranks, existing[before:]), anew) if all(existing) else Work()
            case LoadOp() if streams(op, self.machine) and self._covered(op):
                latency = self._away()
                ranks = tuple(r for r in self.ragged if any(r in task_ranks(t, self.tiles) for t, _ in self._readers(op)))

                def work(existing: tuple[int, ...], anew: bool) -> Work:
                    return self._transfer(self._transferred(op, self.offchip, self._tiles(ranks, existing[len(idle) :]))) if all(existing) else Work()
            case LoadOp() | MoveOp() | StoreOp():
                moved, latency = self._moved(op)
                if isinstance(op, MoveOp):
                    ranks = tuple(r for r in tile_ranks_of(op.source, self.kernel) if r in self.ragged)
                else:
                    clips = clips_of(op.source if isinstance(op, LoadOp) else op.target, op.subscripts.data, self.kernel)
                whole = prod(c.whole for c in (*clips, *(self.ragged[r] for r in ranks)))

                def work(existing: tuple[int, ...], anew: bool) -> Work:
                    return self._transfer({key: count * prod(existing) / whole for key, count in moved.items()})

        clips = (*idle, *clips, *(self.ragged[r] for r in ranks))
        makes, transfer = not isinstance(op, StoreOp), not isinstance(op, TaskOp)
        reads = tuple(plans.values())
        home, size = ("", 0) if isinstance(op, StoreOp) else (home_of(op), int(Fraction(self.machine.word.data) * sum(map(_elements, op.results))))
        step = Step(name, resource, units, op.when_, op.stage_, latency, reads, makes, op.copies_, cache(work), clips, len(idle), transfer, op.turn_)
        return replace(step, continues=continues, home=home, tile=size)

    def _plan(self, read: Read) -> ReadPlan:
        back = weights(read.producer.when_, self.kernel.loops)[read.carried] if read.carried is not None else 0
        return ReadPlan(self.positions[read.producer], back, read.carried, read.at_start)

    def _continues(self, op: TaskOp, reads: Sequence[Read]) -> int | None:
        """The read of the partial results that a task continues; -1 if it never does; None if it always continues something."""
        value = None if op.onto_ is None else op.operands_[op.onto_]
        if value is None or not isinstance(value.owner, StateOp) or value.owner.initial is not None:
            return None
        return next((i for i, read in enumerate(reads) if read.value is value), -1)

    def _tiles(self, ranks: Sequence[str], existing: Sequence[int]) -> dict[str, int]:
        """The sizes of tiles with as many coordinates of some ranks as there are."""
        return {**self.tiles, **dict(zip(ranks, existing, strict=True))}

    def _movement(self, op: TaskOp, tiles: Mapping[str, int]) -> Movement:
        """What a task moves; ragged tiles take turns in the order of whole ones."""
        array = self.machine.arrays[op.array.string_value()]
        if op not in self.movements:
            self.movements[op] = movement(op, array, self.tiles)
        whole = self.movements[op]
        return whole if tiles == self.tiles else movement(op, array, tiles, whole.order)

    def _task(self, op: TaskOp, array: ArrayOp, tiles: Mapping[str, int], anew: bool) -> Work:
        moved = _scaled(self._accesses(op, self._movement(op, tiles), anew), self.kernel.spilled)
        cycles = max(Fraction(task_cycles(op, array, tiles)), _transfer_cycles(moved, self.machine))
        return Work(cycles, moved, actions_of(op, array, tiles, Fraction(task_cycles(op, array, tiles))))

    def _transfer(self, moved: Mapping[tuple[str, str], Fraction]) -> Work:
        return Work(_transfer_cycles(moved, self.machine), moved)

    def _accesses(self, op: TaskOp, moves: Movement, anew: bool) -> dict[tuple[str, str], Fraction]:
        """Bytes that a task reads from and writes to memories; what is tapped or stays in registers asks none, nor does what a reduction that
        starts `anew` continues."""
        word, found = Fraction(self.machine.word.data), dict[tuple[str, str], Fraction]()
        silent = {*op.tapped, *([op.onto_] if anew else [])}
        reads = [(self.homes[v], moves.reads[i]) for i, v in enumerate(op.operands_) if i not in silent]
        for memory, way, count in (*((m, "read", n) for m, n in reads), (op.home_name, "write", moves.writes), (op.home_name, "read", moves.rereads)):
            if memory in self.machine.memories:
                found[memory, way] = found.get((memory, way), Fraction(0)) + word * count
        return {key: count for key, count in found.items() if count}

    def _moved(self, op: LoadOp | MoveOp | StoreOp) -> tuple[dict[tuple[str, str], Fraction], Fraction]:
        """Bytes that a transfer of a whole tile moves, and its latency."""
        match op:
            case LoadOp():
                return self._transferred(op, self.offchip, self.tiles), self._away()
            case MoveOp():
                away = self.homes[op.source] == self.offchip
                return self._transferred(op, self.homes[op.source], self.tiles), self._away() if away else Fraction(0)
            case StoreOp():
                elements = _elements(op.value)
                return self._both(self.homes[op.value], self.offchip, elements, elements), Fraction(0)

    def _readers(self, op: LoadOp | MoveOp) -> list[tuple[TaskOp, int]]:
        """The tasks that read a tile, each with its operand's number."""
        return [(t, i) for t in scheduled(self.kernel) if isinstance(t, TaskOp) for i, v in enumerate(t.operands_) if v is op.result]

    def _covered(self, op: LoadOp) -> bool:
        """Whether all that a load may reach past is told by ragged ranks."""
        named = {r for r in tile_ranks_of(op.result, self.kernel) if r in self.ragged}
        return len(clips_of(op.source, op.subscripts.data, self.kernel)) == len(named)

    def _transferred(self, op: LoadOp | MoveOp, source: str, tiles: Mapping[str, int]) -> dict[tuple[str, str], Fraction]:
        """Bytes that bringing a tile somewhere moves; one that streams to an array is moved as often as its readers ask for it."""
        elements = asked = _elements(op.result)
        if streams(op, self.machine) and (readers := self._readers(op)):
            asked = max(sum(self._movement(t, tiles).reads[i] for t, i in readers if i not in t.tapped), 1)
        return self._both(source, op.memory.string_value(), asked, elements)

    def _both(self, source: str, target: str, read: int, written: int) -> dict[tuple[str, str], Fraction]:
        word = Fraction(self.machine.word.data)
        pairs = (((source, "read"), word * read), ((target, "write"), word * written))
        return {key: count for key, count in pairs if key[0] in self.machine.memories}

    def _away(self) -> Fraction:
        return _fraction(self.machine.offchip.latency)

    def _spilled(self, accesses: Mapping[tuple[str, str], Fraction]) -> dict[tuple[str, str], Fraction]:
        """Of a task's accesses those that go off the chip because a memory is overbooked."""
        found: dict[tuple[str, str], Fraction] = {}
        for (memory, way), count in accesses.items() if self.kernel.spilled else ():
            found[self.offchip, way] = found.get((self.offchip, way), Fraction(0)) + count * Fraction(self.kernel.spilled.get(memory, 0))
        return {key: count for key, count in found.items() if count}

    def _spill(self, op: TaskOp, name: str) -> Step:
        """The accesses of a task that miss an overbooked memory, as one transfer behind it, for which nothing waits."""
        ranks, guards = tuple(r for r in task_ranks(op, self.tiles) if r in self.ragged), (*left_out(op), *guards_of(op, self.kernel))

        def work(existing: tuple[int, ...], anew: bool) -> Work:
            tiles = self._tiles(ranks, existing[len(guards) :])
            return self._transfer(self._spilled(self._accesses(op, self._movement(op, tiles), False))) if all(existing) else Work()

        reads, clips = (ReadPlan(self.positions[op], 0),), (*guards, *(self.ragged[r] for r in ranks))
        at = (op.when_, op.stage_, Fraction(0), reads, False, 1)
        return Step(f"spill {name}", self.offchip, (self.offchip,), *at, cache(work), clips, len(left_out(op)), True, op.turn_)


def _scaled(moved: Mapping[tuple[str, str], Fraction], spilled: Mapping[str, float]) -> dict[tuple[str, str], Fraction]:
    return {(memory, way): count * (1 - Fraction(spilled.get(memory, 0))) for (memory, way), count in moved.items()}


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
