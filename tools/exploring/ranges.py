"""The values of an axis: a list, or a range by steps, by factors, or by count."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml

from ...backend.yaml_reader import Key, Reader, read_count, read_number, read_number_or_zero

Value = int | float | str | bool
"""What an axis may take: numbers, names, texts of passes, flags."""

Read = Callable[[Reader, Any, str], Any]

MOST_VALUES = 10_000
"""Values of one axis, at most."""


@dataclass(frozen=True)
class _Range:
    start: int | float
    end: int | float
    step: int | float | None = None
    times: int | float | None = None
    count: int | None = None


_RANGE: Mapping[str, Key] = {
    "from": Key("start", read_number_or_zero, required=True),
    "to": Key("end", read_number, required=True),
    "step": Key("step", read_number),
    "times": Key("times", read_number),
    "count": Key("count", read_count),
}


def read_values(reader: Reader, node: Any, what: str, read: Read, *, numbers: bool) -> tuple[Any, ...]:
    """The values of an axis, each read by `read`; ranges where they are numbers. Raises the reader's error for an axis that is empty, too long,
    or names a value twice."""
    if isinstance(node, yaml.SequenceNode):
        nodes = cast(list[Any], node.value)
        if not nodes:
            raise reader.fail(node, f"{what} has no values")
        if len(nodes) > MOST_VALUES:
            raise reader.fail(node, f"{what} has {len(nodes):,} values; an axis has {MOST_VALUES:,} at most")
    elif numbers and isinstance(node, yaml.MappingNode):
        nodes = [number_node(node, value) for value in _spread(reader, node, what)]
    else:
        raise reader.fail(node, f"{what} must be a list{' or a range' if numbers else ''} of values")
    found: list[Any] = []
    for each in nodes:
        value = read(reader, each, f"a value of {what}")
        if value in found:
            raise reader.fail(each, f"{what} has the value {value} twice")
        found.append(value)
    return tuple(found)


def _spread(reader: Reader, node: Any, what: str) -> list[int | float]:
    """The numbers of a range, both ends among them where a step meets them."""
    given = _Range(**reader.record(node, _RANGE, f"the range of {what}"))
    told = f"the range of {what}"
    ways = [n for n, v in (("step", given.step), ("times", given.times), ("count", given.count)) if v is not None]
    if len(ways) != 1:
        raise reader.fail(node, f"{told} states {' and '.join(ways) or 'no step'}; it takes one of step, times, count")
    if given.end < given.start:
        raise reader.fail(node, f"{told} ends at {given.end}, before {given.start}, where it begins")
    if given.times is not None and (given.times <= 1 or given.start == 0):
        raise reader.fail(node, f"{told} would not grow: times must be above 1, and from above 0")
    many = _many(given)
    if many > MOST_VALUES:
        raise reader.fail(node, f"{told} has {'more than 1e+15' if many > 1e15 else f'{many:,.0f}'} values; an axis has {MOST_VALUES:,} at most")
    return [_at(given, k) for k in range(int(many))]


_NEAR = 1e-9
"""A last step that misses the end by this share of a step meets it: 0.1 ten times makes 1."""


def _many(given: _Range) -> float:
    if given.step is not None:
        return math.floor((given.end - given.start) / given.step + _NEAR) + 1.0
    if given.times is not None:
        return math.floor(math.log(given.end / given.start) / math.log(given.times) + _NEAR) + 1.0
    return float(given.count or 0)


def _at(given: _Range, k: int) -> int | float:
    if given.step is not None:
        return given.start + k * given.step
    if given.times is not None:
        return given.start * given.times**k
    count = given.count or 1
    if count == 1:
        return given.start
    value = given.start + k * (given.end - given.start) / (count - 1)
    return int(value) if isinstance(given.start, int) and isinstance(given.end, int) and value.is_integer() else value


def number_node(node: Any, value: int | float) -> Any:
    """A number of a range as a node at the range's place, so that it is read, and refused, as a written one."""
    kind = "int" if isinstance(value, int) else "float"
    return yaml.ScalarNode(f"tag:yaml.org,2002:{kind}", repr(value), node.start_mark, node.end_mark)
