"""Mappings in YAML: what `lowering/mapping.py` describes, read as machine descriptions are.

Keys of a kernel stand at the top, for all kernels, or in an entry of `kernels`, for that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import yaml

from ..dialects.einsum_attrs import MAX_SIZE
from ..dialects.notation import nearest
from ..lowering.mapping import ANY, CascadeMapping, EinsumMapping, Keep, KernelMapping, Overlap, Slot, TensorMapping
from .yaml_reader import DescriptionError, Key, Reader, compose, read_costs, read_flag, read_names, read_number, read_number_or_zero, read_text


class MappingError(DescriptionError):
    """A mapping that cannot be read: `file:line:col: error: reason`."""


WHOLE, FIT = "whole", "fit"
"""A tile that is all of a rank; a block of as many tiles as fit."""

KEEPS: tuple[Keep, ...] = ("on-chip", "reload", "stream", "off-chip", "off-chip-stream")
OVERLAPS: tuple[Overlap, ...] = ("auto", "resources", "none")


def _groups(reader: Reader, node: Any, what: str) -> tuple[tuple[str, ...], ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise reader.fail(node, f"{what} must be a list of lists of Einsums")
    return tuple(read_names(reader, item, f"an entry of {what}") for item in cast(list[Any], node.value))


def _choice(reader: Reader, node: Any, what: str, choices: tuple[str, ...]) -> str:
    text = read_text(reader, node, what)
    if text not in choices:
        raise reader.fail(node, f"{what} is '{text}'; it must be {', '.join(choices[:-1])} or {choices[-1]}{nearest(text, list(choices))}")
    return text


def _keep(reader: Reader, node: Any, what: str) -> str:
    return _choice(reader, node, what, KEEPS)


def _overlap(reader: Reader, node: Any, what: str) -> str:
    return _choice(reader, node, what, OVERLAPS)


def _size_or(reader: Reader, node: Any, what: str, word: str) -> int | None:
    value = cast(int | str, reader.scalar(node, what, (int, str), f"a whole number or '{word}'"))
    if value == word:
        return None
    if isinstance(value, str):
        raise reader.fail(node, f"{what} must be a whole number or '{word}'")
    if not 1 <= value <= MAX_SIZE:
        raise reader.fail(node, f"{what} is {value}; it must be from 1 to 2^40")
    return value


def _tiles(reader: Reader, node: Any, what: str) -> dict[str, int | None]:
    return {rank: _size_or(reader, value, f"'{rank}' in {what}", WHOLE) for rank, (_, value) in reader.entries(node, what).items()}


def _blocks(reader: Reader, node: Any, what: str) -> dict[str, int | None]:
    return {rank: _size_or(reader, value, f"'{rank}' in {what}", FIT) for rank, (_, value) in reader.entries(node, what).items()}


def read_shares(reader: Reader, node: Any, what: str) -> dict[str, int | float]:
    """Name -> share from 0 to 1."""
    found = read_costs(reader, node, what)
    for name, share in found.items():
        if share > 1:
            raise reader.fail(node, f"'{name}' in {what} is {share}; it must be a share from 0 to 1")
    return found


def _budget(reader: Reader, node: Any, what: str) -> dict[str, int | float]:
    return {name: read_number(reader, value, f"'{name}' in {what}") for name, (_, value) in reader.entries(node, what).items()}


MOST_STAGES = 4096
"""Most stages, and turns, that a schedule may name."""


def _step(reader: Reader, node: Any, what: str) -> int:
    value = cast(int, reader.scalar(node, what, (int,), "a whole number"))
    if not 0 <= value <= MOST_STAGES:
        raise reader.fail(node, f"{what} is {value}; it must be from 0 to {MOST_STAGES}")
    return value


def _schedule(reader: Reader, node: Any, what: str) -> dict[str, Slot]:
    schema = {"stage": Key("stage", _step, required=True), "turn": Key("turn", _step)}
    found = ((n, reader.record(value, schema, f"task '{n}' in {what}")) for n, (_, value) in reader.entries(node, what).items())
    return {n: Slot(**record) for n, record in found}


_EINSUM: Mapping[str, Key] = {
    "array": Key("array", read_text),
    "rows": Key("rows", read_names),
    "cols": Key("cols", read_names),
    "order": Key("order", read_names),
    "taps": Key("taps", read_names),
    "in_place": Key("in_place", read_flag),
    "cycles_per_point": Key("cost", read_number),
    "latency_cycles": Key("delay", read_number_or_zero),
}

_TENSOR: Mapping[str, Key] = {"keep": Key("keep", _keep), "hold": Key("hold", read_names)}

_ANY_KERNEL: Mapping[str, Key] = {
    "tiles": Key("tiles", _tiles),
    "loops": Key("loops", read_names),
    "blocks": Key("blocks", _blocks),
    "stages": Key("stages", _groups),
    "overlap": Key("overlap", _overlap),
    "spill": Key("spill", read_shares),
    "budget_bytes": Key("budget", _budget),
    "schedule": Key("schedule", _schedule),
}


def _einsums(reader: Reader, node: Any, what: str) -> dict[str, EinsumMapping]:
    found = ((n, reader.record(value, _EINSUM, f"Einsum '{n}'")) for n, (_, value) in reader.entries(node, what).items())
    return {n: EinsumMapping(**record) for n, record in found}


def _tensors(reader: Reader, node: Any, what: str) -> dict[str, TensorMapping]:
    found = ((n, reader.record(value, _TENSOR, f"tensor '{n}'")) for n, (_, value) in reader.entries(node, what).items())
    return {n: TensorMapping(**record) for n, record in found}


def _kernels(reader: Reader, node: Any, what: str) -> tuple[dict[str, Any], ...]:
    if not isinstance(node, yaml.SequenceNode) or not cast(list[Any], node.value):
        raise reader.fail(node, f"{what} must be a list of kernels")
    schema = {"einsums": Key("einsums", read_names, required=True), **_ANY_KERNEL}
    return tuple(reader.record(item, schema, "a kernel") for item in cast(list[Any], node.value))


EINSUM_KEYS, TENSOR_KEYS, KERNEL_KEYS = ({key: k.field for key, k in schema.items()} for schema in (_EINSUM, _TENSOR, _ANY_KERNEL))
"""Key in a file -> field of `EinsumMapping`, `TensorMapping`, `KernelMapping`."""

_MAPPING: Mapping[str, Key] = {
    "name": Key("name", read_text, required=True),
    "source": Key("source", read_text),
    "einsums": Key("einsums", _einsums),
    "tensors": Key("tensors", _tensors),
    "kernels": Key("kernels", _kernels),
    **_ANY_KERNEL,
}


def parse_mapping(text: str, file: str = "<mapping>") -> CascadeMapping:
    """The mapping that a YAML text describes. Raises `MappingError` with `file` and the line."""
    reader = Reader(file, MappingError)
    found = reader.record(compose(text, reader), _MAPPING, "the mapping")
    shared = {f.name: found.pop(f.name) for f in fields(KernelMapping) if f.name != "einsums" and f.name in found}
    every = replace(ANY, **shared)
    stated = cast("tuple[dict[str, Any], ...] | None", found.pop("kernels", None))
    kernels = (every,) if stated is None else tuple(_with(every, kernel) for kernel in stated)
    return CascadeMapping(kernels=kernels, **found)


def _with(every: KernelMapping, kernel: Mapping[str, Any]) -> KernelMapping:
    """A kernel's own statements over those for all kernels; tables are merged."""
    tables = {name: cast(Mapping[str, Any], value) for name, value in kernel.items() if isinstance(value, Mapping)}
    merged = {name: {**cast(Mapping[str, Any], getattr(every, name)), **value} for name, value in tables.items()}
    return replace(every, **{**kernel, **merged})


def load_mapping(path: str) -> CascadeMapping:
    """The mapping in a YAML file. Raises `MappingError`."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"cannot read mapping '{path}': {getattr(error, 'strerror', None) or 'not a text file'}") from None
    return parse_mapping(text, path)
