"""The text of an iterative rank: `einsum.iterate` with its states, and the `einsum.yield` that ends its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from . import einsum, einsum_text, notation
from .einsum_attrs import MapAttr, NumberAttr, SubscriptsAttr, subscripts_text
from .einsum_scope import Declaration, current_scope, find_value, parse_element_type, tensor_of
from .expression_text import ExpressionReader

if TYPE_CHECKING:
    from .einsum import IterateOp, YieldOp


def parse_iterate(parser: Parser) -> IterateOp:
    start = parser.pos
    rank = parser.parse_identifier(" for the iterative rank")
    sizes = current_scope(parser).sizes
    if rank not in sizes:
        parser.raise_error(f"unknown rank '{rank}'{notation.nearest_or_all(rank, list(sizes))}", start, start + len(rank))
    operands: list[SSAValue] = []
    states: list[SubscriptsAttr] = []
    inits: list[NumberAttr | SubscriptsAttr] = []
    arguments: list[Parser.Argument] = []

    def state() -> None:
        declared = Declaration(parser, clauses=False)
        parser.parse_punctuation("=")
        unresolved = parser.parse_optional_unresolved_operand()
        if unresolved is None:
            inits.append(NumberAttr(notation.parse_number(parser)))
        else:
            operands.append(find_value(parser, unresolved))
            inits.append(SubscriptsAttr(notation.parse_subscripts(parser)))
            declared.element = tensor_of(operands[-1]).get_element_type()
        if parser.parse_optional_punctuation(":") is not None:
            declared.element = parse_element_type(parser)
        states.append(SubscriptsAttr(declared.subscripts))
        if declared.element is None:
            parser.raise_error("the cascade has no element type")
        arguments.append(declared.resolve(parser, declared.element))

    parser.parse_keyword("init")
    parser.parse_comma_separated_list(parser.Delimiter.PAREN, state)
    attributes = parser.parse_optional_attr_dict_with_keyword()
    body = parser.parse_region(arguments)
    types: list[Attribute] = [a.type for a in arguments]
    last = body.block.last_op
    if isinstance(last, einsum.YieldOp):
        collected = [tensor_of(v) for v in last.collected]
        types.extend(TensorType(t.get_element_type(), [sizes[rank], *t.get_shape()]) for t in collected)
    op = einsum.IterateOp(rank, operands, states, inits, body, types)
    if attributes is not None:
        op.attributes.update(attributes.data)
    return op


def print_iterate(op: IterateOp, printer: Printer) -> None:
    printer.print_string(f" {op.rank.data} init(")
    operands = iter(op.inits)
    printer.enter_scope()
    for position, (argument, declared, init) in enumerate(zip(op.body.block.args, op.states, op.init, strict=True)):
        printer.print_string(", " if position else "")
        printer.print_ssa_value(argument)
        printer.print_string(f"{subscripts_text(declared.data)} = ")
        if isinstance(init, NumberAttr):
            printer.print_string(notation.number_text(init.data))
            element, default = tensor_of(argument).get_element_type(), einsum_text.element_type(op)
        else:
            source = next(operands)
            printer.print_ssa_value(source)
            printer.print_string(subscripts_text(init.data))
            element, default = tensor_of(argument).get_element_type(), tensor_of(source).get_element_type()
        if element != default:
            printer.print_string(" : ")
            printer.print_attribute(element)
    printer.print_string(")")
    printer.print_op_attributes(op.attributes, print_keyword=True)
    printer.print_string(" ")
    printer.print_region(op.body, print_entry_block_args=False)
    printer.exit_scope()


def parse_yield(parser: Parser) -> YieldOp:
    states, subscripts = einsum_text.parse_tensor_uses(parser)
    collected: list[SSAValue] = []
    if parser.parse_optional_keyword("collect") is not None:
        collected, more = einsum_text.parse_tensor_uses(parser)
        subscripts += more
    until: MapAttr | None = None
    reader = einsum_text.TensorReader(parser)
    if parser.parse_optional_keyword("until") is not None:
        until = MapAttr(ExpressionReader(parser, reader).read())
    op = einsum.YieldOp(states, subscripts, collected=collected, guarded=reader.operands, until=until)
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_yield(op: YieldOp, printer: Printer) -> None:
    subscripts = op.subscripts.data
    count = len(op.states)
    if count:
        printer.print_string(" ")
        einsum_text.print_uses(printer, op.states, subscripts[:count])
    if op.collected:
        printer.print_string(" collect ")
        einsum_text.print_uses(printer, op.collected, subscripts[count:])
    if op.until is not None:
        printer.print_string(" until ")
        einsum_text.print_map(printer, op.until, op.guarded)
    printer.print_op_attributes(op.attributes)
