"""What the text leaves out because the surroundings say it: rank sizes and the element type while reading, and afterwards.

While a cascade is being read its operations have no parent yet, so the reader keeps the cascade that is open.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

from xdsl.dialects.builtin import TensorType, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.parser import Parser, UnresolvedOperand

from ..algebra.affine import Affine
from .einsum_attrs import NumberAttr
from .notation import nearest, nearest_or_all, parse_number, parse_subscripts

ELEMENT_TYPES = ("f16", "bf16", "f32", "f64", "i32", "i64", "i1")
"""The element types a tensor of a cascade may have."""


class Scope:
    """A cascade being read: the sizes of its ranks and the element type that tensors have unless they say otherwise."""

    def __init__(self, sizes: Mapping[str, int], element: Attribute | None):
        self.sizes, self.element = sizes, element


_open: ContextVar[Scope | None] = ContextVar("open cascade", default=None)


@contextmanager
def open_scope(scope: Scope) -> Generator[None]:
    token = _open.set(scope)
    try:
        yield
    finally:
        _open.reset(token)


def current_scope(parser: Parser) -> Scope:
    scope = _open.get()
    if scope is None:
        parser.raise_error("this form is read inside an einsum.cascade only, which gives its ranks their sizes")
    return scope


def is_element_type(type_: Attribute) -> bool:
    return str(type_) in ELEMENT_TYPES


def tensor_of(value: SSAValue) -> TensorType[Attribute]:
    """The tensor type of a value, which the operations' definitions guarantee."""
    if not isinstance(value.type, TensorType):
        raise ValueError(f"'{value.type}' is not a tensor type")
    return cast("TensorType[Attribute]", value.type)


def parse_element_type(parser: Parser) -> Attribute:
    start = parser.pos
    type_ = parser.parse_optional_type()
    if type_ is None:
        parser.raise_error(f"expected an element type: {', '.join(ELEMENT_TYPES)}")
    if not is_element_type(type_):
        parser.raise_error(f"'{type_}' is not an element type; these are: {', '.join(ELEMENT_TYPES)}", start, parser.pos)
    return type_


def tensor_type(parser: Parser, subscripts: tuple[Affine, ...], element: Attribute, position: int) -> TensorType[Attribute]:
    """The type of a tensor declared as `[subscripts]`: per dimension, the largest index plus one."""
    sizes = current_scope(parser).sizes
    for name in (r for s in subscripts for r in s.ranks):
        if name not in sizes:
            parser.raise_error(f"unknown rank '{name}'{nearest_or_all(name, list(sizes))}", position, parser.pos)
    for subscript in subscripts:
        if subscript.bounds(sizes)[0] < 0:
            parser.raise_error(f"subscript '{subscript}' reaches {subscript.bounds(sizes)[0]}; coordinates start at 0", position, parser.pos)
    return TensorType(element, [s.bounds(sizes)[1] + 1 for s in subscripts])


def find_value(parser: Parser, operand: UnresolvedOperand) -> SSAValue:
    """The value that `%name` stands for; it must have been defined above."""
    known = parser.ssa_values.get(operand.operand_name)
    if known is None:
        names = [f"%{n}" for n in parser.ssa_values]
        parser.raise_error(f"unknown tensor '%{operand.operand_name}'{nearest('%' + operand.operand_name, names)}", operand.span)
    if operand.index >= len(known):
        parser.raise_error(f"'%{operand.operand_name}' has {len(known)} values", operand.span)
    return known[operand.index]


class Declaration:
    """A tensor as an argument declares it: `%Q[p, e]`, `%G[s, d] : i32 empty 7`."""

    def __init__(self, parser: Parser, clauses: bool = True):
        start = parser.pos
        self.argument = parser.parse_argument(expect_type=False)
        self.subscripts = parse_subscripts(parser)
        self.element = current_scope(parser).element
        self.empty: NumberAttr | None = None
        while clauses:
            if parser.parse_optional_punctuation(":") is not None:
                self.element = parse_element_type(parser)
            elif parser.parse_optional_keyword("empty") is not None:
                self.empty = NumberAttr(parse_number(parser))
            else:
                break
        self.span = (start, parser.pos)

    def resolve(self, parser: Parser, element: Attribute) -> Parser.Argument:
        return self.argument.resolve(tensor_type(parser, self.subscripts, self.element or element, self.span[0]))


INDEX_TYPE = i64
"""Element type of the coordinates that argmax and argmin return."""
