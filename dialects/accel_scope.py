"""What the text of a kernel's operations leaves out because the kernel says it: rank sizes, which ranks are tile ranks, the element type."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.parser import Parser
from xdsl.printer import Printer

from .einsum_scope import Scope, current_scope, tensor_of


class KernelScope(Scope):
    """A kernel being read: besides the sizes of its loops and tile ranks, which of them are tile ranks."""

    def __init__(self, sizes: Mapping[str, int], element: Attribute, tiles: Mapping[str, int]):
        super().__init__(sizes, element)
        self.tiles, self.default = tiles, element


def kernel_scope(parser: Parser) -> KernelScope:
    scope = current_scope(parser)
    if not isinstance(scope, KernelScope):
        parser.raise_error("this form is read inside an accel.kernel only, which gives its ranks their sizes")
    return scope


def kernel_element(op: Operation) -> Attribute | None:
    """The element type that tiles have unless they say otherwise."""
    parent = op.parent_op()
    return None if parent is None else parent.properties.get("element")


def print_element(printer: Printer, op: Operation, value: SSAValue, default: Attribute | None) -> None:
    element = tensor_of(value).get_element_type()
    if element != default:
        printer.print_string(" : ")
        printer.print_attribute(element)
