"""The text of the accel dialect: kernels and what stands in them. Machines read and print in `accel_machine.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import ArrayAttr, IntAttr, StringAttr, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from ..algebra.affine import Affine
from . import accel, notation
from .accel_attrs import WhenAttr
from .einsum_attrs import FilterAttr, MapAttr, NumberAttr, RanksAttr, ReduceAttr, SubscriptsAttr, subscripts_text
from .einsum_scope import INDEX_TYPE, Scope, current_scope, find_value, open_scope, parse_element_type, tensor_of, tensor_type
from .einsum_text import TensorReader, print_map
from .notation import ExpressionReader

if TYPE_CHECKING:
    from .accel import KernelOp, LoadOp, StateOp, StoreOp, TaskOp, UpdateOp


def tile_extents(subscripts: tuple[Affine, ...], tiles: Mapping[str, int]) -> tuple[int | None, ...]:
    """Per dimension of a tensor, the extent of a tile cut out of it; None where no tile rank stands, so no dimension of the tile."""
    return tuple(_extent(s, tiles) for s in subscripts)


def _extent(subscript: Affine, tiles: Mapping[str, int]) -> int | None:
    inner = Affine.of((r, c) for r, c in subscript.terms if r in tiles)
    if not inner.terms:
        return None
    low, high = inner.bounds(tiles)
    return high - low + 1


def tile_type(subscripts: tuple[Affine, ...], tiles: Mapping[str, int], element: Attribute) -> TensorType[Attribute]:
    """The type of a tile cut out of a tensor at `subscripts`."""
    return TensorType(element, [e for e in tile_extents(subscripts, tiles) if e is not None])


class _KernelScope(Scope):
    """A kernel being read: besides the sizes of its loops and tile ranks, which of them are tile ranks."""

    def __init__(self, sizes: Mapping[str, int], element: Attribute, tiles: Mapping[str, int]):
        super().__init__(sizes, element)
        self.tiles, self.default = tiles, element


def _kernel_scope(parser: Parser) -> _KernelScope:
    scope = current_scope(parser)
    if not isinstance(scope, _KernelScope):
        parser.raise_error("this form is read inside an accel.kernel only, which gives its ranks their sizes")
    return scope


class _Tensor:
    """A tensor in the off-chip memory, by name and shape: `%Q[64, 1024]`, `%G[64] : i32`, `%q as "Q"[64]`."""

    def __init__(self, parser: Parser):
        self.argument = parser.parse_argument(expect_type=False)
        given = parser.parse_str_literal() if parser.parse_optional_keyword("as") is not None else None
        self.name = self.argument.name.text[1:] if given is None else given
        self.shape = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False, allow_negative=False))
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
    inputs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: _Tensor(parser))
    parser.parse_punctuation("->")
    outputs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: _Tensor(parser))
    parser.parse_punctuation(":")
    element = parse_element_type(parser)
    attributes = parser.parse_optional_attr_dict_with_keyword()
    with open_scope(_KernelScope(nest.sizes | tiles.sizes, element, tiles.sizes)):
        body = parser.parse_region([t.resolve(element) for t in (*inputs, *outputs)])
    op = accel.KernelOp(
        name.data, machine.data, nest.data, tiles.data, [t.name for t in inputs], [t.name for t in outputs], element, body, ii=ii
    )
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


class _Schedule:
    """`copies N`, `at first(...) last(...)`, `stage N`, `turn N`: read in any order, printed in this one."""

    def __init__(self):
        self.numbers = {"copies": 1, "stage": 0, "turn": 0}
        self.when: WhenAttr | None = None
        self._seen: set[str] = set()

    def read(self, parser: Parser) -> bool:
        """Read one clause if one comes next."""
        for clause in ("at", *self.numbers):
            if clause not in self._seen and parser.parse_optional_keyword(clause) is not None:
                self._seen.add(clause)
                if clause == "at":
                    self.when = WhenAttr(WhenAttr.parse_when(parser))
                else:
                    self.numbers[clause] = parser.parse_integer(allow_boolean=False)
                return True
        return False


def _print_schedule(printer: Printer, op: LoadOp | TaskOp | StoreOp) -> None:
    if op.copies_ != 1:
        printer.print_string(f" copies {op.copies_}")
    if op.when is not None:
        printer.print_string(f" at {op.when.data}")
    if op.stage_:
        printer.print_string(f" stage {op.stage_}")
    if op.turn_:
        printer.print_string(f" turn {op.turn_}")


def _print_element(printer: Printer, op: Operation, value: SSAValue, default: Attribute | None) -> None:
    element = tensor_of(value).get_element_type()
    if element != default:
        printer.print_string(" : ")
        printer.print_attribute(element)


def _kernel_element(op: Operation) -> Attribute | None:
    parent = op.parent_op()
    return parent.element if isinstance(parent, accel.KernelOp) else None


def parse_load(parser: Parser) -> LoadOp:
    scope = _kernel_scope(parser)
    start = parser.pos
    source = find_value(parser, parser.parse_unresolved_operand())
    subscripts = SubscriptsAttr(notation.parse_subscripts(parser))
    _check_ranks(parser, subscripts.data, scope.sizes, start)
    parser.parse_keyword("to")
    memory = parser.parse_symbol_name().data
    empty: NumberAttr | None = None
    schedule = _Schedule()
    while True:
        if empty is None and parser.parse_optional_keyword("empty") is not None:
            empty = NumberAttr(notation.parse_number(parser))
        elif not schedule.read(parser):
            break
    element = source.type.get_element_type() if isinstance(source.type, TensorType) else scope.default
    type_ = tile_type(subscripts.data, scope.tiles, element)
    op = accel.LoadOp(source, subscripts, memory, type_, empty=empty, when=schedule.when, **schedule.numbers)
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def _check_ranks(parser: Parser, subscripts: tuple[Affine, ...], sizes: Mapping[str, int], start: int) -> None:
    for name in (r for s in subscripts for r in s.ranks):
        if name not in sizes:
            parser.raise_error(f"unknown rank '{name}'{notation.nearest(name, list(sizes))}", start, parser.pos)


def print_load(op: LoadOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.source)
    printer.print_string(f"{subscripts_text(op.subscripts.data)} to ")
    printer.print_symbol_name(op.memory.string_value())
    if op.empty is not None:
        printer.print_string(f" empty {notation.number_text(op.empty.data)}")
    _print_schedule(printer, op)
    printer.print_op_attributes(op.attributes)


def parse_task(parser: Parser) -> TaskOp:
    scope = _kernel_scope(parser)
    start = parser.pos
    out = SubscriptsAttr(notation.parse_subscripts(parser))
    parser.parse_punctuation("=")
    reader = TensorReader(parser)
    expression = MapAttr(ExpressionReader(parser, reader).read())
    reduce: ReduceAttr | None = None
    where: FilterAttr | None = None
    empty: NumberAttr | None = None
    element = scope.default
    symbols: dict[str, str] = {}
    spaces: dict[str, list[str]] = {}
    label: str | None = None
    schedule = _Schedule()
    while True:
        if reduce is None and parser.parse_optional_keyword("reduce") is not None:
            reduce = ReduceAttr(notation.parse_reductions(parser))
        elif where is None and parser.parse_optional_keyword("where") is not None:
            where = FilterAttr(notation.parse_filter(parser))
        elif empty is None and parser.parse_optional_keyword("empty") is not None:
            empty = NumberAttr(notation.parse_number(parser))
        elif (word := next((w for w in ("on", "in") if w not in symbols and parser.parse_optional_keyword(w) is not None), None)) is not None:
            symbols[word] = parser.parse_symbol_name().data
        elif (word := next((w for w in ("rows", "cols") if w not in spaces and parser.parse_optional_keyword(w) is not None), None)) is not None:
            spaces[word] = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parser.parse_identifier(" for a rank"))
        elif label is None and parser.parse_optional_keyword("named") is not None:
            label = parser.parse_str_literal()
        elif parser.parse_optional_punctuation(":") is not None:
            element = parse_element_type(parser)
        elif not schedule.read(parser):
            break
    attributes = parser.parse_optional_attr_dict()
    if "on" not in symbols:
        parser.raise_error("expected 'on @array'", start, parser.pos)
    types = [tensor_type(parser, out.data, element, start)]
    if reduce is not None and notation.results_of(reduce.data) == 2:
        types.append(TensorType(INDEX_TYPE, types[0].get_shape()))
    op = accel.TaskOp(
        reader.operands,
        out,
        expression,
        types,
        symbols["on"],
        reduce=reduce,
        where=where,
        empty=empty,
        rows=spaces.get("rows", ()),
        cols=spaces.get("cols", ()),
        home=symbols.get("in"),
        label=label,
        when=schedule.when,
        **schedule.numbers,
    )
    op.attributes.update(attributes)
    return op


def print_task(op: TaskOp, printer: Printer) -> None:
    printer.print_string(f" {subscripts_text(op.out.data)} = ")
    print_map(printer, op.map, op.operands)
    if op.reduce is not None:
        printer.print_string(f" reduce {', '.join(map(str, op.reduce.data))}")
    if op.where is not None:
        printer.print_string(f" where {' and '.join(map(str, op.where.data))}")
    if op.empty is not None:
        printer.print_string(f" empty {notation.number_text(op.empty.data)}")
    printer.print_string(" on ")
    printer.print_symbol_name(op.array.string_value())
    for name, ranks in (("rows", op.row_ranks), ("cols", op.col_ranks)):
        if ranks:
            printer.print_string(f" {name} [{', '.join(ranks)}]")
    if op.home is not None:
        printer.print_string(" in ")
        printer.print_symbol_name(op.home.string_value())
    _print_schedule(printer, op)
    if op.label is not None:
        printer.print_string(" named ")
        printer.print_string_literal(op.label.data)
    _print_element(printer, op, op.results_[0], _kernel_element(op))
    printer.print_op_attributes(op.attributes)


def parse_state(parser: Parser) -> StateOp:
    scope = _kernel_scope(parser)
    start = parser.pos
    subscripts = SubscriptsAttr(notation.parse_subscripts(parser))
    parser.parse_keyword("over")
    loop = parser.parse_identifier(" for a loop")
    parser.parse_keyword("init")
    unresolved = parser.parse_optional_unresolved_operand()
    init = notation.parse_number(parser) if unresolved is None else find_value(parser, unresolved)
    element = parse_element_type(parser) if parser.parse_optional_punctuation(":") is not None else scope.default
    op = accel.StateOp(subscripts, loop, init, tensor_type(parser, subscripts.data, element, start))
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_state(op: StateOp, printer: Printer) -> None:
    printer.print_string(f" {subscripts_text(op.subscripts.data)} over {op.loop.data} init ")
    if op.initial is not None:
        printer.print_ssa_value(op.initial)
    elif op.init is not None:
        printer.print_string(notation.number_text(op.init.data))
    _print_element(printer, op, op.result, _kernel_element(op))
    printer.print_op_attributes(op.attributes)


def parse_update(parser: Parser) -> UpdateOp:
    state = find_value(parser, parser.parse_unresolved_operand())
    parser.parse_punctuation("=")
    op = accel.UpdateOp(state, find_value(parser, parser.parse_unresolved_operand()))
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_update(op: UpdateOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.state)
    printer.print_string(" = ")
    printer.print_ssa_value(op.value)
    printer.print_op_attributes(op.attributes)


def parse_store(parser: Parser) -> StoreOp:
    scope = _kernel_scope(parser)
    value = find_value(parser, parser.parse_unresolved_operand())
    parser.parse_keyword("to")
    start = parser.pos
    target = find_value(parser, parser.parse_unresolved_operand())
    subscripts = SubscriptsAttr(notation.parse_subscripts(parser))
    _check_ranks(parser, subscripts.data, scope.sizes, start)
    schedule = _Schedule()
    while schedule.read(parser):
        pass
    if schedule.numbers.pop("copies") != 1:
        parser.raise_error("a store has no result to hold copies of", start, parser.pos)
    op = accel.StoreOp(value, target, subscripts, when=schedule.when, **schedule.numbers)
    op.attributes.update(parser.parse_optional_attr_dict())
    return op


def print_store(op: StoreOp, printer: Printer) -> None:
    printer.print_string(" ")
    printer.print_ssa_value(op.value)
    printer.print_string(" to ")
    printer.print_ssa_value(op.target)
    printer.print_string(subscripts_text(op.subscripts.data))
    _print_schedule(printer, op)
    printer.print_op_attributes(op.attributes)
