"""Numbers of a machine by their path in its description, to be read and changed one by one: `clock_hz`, `memories.buffer.capacity_bytes`,
`arrays.pe2d.cycles.exp`. What a path may be and which values it takes is what `machine_yaml.py` says of whole descriptions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from ..dialects.notation import nearest
from .machine import Array, Machine, Memory
from .machine_yaml import ACCESSES, AREA_PARTS, REGISTER_ACTIONS, SCHEMAS, UNITS, read_units
from .yaml_reader import Key, Reader, read_costs, read_count, read_cycles, read_flag, read_number, read_number_or_zero, read_text

PARTS: Mapping[str, str] = {"memories": "memory", "arrays": "array"}
"""Key of a description -> what it holds."""

ReadNumber = Callable[[Reader, Any, str], int | float]

_ENTRIES: Mapping[tuple[str, str], tuple[Collection[str], ReadNumber]] = {
    ("array", "cycles"): (UNITS, read_number),
    ("array", "energy_pj"): ((*UNITS, *REGISTER_ACTIONS), read_number_or_zero),
    ("array", "area_um2"): ((*UNITS, *AREA_PARTS), read_number_or_zero),
    ("memory", "energy_pj"): (ACCESSES, read_number_or_zero),
    ("memory", "area_um2"): (AREA_PARTS, read_number_or_zero),
}
"""Of what, and which table -> entries that it may have besides those that it has, and how an entry is read."""

LOWERED_BY = frozenset({"word_bytes", "capacity_bytes", "rows", "cols", "cycles", "register_bytes"})
"""Keys that placement and lowering read; see `lowering_view`."""

TABLES, NUMBERS = (read_cycles, read_costs), (read_number, read_number_or_zero, read_count)


class FieldError(ValueError):
    """A path that a machine does not have, or that is no number; the message says what is near."""


@dataclass(frozen=True)
class MachineField:
    """A number of a machine: the `part` it belongs to ("" for the machine itself), the `key` of its description, the `entry` of a table or ""."""

    path: str
    kind: str
    part: str
    key: str
    entry: str
    read: ReadNumber

    @property
    def whole(self) -> bool:
        """Whether it is a count."""
        return self.read is read_count

    @property
    def lowers(self) -> bool:
        """Whether kernels may depend on it, and not only their times and costs."""
        return self.key in LOWERED_BY

    def value(self, machine: Machine) -> int | float | None:
        """The number in a machine that has the field; None where it is not stated."""
        owner: Any = machine if not self.part else next(p for p in (*machine.memories, *machine.arrays) if p.name == self.part)
        found = getattr(owner, SCHEMAS[self.kind][self.key].field)
        return cast("int | float | None", found.get(self.entry) if self.entry else found)

    def put(self, machine: Machine, value: int | float) -> Machine:
        """The machine with another number there."""
        if self.kind == "machine":
            return cast(Machine, self._changed(machine, value))
        if self.kind == "memory":
            return replace(machine, memories=tuple(self._changed(m, value) if m.name == self.part else m for m in machine.memories))
        return replace(machine, arrays=tuple(self._changed(a, value) if a.name == self.part else a for a in machine.arrays))

    def _changed(self, owner: Any, value: int | float) -> Any:
        name = SCHEMAS[self.kind][self.key].field
        return replace(owner, **{name: {**getattr(owner, name), self.entry: value} if self.entry else value})


def find_field(machine: Machine, path: str) -> MachineField:
    """The number that a dotted path names. Raises `FieldError` with the nearest name."""
    first, _, rest = path.partition(".")
    if first not in SCHEMAS["machine"]:
        raise FieldError(f"machine '{machine.name}' has no '{first}'{nearest(first, list(SCHEMAS['machine']))}")
    if first not in PARTS:
        return _keyed(path, "machine", "", path, machine, machine.name)
    kind, parts = PARTS[first], {p.name: p for p in (machine.memories if first == "memories" else machine.arrays)}
    name = next((n for n in parts if rest == n or rest.startswith(n + ".")), None)
    if name is None:
        wrong = rest.partition(".")[0]
        raise FieldError(f"machine '{machine.name}' has no {kind} '{wrong}'{nearest(wrong, list(parts)) or '; it has ' + ', '.join(parts)}")
    return _keyed(path, kind, name, rest[len(name) + 1 :], parts[name], f"{kind} '{name}'")


def _keyed(path: str, kind: str, part: str, rest: str, owner: Machine | Memory | Array, told: str) -> MachineField:
    key, dot, entry = rest.partition(".")
    schema = {k: v for k, v in SCHEMAS[kind].items() if k not in PARTS and v.read not in (read_text, read_flag, read_units)}
    if key not in schema:
        if key in SCHEMAS[kind]:
            raise FieldError(f"'{key}' of {told} is no number")
        listed = f"; it has {', '.join(schema)}"
        raise FieldError(f"{told} has no number '{key}'{nearest(key, list(schema)) or listed}" if key else f"'{path}' names all of {told}{listed}")
    if (kind, key) not in _ENTRIES:
        if dot:
            raise FieldError(f"'{key}' of {told} is one number, without '{entry}'")
        return MachineField(path, kind, part, key, "", schema[key].read)
    more, read = _ENTRIES[kind, key]
    known = list(dict.fromkeys((*_table(owner, schema[key]), *(owner.ops if isinstance(owner, Array) else ()), *more)))
    if entry not in known:
        raise FieldError(
            f"'{key}' of {told} is a table, whose entries are {', '.join(known)}"
            if not entry
            else f"{told} has no '{entry}' in '{key}'{nearest(entry, known)}"
        )
    return MachineField(path, kind, part, key, entry, read)


def _table(owner: Machine | Memory | Array, key: Key) -> Mapping[str, int | float]:
    return cast("Mapping[str, int | float]", getattr(owner, key.field))


def lowering_view(machine: Machine) -> Machine:
    """A machine that kernels come out the same for: with what placement and lowering read of it, and nothing else."""
    memories = tuple(Memory(m.name, m.offchip, m.capacity) for m in machine.memories)
    arrays = tuple(Array(a.name, a.rows, a.cols, a.ops, registers=a.registers, units=a.units) for a in machine.arrays)
    return Machine(machine.name, 1, machine.word, memories, arrays)


def timing_view(machine: Machine) -> Machine:
    """A machine on which given kernels take the same time: with what the simulator reads of it, and nothing else."""
    memories = tuple(Memory(m.name, m.offchip, bandwidth=m.bandwidth, latency=m.latency) for m in machine.memories)
    arrays = tuple(Array(a.name, a.rows, a.cols, a.ops, a.latency, units=a.units) for a in machine.arrays)
    return Machine(machine.name, machine.clock, machine.word, memories, arrays)


def plain(machine: Machine) -> dict[str, object]:
    """A machine as dictionaries, lists, texts and numbers, by the names of its description; free texts are left out."""
    found: dict[str, object] = _plain("machine", machine)
    found["memories"] = {m.name: _plain("memory", m) for m in machine.memories}
    found["arrays"] = {a.name: _plain("array", a) for a in machine.arrays}
    return found


def _plain(kind: str, owner: Machine | Memory | Array) -> dict[str, object]:
    return {
        k: getattr(owner, v.field) for k, v in SCHEMAS[kind].items() if k not in PARTS and k != "source" and getattr(owner, v.field) not in (None, {})
    }
