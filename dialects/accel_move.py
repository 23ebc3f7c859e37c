"""Moves of tiles that are on the machine already: to the off-chip memory when they are not kept on the chip, and back."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import FlatSymbolRefAttrConstr, IntAttr, SymbolRefAttr, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, lazy_traits_def, operand_def, opt_prop_def, prop_def, result_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Comparison
from .accel_attrs import WhenAttr
from .accel_checks import check_is_tile, check_known, check_when, kernel_of, machine_if_known, named
from .accel_schedule import ScheduledOp, ScheduleReader, copies_property, in_kernel, print_schedule, schedule_properties
from .einsum_attrs import FilterAttr
from .einsum_scope import find_value

AnyTensor = TensorType[Attribute]


@irdl_op_definition
class MoveOp(ScheduledOp):
    """Move a tile from where it lives to a memory or to the registers of an array; the result is the tile there.

    A move takes the port of the off-chip memory: it goes there or comes from there. A tile that is made, moved off the chip and moved
    back is an intermediate that goes *through* the off-chip memory, inside one kernel.

    ```mlir
    %away = accel.move %qk to @dram copies 2 stage 2
    %back = accel.move %away to @buffer stage 3
    ```
    """

    name = "accel.move"

    source = operand_def(AnyTensor)
    memory = prop_def(FlatSymbolRefAttrConstr)
    copies = opt_prop_def(IntAttr)
    when = opt_prop_def(WhenAttr)
    guard = opt_prop_def(FilterAttr)
    stage = opt_prop_def(IntAttr)
    turn = opt_prop_def(IntAttr)
    result = result_def(AnyTensor)

    traits = lazy_traits_def(in_kernel)

    def __init__(
        self,
        source: SSAValue,
        memory: str,
        *,
        copies: int = 1,
        when: WhenAttr | None = None,
        guard: Sequence[Comparison] = (),
        stage: int = 0,
        turn: int = 0,
    ):
        properties = {"memory": SymbolRefAttr(memory), "copies": copies_property(copies)}
        super().__init__(operands=[source], properties=properties | schedule_properties(when, stage, turn, guard), result_types=[source.type])

    @classmethod
    def parse(cls, parser: Parser) -> MoveOp:
        source = find_value(parser, parser.parse_unresolved_operand())
        parser.parse_keyword("to")
        memory = parser.parse_symbol_name().data
        schedule = ScheduleReader()
        while schedule.read(parser):
            pass
        op = cls(source, memory, when=schedule.when, guard=schedule.guard, **schedule.numbers)
        op.attributes.update(parser.parse_optional_attr_dict())
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_ssa_value(self.source)
        printer.print_string(" to ")
        printer.print_symbol_name(self.memory.string_value())
        print_schedule(printer, self)
        printer.print_op_attributes(self.attributes)

    def verify_(self) -> None:
        kernel = kernel_of(self)
        check_when(self, kernel)
        check_is_tile(self.source)
        if self.result.type != self.source.type:
            raise VerifyException(f"{named(self.result)} of type {self.result.type} is moved from {named(self.source)} of type {self.source.type}")
        machine = machine_if_known(kernel)
        if machine is not None:
            check_known((self.memory.string_value(),), [*machine.memories, *machine.arrays], "memory or array")
