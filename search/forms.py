"""The forms of a cascade that a search considers: as written, with fewer passes, in tiles or parts of several sizes, with multiply-adds.

Nothing here knows a kernel: a form is a pipeline of passes, the same ones that a user may name, and two that give one cascade are one form.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import DiagnosticException

from ..algebra.exp2 import COEFFICIENTS, operator_name
from ..analysis import remarks
from ..backend.machine import Machine
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp, ComputeOp
from ..passes.einsum_dce import EinsumDcePass
from ..passes.einsum_defer import EinsumDefer
from ..passes.einsum_exp2 import EinsumExp2Pass
from ..passes.einsum_fuse_maps import EinsumFuseMapsPass
from ..passes.einsum_one_pass import EinsumOnePass
from ..passes.einsum_online import EinsumOnline
from ..passes.einsum_push_filters import EinsumPushFiltersPass
from ..passes.places import passes_over
from .splits import splits

TILES = (1, 2, 4)
"""Sizes of a tile along a traversed rank, in sides of the largest array."""

PARTS = (2, 4)
"""Parts of a side that tiles are cut to besides, where filters leave a part of each tile."""

SHORTER = (4, 16)
"""Parts of a side that a tile has where a buffer may be small."""


@dataclass(frozen=True)
class Form:
    """A pipeline of passes, and what it makes of the cascade."""

    passes: tuple[ModulePass, ...]
    module: ModuleOp

    @property
    def cascade(self) -> CascadeOp:
        """The one cascade of the module."""
        return next(op for op in self.module.walk() if isinstance(op, CascadeOp))

    @property
    def machine(self) -> MachineOp:
        """The one machine of the module."""
        return next(op for op in self.module.walk() if isinstance(op, MachineOp))

    @property
    def pipeline(self) -> str:
        """The passes as `-p` takes them; empty for the cascade as written."""
        return ",".join(str(p.pipeline_pass_spec()) for p in self.passes)


def side_of(machine: Machine) -> int:
    """The side of the largest array that tiles are cut to: its rows, or its columns if it has one row."""
    largest = max(machine.arrays, key=lambda a: a.rows * a.cols)
    return largest.rows if largest.rows > 1 else largest.cols


def pipelines(
    machine: Machine,
    *,
    contract: bool,
    ranks: Sequence[str] = (),
    split: Sequence[tuple[ModulePass, ...]] = (),
    filters: bool = False,
    smaller: bool = False,
) -> Iterator[tuple[ModulePass, ...]]:
    """The pipelines to try, those that are most often best first.

    `ranks`: over each of which alone passes may be reduced, too; `split`: pipelines that split a rank. `contract`: also with products fused into
    sums (see `einsum-fuse-maps`). Where some array's table has powers of two by a polynomial, exponentials may become such (see `einsum-exp2`).
    `filters`: with what is computed only where it is read (see `einsum-push-filters`). `smaller`: in tiles shorter than a side, too.
    """
    side = side_of(machine)
    degrees = [d for d in COEFFICIENTS if any(operator_name(d) in a.ops for a in machine.arrays)]
    sizes = list(dict.fromkeys([*(side * n for n in TILES), *(max(1, side // n) for n in SHORTER if smaller)]))
    filtered = [side // n for n in PARTS if filters and side // n > 1]
    rewrites: list[tuple[ModulePass, ...]] = [(EinsumOnePass(size=size), EinsumDcePass()) for size in dict.fromkeys((*sizes, *filtered))]
    rewrites += [(EinsumOnePass(rank=rank, size=size), EinsumDcePass()) for rank in ranks for size in sizes]
    rewrites += split
    rewrites += [(EinsumOnline(size=side), EinsumDcePass()), (EinsumDefer(), EinsumDcePass()), ()]
    if filters:
        rewrites = [(*passes, EinsumPushFiltersPass()) for passes in rewrites]
    rewrites = [(*passes, *powers) for passes in rewrites for powers in ([*((EinsumExp2Pass(degree=d),) for d in degrees), ()])]
    for passes in rewrites:
        if contract:
            yield (*passes, EinsumFuseMapsPass(contract=True))
        yield passes


def forms_of(module: ModuleOp, machine: Machine, *, contract: bool = True, deadline: float = inf, smaller: bool = False) -> list[Form]:
    """The different forms of a module's cascades; the module itself stays as it is. A pipeline that refuses a cascade gives no form.

    `smaller`: see `pipelines`. `deadline`: in seconds of `time.monotonic`; once it has passed, no further pipeline is tried if one gave a form.
    """
    found: dict[str, Form] = {}
    filters = any(isinstance(op, ComputeOp) and op.where is not None for op in module.walk())
    cascade = next(op for op in module.walk() if isinstance(op, CascadeOp))
    several = [rank for rank in cascade.sizes if passes_over(cascade, rank) > 1]
    split = splits(module, several)
    alone = several if len(several) > 1 else ()
    for passes in pipelines(machine, contract=contract, ranks=alone, split=split, filters=filters, smaller=smaller):
        if found and time.monotonic() > deadline:
            break
        form = rewritten(module, passes)
        if form is not None:
            cascades = [op for op in form.module.walk() if isinstance(op, CascadeOp)]
            known = found.setdefault("\n".join(map(str, cascades)), form)
            if len(form.passes) < len(known.passes):
                found["\n".join(map(str, cascades))] = form
    return list(found.values())


def rewritten(module: ModuleOp, passes: tuple[ModulePass, ...]) -> Form | None:
    """A copy of a module after some passes; None if one of them refuses it."""
    copy, ctx = module.clone(), Context()
    try:
        with remarks.collect():
            for each in passes:
                each.apply(ctx, copy)
    except DiagnosticException:
        return None
    return Form(passes, copy)
