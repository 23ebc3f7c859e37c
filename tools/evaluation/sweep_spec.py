"""A sweep over sizes of machines, read from a YAML file: tables of an evaluation at one length, with arrays and buffers of other sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import yaml

from ...backend.yaml_reader import Key, Reader, compose, read_count, read_file_name, read_flag, read_number, read_number_or_zero, read_text
from ...dialects.notation import nearest
from .spec import Spec
from .spec_yaml import SpecError

T = TypeVar("T")

SIDE_LIMIT = 2**16
"""Rows or columns of an array, at most."""


@dataclass(frozen=True)
class Design:
    """A machine of a sweep: rows and columns of its arrays, bytes of its buffer, words of a processing element's registers by array (arrays
    that are not named keep the area of theirs). Empty `models`: for all of them."""

    side: int
    buffer: int
    registers: Mapping[str, int] = field(default_factory=dict[str, int])
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Accelerator:
    """A table of the evaluation on several machines. `tiles`: ranks whose tiles are as long as a side of the arrays. `grows`: a buffer is doubled
    while the memory off the chip takes longer than every array. `label`: its name in the figure."""

    table: str
    designs: tuple[Design, ...]
    tiles: tuple[str, ...] = ()
    grows: bool = False
    label: str | None = None


@dataclass(frozen=True)
class AreaModel:
    """um2 of what changes its size: of buffers by side of the arrays (a row of the buffer is a row of an array) and bytes, or else of a byte of any
    buffer; a word of a register file, and a bit of its address."""

    byte: int | float | None = None
    buffers: Mapping[int, Mapping[int, int | float]] = field(default_factory=dict[int, "Mapping[int, int | float]"])
    word: int | float = 0
    address_bit: int | float = 0

    def buffer(self, side: int, size: int) -> float | None:
        """um2 of a buffer of `size` bytes beside arrays of `side` columns; None if it is not stated."""
        known = self.buffers.get(side, {}).get(size)
        return known if known is not None else None if self.byte is None else self.byte * size


@dataclass(frozen=True)
class Sweep:
    """`memory` is the buffer that changes its size; `largest` bytes are the end of its growth. `times`: column -> array or memory whose time it
    shows. `array`: the array whose area has a column of its own, `array_column`."""

    name: str
    length: str
    memory: str
    largest: int
    area: AreaModel
    times: Mapping[str, str]
    array: str
    array_column: str
    accelerators: Mapping[str, Accelerator]
    figure: str | None = None
    source: str | None = None


def _items(reader: Reader, node: Any, what: str) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode) or not cast(list[Any], node.value):
        raise reader.fail(node, f"{what} must be a list")
    return cast(list[Any], node.value)


def _texts(reader: Reader, node: Any, what: str) -> tuple[str, ...]:
    return tuple(read_text(reader, item, f"an entry of {what}") for item in _items(reader, node, what))


def _side(reader: Reader, node: Any, what: str) -> int:
    value = read_count(reader, node, what)
    if value > SIDE_LIMIT:
        raise reader.fail(node, f"{what} is {value}; sides run from 1 to {SIDE_LIMIT}")
    return value


def _counts(reader: Reader, node: Any, what: str) -> dict[str, int]:
    return {name: read_count(reader, value, f"'{name}' in {what}") for name, (_, value) in reader.entries(node, what).items()}


def _names(reader: Reader, node: Any, what: str) -> dict[str, str]:
    return {name: read_text(reader, value, f"'{name}' in {what}") for name, (_, value) in reader.entries(node, what).items()}


def _designs(reader: Reader, node: Any, what: str) -> tuple[Design, ...]:
    return tuple(Design(**reader.record(item, _DESIGN, "a machine")) for item in _items(reader, node, what))


def _accelerators(reader: Reader, node: Any, what: str) -> dict[str, Accelerator]:
    return {n: Accelerator(**reader.record(v, _ACCELERATOR, f"accelerator '{n}'")) for n, (_, v) in reader.entries(node, what).items()}


def _by_count(reader: Reader, node: Any, what: str, read: Callable[[Reader, Any, str], T]) -> dict[int, T]:
    """A mapping whose keys are counts."""
    entries = reader.entries(node, what)
    return {read_count(reader, key, f"a key of {what}"): read(reader, value, f"'{name}' in {what}") for name, (key, value) in entries.items()}


def _buffers(reader: Reader, node: Any, what: str) -> dict[int, dict[int, int | float]]:
    return _by_count(reader, node, what, lambda r, n, w: _by_count(r, n, w, read_number))


def _area(reader: Reader, node: Any, what: str) -> AreaModel:
    return AreaModel(**reader.record(node, _AREA, what))


_DESIGN: Mapping[str, Key] = {
    "side": Key("side", _side, required=True),
    "buffer_bytes": Key("buffer", read_count, required=True),
    "register_words": Key("registers", _counts),
    "models": Key("models", _texts),
}

_ACCELERATOR: Mapping[str, Key] = {
    "table": Key("table", read_text, required=True),
    "label": Key("label", read_text),
    "tiles_of_a_side": Key("tiles", _texts),
    "grows": Key("grows", read_flag),
    "machines": Key("designs", _designs, required=True),
}

_AREA: Mapping[str, Key] = {
    "buffers": Key("buffers", _buffers),
    "buffer_byte": Key("byte", read_number),
    "register_word": Key("word", read_number_or_zero),
    "register_address_bit": Key("address_bit", read_number_or_zero),
}

_SWEEP: Mapping[str, Key] = {
    "name": Key("name", read_file_name, required=True),
    "source": Key("source", read_text),
    "figure": Key("figure", read_file_name),
    "length": Key("length", read_text, required=True),
    "memory": Key("memory", read_text, required=True),
    "largest_bytes": Key("largest", read_count, required=True),
    "area_um2": Key("area", _area, required=True),
    "times": Key("times", _names, required=True),
    "array": Key("array", read_text, required=True),
    "array_column": Key("array_column", read_text, required=True),
    "accelerators": Key("accelerators", _accelerators, required=True),
}


def parse_sweep(text: str, file: str, spec: Spec) -> Sweep:
    """The sweep that a YAML text describes, over tables of an evaluation. Raises `SpecError` with `file` and, where it is known, the line."""
    reader = Reader(file, SpecError)
    sweep = Sweep(**reader.record(compose(text, reader), _SWEEP, "the sweep"))

    def known(name: str, there: Mapping[str, object], what: str) -> None:
        if name not in there:
            raise SpecError(f"{file}: error: unknown {what} '{name}'{nearest(name, sorted(there))}")

    known(sweep.length, spec.lengths, "length")
    for name, accelerator in sweep.accelerators.items():
        known(accelerator.table, spec.tables, f"table of accelerator '{name}',")
        for rank in accelerator.tiles:
            known(rank, spec.tables[accelerator.table].ranks, f"rank of accelerator '{name}',")
        for model in (m for design in accelerator.designs for m in design.models):
            known(model, spec.models, f"model of accelerator '{name}',")
    return sweep
