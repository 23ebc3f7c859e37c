"""`einsum-split-rank{rank=m size=256}`: tile a rank, so that m is traversed as `256 * m1 + m0`.

Tensors that Einsums make along m become tensors of (m1, m0); arguments stay and are read by `256 * m1 + m0`; where a whole
dimension is wanted again (a result, a state, a subscript that is not m) a view merges it. A ragged last tile is left out by
`where 256 * m1 + m0 < 1000`. Reductions over m become reductions over (m1, m0), in the same order, or with `two-level` a reduction
within each tile and one over the tiles.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..analysis.remarks import applied, fail, missed
from ..analysis.statistics import count as count_statistic
from ..dialects.einsum import CascadeOp, IterateOp
from ..dialects.einsum_attrs import RanksAttr
from .editing import cascades_with_rank
from .splitting import Split, Splitter


@dataclass(frozen=True)
class EinsumSplitRankPass(ModulePass):
    """Split a rank into tiles, so that it is traversed as `size * outer + inner`."""

    name = "einsum-split-rank"

    rank: str
    """The rank to split."""
    size: int
    """Elements in a tile; the last one may be ragged."""
    names: tuple[str, ...] | None = None
    """The two new ranks, outer first; if not given, the rank's name with 1 and 0, or what is free."""
    two_level: bool = False
    """Reduce within tiles, then over them: associative reductions only, and sums of floats are then added in another order."""
    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.size < 1:
            fail(op, f"tiles have a size of 1 or more, not {self.size}")
        if self.names is not None and len(set(self.names)) != 2:
            fail(op, f"names takes two different ranks, given {','.join(self.names)}")
        for cascade in cascades_with_rank(op, self.rank, self.cascade):
            self._split(cascade)

    def _split(self, cascade: CascadeOp) -> None:
        whole = cascade.sizes[self.rank]
        outer, inner = self._fresh_names(cascade)
        if whole <= self.size:
            return missed(self.name, cascade, f"rank '{self.rank}' of size {whole} is one tile of {self.size} already")
        for iterate in cascade.walk():
            if isinstance(iterate, IterateOp) and iterate.rank.data == self.rank:
                return missed(self.name, iterate, f"rank '{self.rank}' is iterative: its coordinates run one by one, not in tiles")
        split = Split(self.rank, whole, outer, -(-whole // self.size), inner, self.size)
        declared: list[tuple[str, int]] = []
        for rank, size in cascade.ranks.data:
            declared.append((rank, size))
            if rank == self.rank:
                declared += [(outer, split.outer_size), (inner, split.inner_size)]
        cascade.properties["ranks"] = RanksAttr(tuple(declared))
        count = Splitter(cascade, split, self.two_level, self.name).run()
        count_statistic("Einsums tiled", count)
        told = f"{count} Einsum{'s traverse' if count != 1 else ' traverses'}"
        applied(self.name, cascade, f"{told} '{self.rank}' as {outer} = {split.outer_size}, {inner} = {split.inner_size}")

    def _fresh_names(self, cascade: CascadeOp) -> tuple[str, str]:
        if self.names is not None:
            outer, inner = self.names
            for rank in (outer, inner):
                if rank in cascade.sizes:
                    fail(cascade, f"cascade '@{cascade.sym_name.data}' has a rank '{rank}' already")
            return outer, inner
        stem = self.rank
        while f"{stem}1" in cascade.sizes or f"{stem}0" in cascade.sizes:
            stem += "_"
        return f"{stem}1", f"{stem}0"
