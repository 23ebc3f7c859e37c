"""Operators that plug-ins offer, declared in the modules that use them.

A map expression may apply `@softplus`, and a reduction fold with `@lse`, without an `einsum.operator` in the file: if a plug-in offers it, its
declaration is put into the module as it is read. From there on it is an operator like any other: verified, printed, known to rewrites by its laws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.ir import Attribute, Operation

from ..plugins import operators
from .source import Source, remember

DECLARATION = "einsum.operator"


def declare_operators(module: ModuleOp, ctx: Context) -> None:
    """Declare what is used and not declared, if a plug-in offers it. Raises `Failure` for a definition that cannot be read."""
    declared = {op.properties["sym_name"] for op in module.walk() if op.name == DECLARATION and "sym_name" in op.properties}
    known = {f"@{name.data}" for name in declared if isinstance(name, StringAttr)}
    wanted = [name for op in module.walk() for name in _used(op) if name not in known]
    if not wanted:
        return
    offered = operators()
    made: list[Operation] = []
    while wanted:
        name = wanted.pop()
        if name in known or name not in offered:
            continue
        known.add(name)
        op = _declaration(name, offered[name].text, ctx)
        made.append(op)
        wanted += [n for n in _used(op) if n not in known]
    for op in made:
        block = module.body.block
        if block.first_op is None:
            block.add_op(op)
        else:
            block.insert_op_before(op, block.first_op)


def _declaration(name: str, text: str, ctx: Context) -> Operation:
    from .parsing import parse_source  # which declares operators itself

    module = parse_source(remember(Source(f"<operator {name} of a plug-in>", text)), ctx, declares=False)
    op = next(iter(module.body.block.ops))
    op.detach()
    return op


def _used(op: Operation) -> Iterator[str]:
    """The users' operators that an operation of the einsum dialect names: in its map, its reductions, or its laws."""
    if not op.name.startswith("einsum."):
        return
    for attribute in op.properties.values():
        yield from _named(attribute)


def _named(attribute: Attribute) -> Iterator[str]:
    from ..algebra.expr import Apply, walk
    from ..dialects.einsum_attrs import MapAttr, ReduceAttr

    match attribute:
        case MapAttr():
            yield from (e.op for e in walk(attribute.data) if isinstance(e, Apply) and e.op.startswith("@"))
        case ReduceAttr():
            yield from (r.op for r in attribute.data if r.op.startswith("@"))
        case StringAttr() if attribute.data.startswith("@"):
            yield attribute.data
        case _:
            inner: Any = getattr(attribute, "data", ())
            values = cast("Mapping[str, object]", inner).values() if isinstance(inner, Mapping) else inner
            for value in cast("Iterable[object]", values) if isinstance(values, Iterable) else ():
                if isinstance(value, Attribute):
                    yield from _named(value)
