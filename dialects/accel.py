"""The accel dialect: machines, and kernels that run tile by tile on their arrays, software-pipelined.

A machine is IR like everything else, so that neither passes nor the simulator know one. A kernel is ONE flattened loop nest with a
straight body (`accel_body.py`). What overlaps with what is data: every operation has a stage, which also orders the operations on
each resource, and every value a number of copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import ArrayAttr, FlatSymbolRefAttrConstr, IntAttr, StringAttr, SymbolNameConstraint, SymbolRefAttr, UnitAttr
from xdsl.ir import Attribute, Dialect, Region
from xdsl.irdl import AnyAttr, IRDLOperation, irdl_op_definition, opt_prop_def, prop_def, region_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, NoTerminator, SymbolOpInterface

from . import accel_kernel_text, accel_legal
from .accel_attrs import TableAttr, UnitsAttr, WhenAttr
from .accel_body import LoadOp, StateOp, StoreOp, UpdateOp
from .accel_machine import ArrayOp, MachineOp, MemoryOp
from .accel_move import MoveOp
from .accel_task import TaskOp
from .einsum_attrs import RanksAttr


@irdl_op_definition
class KernelOp(IRDLOperation):
    """A kernel on a machine: one loop nest (outermost first), tile ranks with their sizes, tensors in the off-chip memory.

    The body runs once per iteration of the flattened nest. In epoch t, an operation of stage s works for iteration t - s. Each
    resource takes the operations of an epoch in order: those of later stages (older iterations) first, and within a stage as the body
    has them; `turn N` (0 unless stated) goes before both. Loop ranks are fixed coordinates in subscripts and filters. Tensors
    are declared by name and shape; kernels of a module run one after another and share tensors by name.

    With `barriers`, the tasks of one turn begin only when all tasks of the turn before (in the first turn: of the last one in the epoch
    before) have ended and their results are there. Loads, moves and stores keep no such step. `spill {buffer = 0.1}` says that the kernel
    overbooks a memory: it may need more than there is, and that share of what its tasks read and write there goes off the chip.

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
    barriers = opt_prop_def(UnitAttr)
    spill = opt_prop_def(TableAttr)
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
        barriers: bool = False,
        spill: Mapping[str, int | float] | None = None,
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
            "barriers": UnitAttr() if barriers else None,
            "spill": TableAttr.of(spill) if spill else None,
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
    def spilled(self) -> dict[str, int | float]:
        """Memory that is overbooked -> share of the tasks' accesses to it that go off the chip."""
        return {} if self.spill is None else self.spill.table

    @property
    def tensor_names(self) -> tuple[str, ...]:
        """Names of the tensors in the off-chip memory, in the order of the block's arguments."""
        return tuple(n.data for n in (*self.inputs, *self.outputs))

    @classmethod
    def parse(cls, parser: Parser) -> KernelOp:
        return accel_kernel_text.parse_kernel(parser)

    def print(self, printer: Printer) -> None:
        accel_kernel_text.print_kernel(self, printer)

    def verify_(self) -> None:
        accel_legal.verify_kernel(self)


Accel = Dialect(
    "accel",
    [MachineOp, ArrayOp, MemoryOp, KernelOp, LoadOp, MoveOp, TaskOp, StateOp, UpdateOp, StoreOp],
    [TableAttr, UnitsAttr, WhenAttr],
)
