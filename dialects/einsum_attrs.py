"""Attributes of the einsum dialect: each holds one immutable tree of the algebra and reads as it does on paper."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.ir import Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Expr, Num, to_text
from . import notation
from .expression_text import ExpressionReader
from .notation import Reduction


def subscripts_text(subscripts: tuple[Affine, ...]) -> str:
    return f"[{', '.join(map(str, subscripts))}]"


@irdl_attr_definition
class SubscriptsAttr(Data[tuple[Affine, ...]]):
    """`#einsum.subscripts<[m, 2 * p + s]>`: one rank expression per dimension."""

    name = "einsum.subscripts"

    @staticmethod
    def of_ranks(ranks: Iterable[str]) -> SubscriptsAttr:
        """One plain rank per dimension."""
        return SubscriptsAttr(tuple(Affine.rank(r) for r in ranks))

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Affine, ...]:
        with parser.in_angle_brackets():
            return notation.parse_subscripts(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{subscripts_text(self.data)}>")


@irdl_attr_definition
class MapAttr(Data[Expr]):
    """`#einsum.map<(in0[p, e] * in1[m, e])>`: a map expression; `in0`, `in1`, ... are the operation's operands in order."""

    name = "einsum.map"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Expr:
        def tensor() -> int | None:
            found = re.compile(r"in(\d{1,6})\s*\[").match(parser.lexer.input.content, parser.pos)
            if found is None:
                return None
            parser.parse_identifier()
            return int(found.group(1))

        # An expression may hold '>' (a comparison), so the brackets around it are part of the notation.
        with parser.in_angle_brackets(), parser.in_parens():
            return ExpressionReader(parser, tensor).read()

    def print_parameter(self, printer: Printer) -> None:
        text = to_text(self.data, lambda a: f"in{a.tensor}{subscripts_text(a.subscripts)}")
        printer.print_string("<(" + re.sub(r"%([\w$.-]+)", r"arg(\1)", text) + ")>")


@irdl_attr_definition
class ReduceAttr(Data[tuple[Reduction, ...]]):
    """`#einsum.reduce<add(e), max(m)>`: reductions, innermost first."""

    name = "einsum.reduce"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Reduction, ...]:
        with parser.in_angle_brackets():
            return notation.parse_reductions(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{', '.join(map(str, self.data))}>")


@irdl_attr_definition
class FilterAttr(Data[tuple[Comparison, ...]]):
    """`#einsum.filter<(m <= p and p < m + 4)>`: a conjunction of comparisons on coordinates."""

    name = "einsum.filter"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Comparison, ...]:
        with parser.in_angle_brackets(), parser.in_parens():
            return notation.parse_filter(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<({' and '.join(map(str, self.data))})>")


@irdl_attr_definition
class NumberAttr(Data[int | float]):
    """`#einsum.number<-inf>`: an empty value or an initial value."""

    name = "einsum.number"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> int | float:
        with parser.in_angle_brackets():
            return notation.parse_number(parser)

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{Num(self.data)}>")

    def __eq__(self, other: object) -> bool:
        """Equal in value and in kind: 0, 0.0 and -0.0 print differently."""
        return isinstance(other, NumberAttr) and repr(self.data) == repr(other.data)

    def __hash__(self) -> int:
        return hash((NumberAttr, repr(self.data)))

    @property
    def finite(self) -> bool:
        return math.isfinite(self.data)


@dataclass(frozen=True, slots=True)
class Keep:
    """A dimension that a view leaves as it is."""

    rank: str

    def __str__(self) -> str:
        return self.rank


@dataclass(frozen=True, slots=True)
class Split:
    """`m -> (m1, m0)`: one dimension read as several, outermost first."""

    rank: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rank} -> ({', '.join(self.parts)})"


@dataclass(frozen=True, slots=True)
class Merge:
    """`(m1, m0) -> m`: several dimensions, outermost first, read as one."""

    parts: tuple[str, ...]
    rank: str

    def __str__(self) -> str:
        return f"({', '.join(self.parts)}) -> {self.rank}"


Regroup: TypeAlias = Keep | Split | Merge
"""What a view does to one dimension, or to one group of them."""


@irdl_attr_definition
class ViewAttr(Data[tuple[Regroup, ...]]):
    """`#einsum.view<[e, m -> (m1, m0)]>`: how the source's dimensions are split and merged, in the source's order."""

    name = "einsum.regroup"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[Regroup, ...]:
        with parser.in_angle_brackets():
            return cls.parse_dimensions(parser)

    @classmethod
    def parse_dimensions(cls, parser: AttrParser) -> tuple[Regroup, ...]:
        def names() -> tuple[str, ...]:
            return tuple(parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_identifier))

        def dimension() -> Regroup:
            name = parser.parse_optional_identifier()
            if name is None:
                parts = names()
                parser.parse_punctuation("->")
                return Merge(parts, parser.parse_identifier())
            return Split(name, names()) if parser.parse_optional_punctuation("->") is not None else Keep(name)

        return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, dimension))

    @property
    def source_ranks(self) -> tuple[str, ...]:
        return tuple(r for d in self.data for r in (d.parts if isinstance(d, Merge) else (d.rank,)))

    @property
    def result_ranks(self) -> tuple[str, ...]:
        return tuple(r for d in self.data for r in (d.parts if isinstance(d, Split) else (d.rank,)))

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.dimensions_text()}>")

    def dimensions_text(self) -> str:
        return f"[{', '.join(map(str, self.data))}]"


@irdl_attr_definition
class RanksAttr(Data[tuple[tuple[str, int], ...]]):
    """`#einsum.ranks<{p = 1024, m = 1024}>`: the ranks of a cascade and their shapes (sizes), in the order written."""

    name = "einsum.ranks"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> tuple[tuple[str, int], ...]:
        with parser.in_angle_brackets():
            return cls.parse_ranks(parser)

    @classmethod
    def parse_ranks(cls, parser: AttrParser) -> tuple[tuple[str, int], ...]:
        seen: set[str] = set()

        def rank() -> tuple[str, int]:
            start = parser.pos
            name = parser.parse_identifier(" for a rank")
            if name in seen:
                parser.raise_error(f"rank '{name}' is declared twice", start, start + len(name))
            seen.add(name)
            parser.parse_punctuation("=")
            start = parser.pos
            size = parser.parse_integer(allow_boolean=False)
            if not 1 <= size <= MAX_SIZE:
                parser.raise_error(f"rank '{name}' has size {size}; sizes run from 1 to 2^40", start, parser.pos)
            return name, size

        return tuple(parser.parse_comma_separated_list(parser.Delimiter.BRACES, rank))

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.ranks_text()}>")

    def ranks_text(self) -> str:
        return "{" + ", ".join(f"{n} = {s}" for n, s in self.data) + "}"

    @property
    def sizes(self) -> dict[str, int]:
        return dict(self.data)


MAX_SIZE = 2**40
"""Largest size of a rank."""
