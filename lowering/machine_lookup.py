"""Finding the machine that a cascade is placed on among those of the module."""

from __future__ import annotations

from xdsl.ir import Operation

from ..analysis import remarks
from ..dialects.accel_machine import MachineOp
from ..dialects.notation import nearest


def machines_of(op: Operation) -> dict[str, MachineOp]:
    """The machines of the module around `op`, by name."""
    top = op
    while (parent := top.parent_op()) is not None:
        top = parent
    return {o.sym_name.data: o for o in top.walk() if isinstance(o, MachineOp)}


def find_machine(op: Operation, name: str) -> MachineOp:
    """The machine called `name` in the module around `op`. Raises `LocatedPassFailure`, with the nearest name, if there is none."""
    known = machines_of(op)
    if name not in known:
        remarks.fail(op, f"the module has no machine '@{name}'{nearest(name, list(known))}")
    return known[name]
