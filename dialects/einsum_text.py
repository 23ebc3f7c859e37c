"""The text of the einsum dialect: how each operation is read and printed. The notation itself is in `notation.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import ArrayAttr, TensorType, UnitAttr
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..algebra.expr import to_text
from . import einsum, notation
from .einsum_attrs import FilterAttr, MapAttr, NumberAttr, RanksAttr, ReduceAttr, SubscriptsAttr, ViewAttr, subscripts_text
from .einsum_scope import INDEX_TYPE, Declaration, Scope, current_scope, find_value, open_scope, parse_element_type, tensor_of, tensor_type
from .expression_text import ExpressionReader

if TYPE_CHECKING:
    from .einsum import CascadeOp, ComputeOp, ReturnOp, ViewOp


def element_type(op: Operation) -> Attribute | None:
    """The element type that tensors around `op` have unless they say otherwise; None outside a cascade."""
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, einsum.CascadeOp):
        parent = parent.parent_op()
    return None if parent is None else parent.element


class TensorReader:
    """Reads `%Q` inside an expression as a position among operands, each tensor once."""

    def __init__(self, parser: Parser):
        self.parser = parser
        self.operands: list[SSAValue] = []

    def __call__(self) -> int | None:
        unresolved = self.parser.parse_optional_unresolved_operand()
        if unresolved is None:
            return None
        value = find_value(self.parser, unresolved)
        if value not in self.operands:
            self.operands.append(value)
        return self.operands.index(value)


def parse_tensor_uses(parser: Parser) -> tuple[list[SSAValue], list[SubscriptsAttr]]:
    """`%RM[p], %S[m, p]`, possibly nothing."""
    uses: list[SSAValue] = []
    subscripts: list[SubscriptsAttr] = []
    while (unresolved := parser.parse_optional_unresolved_operand()) is not None:
        uses.append(find_value(parser, unresolved))
        subscripts.append(SubscriptsAttr(notation.parse_subscripts(parser)))
        if parser.parse_optional_punctuation(",") is None:
            break
    return uses, subscripts


def print_map(printer: Printer, expression: MapAttr, operands: Sequence[SSAValue]) -> None:
    text = to_text(expression.data, lambda a: f"\0{a.tensor}\0{subscripts_text(a.subscripts)}")
    for position, piece in enumerate(text.split("\0")):
        if position % 2 == 0:
            printer.print_string(piece)
        else:
            printer.print_ssa_value(operands[int(piece)])


def print_uses(printer: Printer, values: Sequence[SSAValue], subscripts: Sequence[SubscriptsAttr]) -> None:
    def one(use: tuple[SSAValue, SubscriptsAttr]) -> None:
        printer.print_ssa_value(use[0])
        printer.print_string(subscripts_text(use[1].data))

    printer.print_list(list(zip(values, subscripts, strict=True)), one)


def parse_compute(parser: Parser) -> ComputeOp:
    start = parser.pos
    out = SubscriptsAttr(notation.parse_subscripts(parser))
    parser.parse_punctuation("=")
    reader = TensorReader(parser)
    expression = MapAttr(ExpressionReader(parser, reader).read())
    reduce: ReduceAttr | None = None
    where: FilterAttr | None = None
    empty: NumberAttr | None = None
    element = current_scope(parser).element
    while True:
        if reduce is None and parser.parse_optional_keyword("reduce") is not None:
            reduce = ReduceAttr(notation.parse_reductions(parser))
        elif where is None and parser.parse_optional_keyword("where") is not None:
            where = FilterAttr(notation.parse_filter(parser))
        elif empty is None and parser.parse_optional_keyword("empty") is not None:
            empty = NumberAttr(notation.parse_number(parser))
        elif parser.parse_optional_punctuation(":") is not None:
            element = parse_element_type(parser)
        else:
            break
    attributes = parser.parse_optional_attr_dict()
    if element is None:
        parser.raise_error("the cascade has no element type", start, parser.pos)
    types = [tensor_type(parser, out.data, element, start)]
    if reduce is not None and notation.results_of(reduce.data) == 2:
        types.append(TensorType(INDEX_TYPE, types[0].get_shape()))
    op = einsum.ComputeOp(reader.operands, out, expression, types, reduce=reduce, where=where, empty=empty)
    op.attributes.update(attributes)
    return op


def print_compute(op: ComputeOp, printer: Printer) -> None:
    printer.print_string(f" {subscripts_text(op.out.data)} = ")
    print_map(printer, op.map, op.operands)
    if op.reduce is not None:
        printer.print_string(f" reduce {', '.join(map(str, op.reduce.data))}")
    if op.where is not None:
        printer.print_string(f" where {' and '.join(map(str, op.where.data))}")
    if op.empty is not None:
        printer.print_string(f" empty {notation.number_text(op.empty.data)}")
    element = op.results_[0].type.get_element_type()
    if element != element_type(op):
        printer.print_string(" : ")
        printer.print_attribute(element)
    printer.print_op_attributes(op.attributes)


def parse_view(parser: Parser) -> ViewOp:
    source = find_value(parser, parser.parse_unresolved_operand())
    start = parser.pos
    regroup = ViewAttr(ViewAttr.parse_dimensions(parser))
    if not isinstance(source.type, TensorType):
        parser.raise_error("only a tensor can be viewed", start, parser.pos)
    dimensions = SubscriptsAttr.of_ranks(regroup.result_ranks).data
    op = einsum.ViewOp(source, regroup, tensor_type(parser, dimensions, tensor_of(source).get_element_type(), start))
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_view(op: ViewOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.source)
    printer.print_string(op.regroup.dimensions_text())
    printer.print_op_attributes(op.attributes)


def parse_return(parser: Parser) -> ReturnOp:
    values, subscripts = parse_tensor_uses(parser)
    op = einsum.ReturnOp(values, subscripts)
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_return(op: ReturnOp, printer: Printer) -> None:
    if op.values:
        printer.print_string(" ")
        print_uses(printer, op.values, op.subscripts.data)
    printer.print_op_attributes(op.attributes)


def parse_cascade(parser: Parser) -> CascadeOp:
    name = parser.parse_symbol_name()
    parser.parse_keyword("ranks")
    ranks = RanksAttr(RanksAttr.parse_ranks(parser))
    with open_scope(Scope(ranks.sizes, None)):
        declared = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: Declaration(parser))
    parser.parse_punctuation("->")
    outputs: list[SubscriptsAttr] = []
    while not outputs or parser.parse_optional_punctuation(",") is not None:
        outputs.append(SubscriptsAttr(notation.parse_subscripts(parser)))
    parser.parse_punctuation(":")
    element = parse_element_type(parser)
    attributes = parser.parse_optional_attr_dict_with_keyword()
    with open_scope(Scope(ranks.sizes, element)):
        body = parser.parse_region([d.resolve(parser, element) for d in declared])
    op = einsum.CascadeOp.create(
        properties={
            "sym_name": name,
            "ranks": ranks,
            "inputs": ArrayAttr(SubscriptsAttr(d.subscripts) for d in declared),
            "empties": ArrayAttr(UnitAttr() if d.empty is None else d.empty for d in declared),
            "outputs": ArrayAttr(outputs),
            "element": element,
        },
        regions=[body],
    )
    if attributes is not None:
        op.attributes.update(attributes.data)
    return op


def print_cascade(op: CascadeOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_symbol_name(op.sym_name.data)
    printer.print_string(f" ranks {op.ranks.ranks_text()} (")
    printer.enter_scope()
    for position, (argument, declared, empty) in enumerate(zip(op.body.block.args, op.inputs, op.empties, strict=True)):
        printer.print_string(", " if position else "")
        printer.print_ssa_value(argument)
        printer.print_string(subscripts_text(declared.data))
        if (element := tensor_of(argument).get_element_type()) != op.element:
            printer.print_string(" : ")
            printer.print_attribute(element)
        if isinstance(empty, NumberAttr):
            printer.print_string(f" empty {notation.number_text(empty.data)}")
    printer.print_string(f") -> {', '.join(subscripts_text(o.data) for o in op.outputs)} : ")
    printer.print_attribute(op.element)
    printer.print_op_attributes(op.attributes, print_keyword=True)
    printer.print_string(" ")
    printer.print_region(op.body, print_entry_block_args=False)
    printer.exit_scope()
