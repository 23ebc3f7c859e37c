"""`einsum-push-filters`: an Einsum that is read only where a filter holds is computed only there.

A causal mask written on the softmax says nothing of the scores under it; but no reader looks at those. With the filter on the Einsum itself, an
interpreter visits fewer points, and tiles that a filter leaves empty need not be computed (`lower-einsum-to-accel`, the simulator).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Access, accesses
from ..analysis.remarks import applied
from ..analysis.statistics import count
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_attrs import FilterAttr
from ..dialects.einsum_verify import iterative_ranks
from .editing import cascades_of, filter_of


@dataclass(frozen=True)
class EinsumPushFiltersPass(ModulePass):
    """Compute an Einsum only where it is read: filters go from readers to what they read, from the last Einsum of a cascade to the first."""

    name = "einsum-push-filters"

    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for cascade in cascades_of(op, self.cascade):
            self._push(cascade)

    def _push(self, cascade: CascadeOp) -> None:
        narrowed: list[str] = []
        for producer in reversed([op for op in cascade.body.walk() if isinstance(op, ComputeOp)]):
            more = [c for c in _shared(producer) if c not in filter_of(producer)]
            if more and len(producer.results_) == 1 and producer.empty is None:
                producer.properties["where"] = FilterAttr((*filter_of(producer), *more))
                narrowed.append(f"%{producer.results_[0].name_hint}")
        count("Einsums narrowed", len(narrowed))
        if narrowed:
            applied(self.name, cascade, f"computed only where they are read: {', '.join(reversed(narrowed))}")


def _shared(producer: ComputeOp) -> list[Comparison]:
    """The comparisons, in the producer's ranks, that hold wherever anything reads it."""
    result = producer.results_[0]
    found: list[list[Comparison]] = []
    for use in result.uses:
        if not isinstance(use.operation, ComputeOp):
            return []
        found += [list(_seen_from(producer, use.operation, access)) for access in _reads(use.operation, result)]
    return [c for c in found[0] if all(c in other for other in found)] if found else []


def _reads(reader: ComputeOp, value: SSAValue) -> Iterator[Access]:
    return (a for a in accesses(reader.map.data) if reader.operands_[a.tensor] is value)


def _seen_from(producer: ComputeOp, reader: ComputeOp, access: Access) -> Iterator[Comparison]:
    """The reader's comparisons in the producer's ranks, as far as they are about those alone."""
    fixed = set(iterative_ranks(producer)) & set(iterative_ranks(reader))
    renamed: dict[str, Affine] = {rank: Affine.rank(rank) for rank in fixed}
    for written, read in zip(producer.out.data, access.subscripts, strict=True):
        if written.plain is None or read.plain is None or read.plain in renamed:
            return
        renamed[read.plain] = Affine.rank(written.plain)
    for comparison in filter_of(reader):
        if all(rank in renamed for rank in comparison.ranks):
            yield comparison.substitute(renamed)
