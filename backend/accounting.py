"""How energy is counted, as data: accountings in YAML, found by name or path, refused with the line and the reason when they are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from ..dialects.notation import nearest
from .yaml_reader import DescriptionError, Key, Reader, compose, read_flag, read_text

REGISTER_FILES: Mapping[str, str] = {
    "all": "every processing element's register accesses",
    "one": "the register accesses of one processing element of each array",
    "none": "no register access",
}
"""What `register_files` may be -> what is counted then."""


class AccountingError(DescriptionError):
    """An accounting that cannot be found or read: `file:line:col: error: reason`, or the reason alone where there is no file."""


@dataclass(frozen=True)
class Accounting:
    """What is counted of what a kernel does.

    `register_files`: a key of `REGISTER_FILES`. `leaves_out`: component (array or memory) -> actions of it that cost nothing.
    `per_table`: whether a table of an evaluation may leave out and add more.
    """

    name: str
    register_files: str = "all"
    leaves_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    per_table: bool = False
    source: str | None = None


def _register_files(reader: Reader, node: Any, what: str) -> str:
    value = read_text(reader, node, what)
    if value not in REGISTER_FILES:
        raise reader.fail(node, f"{what} is '{value}'; it must be {', '.join(REGISTER_FILES)}{nearest(value, list(REGISTER_FILES))}")
    return value


def _names(reader: Reader, node: Any, what: str) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise reader.fail(node, f"{what} must be a list of actions")
    items: list[Any] = node.value
    return tuple(read_text(reader, item, f"an entry of {what}") for item in items)


def _leaves_out(reader: Reader, node: Any, what: str) -> dict[str, tuple[str, ...]]:
    return {name: _names(reader, value, f"'{name}' in {what}") for name, (_, value) in reader.entries(node, what).items()}


_ACCOUNTING: Mapping[str, Key] = {
    "name": Key("name", read_text, required=True),
    "register_files": Key("register_files", _register_files, required=True),
    "leaves_out": Key("leaves_out", _leaves_out),
    "per_table": Key("per_table", read_flag),
    "source": Key("source", read_text),
}


def parse_accounting(text: str, file: str = "<accounting>") -> Accounting:
    """The accounting that a YAML text describes. Raises `AccountingError` with `file` and the line."""
    reader = Reader(file, AccountingError)
    return Accounting(**reader.record(compose(text, reader), _ACCOUNTING, "the accounting"))


@lru_cache(maxsize=1)
def accounting_names() -> tuple[str, ...]:
    """The accountings that come with the package."""
    folder = files("einfold.backend.accountings")
    return tuple(sorted((f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml")), reverse=True))


@lru_cache(maxsize=64)
def load_accounting(name_or_path: str) -> Accounting:
    """An accounting by the name it ships under, or by the path of a YAML file. Raises `AccountingError`."""
    if name_or_path in accounting_names():
        file = files("einfold.backend.accountings") / f"{name_or_path}.yaml"
        return parse_accounting(file.read_text(encoding="utf-8"), f"{name_or_path}.yaml")
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        raise AccountingError(f"unknown accounting '{name_or_path}'{nearest(name_or_path, list(accounting_names()))}")
    try:
        return parse_accounting(path.read_text(encoding="utf-8"), name_or_path)
    except (OSError, UnicodeDecodeError) as error:
        raise AccountingError(f"cannot read accounting '{name_or_path}': {getattr(error, 'strerror', None) or 'not a text file'}") from None
