"""The text of `einsum.operator`: a user's operator, its definition and its laws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, StringAttr, UnitAttr
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..algebra.expr import Param, RankValue, map_leaves, to_text
from . import einsum, notation
from .einsum_attrs import MapAttr, NumberAttr
from .expression_text import ExpressionReader

if TYPE_CHECKING:
    from .einsum import OperatorOp


def parse_operator(parser: Parser) -> OperatorOp:
    name = parser.parse_symbol_name()

    def param() -> str:
        unresolved = parser.parse_optional_unresolved_operand()
        return parser.parse_identifier(" for a parameter") if unresolved is None else unresolved.operand_name

    params = parser.parse_comma_separated_list(parser.Delimiter.PAREN, param)
    body: MapAttr | None = None
    if parser.parse_optional_punctuation("=") is not None:
        body = MapAttr(ExpressionReader(parser, _parameter_reader(parser, params), frozenset(params)).read())
    else:
        parser.parse_keyword("opaque")
    laws: dict[str, Attribute] = {}
    if parser.parse_optional_keyword("laws") is not None:
        entries = parser.parse_comma_separated_list(parser.Delimiter.BRACES, lambda: _parse_law(parser))
        laws = dict(entries)
    op = einsum.OperatorOp.create(
        properties={"sym_name": name, "params": ArrayAttr(map(StringAttr, params)), "laws": DictionaryAttr(laws)}
        | ({} if body is None else {"body": body})
    )
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def _parameter_reader(parser: Parser, params: Sequence[str]) -> Callable[[], Param | None]:
    def read() -> Param | None:
        unresolved = parser.parse_optional_unresolved_operand()
        if unresolved is None:
            return None
        if unresolved.operand_name not in params:
            parser.raise_error(
                f"unknown parameter '%{unresolved.operand_name}'{notation.nearest(unresolved.operand_name, list(params))}", unresolved.span
            )
        return Param(unresolved.operand_name)

    return read


def _parse_law(parser: Parser) -> tuple[str, Attribute]:
    name = parser.parse_identifier(" for a law")
    if parser.parse_optional_punctuation("=") is None:
        return name, UnitAttr()
    if (symbol := parser.parse_optional_symbol_name()) is not None:
        return name, StringAttr(f"@{symbol.data}")
    number = notation.parse_optional_number(parser, parser.parse_optional_punctuation("-") is not None)
    if number is not None:
        return name, NumberAttr(number)

    def operator_name() -> StringAttr:
        symbol = parser.parse_optional_symbol_name()
        return StringAttr(parser.parse_identifier() if symbol is None else f"@{symbol.data}")

    if (names := parser.parse_optional_comma_separated_list(parser.Delimiter.SQUARE, operator_name)) is not None:
        return name, ArrayAttr(names)
    return name, StringAttr(parser.parse_identifier(" for a law's value"))


def print_operator(op: OperatorOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_symbol_name(op.sym_name.data)
    printer.print_string(f"({', '.join('%' + p.data for p in op.params)})")
    if op.body is None:
        printer.print_string(" opaque")
    else:
        params = {p.data for p in op.params}
        body = map_leaves(op.body.data, lambda e: Param(e.rank) if isinstance(e, RankValue) and e.rank in params else e)
        printer.print_string(f" = {to_text(body, lambda a: f'in{a.tensor}')}")
    if op.laws.data:
        printer.print_string(f" laws {{{', '.join(_law_text(n, v) for n, v in op.laws.data.items())}}}")
    printer.print_op_attributes(op.attributes)


def _law_text(name: str, value: Attribute) -> str:
    match value:
        case NumberAttr():
            return f"{name} = {notation.number_text(value.data)}"
        case StringAttr():
            return f"{name} = {value.data}"
        case ArrayAttr():
            return f"{name} = [{', '.join(str(v.data) for v in value if isinstance(v, StringAttr))}]"
        case _:
            return name
