"""A mapping as the YAML text that `mapping_yaml.py` reads: what a search found, kept as a file beside those that people wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

import yaml

from ..lowering.mapping import ANY, CascadeMapping, EinsumMapping, KernelMapping, TensorMapping
from .mapping_yaml import EINSUM_KEYS, FIT, KERNEL_KEYS, TENSOR_KEYS, WHOLE

_WIDTH = 150


def mapping_text(mapping: CascadeMapping, comment: str = "") -> str:
    """YAML of a mapping, `comment` (lines without `#`) above it. What is not stated is left out: reading the text gives an equal mapping."""
    found: dict[str, Any] = {"name": mapping.name}
    if mapping.source is not None:
        found["source"] = mapping.source
    if mapping.einsums:
        found["einsums"] = {name: _record(e, EINSUM_KEYS, EinsumMapping()) for name, e in mapping.einsums.items()}
    if mapping.tensors:
        found["tensors"] = {name: _record(t, TENSOR_KEYS, TensorMapping()) for name, t in mapping.tensors.items()}
    if len(mapping.kernels) == 1 and not mapping.kernels[0].einsums:
        found |= _kernel(mapping.kernels[0])
    else:
        found["kernels"] = [{"einsums": list(k.einsums), **_kernel(k)} for k in mapping.kernels]
    told = "".join(f"# {_printable(line)}\n" if line else "#\n" for line in comment.splitlines())
    return told + "".join(_dumped(key, value) for key, value in found.items())


def _printable(line: str) -> str:
    """A line with what YAML has no characters for, as a file's name may have it, written as an escape."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)


def _dumped(key: str, value: Any) -> str:
    """One key of the file; tables and lists have their innermost level on one line."""
    flow = None if isinstance(value, dict | list) else False
    return str(yaml.safe_dump({key: value}, sort_keys=False, default_flow_style=flow, width=_WIDTH, allow_unicode=True))


def _kernel(kernel: KernelMapping) -> dict[str, Any]:
    record = _record(kernel, KERNEL_KEYS, ANY)
    for key, word in (("tiles", WHOLE), ("blocks", FIT)):
        if key in record:
            record[key] = {rank: word if size is None else size for rank, size in record[key].items()}
    return record


def _record(value: Any, keys: Mapping[str, str], default: Any) -> dict[str, Any]:
    """Key of the file -> value, for the fields that differ from the default."""
    return {key: _plain(getattr(value, field)) for key, field in keys.items() if getattr(value, field) != getattr(default, field)}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in cast("Mapping[str, Any]", value).items()}
    return [_plain(v) for v in cast("tuple[Any, ...]", value)] if isinstance(value, tuple) else value
