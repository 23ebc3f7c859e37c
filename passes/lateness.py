"""Which values the reductions over one rank should not wait for: those that are made over another rank, by reductions that wait for these in turn.

A maximum over two ranks together is needed by the sums over both. Where each sum can do without the other rank's part until it has traversed its
own elements, neither rank is traversed twice.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from xdsl.ir import Block, Operation, SSAValue

from ..algebra.derivation import OLD, Derived
from ..algebra.scope import params
from ..analysis.einsums import traversed_ranks
from ..dialects.einsum import ComputeOp, IterateOp
from .links import Link
from .tensors import TensorTable


def coupled_values(block: Block, rank: str) -> frozenset[SSAValue]:
    """The values that depend on a reduction over some other rank, over which something is reduced that depends on a reduction over `rank`.

    What a loop over another rank makes counts too: without it the two loops are free to run in any order, or together.
    """
    follows: set[SSAValue] = set()
    over: dict[SSAValue, frozenset[str]] = {}
    coupled: set[str] = set()
    for op in block.ops:
        operands = list(_read(op))
        reduced = _reduced(op)
        if any(v in follows for v in operands):
            coupled |= reduced - {rank}
        if rank in reduced or any(v in follows for v in operands):
            follows.update(op.results)
        if isinstance(op, IterateOp):
            coupled |= reduced - {rank}
        made_over = (reduced - {rank}).union(*(over.get(v, frozenset[str]()) for v in operands))
        over.update((result, made_over) for result in op.results)
    return frozenset(v for v, ranks in over.items() if ranks & coupled)


def known_late(links: Sequence[Link], at_once: Container[Operation]) -> frozenset[str]:
    """The constants of a chain that it does without until its traversal is over: those it must, and those it may, unless some link needs one."""
    needed = {n for link in links if not link.needs or link.op in at_once for n in link.bindings}
    return frozenset(n for link in links for n in (*link.late, *(link.coupled - needed)))


def params_of(derived: Derived) -> tuple[str, ...]:
    """The summaries and constants that a derivation mentions, by the names of their final values."""
    parts = (
        *(a.basis for a in derived.accumulators),
        *(k for row in derived.correction for k in row if k is not None),
        derived.running,
        derived.final,
    )
    return tuple(dict.fromkeys(n.removesuffix(OLD) for e in (*parts, *(e for _, e in derived.safe)) for n in params(e)))


def with_summaries(link: Link, read: Sequence[Link], table: TensorTable) -> Link:
    """The link with what its derivation reads of the chain's other summaries, which its body need not do, as far as they are of its fibers."""
    kept = traversed_ranks(link.op) - set(link.reduced)
    more = [n for n in read if n.name not in link.bindings and all(kept.issuperset(s.ranks) for s in n.op.out.data)]
    if not more:
        return link
    bindings = {n.name: table.access(n.op.results_[0], n.op.out.data) for n in more}
    return replace(link, bindings={**link.bindings, **bindings}, needs=(*link.needs, *more))


def _read(op: Operation) -> Iterator[SSAValue]:
    yield from op.operands
    if isinstance(op, IterateOp):
        yield from (v for inner in op.body.walk() for v in inner.operands)


def _reduced(op: Operation) -> frozenset[str]:
    """The ranks that an operation reduces, or steps through."""
    if isinstance(op, ComputeOp) and op.reduce is not None:
        return frozenset(r for each in op.reduce.data for r in each.ranks)
    if isinstance(op, IterateOp):
        return frozenset((op.rank.data,)).union(*(_reduced(inner) for inner in op.body.walk() if inner is not op))
    return frozenset()
