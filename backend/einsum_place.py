"""`einsum-place`: say which array of a machine runs each Einsum, and how large tiles are.

The rules are in `lowering/placement.py` and know no machine; this is where a machine's name becomes its description.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.exceptions import PassFailedException

from ..analysis import remarks
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp
from ..lowering.machine_lookup import machines_of
from ..lowering.placement import place_cascade
from .machine_yaml import MachineError, load_machine


@dataclass(frozen=True)
class EinsumPlace(ModulePass):
    """Annotate every Einsum with its array and the ranks over its rows and columns, and every cascade with its machine and tiles."""

    name = "einsum-place"

    machine: str | None = None
    """The name of a machine in the module or among those that come with einfold, or the path of a YAML file; if not given, the one
    machine of the module."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = machine_for(op, self.machine)
        for cascade in [o for o in op.walk() if isinstance(o, CascadeOp)]:
            place_cascade(cascade, machine)


def machine_for(module: ModuleOp, name: str | None) -> MachineOp:
    """The machine called `name`, put into the module if it is not there. Raises `PassFailedException` if there is none."""
    known = machines_of(module)
    if name is None:
        if len(known) != 1:
            told = f"has {len(known)} machines: {', '.join(f'@{n}' for n in known)}" if known else "has no machine"
            raise PassFailedException(f"the module {told}; name one with machine=NAME")
        return next(iter(known.values()))
    if name in known:
        return known[name]
    try:
        loaded = load_machine(name).to_op()
    except MachineError as error:
        raise PassFailedException(str(error)) from error
    found = known.get(loaded.sym_name.data)
    if found is not None:
        if not found.is_structurally_equivalent(loaded):
            remarks.fail(found, f"the module has another machine '@{loaded.sym_name.data}' than the one called '{name}'")
        return found
    Rewriter.insert_op(loaded, InsertPoint.at_start(module.body.block))
    return loaded
