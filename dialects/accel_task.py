"""A task: a tile-level Einsum on an array."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ArrayAttr, FlatSymbolRefAttrConstr, IntAttr, StringAttr, SymbolRefAttr, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, lazy_traits_def, opt_prop_def, prop_def, var_operand_def, var_result_def
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..algebra.affine import Comparison
from . import accel_task_text, accel_task_verify
from .accel_attrs import WhenAttr
from .accel_schedule import ScheduledOp, copies_property, in_kernel, schedule_properties
from .einsum_attrs import FilterAttr, MapAttr, NumberAttr, ReduceAttr, SubscriptsAttr

AnyTensor = TensorType[Attribute]


@irdl_op_definition
class TaskOp(ScheduledOp):
    """Run a tile-level Einsum on an array: map, reduce and populate as `einsum.compute` does, over tile ranks.

    `rows` and `cols` name the ranks spread over the array; the others take turns. The result lives `in` a memory or in the registers
    of an array (by default the one it is computed on). A task occupies its array for its cycles; see `accel_mix.task_cycles`.
    `onto %x` says that the accumulators start from tile %x, which has the result's shape and which the map does not read: the result is the
    two put together. `order` is the order, outermost first, in which ranks take turns (one over rows or columns, if it has more
    coordinates than there are); it decides what is read again, see `backend/movement.py`. `taps [1]` says that operand 1 is read while
    another task makes or reads it, so that no memory is asked. `cost` replaces the cycles of a point's operations, `delay` the array's
    latency for this result.

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
    onto = opt_prop_def(IntAttr)
    order = opt_prop_def(ArrayAttr[StringAttr])
    taps = opt_prop_def(ArrayAttr[IntAttr])
    cost = opt_prop_def(NumberAttr)
    delay = opt_prop_def(NumberAttr)
    label = opt_prop_def(StringAttr)
    copies = opt_prop_def(IntAttr)
    when = opt_prop_def(WhenAttr)
    guard = opt_prop_def(FilterAttr)
    stage = opt_prop_def(IntAttr)
    turn = opt_prop_def(IntAttr)
    results_ = var_result_def(AnyTensor)

    traits = lazy_traits_def(in_kernel)

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
        onto: int | None = None,
        order: Sequence[str] = (),
        taps: Sequence[int] = (),
        cost: int | float | None = None,
        delay: int | float | None = None,
        label: str | None = None,
        copies: int = 1,
        when: WhenAttr | None = None,
        guard: Sequence[Comparison] = (),
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
            "onto": None if onto is None else IntAttr(onto),
            "order": ArrayAttr(StringAttr(r) for r in order) if order else None,
            "taps": ArrayAttr(IntAttr(i) for i in taps) if taps else None,
            "cost": None if cost is None else NumberAttr(cost),
            "delay": None if delay is None else NumberAttr(delay),
            "label": StringAttr(label) if label is not None else None,
            "copies": copies_property(copies),
        }
        super().__init__(operands=[operands], properties=properties | schedule_properties(when, stage, turn, guard), result_types=[result_types])

    @property
    def row_ranks(self) -> tuple[str, ...]:
        return tuple(r.data for r in self.rows or ())

    @property
    def col_ranks(self) -> tuple[str, ...]:
        return tuple(c.data for c in self.cols or ())

    @property
    def onto_(self) -> int | None:
        """The operand, by position, that the accumulators start from."""
        return None if self.onto is None else self.onto.data

    @property
    def turn_order(self) -> tuple[str, ...]:
        """The ranks whose order of turns is stated, outermost first."""
        return tuple(r.data for r in self.order or ())

    @property
    def tapped(self) -> tuple[int, ...]:
        """The operands, by position, that are read while another task makes or reads them."""
        return tuple(i.data for i in self.taps or ())

    @property
    def home_name(self) -> str:
        """The memory or array in which the result lives."""
        return (self.home if self.home is not None else self.array).string_value()

    @classmethod
    def parse(cls, parser: Parser) -> TaskOp:
        return accel_task_text.parse_task(parser)

    def print(self, printer: Printer) -> None:
        accel_task_text.print_task(self, printer)

    def verify_(self) -> None:
        accel_task_verify.verify_task(self)
