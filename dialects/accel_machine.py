"""Machines as IR: arrays of processing elements and memories, with what each can do and at what cost."""

from __future__ import annotations

import math

from xdsl.dialects.builtin import IntAttr, StringAttr, SymbolNameConstraint, UnitAttr
from xdsl.ir import Attribute, Block, Operation, Region
from xdsl.irdl import IRDLOperation, irdl_op_definition, opt_prop_def, prop_def, region_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, NoTerminator, SymbolOpInterface, SymbolTable
from xdsl.utils.exceptions import VerifyException

from . import notation
from .accel_attrs import TableAttr, UnitsAttr
from .accel_clauses import (
    FLAG,
    NUMBER,
    TABLE,
    TEXT,
    UNITS,
    Clause,
    check_not_negative,
    check_positive,
    check_tables,
    clause_attributes,
    parse_clauses,
    print_clauses,
)
from .einsum_attrs import NumberAttr

MEMORY_CLAUSES = {
    "offchip": FLAG,
    "capacity": NUMBER,
    "bandwidth": NUMBER,
    "latency": NUMBER,
    "row": NUMBER,
    "energy": TABLE,
    "area": TABLE,
    "source": TEXT,
}
ARRAY_CLAUSES = {"ops": TABLE, "units": UNITS, "latency": NUMBER, "registers": NUMBER, "energy": TABLE, "area": TABLE, "source": TEXT}
"""Clause of the text -> kind of its value, in the order printed."""


@irdl_op_definition
class MachineOp(IRDLOperation):
    """A machine: its clock in Hz, the bytes of a word (every element of a tensor is a word), its arrays and memories.

    Exactly one memory is `offchip`: kernels find their tensors there.

    ```mlir
    accel.machine @toy clock 1e9 word 2 {
      accel.memory @dram offchip bandwidth 16e9
      accel.memory @buffer capacity 65536
      accel.array @lanes [1, 8] ops {mac = 1, add = 1, exp = 6}
    }
    ```
    """

    name = "accel.machine"

    sym_name = prop_def(SymbolNameConstraint())
    clock = prop_def(NumberAttr)
    word = prop_def(NumberAttr)
    source = opt_prop_def(StringAttr)
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), SymbolTable(), NoTerminator())

    def __init__(self, name: str, clock: float, word: float, parts: list[Operation], *, source: str | None = None):
        """`clock` in Hz, `word` in bytes; `source` says where the numbers come from."""
        properties: dict[str, Attribute | None] = {
            "sym_name": StringAttr(name),
            "clock": NumberAttr(clock),
            "word": NumberAttr(word),
            "source": None if source is None else StringAttr(source),
        }
        super().__init__(properties=properties, regions=[Region(Block(parts))])

    @property
    def arrays(self) -> dict[str, ArrayOp]:
        return {o.sym_name.data: o for o in self.body.block.ops if isinstance(o, ArrayOp)}

    @property
    def memories(self) -> dict[str, MemoryOp]:
        return {o.sym_name.data: o for o in self.body.block.ops if isinstance(o, MemoryOp)}

    @property
    def offchip(self) -> MemoryOp:
        """The memory that holds the kernels' tensors."""
        return next(m for m in self.memories.values() if m.offchip is not None)

    @classmethod
    def parse(cls, parser: Parser) -> MachineOp:
        name = parser.parse_symbol_name()
        properties = parse_clauses(parser, {"clock": NUMBER, "word": NUMBER, "source": TEXT}, ("clock", "word"))
        return cls.create(properties={"sym_name": name} | properties, regions=[parser.parse_region()])

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_clauses(printer, self, ("clock", "word", "source"))
        printer.print_string(" ")
        printer.print_region(self.body)

    def verify_(self) -> None:
        check_positive(self, "clock", "word")
        for op in self.body.block.ops:
            if not isinstance(op, ArrayOp | MemoryOp):
                raise VerifyException(f"a machine holds arrays and memories, not '{op.name}'")
        offchip = [m for m in self.memories.values() if m.offchip is not None]
        if len(offchip) != 1:
            raise VerifyException(f"machine '@{self.sym_name.data}' has {len(offchip)} offchip memories; it needs one")


@irdl_op_definition
class MemoryOp(IRDLOperation):
    """A memory: capacity in bytes (absent: unbounded), bandwidth in bytes per second (absent: unbounded), latency in cycles.

    `energy` is in pJ per access (`read`, `write`) of `row` bytes; `area` in square micrometres.

    ```mlir
    accel.memory @buffer capacity 16777216 bandwidth 1e12 latency 4 row 512 energy {read = 12516, write = 15745}
    ```
    """

    name = "accel.memory"

    sym_name = prop_def(SymbolNameConstraint())
    offchip = opt_prop_def(UnitAttr)
    capacity = opt_prop_def(NumberAttr)
    bandwidth = opt_prop_def(NumberAttr)
    latency = opt_prop_def(NumberAttr)
    row = opt_prop_def(NumberAttr)
    energy = opt_prop_def(TableAttr)
    area = opt_prop_def(TableAttr)
    source = opt_prop_def(StringAttr)

    traits = traits_def(SymbolOpInterface(), HasParent(MachineOp))

    def __init__(self, name: str, **clauses: Clause):
        """The clauses of the text by name, e.g. `MemoryOp("dram", offchip=True, bandwidth=4e11)`."""
        super().__init__(properties={"sym_name": StringAttr(name)} | clause_attributes(MEMORY_CLAUSES, clauses))

    @classmethod
    def parse(cls, parser: Parser) -> MemoryOp:
        return cls.create(properties={"sym_name": parser.parse_symbol_name()} | parse_clauses(parser, MEMORY_CLAUSES))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_clauses(printer, self, tuple(MEMORY_CLAUSES))

    def verify_(self) -> None:
        check_positive(self, "capacity", "bandwidth", "row")
        check_not_negative(self, "latency")
        check_tables(self, "energy", "area")


@irdl_op_definition
class ArrayOp(IRDLOperation):
    """An array of rows x columns processing elements; a 1D array has one row.

    `ops` gives the cycles that one element occupies a PE per scalar operation; an operation that is missing is not possible there
    (see `accel_mix.UNITS` for operations that share one). A PE does one operation at a time, save for those of `units`: each of these is a part of
    its own in every PE, which works beside the others (see `accel_units.py`). `latency` is the cycles from the end of a task until its result may be
    read, `registers` the bytes that all PEs' registers hold (absent: not modelled). `energy` is in pJ per operation, `area` in um2.

    ```mlir
    accel.array @pe2d [256, 256] ops {mac = 1, add = 1, max = 1, exp = 6} units {comparator = [max]} latency 0
    ```
    """

    name = "accel.array"

    sym_name = prop_def(SymbolNameConstraint())
    rows = prop_def(IntAttr)
    cols = prop_def(IntAttr)
    ops = prop_def(TableAttr)
    units = opt_prop_def(UnitsAttr)
    latency = opt_prop_def(NumberAttr)
    registers = opt_prop_def(NumberAttr)
    energy = opt_prop_def(TableAttr)
    area = opt_prop_def(TableAttr)
    source = opt_prop_def(StringAttr)

    traits = traits_def(SymbolOpInterface(), HasParent(MachineOp))

    def __init__(self, name: str, rows: int, cols: int, **clauses: Clause):
        """The clauses of the text by name, e.g. `ArrayOp("lanes", 1, 8, ops={"mac": 1})`."""
        properties = {"sym_name": StringAttr(name), "rows": IntAttr(rows), "cols": IntAttr(cols)}
        super().__init__(properties=properties | clause_attributes(ARRAY_CLAUSES, clauses))

    @classmethod
    def parse(cls, parser: Parser) -> ArrayOp:
        name = parser.parse_symbol_name()
        with parser.in_square_brackets():
            rows = parser.parse_integer(allow_boolean=False)
            parser.parse_punctuation(",")
            cols = parser.parse_integer(allow_boolean=False)
        properties = {"sym_name": name, "rows": IntAttr(rows), "cols": IntAttr(cols)}
        return cls.create(properties=properties | parse_clauses(parser, ARRAY_CLAUSES, ("ops",)))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        printer.print_string(f" [{self.rows.data}, {self.cols.data}]")
        print_clauses(printer, self, tuple(ARRAY_CLAUSES))

    def verify_(self) -> None:
        if self.rows.data < 1 or self.cols.data < 1:
            raise VerifyException(f"array '@{self.sym_name.data}' has {self.rows.data} x {self.cols.data} processing elements")
        check_positive(self, "registers")
        check_not_negative(self, "latency")
        for name, cycles in self.ops.data:
            if not (math.isfinite(cycles) and cycles > 0):
                raise VerifyException(f"operation '{name}' of '@{self.sym_name.data}' takes {notation.number_text(cycles)} cycles")
        self._check_units()
        check_tables(self, "energy", "area")

    def _check_units(self) -> None:
        table, owner, where = self.ops.table, dict[str, str](), f"'@{self.sym_name.data}'"
        units = () if self.units is None else self.units.data
        for unit, operations in units:
            if [name for name, _ in units].count(unit) > 1:
                raise VerifyException(f"unit '{unit}' of {where} is given twice")
            if not operations:
                raise VerifyException(f"unit '{unit}' of {where} has no operation")
            for op in operations:
                if op not in table:
                    raise VerifyException(f"unit '{unit}' has '{op}', which {where} does not do{notation.nearest(op, list(table))}")
                if op in owner:
                    raise VerifyException(f"'{op}' of {where} is in unit '{owner[op]}' and in unit '{unit}'")
                owner[op] = unit
