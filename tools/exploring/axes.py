"""What an axis may be, by its name: a number of the machine, a rank's size or tile, the machine, the passes, the mapping, the overlap."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ...backend.machine import Machine
from ...backend.machine_fields import FieldError, MachineField, find_field
from ...backend.machine_yaml import MachineError, load_machine, machine_names
from ...backend.yaml_reader import Reader, read_count, read_flag, read_text
from ...dialects.einsum_attrs import MAX_SIZE
from ...dialects.notation import nearest
from ...lowering.mapping import DEFAULT, CascadeMapping
from ..diagnostics import Failure
from ..pipeline import build
from ..plugins import installed_universe
from ..simulation import mapping_in
from .ranges import Read, Value

Kind: TypeAlias = Literal["field", "set", "tile", "machine", "pipeline", "mapping", "overlap"]

AS_EINFOLD_DOES = "default"
"""As passes or mapping: those of einfold's own choice."""

WORDS: Mapping[str, Kind] = {"machine": "machine", "pipeline": "pipeline", "mapping": "mapping", "overlap": "overlap"}
SIZES: Mapping[str, Kind] = {"set": "set", "tile": "tile"}
"""Names of axes that stand alone, and those that a rank follows (`set.m`)."""


@dataclass(frozen=True)
class Axis:
    """A name that takes values. `target`: a rank, or "" ; `fields`: machine -> its field. `lowers`: kernels may depend on it."""

    name: str
    kind: Kind
    read: Read
    target: str = ""
    fields: Mapping[str, MachineField] = field(default_factory=dict[str, MachineField])

    @property
    def numeric(self) -> bool:
        return self.kind in ("field", "set", "tile")

    @property
    def whole(self) -> bool:
        """Whether its values are counts."""
        return self.kind in ("set", "tile") or any(f.whole for f in self.fields.values())

    @property
    def lowers(self) -> bool:
        return self.kind != "field" or any(f.lowers for f in self.fields.values())


class Files:
    """Machines and mappings that a sweep names, each read once. `own`: machines that stand in the cascade's file."""

    def __init__(self, folder: Path, own: Mapping[str, Machine]):
        self.folder = folder
        self.machines: dict[str, Machine] = dict(own)
        self.mappings: dict[str, CascadeMapping] = {AS_EINFOLD_DOES: DEFAULT}

    def machine(self, reader: Reader, node: Any, what: str) -> str:
        """The name of a machine that is there; read from the file it names beside the sweep."""
        name = read_text(reader, node, what)
        if name not in self.machines:
            try:
                self.machines[name] = load_machine(str(self.folder / name) if name.endswith((".yaml", ".yml")) else name)
            except MachineError as error:
                text = str(error)
                if text.startswith("unknown machine"):
                    text = f"unknown machine '{name}'{nearest(name, [*self.machines, *machine_names()])}"
                raise reader.fail(node, f"{what}: {text}") from None
        return name

    def mapping(self, reader: Reader, node: Any, what: str) -> str:
        """The name of a mapping's file beside the sweep, or `default`."""
        name = read_text(reader, node, what)
        if name not in self.mappings:
            try:
                self.mappings[name] = mapping_in(str(self.folder / name))
            except Failure as failure:
                raise reader.fail(node, f"{what}: {failure.diagnostics[0].header}") from None
        return name


def read_pipeline(reader: Reader, node: Any, what: str) -> str:
    """Passes as `einfold simulate --pipeline` takes them, or `default`."""
    text = read_text(reader, node, what)
    if text != AS_EINFOLD_DOES:
        try:
            build(text, what, "pass", installed_universe().all_passes)
        except Failure as failure:
            raise reader.fail(node, f"{what}: {failure.diagnostics[0].message}") from None
    return text


def _read_size(reader: Reader, node: Any, what: str) -> int:
    value = read_count(reader, node, what)
    if value > MAX_SIZE:
        raise reader.fail(node, f"{what} is {value}; sizes run from 1 to 2^40")
    return value


def find_axis(reader: Reader, key: Any, name: str, files: Files, machines: Sequence[str], ranks: Collection[str]) -> Axis:
    """The axis called `name`, on all of `machines`. Raises the reader's error, at the key, with the nearest name."""
    first, dot, rest = name.partition(".")
    if name in WORDS:
        reads: Mapping[str, Read] = {"machine": files.machine, "pipeline": read_pipeline, "mapping": files.mapping, "overlap": read_flag}
        return Axis(name, WORDS[name], reads[name])
    if first in SIZES:
        if rest not in ranks:
            near = nearest(rest, list(ranks)) or f"; its ranks are {', '.join(ranks)}"
            raise reader.fail(key, f"unknown axis '{name}': the cascade has no rank '{rest}'{near}")
        return Axis(name, SIZES[first], _read_size, rest)
    try:
        found = {m: find_field(files.machines[m], name) for m in machines}
    except FieldError as error:
        others = [*WORDS, *SIZES] if not dot else []
        raise reader.fail(key, f"unknown axis '{name}': {error}{nearest(name, others) if 'did you mean' not in str(error) else ''}") from None
    return Axis(name, "field", next(iter(found.values())).read, fields=found)


def shown(value: Value) -> str:
    """A value as reports tell it: whole numbers as they are, other numbers shortly."""
    return str(value) if isinstance(value, bool | int | str) else f"{value:.6g}"
