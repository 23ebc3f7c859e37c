"""The accel dialect: machines, and kernels that run tile by tile on their arrays, software-pipelined.

A machine is IR like everything else, so that neither passes nor the simulator know one. A kernel is ONE flattened loop nest with a
straight body: loads of tiles, tasks (tile-level Einsums) on arrays, state carried along a loop, stores. What overlaps with what is
data: every operation has a stage, which also orders the operations on each resource, and every value a number of copies.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ArrayAttr, FlatSymbolRefAttrConstr, IntAttr, StringAttr, SymbolNameConstraint, SymbolRefAttr, TensorType
from xdsl.ir import Attribute, Dialect, Operation, Region, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsolatedFromAbove, NoTerminator, SymbolOpInterface

from . import accel_text, accel_verify
from .accel_attrs import TableAttr, When, WhenAttr
from .accel_machine import ArrayOp, MachineOp, MemoryOp
from .einsum_attrs import FilterAttr, MapAttr, NumberAttr, RanksAttr, ReduceAttr, SubscriptsAttr

AnyTensor = TensorType[Attribute]


@irdl_op_definition
class KernelOp(IRDLOperation):
    """A kernel on a machine: one loop nest (outermost first), tile ranks with their sizes, tensors in the off-chip memory.

    The body runs once per iteration of the flattened nest. In epoch t, an operation of stage s works for iteration t - s. Each
    resource takes the operations of an epoch in order: those of later stages (older iterations) first, and within a stage as the body
    has them; `turn N` (0 unless stated) goes before both. Loop ranks are fixed coordinates in subscripts and filters. Tensors
    are declared by name and shape; kernels of a module run one after another and share tensors by name.

    ```mlir
    accel.kernel @scale on @toy nest {i1 = 4} tiles {i0 = 8} (%A[32]) -> (%B[32]) : f32 {
      %a = accel.load %A[8 * i1 + i0] to @buffer copies 2
      %b = accel.task [i0] = 2 * %a[i0] on @lanes cols [i0] in @buffer stage 1
      accel.store %b to %B[8 * i1 + i0] stage 1
    }
    ```
    """

    name = "accel.kernel"

    sym_name = prop_def(SymbolNameConstraint())
    machine = prop_def(FlatSymbolRefAttrConstr)
    nest = prop_def(RanksAttr)
    tiles = prop_def(RanksAttr)
    inputs = prop_def(ArrayAttr[StringAttr])
    outputs = prop_def(ArrayAttr[StringAttr])
    element = prop_def(AnyAttr())
    ii = opt_prop_def(IntAttr)
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), IsolatedFromAbove(), NoTerminator())

    def __init__(
        self,
        name: str,
        machine: str,
        nest: Sequence[tuple[str, int]],
        tiles: Sequence[tuple[str, int]],
        inputs: Sequence[str],
        outputs: Sequence[str],
        element: Attribute,
        body: Region,
        *,
        ii: int | None = None,
    ):
        """`body` has one block, whose arguments are the tensors: inputs first, then outputs. `ii` is in cycles."""
        properties: dict[str, Attribute | None] = {
            "sym_name": StringAttr(name),
            "machine": SymbolRefAttr(machine),
            "nest": RanksAttr(tuple(nest)),
            "tiles": RanksAttr(tuple(tiles)),
            "inputs": ArrayAttr(map(StringAttr, inputs)),
            "outputs": ArrayAttr(map(StringAttr, outputs)),
            "element": element,
            "ii": None if ii is None else IntAttr(ii),
        }
        super().__init__(properties=properties, regions=[body])

    @property
    def loops(self) -> dict[str, int]:
        """Loop -> trip count, outermost first."""
        return self.nest.sizes

    @property
    def sizes(self) -> dict[str, int]:
        """Loop or tile rank -> size."""
        return self.nest.sizes | self.tiles.sizes

    @property
    def tensor_names(self) -> tuple[str, ...]:
        """Names of the tensors in the off-chip memory, in the order of the block's arguments."""
        return tuple(n.data for n in (*self.inputs, *self.outputs))

    @classmethod
    def parse(cls, parser: Parser) -> KernelOp:
        return accel_text.parse_kernel(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_kernel(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_kernel(self)


class _Scheduled(IRDLOperation):
    """What loads, tasks and stores have in common: when they run, and in which stage of the software pipeline."""

    @property
    def when_(self) -> When:
        """Where in the nest the operation runs."""
        when = self.properties.get("when")
        return when.data if isinstance(when, WhenAttr) else When()

    @property
    def stage_(self) -> int:
        """How many epochs after its iteration has begun the operation runs."""
        return _integer(self, "stage", 0)

    @property
    def turn_(self) -> int:
        """What orders the operations of an epoch before stages do."""
        return _integer(self, "turn", 0)

    @property
    def copies_(self) -> int:
        """How many tiles the result's storage holds."""
        return _integer(self, "copies", 1)


def _integer(op: Operation, name: str, default: int) -> int:
    value = op.properties.get(name)
    return value.data if isinstance(value, IntAttr) else default


def _schedule(when: WhenAttr | None, stage: int, turn: int) -> dict[str, Attribute | None]:
    """The properties that say when; defaults are left out, so that equal schedules are equal IR."""
    return {"when": when, "stage": IntAttr(stage) if stage else None, "turn": IntAttr(turn) if turn else None}


def _copies(copies: int) -> IntAttr | None:
    return IntAttr(copies) if copies != 1 else None


@irdl_op_definition
class LoadOp(_Scheduled):
    """Move a tile of a tensor from the off-chip memory to a memory of the chip.

    A dimension of the tensor whose subscript has tile ranks is a dimension of the tile, as large as the tile ranks reach; the others
    are taken at the loops' coordinates. What lies outside the tensor is not moved and reads as `empty` (0 unless stated).
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
    stage = opt_prop_def(IntAttr)
    turn = opt_prop_def(IntAttr)
    result = result_def(AnyTensor)

    traits = traits_def(HasParent(KernelOp))

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
        stage: int = 0,
        turn: int = 0,
    ):
        """`accel_text.tile_type` gives the result type that the subscripts imply."""
        properties = {"subscripts": subscripts, "memory": SymbolRefAttr(memory), "empty": empty, "copies": _copies(copies)}
        super().__init__(operands=[source], properties=properties | _schedule(when, stage, turn), result_types=[result_type])

    @classmethod
    def parse(cls, parser: Parser) -> LoadOp:
        return accel_text.parse_load(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_load(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_load(self)


@irdl_op_definition
class TaskOp(_Scheduled):
    """Run a tile-level Einsum on an array: map, reduce and populate as `einsum.compute` does, over tile ranks.

    `rows` and `cols` name the ranks spread over the array; the others take turns. The result lives `in` a memory or in the registers
    of an array (by default the one it is computed on). A task occupies its array for its cycles; see `accel_mix.task_cycles`.

    ```mlir
    %qk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] reduce add(e) on @pe2d rows [m0] cols [p0] copies 2 stage 1
    %av = accel.task [p0, f] = %rnv[p0, f] / %rd[p0] on @pe1d cols [p0] in @buffer at last(m1) stage 2
    ```
    """

    name = "accel.task"

    operands_ = var_operand_def(AnyTensor)
    out = prop_def(SubscriptsAttr)
    map = prop_def(MapAttr)
    reduce = opt_prop_def(ReduceAttr)
    where = opt_prop_def(FilterAttr)
    empty = opt_prop_def(NumberAttr)
    array = prop_def(FlatSymbolRefAttrConstr)
    rows = opt_prop_def(ArrayAttr[StringAttr])
    cols = opt_prop_def(ArrayAttr[StringAttr])
    home = opt_prop_def(FlatSymbolRefAttrConstr)
    label = opt_prop_def(StringAttr)
    copies = opt_prop_def(IntAttr)
    when = opt_prop_def(WhenAttr)
    stage = opt_prop_def(IntAttr)
    turn = opt_prop_def(IntAttr)
    results_ = var_result_def(AnyTensor)

    traits = traits_def(HasParent(KernelOp))

    def __init__(
        self,
        operands: Sequence[SSAValue],
        out: SubscriptsAttr,
        map: MapAttr,
        result_types: Sequence[Attribute],
        array: str,
        *,
        reduce: ReduceAttr | None = None,
        where: FilterAttr | None = None,
        empty: NumberAttr | None = None,
        rows: Sequence[str] = (),
        cols: Sequence[str] = (),
        home: str | None = None,
        label: str | None = None,
        copies: int = 1,
        when: WhenAttr | None = None,
        stage: int = 0,
        turn: int = 0,
    ):
        """`home` names the memory or array that holds the result (None: the array it runs on); `label` names it in reports."""
        properties: dict[str, Attribute | None] = {
            "out": out,
            "map": map,
            "reduce": reduce,
            "where": where,
            "empty": empty,
            "array": SymbolRefAttr(array),
            "rows": ArrayAttr(StringAttr(r) for r in rows) if rows else None,
            "cols": ArrayAttr(StringAttr(c) for c in cols) if cols else None,
            "home": SymbolRefAttr(home) if home is not None and home != array else None,
            "label": StringAttr(label) if label is not None else None,
            "copies": _copies(copies),
        }
        super().__init__(operands=[operands], properties=properties | _schedule(when, stage, turn), result_types=[result_types])

    @property
    def row_ranks(self) -> tuple[str, ...]:
        return tuple(r.data for r in self.rows or ())

    @property
    def col_ranks(self) -> tuple[str, ...]:
        return tuple(c.data for c in self.cols or ())

    @property
    def home_name(self) -> str:
        """The memory or array in which the result lives."""
        return (self.home if self.home is not None else self.array).string_value()

    @classmethod
    def parse(cls, parser: Parser) -> TaskOp:
        return accel_text.parse_task(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_task(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_task(self)


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

    traits = traits_def(HasParent(KernelOp))

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

    traits = traits_def(HasParent(KernelOp))

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
class StoreOp(_Scheduled):
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

    traits = traits_def(HasParent(KernelOp))

    def __init__(
        self, value: SSAValue, target: SSAValue, subscripts: SubscriptsAttr, *, when: WhenAttr | None = None, stage: int = 0, turn: int = 0
    ):
        super().__init__(operands=[value, target], properties={"subscripts": subscripts} | _schedule(when, stage, turn))

    @classmethod
    def parse(cls, parser: Parser) -> StoreOp:
        return accel_text.parse_store(parser)

    def print(self, printer: Printer) -> None:
        accel_text.print_store(self, printer)

    def verify_(self) -> None:
        accel_verify.verify_store(self)


Accel = Dialect(
    "accel",
    [MachineOp, ArrayOp, MemoryOp, KernelOp, LoadOp, TaskOp, StateOp, UpdateOp, StoreOp],
    [TableAttr, WhenAttr],
)
