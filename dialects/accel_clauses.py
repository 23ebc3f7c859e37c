"""Clauses of a machine's parts: `name value`, the value being a number, a table, units, a text, or nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, cast

from xdsl.dialects.builtin import StringAttr, UnitAttr
from xdsl.ir import Attribute, Operation
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from . import notation
from .accel_attrs import TableAttr, UnitsAttr
from .einsum_attrs import NumberAttr

NUMBER, TABLE, FLAG, TEXT, UNITS = "number", "table", "flag", "text", "units"
"""Kinds of value."""


Clause: TypeAlias = "float | bool | str | Mapping[str, int | float] | Mapping[str, Sequence[str]] | None"


def clause_attributes(kinds: Mapping[str, str], clauses: Mapping[str, Clause]) -> dict[str, Attribute]:
    made: dict[str, Attribute] = {}
    for name, value in clauses.items():
        if name not in kinds:
            raise TypeError(f"no clause '{name}'{notation.nearest(name, list(kinds))}")
        if value is None or value is False:
            continue
        if isinstance(value, Mapping):
            units = kinds[name] == UNITS
            made[name] = UnitsAttr.of(cast(Mapping[str, Sequence[str]], value)) if units else TableAttr.of(cast(Mapping[str, float], value))
        elif isinstance(value, str):
            made[name] = StringAttr(value)
        else:
            made[name] = UnitAttr() if kinds[name] == FLAG else NumberAttr(value)
    return made


def parse_clauses(parser: Parser, kinds: Mapping[str, str], required: tuple[str, ...] = ()) -> dict[str, Attribute]:
    """`name value` pairs in any order, each at most once."""
    readers: Mapping[str, Callable[[], Attribute]] = {
        NUMBER: lambda: NumberAttr(notation.parse_number(parser)),
        TABLE: lambda: TableAttr(TableAttr.parse_table(parser)),
        FLAG: UnitAttr,
        TEXT: lambda: StringAttr(parser.parse_str_literal()),
        UNITS: lambda: UnitsAttr(UnitsAttr.parse_units(parser)),
    }
    found: dict[str, Attribute] = {}
    start = parser.pos
    while (name := next((k for k in kinds if k not in found and parser.parse_optional_keyword(k) is not None), None)) is not None:
        found[name] = readers[kinds[name]]()
    for name in required:
        if name not in found:
            parser.raise_error(f"expected '{name}'", start, parser.pos)
    return found


def print_clauses(printer: Printer, op: Operation, names: tuple[str, ...]) -> None:
    for name in names:
        value = op.properties.get(name)
        match value:
            case NumberAttr():
                printer.print_string(f" {name} {notation.number_text(value.data)}")
            case UnitsAttr():
                printer.print_string(f" {name} {value.units_text()}")
            case TableAttr():
                printer.print_string(f" {name} {value.table_text()}")
            case StringAttr():
                printer.print_string(f" {name} ")
                printer.print_string_literal(value.data)
            case UnitAttr():
                printer.print_string(f" {name}")
            case _:
                pass


def _number(op: Operation, name: str) -> int | float | None:
    value = op.properties.get(name)
    return value.data if isinstance(value, NumberAttr) else None


def check_positive(op: Operation, *names: str) -> None:
    for name in names:
        value = _number(op, name)
        if value is not None and not (math.isfinite(value) and value > 0):
            raise VerifyException(f"{name} is {notation.number_text(value)}; it must be a positive number")


def check_not_negative(op: Operation, *names: str) -> None:
    for name in names:
        value = _number(op, name)
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise VerifyException(f"{name} is {notation.number_text(value)}; it must be zero or a positive number")


def check_tables(op: Operation, *names: str) -> None:
    for name in names:
        table = op.properties.get(name)
        for key, value in table.data if isinstance(table, TableAttr) else ():
            if not (math.isfinite(value) and value >= 0):
                raise VerifyException(f"{name} of '{key}' is {notation.number_text(value)}; it must be zero or a positive number")
