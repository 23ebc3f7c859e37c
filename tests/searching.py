"""What tests of the search share: cascades on machines, the forms' kernels, and kernels changed behind the verifier's back."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from einfold.backend.machine import Machine
from einfold.dialects.accel import KernelOp
from einfold.dialects.einsum import CascadeOp
from einfold.lowering.machine_lookup import machines_of
from einfold.lowering.mapping import DEFAULT, CascadeMapping
from einfold.passes.einsum_dce import EinsumDcePass
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.search.forms import Form, rewritten
from einfold.search.judge import Candidate, Judged, Objective, judge, kernels_of
from einfold.search.search import Found, Options, search
from einfold.tools.loading import load_module, new_context
from einfold.tools.resizing import apply_sizes
from einfold.tools.simulation import machine_named

EXAMPLES = Path(__file__).parents[1] / "examples"


def on_machine(file: str | Path, machine: str | None = "fusemax-cloud", sizes: str = "") -> tuple[ModuleOp, Machine]:
    """An example's module, resized, with its one machine."""
    path = str(EXAMPLES / file)
    module = load_module(path, new_context())
    if sizes:
        apply_sizes(module, [sizes], path)
    symbol = machine_named(module, machine, path)
    return module, Machine.from_op(machines_of(module)[symbol])


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def searched(
    file: str, machine: str = "fusemax-cloud", sizes: str = "", objective: Objective = "latency", solver: str | None = None, contract: bool = True
) -> Found:
    """What the search finds, once for all tests of a process."""
    return _searched(file, machine, sizes, objective, solver, contract)


@cache
def _searched(file: str, machine: str, sizes: str, objective: Objective, solver: str | None, contract: bool) -> Found:
    module, described = on_machine(file, machine, sizes)
    return search(module, described, Options(objective, 600.0, solver, contract))


def judged(
    file: str, passes: tuple[ModulePass, ...] = (), machine: str = "fusemax-cloud", sizes: str = "", mapping: CascadeMapping = DEFAULT
) -> Judged:
    """An example after some passes, lowered as the mapping says and simulated."""
    module, described = on_machine(file, machine, sizes)
    form = rewritten(module, passes)
    assert isinstance(form, Form)
    found = judge(Candidate(form, mapping), described)
    assert isinstance(found, Judged), found
    return found


def one_pass(tile: int) -> tuple[ModulePass, ...]:
    return (EinsumOnePass(size=tile), EinsumDcePass())


def attention_kernel(tile: int = 256, sizes: str = "") -> KernelOp:
    """Attention's one kernel in tiles along its keys, with the lowering's own schedule."""
    [kernel] = kernels_of(judged("attention.mlir", one_pass(tile), sizes=sizes))
    return kernel
