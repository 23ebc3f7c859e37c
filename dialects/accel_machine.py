"""Machines as IR: arrays of processing elements and memories, with what each can do and at what cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from xdsl.dialects.builtin import IntAttr, StringAttr, SymbolNameConstraint, UnitAttr
from xdsl.ir import Attribute, Block, Operation, Region
from xdsl.irdl import IRDLOperation, irdl_op_definition, opt_prop_def, prop_def, region_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, NoTerminator, SymbolOpInterface, SymbolTable
from xdsl.utils.exceptions import VerifyException

from . import notation
from .accel_attrs import TableAttr
from .einsum_attrs import NumberAttr

_NUMBER, _TABLE, _FLAG, _TEXT = "number", "table", "flag", "text"

MEMORY_CLAUSES = {
    "offchip": _FLAG,
    "capacity": _NUMBER,
    "bandwidth": _NUMBER,
    "latency": _NUMBER,
    "row": _NUMBER,
    "energy": _TABLE,
    "area": _TABLE,
    "source": _TEXT,
}
ARRAY_CLAUSES = {"ops": _TABLE, "latency": _NUMBER, "registers": _NUMBER, "energy": _TABLE, "area": _TABLE, "source": _TEXT}
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

    def __init__(self, name: str, clock: float, word: int, parts: list[Operation], *, source: str | None = None):
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
        properties = _parse_clauses(parser, {"clock": _NUMBER, "word": _NUMBER, "source": _TEXT}, ("clock", "word"))
        return cls.create(properties={"sym_name": name} | properties, regions=[parser.parse_region()])

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        _print_clauses(printer, self, ("clock", "word", "source"))
        printer.print_string(" ")
        printer.print_region(self.body)

    def verify_(self) -> None:
        _check_positive(self, "clock", "word")
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

    def __init__(self, name: str, **clauses: float | bool | str | Mapping[str, int | float] | None):
        """The clauses of the text by name, e.g. `MemoryOp("dram", offchip=True, bandwidth=4e11)`."""
        super().__init__(properties={"sym_name": StringAttr(name)} | _clause_attributes(MEMORY_CLAUSES, clauses))

    @classmethod
    def parse(cls, parser: Parser) -> MemoryOp:
        return cls.create(properties={"sym_name": parser.parse_symbol_name()} | _parse_clauses(parser, MEMORY_CLAUSES))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        _print_clauses(printer, self, tuple(MEMORY_CLAUSES))

    def verify_(self) -> None:
        _check_positive(self, "capacity", "bandwidth", "row")
        _check_not_negative(self, "latency")
        _check_tables(self, "energy", "area")


@irdl_op_definition
class ArrayOp(IRDLOperation):
    """An array of rows x columns processing elements; a 1D array has one row.

    `ops` gives the cycles that one element occupies a PE per scalar operation; an operation that is missing is not possible there
    (see `accel_mix.UNITS` for operations that share a unit). `latency` is the cycles from the end of a task until its result may be
    read, `registers` the bytes that all PEs' registers hold (absent: not modelled). `energy` is in pJ per operation, `area` in um2.

    ```mlir
    accel.array @pe2d [256, 256] ops {mac = 1, add = 1, max = 1, exp = 6} latency 0
    ```
    """

    name = "accel.array"

    sym_name = prop_def(SymbolNameConstraint())
    rows = prop_def(IntAttr)
    cols = prop_def(IntAttr)
    ops = prop_def(TableAttr)
    latency = opt_prop_def(NumberAttr)
    registers = opt_prop_def(NumberAttr)
    energy = opt_prop_def(TableAttr)
    area = opt_prop_def(TableAttr)
    source = opt_prop_def(StringAttr)

    traits = traits_def(SymbolOpInterface(), HasParent(MachineOp))

    def __init__(self, name: str, rows: int, cols: int, **clauses: float | str | Mapping[str, int | float] | None):
        """The clauses of the text by name, e.g. `ArrayOp("lanes", 1, 8, ops={"mac": 1})`."""
        properties = {"sym_name": StringAttr(name), "rows": IntAttr(rows), "cols": IntAttr(cols)}
        super().__init__(properties=properties | _clause_attributes(ARRAY_CLAUSES, clauses))

    @classmethod
    def parse(cls, parser: Parser) -> ArrayOp:
        name = parser.parse_symbol_name()
        with parser.in_square_brackets():
            rows = parser.parse_integer(allow_boolean=False)
            parser.parse_punctuation(",")
            cols = parser.parse_integer(allow_boolean=False)
        properties = {"sym_name": name, "rows": IntAttr(rows), "cols": IntAttr(cols)}
        return cls.create(properties=properties | _parse_clauses(parser, ARRAY_CLAUSES, ("ops",)))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        printer.print_string(f" [{self.rows.data}, {self.cols.data}]")
        _print_clauses(printer, self, tuple(ARRAY_CLAUSES))

    def verify_(self) -> None:
        if self.rows.data < 1 or self.cols.data < 1:
            raise VerifyException(f"array '@{self.sym_name.data}' has {self.rows.data} x {self.cols.data} processing elements")
        _check_positive(self, "registers")
        _check_not_negative(self, "latency")
        for name, cycles in self.ops.data:
            if not (math.isfinite(cycles) and cycles > 0):
                raise VerifyException(f"operation '{name}' of '@{self.sym_name.data}' takes {notation.number_text(cycles)} cycles")
        _check_tables(self, "energy", "area")


def _clause_attributes(kinds: Mapping[str, str], clauses: Mapping[str, float | bool | str | Mapping[str, int | float] | None]) -> dict[str, Attribute]:
    made: dict[str, Attribute] = {}
    for name, value in clauses.items():
        if name not in kinds:
            raise TypeError(f"no clause '{name}'{notation.nearest(name, list(kinds))}")
        if value is None or value is False:
            continue
        if isinstance(value, Mapping):
            made[name] = TableAttr.of(value)
        elif isinstance(value, str):
            made[name] = StringAttr(value)
        else:
            made[name] = UnitAttr() if kinds[name] == _FLAG else NumberAttr(value)
    return made


def _parse_clauses(parser: Parser, kinds: Mapping[str, str], required: tuple[str, ...] = ()) -> dict[str, Attribute]:
    """`name value` pairs in any order, each at most once."""
    readers: Mapping[str, Callable[[], Attribute]] = {
        _NUMBER: lambda: NumberAttr(notation.parse_number(parser)),
        _TABLE: lambda: TableAttr(TableAttr.parse_table(parser)),
        _FLAG: UnitAttr,
        _TEXT: lambda: StringAttr(parser.parse_str_literal()),
    }
    found: dict[str, Attribute] = {}
    start = parser.pos
    while (name := next((k for k in kinds if k not in found and parser.parse_optional_keyword(k) is not None), None)) is not None:
        found[name] = readers[kinds[name]]()
    for name in required:
        if name not in found:
            parser.raise_error(f"expected '{name}'", start, parser.pos)
    return found


def _print_clauses(printer: Printer, op: Operation, names: tuple[str, ...]) -> None:
    for name in names:
        value = op.properties.get(name)
        match value:
            case NumberAttr():
                printer.print_string(f" {name} {notation.number_text(value.data)}")
            case TableAttr():
                printer.print_string(f" {name} {value.table_text()}")
            case StringAttr():
                printer.print_string(f" {name} ")
                printer.print_string_literal(value.data)
            case UnitAttr():
                printer.print_string(f" {name}")
            case _:
                pass


def _number(op: Operation, name: str) -> int | float | None:
    value = op.properties.get(name)
    return value.data if isinstance(value, NumberAttr) else None


def _check_positive(op: Operation, *names: str) -> None:
    for name in names:
        value = _number(op, name)
        if value is not None and not (math.isfinite(value) and value > 0):
            raise VerifyException(f"{name} is {notation.number_text(value)}; it must be a positive number")


def _check_not_negative(op: Operation, *names: str) -> None:
    for name in names:
        value = _number(op, name)
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise VerifyException(f"{name} is {notation.number_text(value)}; it must be zero or a positive number")


def _check_tables(op: Operation, *names: str) -> None:
    for name in names:
        table = op.properties.get(name)
        for key, value in table.data if isinstance(table, TableAttr) else ():
            if not (math.isfinite(value) and value >= 0):
                raise VerifyException(f"{name} of '{key}' is {notation.number_text(value)}; it must be zero or a positive number")
