"""`-t json`: a module as JSON for programs. Einsums come with their expressions as trees; any other operation with its attributes as text."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, FileLineColLoc, ModuleOp, StringAttr
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.utils.target import Target

from ...algebra.affine import Affine
from ...algebra.expr import Access, Apply, Expr, Num, Param, RankShape, RankValue
from ...dialects.einsum_attrs import FilterAttr, MapAttr, NumberAttr, RanksAttr, ReduceAttr, SubscriptsAttr, ViewAttr

FORMAT = 1
"""Number of this form; it changes when what is there changes its meaning."""


@dataclass(frozen=True)
class JsonTarget(Target):
    """The module as JSON: operations, their tensors, and expressions as trees."""

    name = "json"

    indent: int = 2
    """Columns to indent by; 0 is one line."""

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        form = {"format": FORMAT, "module": [operation(op, _Names()) for block in module.body.blocks for op in block.ops]}
        json.dump(form, output, indent=self.indent or None, ensure_ascii=False, allow_nan=False)
        output.write("\n")


class _Names:
    """A name for each value of one top-level operation: its SSA name, with a number where that is taken or missing."""

    def __init__(self) -> None:
        self.of: dict[SSAValue, str] = {}
        self.taken: set[str] = set()

    def __call__(self, value: SSAValue) -> str:
        if value not in self.of:
            hint = value.name_hint or f"v{len(self.of)}"
            name = next(n for n in (hint, *(f"{hint}_{i}" for i in range(1, len(self.of) + 2))) if n not in self.taken)
            self.of[value] = name
            self.taken.add(name)
        return self.of[value]


def operation(op: Operation, names: _Names) -> dict[str, Any]:
    """`{"op": ..., "results": [...], "operands": [...], ...}`; absent keys are empty."""
    found: dict[str, Any] = {"op": op.name}
    if op.results:
        found["results"] = [{"name": names(r), "type": str(r.type)} for r in op.results]
    if op.operands:
        found["operands"] = [names(o) for o in op.operands]
    own = {key: attribute(value, op.operands, names) for key, value in op.properties.items()}
    if own:
        found["properties"] = own
    if op.attributes:
        found["attributes"] = {key: str(value) for key, value in op.attributes.items()}
    if op.regions:
        found["regions"] = [[block(b, names) for b in region.blocks] for region in op.regions]
    if isinstance(op.location, FileLineColLoc):
        found["location"] = {"file": op.location.filename.data, "line": op.location.line.data, "column": op.location.column.data}
    return found


def block(found: Block, names: _Names) -> dict[str, Any]:
    arguments = [{"name": names(a), "type": str(a.type)} for a in found.args]
    return {"arguments": arguments, "operations": [operation(op, names) for op in found.ops]}


def attribute(value: Any, operands: Sequence[SSAValue], names: _Names) -> Any:
    """A property: trees for the einsum dialect's, MLIR text for the others."""
    match value:
        case SubscriptsAttr():
            return [affine(s) for s in value.data]
        case MapAttr():
            return expression(value.data, operands, names)
        case ReduceAttr():
            return [{"operator": r.op, "ranks": list(r.ranks)} for r in value.data]
        case FilterAttr():
            return [{"left": affine(c.lhs), "relation": c.op, "right": affine(c.rhs)} for c in value.data]
        case NumberAttr():
            return number(value.data)
        case RanksAttr():
            return value.sizes
        case ViewAttr():
            return value.dimensions_text()
        case StringAttr():
            return value.data
        case ArrayAttr():
            return [attribute(each, operands, names) for each in cast("ArrayAttr[Attribute]", value)]
        case _:
            return str(value)


def expression(expr: Expr, operands: Sequence[SSAValue], names: _Names) -> Any:
    """A tree: a number, or an object with one of `tensor`, `rank`, `shape`, `parameter`, `operator`."""
    match expr:
        case Num():
            return number(expr.value)
        case Access():
            return {"tensor": names(operands[expr.tensor]), "subscripts": [affine(s) for s in expr.subscripts]}
        case RankValue():
            return {"rank": expr.rank}
        case RankShape():
            return {"shape": expr.rank}
        case Param():
            return {"parameter": expr.name}
        case Apply():
            found: dict[str, Any] = {"operator": expr.op, "arguments": [expression(a, operands, names) for a in expr.args]}
            return found if expr.merge is None else {**found, "merge": expr.merge}


def affine(found: Affine) -> Any:
    """A rank's name, a number, or `{"terms": {rank: coefficient}, "constant": number}`."""
    if found.plain is not None:
        return found.plain
    return {"terms": dict(found.terms), "constant": found.const} if found.terms else found.const


def number(value: int | float) -> int | float | str:
    """A number; `"inf"` and `"-inf"`, which JSON does not have, as text."""
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
