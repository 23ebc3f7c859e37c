"""What stands in a kernel besides tasks: loads of tiles, state carried along a loop, stores."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import FlatSymbolRefAttrConstr, IntAttr, StringAttr, SymbolRefAttr, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    lazy_traits_def,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..algebra.affine import Comparison
from . import accel_text, accel_verify
from .accel_attrs import WhenAttr
from .accel_schedule import ScheduledOp, copies_property, in_kernel, schedule_properties
from .einsum_attrs import FilterAttr, NumberAttr, SubscriptsAttr

AnyTensor = TensorType[Attribute]


@irdl_op_definition
class LoadOp(ScheduledOp):
    """Move a tile of a tensor from the off-chip memory to a memory of the chip, or past it to an array.

    A dimension of the tensor whose subscript has tile ranks is a dimension of the tile, as large as the tile ranks reach; the others
    are taken at the loops' coordinates. Where tile ranks reach coordinates at several distances, as m2 and m0 do in
    `8192 * m2 + 256 * m1 + m0`, each is a dimension of the tile, the longest step first, and what lies between is not in it. What lies
    outside the tensor is not moved and reads as `empty` (0 unless stated).
    A tile loaded to an array is kept nowhere: it streams, and is moved as often as the tasks that read it ask for it.
    `copies` tiles are held at a time: with 2, a tile may arrive while the one before it is in use.

    ```mlir
    %k = accel.load %K[b, 256 * m1 + m0, e] to @buffer copies 2 at first(p1)
    ```
    """

    name = "accel.load"

    source = operand_def(AnyTensor)
    subscripts = prop_def(SubscriptsAttr)
    memory = prop_def(FlatSymbolRefAttrConstr)
    empty = opt_prop_def(NumberAttr)
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
        subscripts: SubscriptsAttr,
        memory: str,
        result_type: Attribute,
        *,
        empty: NumberAttr | None = None,
        copies: int = 1,
        when: WhenAttr | None = None,
        guard: Sequence[Comparison] = (),
        stage: int = 0,
        turn: int = 0,
    ):
        """`accel_text.tile_type` gives the result type that the subscripts imply."""
        properties = {"subscripts": subscripts, "memory": SymbolRefAttr(memory), "empty": empty, "copies": copies_property(copies)}
        super().__init__(operands=[source], properties=properties | schedule_properties(when, stage, turn, guard), result_types=[result_type])

    @classmethod
    def parse(cls, parser: Parser) -> LoadOp:
        return accel_text.parse_load(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_load(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_load(self)


@irdl_op_definition
class StateOp(IRDLOperation):
    """A tile carried along a loop: what `accel.update` names in the iteration before, or the initial value in the loop's first one.

    There is one such tile per coordinate of the other loops that the updating value varies with. It has no storage of its own:
    reading it reads the updating value's storage, whose `copies` must cover that. The initial value is a number or a tile.

    ```mlir
    %rm = accel.state [p0] over m1 init -inf
    ```
    """

    name = "accel.state"

    initial = opt_operand_def(AnyTensor)
    subscripts = prop_def(SubscriptsAttr)
    loop = prop_def(StringAttr)
    init = opt_prop_def(NumberAttr)
    result = result_def(AnyTensor)

    traits = lazy_traits_def(in_kernel)

    def __init__(self, subscripts: SubscriptsAttr, loop: str, init: int | float | SSAValue, result_type: Attribute):
        number = None if isinstance(init, SSAValue) else NumberAttr(init)
        properties: dict[str, Attribute | None] = {"subscripts": subscripts, "loop": StringAttr(loop), "init": number}
        super().__init__(operands=[init if isinstance(init, SSAValue) else None], properties=properties, result_types=[result_type])

    @classmethod
    def parse(cls, parser: Parser) -> StateOp:
        return accel_text.parse_state(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_state(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_state(self)


@irdl_op_definition
class UpdateOp(IRDLOperation):
    """The value that a state has in the next iteration of its loop. It takes no time.

    ```mlir
    accel.update %rm = %rm_next
    ```
    """

    name = "accel.update"

    state = operand_def(AnyTensor)
    value = operand_def(AnyTensor)

    traits = lazy_traits_def(in_kernel)

    def __init__(self, state: SSAValue, value: SSAValue):
        super().__init__(operands=[state, value])

    @classmethod
    def parse(cls, parser: Parser) -> UpdateOp:
        return accel_text.parse_update(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_update(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_update(self)


@irdl_op_definition
class StoreOp(ScheduledOp):
    """Move a tile to its place in a result tensor in the off-chip memory; what lies outside the tensor is not moved.

    The subscripts map the tile to the tensor as those of `accel.load` do.

    ```mlir
    accel.store %av to %AV[b, 256 * p1 + p0, f] at last(m1) stage 3
    ```
    """

    name = "accel.store"

    value = operand_def(AnyTensor)
    target = operand_def(AnyTensor)
    subscripts = prop_def(SubscriptsAttr)
    when = opt_prop_def(WhenAttr)
    stage = opt_prop_def(IntAttr)
    turn = opt_prop_def(IntAttr)

    traits = lazy_traits_def(in_kernel)

    def __init__(self, value: SSAValue, target: SSAValue, subscripts: SubscriptsAttr, *, when: WhenAttr | None = None, stage: int = 0, turn: int = 0):
        super().__init__(operands=[value, target], properties={"subscripts": subscripts} | schedule_properties(when, stage, turn))

    @classmethod
    def parse(cls, parser: Parser) -> StoreOp:
        return accel_text.parse_store(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_store(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_store(self)
