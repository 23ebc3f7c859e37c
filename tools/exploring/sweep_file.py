"""A sweep, read from a YAML file: axes with their values, what is fixed, and what follows from an axis."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, cast

import yaml

from ...backend.accounting import Accounting, AccountingError, load_accounting
from ...backend.machine import Machine
from ...backend.simulate import Fidelity
from ...backend.yaml_reader import DescriptionError, Key, Reader, compose, read_number, read_number_or_zero, read_text
from ...dialects.notation import nearest
from .axes import Axis, Files, find_axis
from .ranges import Value, number_node, read_values

MOST_POINTS = 100_000
"""Points of a sweep, at most."""

FIDELITIES: tuple[Fidelity, ...] = ("event", "analytic")


class SweepError(DescriptionError):
    """A file that does not describe a sweep: `file:line:col: error: reason`."""


@dataclass(frozen=True)
class Follow:
    """A value that another axis decides: by its value there."""

    axis: Axis
    of: str
    values: Mapping[Value, Value]


@dataclass(frozen=True)
class Sweep:
    """`axes`: with their values. `groups`: names of axes that go together, value by value; every other axis goes with all values of all others.
    `fixed`: with the one value each has. `files`: what machines and mappings are called."""

    name: str
    axes: Mapping[str, tuple[Axis, tuple[Value, ...]]]
    groups: tuple[tuple[str, ...], ...]
    fixed: Mapping[str, tuple[Axis, Value]]
    follows: Mapping[str, Follow]
    files: Files
    fidelity: Fidelity = "event"
    accounting: Accounting = field(default_factory=lambda: Accounting("full"))

    @property
    def count(self) -> int:
        """How many points there are."""
        return prod(len(self.axes[group[0]][1]) for group in self.groups)

    @property
    def notes(self) -> list[str]:
        """What one should know before trusting a front: sizes that change, while the area that goes with them does not."""
        changing = {**{n: a for n, (a, _) in self.axes.items()}, **{n: f.axis for n, f in self.follows.items()}}
        found: list[str] = []
        for name, axis in changing.items():
            fields = axis.fields.values()
            owners = {f.part for f in fields if f.key in ("capacity_bytes", "register_bytes")}
            scaled = {f.part for a in changing.values() for f in a.fields.values() if f.key == "area_um2"}
            if owners - scaled:
                found.append(f"'{name}' changes, but no area of '{min(owners - scaled)}' does; 'follows' may say how it does")
        return found


def parse_sweep(
    text: str, file: str, ranks: Collection[str], machine: str | None = None, own: Mapping[str, Machine] | None = None, folder: Path | None = None
) -> Sweep:
    """The sweep that a YAML text describes, over a cascade of some ranks.

    `machine`: instead of the file's. `own`: machines known besides those that come with einfold. `folder`: where files it names are (None: where
    `file` is). Raises `SweepError` with `file` and the place.
    """
    reader = Reader(file, SweepError)
    root = compose(text, reader)
    found = reader.record(root, _SWEEP, "the sweep")
    files = Files(Path(file).parent if folder is None else folder, own or {})
    return _Parser(reader, root, found, files, tuple(ranks), machine).sweep()


def _node(reader: Reader, node: Any, what: str) -> Any:
    return node


def _fidelity(reader: Reader, node: Any, what: str) -> str:
    value = read_text(reader, node, what)
    if value not in FIDELITIES:
        raise reader.fail(node, f"{what} is '{value}'; it must be {' or '.join(FIDELITIES)}{nearest(value, list(FIDELITIES))}")
    return value


def _accounting(reader: Reader, node: Any, what: str) -> Accounting:
    try:
        return load_accounting(read_text(reader, node, what))
    except AccountingError as error:
        raise reader.fail(node, f"{what}: {error}") from None


_SWEEP: Mapping[str, Key] = {
    "name": Key("name", read_text, required=True),
    "source": Key("source", read_text),
    "machine": Key("machine", _node),
    "fidelity": Key("fidelity", _fidelity),
    "accounting": Key("accounting", _accounting),
    "fixed": Key("fixed", _node),
    "axes": Key("axes", _node, required=True),
    "zip": Key("zip", _node),
    "follows": Key("follows", _node),
}

_FOLLOW: Mapping[str, Key] = {
    "of": Key("of", read_text, required=True),
    "times": Key("times", read_number),
    "to_the": Key("power", read_number),
    "plus": Key("plus", read_number_or_zero),
}
"""A value that follows: times x other ** to_the + plus."""


class _Parser:
    """One file, key after key: what comes later is checked against what came before."""

    def __init__(self, reader: Reader, root: Any, found: Mapping[str, Any], files: Files, ranks: tuple[str, ...], machine: str | None):
        self.reader, self.root, self.found, self.files, self.ranks, self.machine = reader, root, found, files, ranks, machine
        self.entries = reader.entries(found["axes"], "'axes' of the sweep")
        self.given: dict[str, str] = {}
        """Name -> where it has its value from."""

    def sweep(self) -> Sweep:
        if not self.entries:
            raise self.reader.fail(self.found["axes"], "the sweep has no axes")
        fixed, names = self._machines()
        axes: dict[str, tuple[Axis, tuple[Value, ...]]] = {}
        for name, (key, node) in self.entries.items():
            axis = self._axis(key, name, names, "axes")
            axes[name] = axis, read_values(self.reader, node, f"axis '{name}'", axis.read, numbers=axis.numeric)
        for name, (key, node) in self._entries("fixed").items():
            axis = self._axis(key, name, names, "fixed")
            fixed[name] = axis, axis.read(self.reader, node, f"'{name}'")
        follows = self._follows(axes, fixed, names)
        groups = self._groups(axes)
        options = {n: self.found[n] for n in ("fidelity", "accounting") if n in self.found}
        sweep = Sweep(self.found["name"], axes, groups, fixed, follows, self.files, **options)
        if sweep.count > MOST_POINTS:
            raise self.reader.fail(self.found["axes"], f"the axes make {sweep.count:,} points; a sweep has {MOST_POINTS:,} at most")
        return sweep

    def _entries(self, key: str) -> dict[str, tuple[Any, Any]]:
        return self.reader.entries(self.found[key], f"'{key}' of the sweep") if key in self.found else {}

    def _axis(self, key: Any, name: str, machines: Sequence[str], where: str) -> Axis:
        if name in self.given:
            raise self.reader.fail(key, f"'{name}' has its value from '{self.given[name]}' already")
        self.given[name] = where
        return find_axis(self.reader, key, name, self.files, machines, self.ranks)

    def _machines(self) -> tuple[dict[str, tuple[Axis, Value]], list[str]]:
        """The machine, where it is fixed; all machines of the sweep. It is on them that other axes are numbers."""
        node: Any = self.found.get("machine")
        if "machine" in self.entries:
            if node is not None or self.machine is not None:
                told = "'machine' of the sweep" if node is not None else "--machine"
                raise self.reader.fail(self.entries["machine"][0], f"the machine is an axis, and given by {told} as well")
            names = read_values(self.reader, self.entries["machine"][1], "axis 'machine'", self.files.machine, numbers=False)
            return {}, [str(n) for n in names]
        if node is None and self.machine is None:
            raise self.reader.fail(self.root, "the sweep lacks 'machine': name one, make it an axis, or give --machine")
        axis = find_axis(self.reader, node, "machine", self.files, (), self.ranks)
        self.given["machine"] = "--machine" if self.machine is not None else "machine"
        name = self.machine if self.machine is not None else str(axis.read(self.reader, node, "'machine' of the sweep"))
        return {"machine": (axis, name)}, [name]

    def _follows(
        self, axes: Mapping[str, tuple[Axis, tuple[Value, ...]]], fixed: Mapping[str, tuple[Axis, Value]], machines: Sequence[str]
    ) -> dict[str, Follow]:
        known: dict[str, tuple[Axis, Sequence[Value]]] = {**axes, **{n: (a, (v,)) for n, (a, v) in fixed.items()}}
        found: dict[str, Follow] = {}
        for name, (key, node) in self._entries("follows").items():
            axis = self._axis(key, name, machines, "follows")
            if not axis.numeric:
                raise self.reader.fail(key, f"'{name}' is no number, and follows from none")
            rule = self.reader.record(node, _FOLLOW, f"'{name}' in 'follows'")
            of: str = rule["of"]
            if of not in known or not known[of][0].numeric:
                numeric = [n for n, (a, _) in known.items() if a.numeric]
                raise self.reader.fail(node, f"'{name}' follows '{of}', which is no number of this sweep{nearest(of, numeric)}")
            values = {v: self._followed(axis, node, rule, cast("int | float", v)) for v in known[of][1]}
            found[name] = Follow(axis, of, values)
            known[name] = axis, tuple(values.values())
        return found

    def _followed(self, axis: Axis, node: Any, rule: Mapping[str, Any], value: int | float) -> Value:
        what = f"'{axis.name}' where '{rule['of']}' is {value}"
        try:
            base: int | float = float(value) ** float(rule["power"]) if "power" in rule else value
            made: int | float = rule.get("times", 1) * base + rule.get("plus", 0)
            return axis.read(self.reader, number_node(node, round(made) if axis.whole else made), what)
        except OverflowError:
            raise self.reader.fail(node, f"{what} is beyond what a number may be") from None

    def _groups(self, axes: Mapping[str, tuple[Axis, tuple[Value, ...]]]) -> tuple[tuple[str, ...], ...]:
        """Axes that go together, at the place of the first of them."""
        member: dict[str, tuple[str, ...]] = {}
        for node in self._items(self.found.get("zip")):
            names: list[str] = []
            for item in self._items(node):
                name = read_text(self.reader, item, "an entry of 'zip'")
                if name not in axes:
                    raise self.reader.fail(item, f"'{name}' in 'zip' is no axis of this sweep{nearest(name, list(axes))}")
                if name in names or name in member:
                    raise self.reader.fail(item, f"'{name}' stands twice in 'zip'")
                if len(axes[name][1]) != len(axes[(names or [name])[0]][1]):
                    lengths = ", ".join(f"'{n}' has {len(axes[n][1])}" for n in (names[0], name))
                    raise self.reader.fail(item, f"axes that go together have as many values each: {lengths}")
                names.append(name)
            member |= dict.fromkeys(names, tuple(names))
        return tuple(dict.fromkeys(member.get(name, (name,)) for name in axes))

    def _items(self, node: Any) -> list[Any]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode) or not cast(list[Any], node.value):
            raise self.reader.fail(node, "'zip' is a list of lists of axes")
        return cast(list[Any], node.value)
