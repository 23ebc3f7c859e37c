"""A cascade made ready for the search for chains: every reduction one that the algebra can speak of, wherever it was written otherwise.

Casts and stacked reductions are taken apart, reductions over several ranks and in several steps regrouped, and summaries that are read for several
fibers at once are copied. What the search then makes no use of is put back by `merge_renamed`.
"""

from __future__ import annotations

from collections.abc import Hashable

from xdsl.rewriter import Rewriter

from ..algebra.affine import Affine
from ..algebra.expr import substitute_ranks
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import Reduction
from .copies import Copies
from .editing import filter_of
from .nesting import join_reductions, kept_apart, split_reduction, step_before
from .rounding import cast_apart, is_cast
from .stacked import is_stacked, unstack
from .tensors import TensorTable


def to_regroup(cascade: CascadeOp) -> bool:
    """Whether `regroup` would change anything."""
    table = TensorTable(cascade.sizes)
    copies = Copies(table)
    einsums = [op for op in cascade.body.block.ops if isinstance(op, ComputeOp)]
    return any(is_cast(op, table) or is_stacked(op) or kept_apart(op, table) or step_before(op, table) or copies.needed(op) for op in einsums)


def regroup(cascade: CascadeOp) -> None:
    """Rewrite the Einsums that stand directly in a cascade."""
    cast_apart(cascade)
    unstack(cascade)
    table = TensorTable(cascade.sizes)
    for op in _einsums(cascade):
        joined = op
        while joined.parent is not None and (found := step_before(joined, table)) is not None:
            joined = join_reductions(joined, *found, table)
    for op in _einsums(cascade):
        if last := kept_apart(op, table):
            split_reduction(op, last, table)
    copies = Copies(table)
    for op in _einsums(cascade):
        if copies.needed(op):
            copies.give(op)


def _einsums(cascade: CascadeOp) -> list[ComputeOp]:
    return [op for op in cascade.body.block.ops if isinstance(op, ComputeOp)]


def merge_renamed(cascade: CascadeOp) -> None:
    """Compute once what is the same but for the names of its ranks: copies that no chain has taken in."""
    table = TensorTable(cascade.sizes)
    known: dict[Hashable, ComputeOp] = {}
    for op in _einsums(cascade):
        first = known.setdefault(_key(op, table), op)
        if first is not op:
            for old, new in zip(op.results, first.results, strict=True):
                old.replace_all_uses_with(new)
            Rewriter.erase_op(op)


def _key(op: ComputeOp, table: TensorTable) -> Hashable:
    """What makes two Einsums the same tensors: everything but the names of the ranks, which are numbered as they come."""
    expression = table.lift(op.map.data, op.operands_)
    reduce = op.reduce.data if op.reduce is not None else ()
    order = dict.fromkeys((*(r for s in op.out.data for r in s.ranks), *(r for each in reduce for r in each.ranks)))
    names = {rank: f"r{number}x{table.sizes[rank]}" for number, rank in enumerate(order) if rank in table.sizes}
    table.sizes.update({new: table.sizes[old] for old, new in names.items()})
    to = {old: Affine.rank(new) for old, new in names.items()}
    reductions = [Reduction(each.op, tuple(names.get(r, r) for r in each.ranks)) for each in reduce]
    made = table.compute(
        [s.substitute(to) for s in op.out.data],
        substitute_ranks(expression, to),
        tensor_of(op.results_[0]).get_element_type(),
        reduce=reductions,
        where=[c.substitute(to) for c in filter_of(op)],
        empty=op.empty,
        types=[r.type for r in op.results_],
    )
    return (tuple(made.operands), *(str(made.properties[name]) for name in sorted(made.properties)), tuple(made.result_types))
