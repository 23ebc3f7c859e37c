"""Reading YAML that users write: by schemas that know every key, and refused with the place and the reason where it is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml
from xdsl.utils.exceptions import DiagnosticException

from ..dialects.notation import nearest


class DescriptionError(DiagnosticException):
    """A description that cannot be found or read: `file:line:col: error: reason`, or the reason alone where there is no file."""


@dataclass(frozen=True)
class Key:
    """What a key of the file means: the field it fills, how its value is read, and whether it must be there."""

    field: str
    read: Callable[[Reader, Any, str], Any]
    required: bool = False


class Reader:
    """Reads YAML nodes, which know their places."""

    def __init__(self, file: str, error: type[DescriptionError] = DescriptionError):
        self.file, self.error = file, error

    def fail(self, node: Any, reason: str) -> DescriptionError:
        """The error about a node, to be raised."""
        return self.error(f"{self.file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}: error: {reason}")

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

    def record(self, node: Any, schema: Mapping[str, Key], what: str) -> dict[str, Any]:
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


LARGEST_NUMBER, LARGEST_COUNT = 1e30, 2**63
"""Beyond these, a number or a count is a slip of the pen: products of several would leave what floating point holds."""


def read_number(reader: Reader, node: Any, what: str, zero: bool = False) -> int | float:
    value = cast(int | float, reader.scalar(node, what, (int, float), "a number"))
    if LARGEST_NUMBER < abs(value) < math.inf:
        raise reader.fail(node, f"{what} is beyond {LARGEST_NUMBER:g}")
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        raise reader.fail(node, f"{what} is {value}; it must be {'zero or ' if zero else ''}a positive number")
    return value


def read_number_or_zero(reader: Reader, node: Any, what: str) -> int | float:
    return read_number(reader, node, what, zero=True)


def read_count(reader: Reader, node: Any, what: str) -> int:
    value = cast(int, reader.scalar(node, what, (int,), "a whole number"))
    if abs(value) > LARGEST_COUNT:
        raise reader.fail(node, f"{what} is beyond 2^63")
    if value < 1:
        raise reader.fail(node, f"{what} is {value}; it must be at least 1")
    return value


def read_flag(reader: Reader, node: Any, what: str) -> bool:
    return cast(bool, reader.scalar(node, what, (bool,), "true or false"))


def read_text(reader: Reader, node: Any, what: str) -> str:
    return cast(str, reader.scalar(node, what, (str,), "a text"))


FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)


def file_name(reader: Reader, node: Any, name: str, what: str) -> str:
    """A name of the file that a file is called by: nothing that leads to another folder."""
    if not FILE_NAME.fullmatch(name):
        raise reader.fail(node, f"{what} is '{name}'; a file is called so: letters, digits, '-', '_' and '.' only")
    return name


def read_file_name(reader: Reader, node: Any, what: str) -> str:
    return file_name(reader, node, read_text(reader, node, what), what)


def read_names(reader: Reader, node: Any, what: str) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        raise reader.fail(node, f"{what} must be a list of names")
    names = tuple(read_text(reader, item, f"an entry of {what}") for item in cast(list[Any], node.value))
    if (twice := next((n for n in names if names.count(n) > 1), None)) is not None:
        raise reader.fail(node, f"'{twice}' stands twice in {what}")
    return names


def read_cycles(reader: Reader, node: Any, what: str) -> dict[str, int | float]:
    return {n: read_number(reader, value, f"'{n}' in {what}") for n, (_, value) in reader.entries(node, what).items()}


def read_costs(reader: Reader, node: Any, what: str) -> dict[str, int | float]:
    return {n: read_number(reader, value, f"'{n}' in {what}", zero=True) for n, (_, value) in reader.entries(node, what).items()}


def compose(text: str, reader: Reader) -> Any:
    """The root node of a YAML text. Raises the reader's error."""
    try:
        node: Any = cast(Any, yaml).compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        place = "1:1" if mark is None else f"{mark.line + 1}:{mark.column + 1}"
        raise reader.error(f"{reader.file}:{place}: error: not YAML: {getattr(error, 'problem', None) or error}") from None
    except RecursionError:
        raise reader.error(f"{reader.file}:1:1: error: nested too deeply") from None
    if node is None:
        raise reader.error(f"{reader.file}:1:1: error: the file is empty")
    return node
