"""What of a chain is made tile by tile: the Einsums that make its elements, and every value but a coordinate."""

from __future__ import annotations

from dataclasses import replace

from xdsl.ir import Operation

from ..algebra.derivation import Derived
from ..algebra.expr import Access, Expr, map_leaves, substitute_params, walk
from ..dialects.einsum import ComputeOp
from .carried import Derivations
from .chains import ChainFinder
from .links import Link


def values_only(derived: Derivations) -> tuple[Derivations, Derivations]:
    """The chain with argmax and argmin as max and min, and those of them whose coordinate is asked for.

    A coordinate needs no correction, so nothing is gained by carrying it through the loop: it is found beside it, in the same pass.
    """
    plain: list[tuple[Link, Derived]] = []
    for link, result in derived:
        accumulators = tuple(replace(a, op=a.op.removeprefix("arg")) for a in result.accumulators)
        plain.append((link, replace(result, accumulators=accumulators) if len(link.op.results_) > 1 else result))
    return plain, [(link, result) for link, result in derived if link.coordinate is not None]


def elements_to_sink(
    derived: Derivations, found: Derivations, inlined: set[ComputeOp], finder: ChainFinder, order: dict[Operation, int]
) -> list[ComputeOp]:
    """Einsums that make the chain's elements and serve nothing else, in program order: they can be made tile by tile.

    What the reductions in `found` read is read whole.
    """
    rank, table = finder.rank, finder.table
    candidates: set[ComputeOp] = set(inlined)

    def visit(e: Expr) -> Expr:
        if isinstance(e, Access):
            owner = table.value(e).owner
            if isinstance(owner, ComputeOp) and owner not in candidates and owner in order and tiled_by(owner, e, rank):
                candidates.add(owner)
                map_leaves(table.lift(owner.map.data, owner.operands_), visit)
        return e

    for _, result in derived:
        for accumulator in result.accumulators:
            map_leaves(accumulator.basis, visit)
    absorbed: set[Operation] = {link.op for link, _ in derived}
    whole = {
        finder.table.value(e).owner
        for link, r in found
        for e in walk(substitute_params(r.accumulators[0].basis, link.bindings))
        if isinstance(e, Access)
    }
    for op in sorted(candidates, key=lambda op: -order[op]):
        if all(use.operation in absorbed for use in op.results_[0].uses):
            absorbed.add(op)
    return sorted((op for op in candidates if op in absorbed and op not in inlined and op not in whole), key=lambda op: order[op])


def tiled_by(owner: ComputeOp, access: Access, rank: str) -> bool:
    """Whether an element is read at the very coordinate of `rank` at which its Einsum makes it."""
    return (
        len(owner.results_) == 1
        and all(
            (made.plain == rank) == (read.plain == rank) and (read.plain == rank or rank not in read.ranks)
            for made, read in zip(owner.out.data, access.subscripts, strict=True)
        )
        and any(read.plain == rank for read in access.subscripts)
    )
