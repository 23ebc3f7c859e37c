"""What the targets share: they write the einsum dialect, and refuse a module that holds something else."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import ModuleOp

from ...analysis import remarks
from ...dialects.einsum import CascadeOp, OperatorOp


def parts(module: ModuleOp, target: str) -> Iterator[CascadeOp | OperatorOp]:
    """The cascades and operators of a module, in order. Raises `LocatedPassFailure` for anything else in it."""
    for op in module.body.block.ops if module.body.blocks else ():
        if isinstance(op, ModuleOp):
            yield from parts(op, target)
        elif isinstance(op, CascadeOp | OperatorOp):
            yield op
        else:
            remarks.fail(op, f"it writes cascades and their operators; '{op.name}' is neither")


def plain_names(names: dict[object, str]) -> dict[object, str]:
    """The same names of letters, digits and `_` only, still different from one another."""
    taken: set[str] = set()
    found: dict[object, str] = {}
    for key, name in names.items():
        plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name).strip("_") or "T"
        plain = f"T{plain}" if plain[0].isdigit() else plain
        number, candidate = 1, plain
        while candidate in taken:
            number += 1
            candidate = f"{plain}_{number}"
        taken.add(candidate)
        found[key] = candidate
    return found
