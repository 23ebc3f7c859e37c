"""Machine descriptions in YAML: found by name or path, read safely, and refused with the line and the reason when they are wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml
from xdsl.utils.exceptions import DiagnosticException

from ..dialects.notation import nearest
from .machine import Array, Machine, Memory


class MachineError(DiagnosticException):
    """A machine that cannot be found or read: `file:line: error: reason`, or the reason alone where there is no file."""


@dataclass(frozen=True)
class _Key:
    """What a key of the file means: the field it fills, how its value is read, and whether it must be there."""

    field: str
    read: Callable[[_Reader, Any, str], Any]
    required: bool = False


class _Reader:
    """Reads YAML nodes, which know their lines."""

    def __init__(self, file: str):
        self.file = file

    def fail(self, node: Any, reason: str) -> MachineError:
        return MachineError(f"{self.file}:{node.start_mark.line + 1}: error: {reason}")

    def entries(self, node: Any, what: str) -> dict[str, tuple[Any, Any]]:
        """Key -> (key node, value node) of a mapping, keys being different texts."""
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, f"{what} must be a mapping of names to values")
        found: dict[str, tuple[Any, Any]] = {}
        for key, value in cast(list[tuple[Any, Any]], node.value):
            if not isinstance(key, yaml.ScalarNode):
                raise self.fail(key, f"a key of {what} must be a name")
            name = str(cast(Any, key).value)
            if name in found:
                raise self.fail(key, f"'{name}' is given twice in {what}")
            found[name] = (key, value)
        return found

    def record(self, node: Any, schema: Mapping[str, _Key], what: str) -> dict[str, Any]:
        """Field -> value, by a schema that knows every key."""
        entries = self.entries(node, what)
        for name, (key, _) in entries.items():
            if name not in schema:
                raise self.fail(key, f"unknown key '{name}' in {what}{nearest(name, list(schema))}")
        for name, key in schema.items():
            if key.required and name not in entries:
                raise self.fail(node, f"{what} lacks '{name}'")
        return {schema[n].field: schema[n].read(self, value, f"'{n}' of {what}") for n, (_, value) in entries.items()}

    def scalar(self, node: Any, what: str, kinds: tuple[type, ...], told: str) -> Any:
        value = _constructed(node)
        if isinstance(value, str) and float in kinds and _is_float(value):
            value = float(value)  # YAML 1.1 reads 1e9 as text
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.fail(node, f"{what} must be {told}")
        return value


def _constructed(node: Any) -> object:
    """The plain value that a scalar stands for; None if it stands for none."""
    if not isinstance(node, yaml.ScalarNode):
        return None
    try:
        return cast(Any, yaml.SafeLoader("")).construct_object(node)
    except (yaml.YAMLError, ValueError):
        return None


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(reader: _Reader, node: Any, what: str, zero: bool = False) -> int | float:
    value = cast(int | float, reader.scalar(node, what, (int, float), "a number"))
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise reader.fail(node, f"{what} is {value}; it must be {'zero or ' if zero else ''}a positive number")
    return value


def _number_or_zero(reader: _Reader, node: Any, what: str) -> int | float:
    return _number(reader, node, what, zero=True)


def _count(reader: _Reader, node: Any, what: str) -> int:
    value = cast(int, reader.scalar(node, what, (int,), "a whole number"))
    if value < 1:
        raise reader.fail(node, f"{what} is {value}; it must be at least 1")
    return value


def _flag(reader: _Reader, node: Any, what: str) -> bool:
    return cast(bool, reader.scalar(node, what, (bool,), "true or false"))


def _text(reader: _Reader, node: Any, what: str) -> str:
    return cast(str, reader.scalar(node, what, (str,), "a text"))


def _cycles(reader: _Reader, node: Any, what: str) -> dict[str, int | float]:
    return {n: _number(reader, value, f"'{n}' in {what}") for n, (_, value) in reader.entries(node, what).items()}


def _costs(reader: _Reader, node: Any, what: str) -> dict[str, int | float]:
    return {n: _number(reader, value, f"'{n}' in {what}", zero=True) for n, (_, value) in reader.entries(node, what).items()}


def _memories(reader: _Reader, node: Any, what: str) -> tuple[Memory, ...]:
    memories = tuple(Memory(name, **reader.record(value, _MEMORY, f"memory '{name}'")) for name, (_, value) in reader.entries(node, what).items())
    if (count := sum(m.offchip for m in memories)) != 1:
        raise reader.fail(node, f"{count} memories are offchip; a machine needs one")
    return memories


def _arrays(reader: _Reader, node: Any, what: str) -> tuple[Array, ...]:
    arrays = tuple(Array(name, **reader.record(value, _ARRAY, f"array '{name}'")) for name, (_, value) in reader.entries(node, what).items())
    if not arrays:
        raise reader.fail(node, "a machine needs an array")
    return arrays


_MEMORY: Mapping[str, _Key] = {
    "offchip": _Key("offchip", _flag),
    "capacity_bytes": _Key("capacity", _number),
    "bandwidth_bytes_per_s": _Key("bandwidth", _number),
    "latency_cycles": _Key("latency", _number_or_zero),
    "row_bytes": _Key("row", _number),
    "energy_pj": _Key("energy", _costs),
    "area_um2": _Key("area", _costs),
    "source": _Key("source", _text),
}

_ARRAY: Mapping[str, _Key] = {
    "rows": _Key("rows", _count, required=True),
    "cols": _Key("cols", _count, required=True),
    "cycles": _Key("ops", _cycles, required=True),
    "latency_cycles": _Key("latency", _number_or_zero),
    "register_bytes": _Key("registers", _number),
    "energy_pj": _Key("energy", _costs),
    "area_um2": _Key("area", _costs),
    "source": _Key("source", _text),
}

_MACHINE: Mapping[str, _Key] = {
    "name": _Key("name", _text, required=True),
    "clock_hz": _Key("clock", _number, required=True),
    "word_bytes": _Key("word", _count, required=True),
    "memories": _Key("memories", _memories, required=True),
    "arrays": _Key("arrays", _arrays, required=True),
    "source": _Key("source", _text),
}


def parse_machine(text: str, file: str = "<machine>") -> Machine:
    """The machine that a YAML text describes. Raises `MachineError` with `file` and the line."""
    try:
        node: Any = cast(Any, yaml).compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        raise MachineError(f"{file}:{line}: error: not YAML: {getattr(error, 'problem', None) or error}") from None
    except RecursionError:
        raise MachineError(f"{file}:1: error: nested too deeply") from None
    if node is None:
        raise MachineError(f"{file}:1: error: the file is empty")
    reader = _Reader(file)
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
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml") and len(path.parts) < 2:
        raise MachineError(f"unknown machine '{name_or_path}'{nearest(name_or_path, list(machine_names()))}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MachineError(f"cannot read machine '{name_or_path}': {getattr(error, 'strerror', None) or 'not a text file'}") from None
    return parse_machine(text, name_or_path)
