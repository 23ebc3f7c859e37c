"""The text of what stands in a kernel besides tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xdsl.parser import Parser
from xdsl.printer import Printer

from ..algebra.affine import Affine
from . import accel_body, notation
from .accel_schedule import ScheduleReader, print_schedule
from .accel_scope import kernel_element, kernel_scope, print_element
from .accel_tiles import tile_type
from .einsum_attrs import NumberAttr, SubscriptsAttr, subscripts_text
from .einsum_scope import find_value, parse_element_type, tensor_of, tensor_type

if TYPE_CHECKING:
    from .accel_body import LoadOp, StateOp, StoreOp, UpdateOp


def parse_load(parser: Parser) -> LoadOp:
    scope = kernel_scope(parser)
    start = parser.pos
    source = find_value(parser, parser.parse_unresolved_operand())
    subscripts = SubscriptsAttr(notation.parse_subscripts(parser))
    _check_ranks(parser, subscripts.data, scope.sizes, start)
    parser.parse_keyword("to")
    memory = parser.parse_symbol_name().data
    empty: NumberAttr | None = None
    schedule = ScheduleReader()
    while True:
        if empty is None and parser.parse_optional_keyword("empty") is not None:
            empty = NumberAttr(notation.parse_number(parser))
        elif not schedule.read(parser):
            break
    element = tensor_of(source).get_element_type()
    type_ = tile_type(subscripts.data, scope.tiles, element)
    op = accel_body.LoadOp(source, subscripts, memory, type_, empty=empty, when=schedule.when, guard=schedule.guard, **schedule.numbers)
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def _check_ranks(parser: Parser, subscripts: tuple[Affine, ...], sizes: Mapping[str, int], start: int) -> None:
    for name in (r for s in subscripts for r in s.ranks):
        if name not in sizes:
            parser.raise_error(f"unknown rank '{name}'{notation.nearest(name, list(sizes))}", start, parser.pos)


def print_load(op: LoadOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.source)
    printer.print_string(f"{subscripts_text(op.subscripts.data)} to ")
    printer.print_symbol_name(op.memory.string_value())
    if op.empty is not None:
        printer.print_string(f" empty {notation.number_text(op.empty.data)}")
    print_schedule(printer, op)
    printer.print_op_attributes(op.attributes)


def parse_state(parser: Parser) -> StateOp:
    scope = kernel_scope(parser)
    start = parser.pos
    subscripts = SubscriptsAttr(notation.parse_subscripts(parser))
    parser.parse_keyword("over")
    loop = parser.parse_identifier(" for a loop")
    parser.parse_keyword("init")
    unresolved = parser.parse_optional_unresolved_operand()
    init = notation.parse_number(parser) if unresolved is None else find_value(parser, unresolved)
    element = parse_element_type(parser) if parser.parse_optional_punctuation(":") is not None else scope.default
    op = accel_body.StateOp(subscripts, loop, init, tensor_type(parser, subscripts.data, element, start))
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_state(op: StateOp, printer: Printer) -> None:
    printer.print_string(f" {subscripts_text(op.subscripts.data)} over {op.loop.data} init ")
    if op.initial is not None:
        printer.print_ssa_value(op.initial)
    elif op.init is not None:
        printer.print_string(notation.number_text(op.init.data))
    print_element(printer, op, op.result, kernel_element(op))
    printer.print_op_attributes(op.attributes)


def parse_update(parser: Parser) -> UpdateOp:
    state = find_value(parser, parser.parse_unresolved_operand())
    parser.parse_punctuation("=")
    op = accel_body.UpdateOp(state, find_value(parser, parser.parse_unresolved_operand()))
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_update(op: UpdateOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.state)
    printer.print_string(" = ")
    printer.print_ssa_value(op.value)
    printer.print_op_attributes(op.attributes)


def parse_store(parser: Parser) -> StoreOp:
    scope = kernel_scope(parser)
    value = find_value(parser, parser.parse_unresolved_operand())
    parser.parse_keyword("to")
    start = parser.pos
    target = find_value(parser, parser.parse_unresolved_operand())
    subscripts = SubscriptsAttr(notation.parse_subscripts(parser))
    _check_ranks(parser, subscripts.data, scope.sizes, start)
    schedule = ScheduleReader()
    while schedule.read(parser):
        pass
    if schedule.numbers.pop("copies") != 1:
        parser.raise_error("a store has no result to hold copies of", start, parser.pos)
    if schedule.guard:
        parser.raise_error("a store always runs", start, parser.pos)
    op = accel_body.StoreOp(value, target, subscripts, when=schedule.when, **schedule.numbers)
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_store(op: StoreOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.value)
    printer.print_string(" to ")
    printer.print_ssa_value(op.target)
    printer.print_string(subscripts_text(op.subscripts.data))
    print_schedule(printer, op)
    printer.print_op_attributes(op.attributes)
