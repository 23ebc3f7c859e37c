"""Attributes of the accel dialect: tables of numbers per operation, and when in the loop nest an operation runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from .notation import number_text, parse_number


@irdl_attr_definition
class TableAttr(Data[tuple[tuple[str, int | float], ...]]):
    """`#accel.table<{mac = 1, exp = 6}>`: a number per name, in the order written; a user's operator is named `@softcap`."""

    name = "accel.table"

    @staticmethod
    def of(table: Mapping[str, int | float]) -> TableAttr:
        return TableAttr(tuple(table.items()))

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[tuple[str, int | float], ...]:
        with parser.in_angle_brackets():
            return cls.parse_table(parser)

    @classmethod
    def parse_table(cls, parser: AttrParser) -> tuple[tuple[str, int | float], ...]:
        seen: set[str] = set()

        def entry() -> tuple[str, int | float]:
            start = parser.pos
            symbol = parser.parse_optional_symbol_name()
            name = parser.parse_identifier(" for an operation") if symbol is None else f"@{symbol.data}"
            if name in seen:
                parser.raise_error(f"'{name}' is given twice", start, start + len(name))
            seen.add(name)
            parser.parse_punctuation("=")
            return name, parse_number(parser)

        return tuple(parser.parse_comma_separated_list(parser.Delimiter.BRACES, entry))

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.table_text()}>")

    def table_text(self) -> str:
        return "{" + ", ".join(f"{n} = {number_text(v)}" for n, v in self.data) + "}"

    @property
    def table(self) -> dict[str, int | float]:
        return dict(self.data)


@irdl_attr_definition
class UnitsAttr(Data[tuple[tuple[str, tuple[str, ...]], ...]]):
    """`#accel.units<{comparator = [max], special = [exp, log]}>`: names of operations per name of a unit, in the order written."""

    name = "accel.units"

    @staticmethod
    def of(units: Mapping[str, Sequence[str]]) -> UnitsAttr:
        return UnitsAttr(tuple((name, tuple(ops)) for name, ops in units.items()))

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[tuple[str, tuple[str, ...]], ...]:
        with parser.in_angle_brackets():
            return cls.parse_units(parser)

    @classmethod
    def parse_units(cls, parser: AttrParser) -> tuple[tuple[str, tuple[str, ...]], ...]:
        def operation() -> str:
            symbol = parser.parse_optional_symbol_name()
            return parser.parse_identifier(" for an operation") if symbol is None else f"@{symbol.data}"

        def entry() -> tuple[str, tuple[str, ...]]:
            name = parser.parse_identifier(" for a unit")
            parser.parse_punctuation("=")
            return name, tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, operation))

        return tuple(parser.parse_comma_separated_list(parser.Delimiter.BRACES, entry))

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.units_text()}>")

    def units_text(self) -> str:
        return "{" + ", ".join(f"{name} = [{', '.join(ops)}]" for name, ops in self.data) + "}"

    @property
    def units(self) -> dict[str, tuple[str, ...]]:
        return dict(self.data)


@dataclass(frozen=True, slots=True)
class When:
    """The iterations of the nest in which an operation runs: those at coordinate 0 of every loop in `first` and at the last
    coordinate of every loop in `last`."""

    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()

    @property
    def loops(self) -> tuple[str, ...]:
        """The loops that the condition fixes at one coordinate."""
        return self.first + self.last

    def __str__(self) -> str:
        parts = ((name, loops) for name, loops in (("first", self.first), ("last", self.last)) if loops)
        return " ".join(f"{name}({', '.join(loops)})" for name, loops in parts)


@irdl_attr_definition
class WhenAttr(Data[When]):
    """`#accel.when<first(m1) last(p1)>`: where in the nest an operation runs; absent means in every iteration."""

    name = "accel.when"

    @staticmethod
    def of(first: Iterable[str] = (), last: Iterable[str] = ()) -> WhenAttr | None:
        """The condition, or None if it names no loop (the operation then runs in every iteration)."""
        when = When(tuple(first), tuple(last))
        return WhenAttr(when) if when.loops else None

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> When:
        with parser.in_angle_brackets():
            return cls.parse_when(parser)

    @classmethod
    def parse_when(cls, parser: AttrParser) -> When:
        found: dict[str, tuple[str, ...]] = {}
        start = parser.pos
        for place in ("first", "last"):
            if parser.parse_optional_keyword(place) is not None:
                found[place] = tuple(parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: parser.parse_identifier(" for a loop")))
        when = When(found.get("first", ()), found.get("last", ()))
        if not when.loops:
            parser.raise_error("expected first(LOOPS), last(LOOPS), or both in this order", start, parser.pos)
        return when

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.data}>")
