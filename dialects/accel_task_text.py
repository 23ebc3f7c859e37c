"""The text of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.parser import Parser
from xdsl.printer import Printer

from . import accel_task, notation
from .accel_schedule import ScheduleReader, print_schedule
from .accel_scope import kernel_element, kernel_scope, print_element
from .einsum_attrs import FilterAttr, MapAttr, NumberAttr, ReduceAttr, SubscriptsAttr, subscripts_text
from .einsum_scope import INDEX_TYPE, find_value, parse_element_type, tensor_type
from .einsum_text import TensorReader, print_map
from .expression_text import ExpressionReader

if TYPE_CHECKING:
    from .accel_task import TaskOp


SPACES = ("rows", "cols", "order")
"""Clauses that list ranks."""


def parse_task(parser: Parser) -> TaskOp:
    scope = kernel_scope(parser)
    start = parser.pos
    out = SubscriptsAttr(notation.parse_subscripts(parser))
    parser.parse_punctuation("=")
    reader = TensorReader(parser)
    expression = MapAttr(ExpressionReader(parser, reader).read())
    reduce: ReduceAttr | None = None
    where: FilterAttr | None = None
    empty: NumberAttr | None = None
    element = scope.default
    symbols: dict[str, str] = {}
    spaces: dict[str, list[str]] = {}
    onto: int | None = None
    numbers: dict[str, int | float] = {}
    taps: list[int] = []
    label: str | None = None
    schedule = ScheduleReader()
    while True:
        if reduce is None and parser.parse_optional_keyword("reduce") is not None:
            reduce = ReduceAttr(notation.parse_reductions(parser))
        elif where is None and parser.parse_optional_keyword("where") is not None:
            where = FilterAttr(notation.parse_filter(parser))
        elif empty is None and parser.parse_optional_keyword("empty") is not None:
            empty = NumberAttr(notation.parse_number(parser))
        elif (word := next((w for w in ("on", "in") if w not in symbols and parser.parse_optional_keyword(w) is not None), None)) is not None:
            symbols[word] = parser.parse_symbol_name().data
        elif (word := next((w for w in ("cost", "delay") if w not in numbers and parser.parse_optional_keyword(w) is not None), None)) is not None:
            numbers[word] = notation.parse_number(parser)
        elif onto is None and parser.parse_optional_keyword("onto") is not None:
            onto = len(reader.operands)
            reader.operands.append(find_value(parser, parser.parse_unresolved_operand()))
        elif not taps and parser.parse_optional_keyword("taps") is not None:
            taps = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False, allow_negative=False))
        elif (word := next((w for w in SPACES if w not in spaces and parser.parse_optional_keyword(w) is not None), None)) is not None:
            spaces[word] = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parser.parse_identifier(" for a rank"))
        elif label is None and parser.parse_optional_keyword("named") is not None:
            label = parser.parse_str_literal()
        elif parser.parse_optional_punctuation(":") is not None:
            element = parse_element_type(parser)
        elif not schedule.read(parser):
            break
    attributes = parser.parse_optional_attr_dict()
    if "on" not in symbols:
        parser.raise_error("expected 'on @array'", start, parser.pos)
    types = [tensor_type(parser, out.data, element, start)]
    if reduce is not None and notation.results_of(reduce.data) == 2:
        types.append(TensorType(INDEX_TYPE, types[0].get_shape()))
    op = accel_task.TaskOp(
        reader.operands,
        out,
        expression,
        types,
        symbols["on"],
        reduce=reduce,
        where=where,
        empty=empty,
        rows=spaces.get("rows", ()),
        cols=spaces.get("cols", ()),
        home=symbols.get("in"),
        onto=onto,
        order=spaces.get("order", ()),
        taps=taps,
        cost=numbers.get("cost"),
        delay=numbers.get("delay"),
        label=label,
        when=schedule.when,
        guard=schedule.guard,
        **schedule.numbers,
    )
    op.attributes.update(attributes)
    return op


def print_task(op: TaskOp, printer: Printer) -> None:
    printer.print_string(f" {subscripts_text(op.out.data)} = ")
    print_map(printer, op.map, op.operands)
    if op.reduce is not None:
        printer.print_string(f" reduce {', '.join(map(str, op.reduce.data))}")
    if op.where is not None:
        printer.print_string(f" where {' and '.join(map(str, op.where.data))}")
    if op.empty is not None:
        printer.print_string(f" empty {notation.number_text(op.empty.data)}")
    printer.print_string(" on ")
    printer.print_symbol_name(op.array.string_value())
    for name, ranks in (("rows", op.row_ranks), ("cols", op.col_ranks)):
        if ranks:
            printer.print_string(f" {name} [{', '.join(ranks)}]")
    if op.home is not None:
        printer.print_string(" in ")
        printer.print_symbol_name(op.home.string_value())
    if op.onto_ is not None:
        printer.print_string(" onto ")
        printer.print_ssa_value(op.operands_[op.onto_])
    if op.turn_order:
        printer.print_string(f" order [{', '.join(op.turn_order)}]")
    if op.tapped:
        printer.print_string(f" taps [{', '.join(map(str, op.tapped))}]")
    for name, number in (("cost", op.cost), ("delay", op.delay)):
        if number is not None:
            printer.print_string(f" {name} {notation.number_text(number.data)}")
    print_schedule(printer, op)
    if op.label is not None:
        printer.print_string(" named ")
        printer.print_string_literal(op.label.data)
    print_element(printer, op, op.results_[0], kernel_element(op))
    printer.print_op_attributes(op.attributes)
