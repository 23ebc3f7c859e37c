"""The derived traversal as a whole: where the state starts, what a tile does in order, and what follows at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from ...algebra.derivation import Derived
from ...algebra.expr import Expr
from ...algebra.scope import params
from .blocks import Block, Code, Display, Heading, Items, Math, Text, count, names, paragraph, sentence
from .equations import number_of
from .formula import Related, Symbol
from .layout import broken
from .steps import BASIS, CORRECTION, TILE, finish, step, vector
from .story import RankStory, ReductionStory

Taken: TypeAlias = tuple[ReductionStory, Derived]


def recap(rank: RankStory) -> Iterator[Block]:
    """The traversal, if any reduction joins another's, and what is left for later ones."""
    taken = [(r, r.result) for r in rank.reductions if isinstance(r.result, Derived) and r.declined is None]
    later = [r for r in rank.reductions if not isinstance(r.result, Derived) or r.declined is not None]
    if rank.undone is not None:
        yield paragraph("Nothing is merged in the end: {}.", Text(rank.undone))
    elif any(d.form != "base" for _, d in taken):
        yield Heading(3, sentence("The pass over {}", Code(rank.rank)))
        yield from _traversal(rank, taken)
    if later:
        yield paragraph("{} {} for a later pass.", names([r.name for r in later]), Text("stays" if len(later) == 1 else "stay"))
    if rank.remarks:
        yield Items(tuple(sentence("{}.", Text(r)) for r in rank.remarks))


def _traversal(rank: RankStory, taken: Sequence[Taken]) -> Iterator[Block]:
    carried = [(r, a) for r, d in taken for a in d.accumulators]
    yield paragraph("Start from")
    yield Display(tuple(line for r, d in taken for line in _start(r, d)))
    yield paragraph("For each tile {} of {}, in this order,", Math(TILE), Code(rank.rank))
    followed = _followed(taken)
    lines: list[Related] = []
    for r, d in taken:
        lines += step(r, d, r.name)
        if r.name in followed:
            lines += broken(Related(r.naming.summary(r.name), "equals", r.naming.formula(running(d))))
    yield Display(tuple(lines))
    wide = [(r, d) for r, d in taken if d.rebased_on and len(d.accumulators) > 1]
    if wide:
        yield paragraph(
            "with {} for the accumulators of a reduction as a vector, and {} and {} for its matrix and its functions from above, at the elements and "
            "the summaries of the step.",
            Math(vector(wide[0][0])),
            Math(CORRECTION.marked(wide[0][0].name)),
            Math(BASIS.marked(wide[0][0].name)),
        )
    yield paragraph("At the end")
    yield Display(tuple(line for r, d in taken if not d.waits_for for line in finish(r, d)))
    waiting = tuple(line for r, d in taken if d.waits_for for line in finish(r, d))
    if waiting:
        yield paragraph("and after the pass that computes {},", names(list(dict.fromkeys(n for _, d in taken for n in d.waits_for))))
        yield Display(waiting)
    shared = "Accumulators with the same term and the same correction are one, carried once." if _repeats(taken) else ""
    yield paragraph("The state is {}, whatever the size of {} is. {}", Text(count(len(carried), "accumulator")), Code(rank.rank), Text(shared))


def running(derived: Derived) -> Expr:
    """What stands for a summary on a part of the fiber with elements in it."""
    return derived.final if derived.estimate is None else derived.estimate


def _followed(taken: Sequence[Taken]) -> frozenset[str]:
    """The summaries whose running values the pass needs: those that are followed, and those that their values are made from."""
    found = {n for _, d in taken for n in d.rebased_on}
    for r, d in reversed(taken):
        if r.name in found:
            found |= {n for n in params(running(d)) if n in r.naming.summaries}
    return frozenset(found)


def _start(story: ReductionStory, derived: Derived) -> Iterator[Related]:
    if derived.rebased_on and len(derived.accumulators) > 1:
        yield Related(vector(story), "equals", Symbol("0", kind="bold"))
        return
    for a in derived.accumulators:
        yield Related(story.naming.accumulator(a.name), "equals", number_of(a.identity))


def _repeats(taken: Sequence[Taken]) -> bool:
    terms = [(a.op, r.naming.formula(a.basis), tuple(map(str, r.where))) for r, d in taken for a in d.accumulators]
    return len(set(terms)) < len(terms)
