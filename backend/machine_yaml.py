"""Machine descriptions in YAML: found by name or path, read safely, and refused with the line and the reason when they are wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..algebra.operators import SCALAR_OPERATORS
from ..dialects.notation import nearest
from ..plugins import machines
from .machine import Array, Machine, Memory
from .yaml_reader import (
    DescriptionError,
    Key,
    Reader,
    compose,
    read_costs,
    read_count,
    read_cycles,
    read_flag,
    read_names,
    read_number,
    read_number_or_zero,
    read_text,
)


class MachineError(DescriptionError):
    """A machine that cannot be found or read: `file:line:col: error: reason`, or the reason alone where there is no file."""


def _memories(reader: Reader, node: Any, what: str) -> tuple[Memory, ...]:
    memories = tuple(Memory(name, **reader.record(value, _MEMORY, f"memory '{name}'")) for name, (_, value) in reader.entries(node, what).items())
    if (count := sum(m.offchip for m in memories)) != 1:
        raise reader.fail(node, f"{count} memories are offchip; a machine needs one")
    return memories


def _arrays(reader: Reader, node: Any, what: str) -> tuple[Array, ...]:
    entries = reader.entries(node, what)
    arrays = tuple(Array(name, **reader.record(value, _ARRAY, f"array '{name}'")) for name, (_, value) in entries.items())
    if not arrays:
        raise reader.fail(node, "a machine needs an array")
    for array, (_, value) in zip(arrays, entries.values(), strict=True):
        operations = (*array.ops, *(op for op in UNITS if op not in array.ops))
        known = {"energy_pj": (*operations, *REGISTER_ACTIONS), "area_um2": (*operations, *AREA_PARTS)}
        for key, (_, table) in reader.entries(value, array.name).items():
            if key == "units":
                _check_units(reader, table, array)
            if key in known:
                _check_actions(reader, table, f"'{key}' of array '{array.name}'", known[key])
    return arrays


def _check_actions(reader: Reader, node: Any, what: str, known: Sequence[str]) -> None:
    """Raise for the first key of a table that no action has, so that a slip of the pen is not energy or area that nobody counts."""
    for name, (key, _) in reader.entries(node, what).items():
        if name not in known:
            raise reader.fail(key, f"unknown action '{name}' in {what}{nearest(name, list(known))}")


def read_units(reader: Reader, node: Any, what: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for unit, (key, value) in reader.entries(node, what).items():
        if not UNIT_NAME.fullmatch(unit):
            raise reader.fail(key, f"'{unit}' in {what} is no name of letters, digits and '_'")
        found[unit] = read_names(reader, value, f"'{unit}' in {what}")
        if not found[unit]:
            raise reader.fail(value, f"'{unit}' in {what} has no operation")
    return found


def _check_units(reader: Reader, node: Any, array: Array) -> None:
    """Raise for an operation of a unit that the array does not do, or that another unit has."""
    owner: dict[str, str] = {}
    for unit, (key, _) in reader.entries(node, array.name).items():
        for op in array.units[unit]:
            if op not in array.ops:
                raise reader.fail(key, f"unit '{unit}' has '{op}', which array '{array.name}' does not do{nearest(op, list(array.ops))}")
            if op in owner:
                raise reader.fail(key, f"'{op}' of array '{array.name}' is in unit '{owner[op]}' and in unit '{unit}'")
            owner[op] = unit


def _accesses(reader: Reader, node: Any, what: str) -> dict[str, int | float]:
    _check_actions(reader, node, what, ACCESSES)
    return read_costs(reader, node, what)


def _areas(reader: Reader, node: Any, what: str) -> dict[str, int | float]:
    _check_actions(reader, node, what, AREA_PARTS)
    return read_costs(reader, node, what)


UNIT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

UNITS = ("mac", *SCALAR_OPERATORS)
"""Operations of which a table may have figures even where the array cannot do them."""

ACCESSES, REGISTER_ACTIONS, AREA_PARTS = ("read", "write"), ("register_read", "register_write"), ("total", "registers")
"""Actions of a memory; of an array besides its operations; parts of an area besides an array's operations (`total`: of a whole memory)."""


_MEMORY: Mapping[str, Key] = {
    "offchip": Key("offchip", read_flag),
    "capacity_bytes": Key("capacity", read_number),
    "bandwidth_bytes_per_s": Key("bandwidth", read_number),
    "latency_cycles": Key("latency", read_number_or_zero),
    "row_bytes": Key("row", read_number),
    "energy_pj": Key("energy", _accesses),
    "area_um2": Key("area", _areas),
    "source": Key("source", read_text),
}

_ARRAY: Mapping[str, Key] = {
    "rows": Key("rows", read_count, required=True),
    "cols": Key("cols", read_count, required=True),
    "cycles": Key("ops", read_cycles, required=True),
    "units": Key("units", read_units),
    "latency_cycles": Key("latency", read_number_or_zero),
    "register_bytes": Key("registers", read_number),
    "energy_pj": Key("energy", read_costs),
    "area_um2": Key("area", read_costs),
    "source": Key("source", read_text),
}

_MACHINE: Mapping[str, Key] = {
    "name": Key("name", read_text, required=True),
    "clock_hz": Key("clock", read_number, required=True),
    "word_bytes": Key("word", read_count, required=True),
    "memories": Key("memories", _memories, required=True),
    "arrays": Key("arrays", _arrays, required=True),
    "source": Key("source", read_text),
}


SCHEMAS: Mapping[str, Mapping[str, Key]] = {"machine": _MACHINE, "memory": _MEMORY, "array": _ARRAY}
"""What a description may say of a machine and of its parts, for those who read single values of one."""


def parse_machine(text: str, file: str = "<machine>") -> Machine:
    """The machine that a YAML text describes. Raises `MachineError` with `file` and the line."""
    reader = Reader(file, MachineError)
    node = compose(text, reader)
    machine = Machine(**reader.record(node, _MACHINE, "the machine"))
    names = [part.name for part in (*machine.memories, *machine.arrays)]
    if (twice := next((n for n in names if names.count(n) > 1), None)) is not None:
        raise reader.fail(node, f"'{twice}' names a memory and an array")
    return machine


def machine_names() -> tuple[str, ...]:
    """The machines that come with the package."""
    folder = files("einfold.backend.machines")
    return tuple(sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")))


def load_machine(name_or_path: str) -> Machine:
    """A machine by the name it ships under, or by the path of a YAML file. Raises `MachineError`."""
    if name_or_path in machine_names():
        file = files("einfold.backend.machines") / f"{name_or_path}.yaml"
        return parse_machine(file.read_text(encoding="utf-8"), f"{name_or_path}.yaml")
    if (offered := machines().get(name_or_path)) is not None:
        try:
            return parse_machine(offered.read(), f"{name_or_path}.yaml")
        except (OSError, UnicodeDecodeError) as error:
            raise MachineError(f"cannot read machine '{name_or_path}' of a plug-in: {error}") from None
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and len(path.parts) < 2:
        raise MachineError(f"unknown machine '{name_or_path}'{nearest(name_or_path, [*machine_names(), *machines()])}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MachineError(f"cannot read machine '{name_or_path}': {getattr(error, 'strerror', None) or 'not a text file'}") from None
    return parse_machine(text, name_or_path)
