"""The driver that the pass-reducing rewrites share: what to rewrite, block by block and rank by rank, and what to leave as it was."""

from __future__ import annotations

from ..algebra.laws import Laws
from ..analysis import remarks, statistics
from ..dialects.einsum import CascadeOp
from .einsum_cse import compute_once, computes_twice
from .ordering import sort_block
from .places import passes_over, places
from .plan import Plan, Record
from .rank_reduction import RankReduction, restore
from .regrouping import merge_renamed, regroup, to_regroup
from .work import points

MOST_WORK = 4
"""How many times the points of a cascade regrouping may come to, where it saves no pass."""


def reduce_passes(cascade: CascadeOp, laws: Laws, plan: Plan) -> bool:
    """Rewrite every chain over every rank asked for, in the cascade and in its iterates; True if something changed.

    Reductions are regrouped for that where it helps. The cascade stays grouped as it is where it would else have more passes over some rank than it
    had, or have as many as without regrouping and much more to compute.
    """
    if not statistics.wanted():
        return _reduce_passes(cascade, laws, plan)
    before = {rank: passes_over(cascade, rank) for rank in cascade.sizes}
    changed = _reduce_passes(cascade, laws, plan)
    statistics.count("passes removed", sum(number - passes_over(cascade, rank) for rank, number in before.items()))
    return changed


def _reduce_passes(cascade: CascadeOp, laws: Laws, plan: Plan) -> bool:
    if not to_regroup(cascade):
        return _reduce(cascade, laws, plan, regrouped=False)
    original, known = cascade.clone(), dict(plan.record or {})
    with remarks.collect() as found:
        changed = _reduce(cascade, laws, plan, regrouped=True)
    more = changed and any(passes_over(cascade, rank) > max(1, passes_over(original, rank)) for rank in original.sizes)
    costly = changed and not more and points(cascade) > MOST_WORK * points(original)
    if not more and not costly:
        remarks.repeat(found)
        return changed
    regrouped, record = cascade.clone(), dict(plan.record or {})
    _put_back(cascade, original, plan, known)
    with remarks.collect() as without:
        changed = _reduce(cascade, laws, plan, regrouped=False)
    if costly and any(passes_over(cascade, rank) > passes_over(regrouped, rank) for rank in original.sizes):
        _put_back(cascade, regrouped, plan, record)
        remarks.repeat(found)
        return True
    remarks.repeat(without)
    return changed


def _put_back(cascade: CascadeOp, other: CascadeOp, plan: Plan, record: Record) -> None:
    restore(cascade, other)
    if plan.record is not None:
        plan.record.clear()
        plan.record.update(record)


def _reduce(cascade: CascadeOp, laws: Laws, plan: Plan, *, regrouped: bool) -> bool:
    before = cascade.clone() if regrouped or computes_twice(cascade) else None
    if regrouped:
        regroup(cascade)
    if before is not None:
        compute_once(cascade)  # the algebra takes tensors that are not the same operation's for different data
    changed = False
    asked = list(places(cascade, plan.rank))
    blocks = [place.block for place in asked]
    for number, place in enumerate(asked):
        for rank in place.ranks:
            reduction = RankReduction(cascade, laws, plan, rank, place, blocks, number)
            rounds = 0
            while rounds != plan.rounds and reduction.run():
                changed, rounds = True, rounds + 1
    if changed:
        if regrouped:
            merge_renamed(cascade)
        for block in blocks:
            sort_block(block)
    elif before is not None:
        restore(cascade, before)
    return changed
