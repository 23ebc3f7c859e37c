"""The text of a kernel around its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from . import accel
from .accel_attrs import TableAttr
from .accel_scope import KernelScope
from .einsum_attrs import RanksAttr
from .einsum_scope import open_scope, parse_element_type, tensor_of

if TYPE_CHECKING:
    from .accel import KernelOp


class _Tensor:
    """A tensor in the off-chip memory, by name and shape: `%Q[64, 1024]`, `%G[64] : i32`, `%q as "Q"[64]`."""

    def __init__(self, parser: Parser):
        self.argument = parser.parse_argument(expect_type=False)
        given = parser.parse_str_literal() if parser.parse_optional_keyword("as") is not None else None
        self.name = self.argument.name.text[1:] if given is None else given
        self.shape = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False, allow_negative=False)
        )
        self.element = parse_element_type(parser) if parser.parse_optional_punctuation(":") is not None else None

    def resolve(self, element: Attribute) -> Parser.Argument:
        return self.argument.resolve(TensorType(self.element or element, self.shape))


def parse_kernel(parser: Parser) -> KernelOp:
    name = parser.parse_symbol_name()
    parser.parse_keyword("on")
    machine = parser.parse_symbol_name()
    parser.parse_keyword("nest")
    nest = RanksAttr(RanksAttr.parse_ranks(parser))
    parser.parse_keyword("tiles")
    tiles = RanksAttr(RanksAttr.parse_ranks(parser))
    ii = parser.parse_integer(allow_boolean=False) if parser.parse_optional_keyword("ii") is not None else None
    barriers = parser.parse_optional_keyword("barriers") is not None
    spill = dict(TableAttr.parse_table(parser)) if parser.parse_optional_keyword("spill") is not None else None
    inputs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: _Tensor(parser))
    parser.parse_punctuation("->")
    outputs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: _Tensor(parser))
    parser.parse_punctuation(":")
    element = parse_element_type(parser)
    attributes = parser.parse_optional_attr_dict_with_keyword()
    with open_scope(KernelScope(nest.sizes | tiles.sizes, element, tiles.sizes)):
        body = parser.parse_region([t.resolve(element) for t in (*inputs, *outputs)])
    names = [t.name for t in inputs], [t.name for t in outputs]
    op = accel.KernelOp(name.data, machine.data, nest.data, tiles.data, *names, element, body, ii=ii, barriers=barriers, spill=spill)
    if attributes is not None:
        op.attributes.update(attributes.data)
    return op


def print_kernel(op: KernelOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_symbol_name(op.sym_name.data)
    printer.print_string(" on ")
    printer.print_symbol_name(op.machine.string_value())
    printer.print_string(f" nest {op.nest.ranks_text()} tiles {op.tiles.ranks_text()}")
    if op.ii is not None:
        printer.print_string(f" ii {op.ii.data}")
    if op.barriers is not None:
        printer.print_string(" barriers")
    if op.spill is not None:
        printer.print_string(f" spill {op.spill.table_text()}")
    printer.enter_scope()
    printer.print_string("\n    (")
    tensors = list(zip(op.body.block.args, op.tensor_names, strict=True))
    printer.print_list(tensors[: len(op.inputs)], lambda t: _print_tensor(printer, op, *t))
    printer.print_string(") -> (")
    printer.print_list(tensors[len(op.inputs) :], lambda t: _print_tensor(printer, op, *t))
    printer.print_string(") : ")
    printer.print_attribute(op.element)
    printer.print_op_attributes(op.attributes, print_keyword=True)
    printer.print_string(" ")
    printer.print_region(op.body, print_entry_block_args=False)
    printer.exit_scope()


def _print_tensor(printer: Printer, op: KernelOp, argument: SSAValue, name: str) -> None:
    printed = printer.print_ssa_value(argument)
    if printed not in (name, f"%{name}"):
        printer.print_string(" as ")
        printer.print_string_literal(name)
    type_ = tensor_of(argument)
    printer.print_string(f"[{', '.join(map(str, type_.get_shape()))}]")
    if type_.get_element_type() != op.element:
        printer.print_string(" : ")
        printer.print_attribute(type_.get_element_type())
