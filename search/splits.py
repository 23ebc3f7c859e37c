"""Split-K as forms: which ranks are worth cutting into parts that stand side by side on an array, into how many, in which tiles.

A loop over tiles of a rank carries a summary for each element that the reductions keep. Where those are few (one query against a long cache,
one row of a vocabulary), an array corrects few elements at a time, and a tile has one rank of its own to spread, so that rows or columns
stay idle. Parts have summaries of their own: they fill the columns, the keys of a part the rows, and one merge puts them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import DiagnosticException

from ..analysis import remarks
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp
from ..lowering.placed import tiles_of
from ..lowering.placement import place_cascade
from ..lowering.work import works_of
from ..passes.einsum_dce import EinsumDcePass
from ..passes.einsum_one_pass import EinsumOnePass

SHARES = (16, 4, 1)
"""A tile of a part has the rows of the largest array divided by one of these."""


def splits(module: ModuleOp, ranks: Sequence[str]) -> list[tuple[ModulePass, ...]]:
    """The pipelines that split one of `ranks`, of those over which reductions keep fewer elements of a tile than an array has columns."""
    copy = module.clone()
    cascade = next(op for op in copy.walk() if isinstance(op, CascadeOp))
    machine = next(op for op in copy.walk() if isinstance(op, MachineOp))
    try:
        with remarks.collect():
            place_cascade(cascade, machine)
    except DiagnosticException:
        return []
    arrays = sorted(machine.arrays.values(), key=lambda a: -a.rows.data * a.cols.data)
    rows, sizes = arrays[0].rows.data, cascade.sizes
    found: dict[tuple[str, int, int], tuple[ModulePass, ...]] = {}
    for rank in ranks:
        kept = _kept(cascade, rank)
        for parts in dict.fromkeys(a.cols.data for a in arrays):
            longest = -(-sizes[rank] // parts)
            if kept >= parts or longest < 2:
                continue
            for size in dict.fromkeys(min(longest, max(1, rows // share)) for share in SHARES):
                one_pass = EinsumOnePass(rank=rank, size=size, form="split", parts=parts)
                found[rank, parts, size] = (one_pass, EinsumDcePass())
    return list(found.values())


def _kept(cascade: CascadeOp, rank: str) -> int:
    """The fewest elements that a reduction over a rank keeps of a tile."""
    tiles = tiles_of(cascade)
    return min((prod(tiles[r] for r in w.kept) for w in works_of(cascade) if rank in w.reduced), default=0)
