"""Which model stands for which component, as data: the library's units for an array's operations, and a user's file that says otherwise.

A file has `source`, `tech_node_nm`, and `parts`: part -> entry of its tables -> `model`, `action`, and the model's own attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from ..dialects.notation import nearest
from .components import Asked, Component
from .machine import Array, Machine, Memory
from .yaml_reader import DescriptionError, Key, Reader, compose, read_number, read_text

SOURCES = ("hwcomponents",)

TECH_NODE_NM = 45
"""The node of the tables of the machines that come with einfold."""

UNITS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "mac": ("intmac", "mac", ("multiplier_width", "adder_width")),
    "mul": ("multiplier", "multiply", ("width",)),
    "add": ("adder", "add", ("width",)),
    "sub": ("adder", "add", ("width",)),
    "max": ("comparator", "compare", ("width",)),
    "min": ("comparator", "compare", ("width",)),
    "register_read": ("register", "read", ("width",)),
    "register_write": ("register", "write", ("width",)),
    "registers": ("register", "", ("width",)),
}
"""Entry of an array's tables -> model, action, and the attributes that are widths in bits; other entries have no unit in the library."""

WORDS: Mapping[str, int] = {"adder_width": 2}
"""Widths that are several words; the others are one."""

READ_WRITE = ("read", "write")


class ComponentsError(DescriptionError):
    """A file of components that cannot be found or read: `file:line:col: error: reason`, or the reason alone."""


@dataclass(frozen=True)
class Stated:
    """What a file says of one component: model, action, attributes."""

    model: str | None = None
    action: str | None = None
    attributes: Mapping[str, int | float | str] = field(default_factory=dict[str, "int | float | str"])
    place: str = ""
    """`file:line:col`."""


@dataclass(frozen=True)
class Part:
    """What a file says of one part's components, by entry, and where."""

    entries: Mapping[str, Stated]
    place: str = ""


@dataclass(frozen=True)
class Components:
    """A source by its name, the technology node, and what a file says of components: part -> entry -> statement."""

    source: str
    tech_node_nm: float = TECH_NODE_NM
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])

    def asked(self, machine: Machine) -> list[Asked]:
        """Energies and areas of a machine's components. Raises `ComponentsError` for a part or an entry that it does not have."""
        found = [a for m in machine.memories for a in self._memory(m)] + [a for x in machine.arrays for a in self._array(x, machine)]
        for name, part in self.parts.items():
            entries = list(dict.fromkeys(c.entry for _, c in found if c.part == name))
            if not entries:
                known = list(dict.fromkeys(c.part for _, c in found))
                raise ComponentsError(f"{part.place}: error: machine '{machine.name}' has no part '{name}'{nearest(name, known)}")
            for entry, stated in part.entries.items():
                if entry not in entries:
                    raise ComponentsError(f"{stated.place}: error: '{name}' has no entry '{entry}'{nearest(entry, entries)}")
        return [(quantity, self._stated(component)) for quantity, component in found]

    def _memory(self, memory: Memory) -> Iterator[Asked]:
        attributes: dict[str, int | float | str] = {}
        if not memory.offchip:
            attributes["tech_node"] = self.tech_node_nm * 1e-9
            if memory.row is not None:
                attributes["width"] = round(memory.row * 8)
            if memory.capacity is not None:
                attributes["size"] = round(memory.capacity * 8)
        model = None if memory.offchip else "sram"
        for way in READ_WRITE:
            yield "energy", Component(memory.name, way, model, way, attributes)
        if not memory.offchip:
            yield "area", Component(memory.name, "total", model, "", attributes)

    def _array(self, array: Array, machine: Machine) -> Iterator[Asked]:
        bits = round(machine.word * 8)
        words = None if array.registers is None else array.registers / (array.rows * array.cols * machine.word)
        for entry in dict.fromkeys((*array.ops, *array.energy, "register_read", "register_write")):
            yield "energy", self._unit(array.name, entry, bits)
        stated = array.area or [e for e in array.ops if e in UNITS and not (e in ("add", "mul", "sub") and "mac" in array.ops)]
        for entry in stated:
            unit = self._unit(array.name, entry, bits)
            yield "area", replace(unit, many=words) if entry == "registers" else unit

    def _unit(self, part: str, entry: str, bits: int) -> Component:
        if entry not in UNITS:
            return Component(part, entry, attributes={"tech_node": self.tech_node_nm * 1e-9})
        model, action, widths = UNITS[entry]
        return Component(part, entry, model, action, {"tech_node": self.tech_node_nm * 1e-9, **{w: bits * WORDS.get(w, 1) for w in widths}})

    def _stated(self, component: Component) -> Component:
        part = self.parts.get(component.part)
        stated = None if part is None else part.entries.get(component.entry)
        if stated is None:
            return component
        other = stated.model is not None and stated.model != component.model
        own = {k: v for k, v in component.attributes.items() if k == "tech_node" or not other}
        return replace(
            component,
            model=stated.model or component.model,
            action=stated.action or component.action,
            attributes={**own, **stated.attributes},
        )


def _source(reader: Reader, node: Any, what: str) -> str:
    value = read_text(reader, node, what)
    if value not in SOURCES:
        raise reader.fail(node, f"{what} is '{value}'; it must be {', '.join(SOURCES)}{nearest(value, list(SOURCES))}")
    return value


def _place(reader: Reader, node: Any) -> str:
    return str(reader.fail(node, "")).partition(": error:")[0]


def _attribute(reader: Reader, node: Any, what: str) -> int | float | str:
    return cast("int | float | str", reader.scalar(node, what, (int, float, str), "a number or a text"))


def _entry(reader: Reader, key: Any, node: Any, what: str) -> Stated:
    values = {k: _attribute(reader, v, f"'{k}' of {what}") for k, (_, v) in reader.entries(node, what).items()}
    model, action = values.pop("model", None), values.pop("action", None)
    return Stated(None if model is None else str(model), None if action is None else str(action), values, _place(reader, key))


def _parts(reader: Reader, node: Any, what: str) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part, (at, entries) in reader.entries(node, what).items():
        stated = {e: _entry(reader, k, v, f"'{e}' of '{part}'") for e, (k, v) in reader.entries(entries, f"'{part}' of {what}").items()}
        found[part] = Part(stated, _place(reader, at))
    return found


_COMPONENTS: Mapping[str, Key] = {
    "source": Key("source", _source, required=True),
    "tech_node_nm": Key("tech_node_nm", read_number),
    "parts": Key("parts", _parts),
}


def parse_components(text: str, file: str = "<components>") -> Components:
    """What a YAML text says of components. Raises `ComponentsError` with `file` and the line."""
    reader = Reader(file, ComponentsError)
    return Components(**reader.record(compose(text, reader), _COMPONENTS, "the components"))


def load_components(name_or_path: str) -> Components:
    """A source by its name, or a YAML file. Raises `ComponentsError`."""
    if name_or_path in SOURCES:
        return Components(name_or_path)
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        raise ComponentsError(
            f"unknown source of components '{name_or_path}'{nearest(name_or_path, list(SOURCES))}; known: {', '.join(SOURCES)}, or a YAML file"
        )
    try:
        return parse_components(path.read_text(encoding="utf-8"), name_or_path)
    except (OSError, UnicodeDecodeError) as error:
        raise ComponentsError(f"cannot read components '{name_or_path}': {getattr(error, 'strerror', None) or 'not a text file'}") from None
