"""A machine as plain data: what YAML files say and what `accel.machine` says, one to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..dialects.accel_attrs import TableAttr
from ..dialects.accel_machine import ArrayOp, MachineOp, MemoryOp
from ..dialects.einsum_attrs import NumberAttr

Table = Mapping[str, int | float]


def _empty() -> Table:
    return {}


Units = Mapping[str, tuple[str, ...]]


def _alone() -> Units:
    return {}


@dataclass(frozen=True)
class Memory:
    """A memory: bytes, bytes per second, cycles, pJ per access of `row` bytes, um2. None means unbounded or not stated."""

    name: str
    offchip: bool = False
    capacity: int | float | None = None
    bandwidth: int | float | None = None
    latency: int | float | None = None
    row: int | float | None = None
    energy: Table = field(default_factory=_empty)
    area: Table = field(default_factory=_empty)
    source: str | None = None


@dataclass(frozen=True)
class Array:
    """An array of `rows` x `cols` processing elements: cycles per scalar operation, cycles of latency, register bytes, pJ, um2; per
    unit that works beside the others, its operations."""

    name: str
    rows: int
    cols: int
    ops: Table
    latency: int | float | None = None
    registers: int | float | None = None
    units: Units = field(default_factory=_alone)
    energy: Table = field(default_factory=_empty)
    area: Table = field(default_factory=_empty)
    source: str | None = None


@dataclass(frozen=True)
class Machine:
    """Arrays and memories at a clock in Hz, with `word` bytes per element."""

    name: str
    clock: int | float
    word: int | float
    memories: tuple[Memory, ...]
    arrays: tuple[Array, ...]
    source: str | None = None

    def to_op(self) -> MachineOp:
        """The `accel.machine` that says the same."""
        memories = [
            MemoryOp(
                m.name,
                offchip=m.offchip,
                capacity=m.capacity,
                bandwidth=m.bandwidth,
                latency=m.latency,
                row=m.row,
                energy=m.energy or None,
                area=m.area or None,
                source=m.source,
            )
            for m in self.memories
        ]
        arrays = [
            ArrayOp(
                a.name,
                a.rows,
                a.cols,
                ops=a.ops,
                units=a.units or None,
                latency=a.latency,
                registers=a.registers,
                energy=a.energy or None,
                area=a.area or None,
                source=a.source,
            )
            for a in self.arrays
        ]
        return MachineOp(self.name, self.clock, self.word, [*memories, *arrays], source=self.source)

    @staticmethod
    def from_op(op: MachineOp) -> Machine:
        """What an `accel.machine` says."""
        memories = tuple(
            Memory(
                name,
                m.offchip is not None,
                _number(m.capacity),
                _number(m.bandwidth),
                _number(m.latency),
                _number(m.row),
                _table(m.energy),
                _table(m.area),
                None if m.source is None else m.source.data,
            )
            for name, m in op.memories.items()
        )
        arrays = tuple(
            Array(
                name,
                a.rows.data,
                a.cols.data,
                a.ops.table,
                _number(a.latency),
                _number(a.registers),
                {} if a.units is None else a.units.units,
                _table(a.energy),
                _table(a.area),
                None if a.source is None else a.source.data,
            )
            for name, a in op.arrays.items()
        )
        source = None if op.source is None else op.source.data
        return Machine(op.sym_name.data, op.clock.data, op.word.data, memories, arrays, source)


def _number(attr: NumberAttr | None) -> int | float | None:
    return None if attr is None else attr.data


def _table(attr: TableAttr | None) -> Table:
    return {} if attr is None else attr.table
