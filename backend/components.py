"""Where energies and areas of components come from: a machine's own tables, or another source that is asked for each of them.

A component is an entry of a table: a unit of an array's elements, their registers, a memory. What a source has no figure of keeps the table's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias

from .machine import Array, Machine, Memory, Table

Quantity: TypeAlias = Literal["energy", "area"]

UNIT: Mapping[Quantity, str] = {"energy": "pJ", "area": "um2"}


class NoFigure(Exception):
    """A source has no figure of a component; the message says why, in one line."""


@dataclass(frozen=True)
class Component:
    """A component to be asked for: entry `entry` of the energies or areas of `part`, and how a library of models knows it: the `model`'s name,
    its `action` and `attributes` (bits; `tech_node` in metres). No model: nobody has said which."""

    part: str
    entry: str
    model: str | None = None
    action: str = ""
    attributes: Mapping[str, int | float | str] = field(default_factory=dict[str, "int | float | str"])
    many: float | None = 1.0
    """How many of the model's components the entry's area is of; None if the machine does not say."""


class ComponentSource(Protocol):
    """What knows energies and areas of components. Both raise `NoFigure`."""

    @property
    def name(self) -> str: ...

    def energy(self, component: Component) -> float:
        """pJ of one action."""
        ...

    def area(self, component: Component) -> float:
        """um2."""
        ...


@dataclass(frozen=True)
class TableSource:
    """A machine's own tables."""

    machine: Machine
    name: str = "tables"

    def energy(self, component: Component) -> float:
        return self._of(component, "energy")

    def area(self, component: Component) -> float:
        return self._of(component, "area")

    def _of(self, component: Component, quantity: Quantity) -> float:
        part = next(p for p in (*self.machine.memories, *self.machine.arrays) if p.name == component.part)
        table: Table = part.energy if quantity == "energy" else part.area
        if component.entry not in table:
            raise NoFigure("the machine's tables have no figure")
        return float(table[component.entry])


@dataclass(frozen=True)
class Figure:
    """One entry of a part's energies or areas: by the tables and by another source, or why that has none."""

    part: str
    entry: str
    quantity: Quantity
    table: float | None
    other: float | None
    reason: str = ""

    @property
    def ratio(self) -> float | None:
        """The other source's figure over the table's."""
        return self.other / self.table if self.other is not None and self.table else None

    def to_json(self) -> dict[str, object]:
        return {
            "part": self.part,
            "entry": self.entry,
            "quantity": self.quantity,
            "unit": UNIT[self.quantity],
            "table": self.table,
            "source": self.other,
            "ratio": self.ratio,
            "reason": self.reason or None,
        }


Asked: TypeAlias = tuple[Quantity, Component]


def figures(machine: Machine, asked: Sequence[Asked], source: ComponentSource) -> list[Figure]:
    """All components that are asked for, by the machine's tables and by a source. A component that fails does not keep the others."""
    return list(_figures(TableSource(machine), asked, source))


def _figures(tables: ComponentSource, asked: Sequence[Asked], source: ComponentSource) -> Iterator[Figure]:
    for quantity, component in asked:
        try:
            known = _ask(tables, quantity, component)
        except NoFigure:
            known = None
        try:
            yield Figure(component.part, component.entry, quantity, known, _ask(source, quantity, component))
        except NoFigure as lacking:
            yield Figure(component.part, component.entry, quantity, known, None, str(lacking))


def _ask(source: ComponentSource, quantity: Quantity, component: Component) -> float:
    return source.energy(component) if quantity == "energy" else source.area(component)


def with_figures(machine: Machine, found: Sequence[Figure]) -> Machine:
    """A machine with the other source's figures in its tables, wherever that has one."""
    new: dict[tuple[str, Quantity], dict[str, float]] = {}
    for each in found:
        if each.other is not None:
            new.setdefault((each.part, each.quantity), {})[each.entry] = each.other

    def told(part: Memory | Array) -> dict[str, Table]:
        tables: dict[Quantity, Table] = {"energy": part.energy, "area": part.area}
        return {quantity: {**table, **new.get((part.name, quantity), {})} for quantity, table in tables.items()}

    return replace(
        machine,
        memories=tuple(replace(m, **told(m)) for m in machine.memories),
        arrays=tuple(replace(a, **told(a)) for a in machine.arrays),
    )
