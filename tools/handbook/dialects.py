"""A page per dialect, from its definition: each operation with its parts and an example that parses, each attribute with its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from inspect import getdoc

from xdsl.dialects.builtin import ArrayOfConstraint
from xdsl.ir import Attribute, Dialect
from xdsl.irdl import (
    AnyAttr,
    AnyOf,
    BaseAttr,
    IRDLOperation,
    MessageConstraint,
    OpDef,
    OptionalDef,
    OptOperandDef,
    OptResultDef,
    ParamAttrConstraint,
    RangeLengthConstraint,
    RangeOf,
    VariadicDef,
)

from ..universe import DIALECTS, load_dialect
from .markdown import code, documentation, fence, folded, table, without_fences
from .op_examples import OP_EXAMPLES
from .running import PageError, rewritten, without_module


def dialect_page(name: str) -> str:
    """The page of one of `universe.DIALECTS`. Raises `PageError` where an operation has no description or no example."""
    dialect = load_dialect(name)
    module = import_module(f"einfold.{DIALECTS[name]}")
    lines = [f"# Operations of `{name}`", "", "*Made from the definitions; every example is parsed, verified and printed back.*", ""]
    lines += [without_fences(getdoc(module) or ""), ""]
    operations = list(dialect.operations)
    lines += table(["operation", "in one line"], ([f"[`{op.name}`](#{_anchor(op.name)})", _first_sentence(op)] for op in operations))
    lines += ["", "## Operations", ""]
    shown: dict[str, str] = {}
    for operation in operations:
        if not issubclass(operation, IRDLOperation):
            raise PageError(f"{operation.name} has no definition")
        lines += _operation(operation, shown)
    lines += ["## Attributes", ""]
    lines += _attributes(dialect)
    return "\n".join(lines) + "\n"


def _anchor(name: str) -> str:
    return name.replace(".", "")


def _first_sentence(described: type) -> str:
    text = documentation(described)
    if not text:
        raise PageError(f"{described.__name__} has no description")
    flat = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.])\s", flat)[0].rstrip(".")


def _operation(operation: type[IRDLOperation], shown: dict[str, str]) -> list[str]:
    """One operation's section; `shown` is example -> the operation that it was shown for."""
    if operation.name not in OP_EXAMPLES:
        raise PageError(f"{operation.name} has no example in tools/handbook/op_examples.py")
    example = OP_EXAMPLES[operation.name]
    lines = [f"### {operation.name}", "", without_fences(documentation(operation)), ""]
    if text := _form(operation):
        lines += ["Its text:", "", *fence("mlir", text), ""]
    if parts := list(_parts(operation.get_irdl_definition())):
        lines += [*table(["part", "kind", "of"], parts), ""]
    if (other := shown.setdefault(example, operation.name)) != operation.name:
        return [*lines, f"A whole module with it is the example of [`{other}`](#{_anchor(other)}).", ""]
    printed = without_module(rewritten(example, None).output)
    generic = without_module(rewritten(example, None, "--print-op-generic", "--verify-roundtrip").output)
    lines += ["A whole module:", "", *fence("mlir", example), ""]
    lines += folded("As it is printed, and in the generic form", [*fence("mlir", printed), "", *fence("mlir", generic)])
    return [*lines, ""]


def _form(operation: type) -> str:
    """The examples in an operation's own docstring: its text form."""
    blocks = re.findall(r"^```mlir\n(.*?)^```", documentation(operation), flags=re.M | re.S)
    return "\n".join(block.rstrip("\n") for block in blocks)


def _parts(definition: OpDef) -> Iterable[list[str]]:
    """What an operation holds: a row per operand, result, region and property."""
    for name, operand in definition.operands:
        yield [code(name.rstrip("_")), _counted("operand", operand), "tensor"]
    for name, result in definition.results:
        yield [code(name.rstrip("_")), _counted("result", result), "tensor"]
    for name, _ in definition.regions:
        yield [code(name), "region", "operations"]
    for name, held in definition.properties.items():
        if name not in ("operandSegmentSizes", "resultSegmentSizes"):
            yield [code(name), "property, optional" if isinstance(held, OptionalDef) else "property", kind_of(held.constr)]


def _counted(kind: str, part: object) -> str:
    if isinstance(part, (OptOperandDef, OptResultDef)):
        return f"{kind}, optional"
    return f"{kind}s" if isinstance(part, VariadicDef) else kind


def kind_of(constraint: object) -> str:
    """What a constraint allows, in words: names of attributes, `any`, `list of ...`."""
    match constraint:
        case BaseAttr(attr):
            return code(_attribute_name(attr))
        case ParamAttrConstraint(base_attr):
            return code(_attribute_name(base_attr))
        case ArrayOfConstraint(elem_range_constraint):
            return f"list of {kind_of(elem_range_constraint)}"
        case RangeOf(constr):
            return kind_of(constr)
        case RangeLengthConstraint(inner):
            return kind_of(inner)
        case AnyOf(attr_constrs):
            return " or ".join(map(kind_of, attr_constrs))
        case MessageConstraint(constr):
            return kind_of(constr)
        case AnyAttr():
            return "any type"
        case _:
            return "name" if "Symbol" in type(constraint).__name__ else type(constraint).__name__


def _attribute_name(attribute: type[Attribute]) -> str:
    return attribute.name.removeprefix("builtin.")


def _attributes(dialect: Dialect) -> list[str]:
    """Attributes begin their docstring with their text form: `` `#einsum.number<-inf>`: an empty value ``."""
    rows: list[list[str]] = []
    for attribute in dialect.attributes:
        form, _, told = documentation(attribute).partition(": ")
        if not form.startswith("`#") or not told:
            raise PageError(f"the docstring of {attribute.name} does not begin with its text form")
        rows.append([code(attribute.name), form, " ".join(without_fences(told).split())])
    return table(["attribute", "text form", "meaning"], rows)
