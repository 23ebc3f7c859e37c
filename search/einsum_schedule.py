"""`einsum-schedule{machine=NAME objective=latency}`: from a cascade to the kernels of the best form, assignment and schedule that a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.exceptions import PassFailedException

from ..analysis import remarks
from ..backend.einsum_place import machine_for
from ..backend.machine import Machine
from ..dialects.accel import KernelOp
from ..dialects.einsum import CascadeOp
from .judge import build
from .scheduling import solvers
from .search import Found, NothingFits, Options, search


@dataclass(frozen=True)
class EinsumSchedule(ModulePass):
    """Search a form, the array of each Einsum and a modulo schedule, with the simulator as judge, and put the kernels in the cascade's place.

    The kernels say how far they may be from optimal: `bound_cycles` is what no schedule of any form that was considered can beat, `gap` the share
    of their own cycles above it.
    """

    name = "einsum-schedule"

    machine: str | None = None
    """The name of a machine in the module or among those that come with einfold, or the path of a YAML file; if not given, the one
    machine of the module."""
    objective: Literal["latency", "energy", "edp", "area"] = "latency"
    """What to make small: cycles, picojoules, their product, or the area that is in use: of arrays that run something, and of memories as filled."""
    solver: Literal["auto", "list", "cp-sat"] = "auto"
    """How tasks are scheduled: `cp-sat` needs OR-Tools (the extra `einfold[search]`), `list` is built in; `auto` takes the best at hand."""
    budget: float = 30.0
    """Seconds after which no further form is tried."""
    contract: bool = True
    """Whether a product may fuse into a sum, see `einsum-fuse-maps`."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.solver not in ("auto", *solvers()):
            raise PassFailedException("solver=cp-sat needs OR-Tools; install einfold[search], or take solver=list")
        if not 0 < self.budget < 1e9:
            raise PassFailedException(f"budget={self.budget:g} is no time; it must be seconds, more than 0")
        machine = machine_for(op, self.machine)
        cascades = [o for o in op.walk() if isinstance(o, CascadeOp)]
        options = Options(self.objective, self.budget, None if self.solver == "auto" else self.solver, self.contract)
        for cascade in cascades:
            alone = op.clone()
            for other in [o for o in alone.walk() if isinstance(o, CascadeOp | KernelOp)]:
                if other.sym_name != cascade.sym_name:
                    Rewriter.erase_op(other)
            for other in [o for o in alone.walk() if isinstance(o, type(machine)) and o.sym_name != machine.sym_name]:
                Rewriter.erase_op(other)
            try:
                found = search(alone, Machine.from_op(machine), options)
            except NothingFits as error:
                remarks.fail(cascade, f"cascade '@{cascade.sym_name.data}' has no schedule on '@{machine.sym_name.data}': {error}")
            self._replace(cascade, found, f"{cascade.sym_name.data}." if len(cascades) > 1 else "")

    def _replace(self, cascade: CascadeOp, found: Found, prefix: str) -> None:
        _, lowered = build(found.best.candidate, prefix)
        for kernel in lowered.kernels:
            kernel.detach()
            kernel.location = cascade.location
        found.mark(lowered.kernels)
        form = found.best.candidate.form.pipeline or "as written"
        saved = f"no schedule of {len(found.tried)} forms saves more than {100 * found.gap:.2f} %"
        told = f"{found.best.result.cycles:,.0f} cycles, of which {saved}; {form}"
        remarks.applied(self.name, cascade, told)
        Rewriter.insert_op(lowered.kernels, InsertPoint.before(cascade))
        Rewriter.erase_op(cascade)
