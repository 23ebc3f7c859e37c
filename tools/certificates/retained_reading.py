"""Reading a certificate of a result that keeps its rank: a small program, two inputs for it, and what is claimed of its values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

import numpy as np

from ...algebra.certificates import NotVerified
from ...dialects.einsum import CascadeOp
from ...dialects.einsum_scope import tensor_of
from ...interpreter.arguments import argument_names
from ...interpreter.memory import peak_bytes
from ..diagnostics import Failure
from ..loading import new_context
from ..parsing import parse_source
from ..source import Source
from ..verifying import verify_module
from .fields import SEAL, Fields
from .retained import Array, Shown

LONGEST_PROGRAM = 200_000
MOST_BYTES = 2**26
MOST_DIMENSIONS = 16

_NUMBER = re.compile(r"-?[0-9]{1,30}(?:/[1-9][0-9]{0,29})?", re.ASCII)
_FLOAT = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:e[+-]?[0-9]{1,3})?", re.ASCII)

_KEYS = (
    *("kind", "cascade", "rank", "result", "output", "coordinate", "argument", "changes_from", "values"),
    *("sizes", "inputs", "changed", "program"),
)


def retained(found: Mapping[str, Any]) -> tuple[CascadeOp, str, Shown]:
    """The cascade, the rank, and what is claimed of them. Raises `NotVerified`."""
    fields = Fields(found)
    fields.only(*_KEYS, SEAL)
    rank, name, result = fields.text("rank"), fields.text("cascade"), fields.text("result")
    program = fields.text("program", LONGEST_PROGRAM)
    op = _cascade(program, name)
    if rank not in op.sizes:
        raise NotVerified(f"its program has no rank {rank}")
    output = fields.number("output")
    if not 0 <= output < len(op.return_op.values) or (op.return_op.values[output].name_hint or f"result {output}") != result:
        raise NotVerified(f"'output' {output} of its program is not {result}")
    sizes = Fields(fields.object("sizes"), "sizes: ")
    if {r: sizes.number(r) for r in sizes.of} != dict(op.sizes):
        raise NotVerified("'sizes' are not those of its program")
    if peak_bytes(op, "f64") > MOST_BYTES:
        raise NotVerified("its program is too large to be run")
    argument, arrays = fields.text("argument"), fields.object("inputs")
    shapes = {n: tuple(tensor_of(v).get_shape()) for n, v in zip(argument_names(op), op.body.block.args, strict=True)}
    inputs = {n: _array(value, f"input '{n[:40]}'", shapes.get(n)) for n, value in arrays.items()}
    values = [_float(v) for v in fields.list("values", 2)]
    if len(values) != 2:
        raise NotVerified("'values' are to be two")
    coordinate = fields.list("coordinate", MOST_DIMENSIONS)
    if not all(isinstance(c, int) and not isinstance(c, bool) for c in coordinate):
        raise NotVerified("'coordinate' is to be a list of whole numbers")
    changed = _array(fields.get("changed"), "'changed'", shapes.get(argument))
    shown = Shown(
        program, op.sizes, output, result, tuple(coordinate), (values[0], values[1]), argument, fields.number("changes_from"), inputs, changed
    )
    return op, rank, shown


def _cascade(program: str, name: str) -> CascadeOp:
    source = Source("program", program)
    try:
        module = parse_source(source, new_context())
        verify_module(module, source)
    except Failure as failure:
        first = failure.diagnostics[0]
        raise NotVerified(f"its program is no valid IR: {first.header}") from None
    found = [op for op in module.walk() if isinstance(op, CascadeOp) and op.sym_name.data == name]
    if len(found) != 1:
        raise NotVerified(f"its program has no cascade '@{name}'")
    return found[0]


def _array(value: Any, what: str, shape: tuple[int, ...] | None) -> Array:
    """An array of exact rationals, given as nested lists of texts."""
    if shape is None:
        raise NotVerified(f"{what} belongs to no argument of its program")
    flat: list[float] = []

    def read(part: Any, axes: tuple[int, ...]) -> None:
        if axes:
            if not isinstance(part, list) or len(cast("list[Any]", part)) != axes[0]:
                raise NotVerified(f"{what} is to be nested lists of shape {list(shape)}")
            for inner in cast("list[Any]", part):
                read(inner, axes[1:])
        elif not isinstance(part, str) or _NUMBER.fullmatch(part) is None or Fraction(float(Fraction(part))) != Fraction(part):
            raise NotVerified(f"{what}: '{str(part)[:40]}' is no rational number in text that fp64 holds exactly")
        else:
            flat.append(float(Fraction(part)))

    read(value, shape)
    array = np.asarray(flat).reshape(shape)
    return array


def _float(value: Any) -> float:
    if not isinstance(value, str) or _FLOAT.fullmatch(value) is None:
        raise NotVerified(f"'values': '{str(value)[:40]}' is no number in text")
    return float(value)
