"""The formulas of one reduction: its equation, and how its state is updated by a tile, merged of two parts, and finished."""

from __future__ import annotations

from ...algebra.affine import Affine
from ...algebra.derivation import OLD, Derived
from ...algebra.expr import Expr
from ...passes.plain_form import scalar_of
from .blocks import Inlines, Math, joined
from .formula import Applied, Fold, Formula, Operation, Product, Related, Symbol
from .layout import broken
from .story import ReductionStory

X, D = Symbol("x", kind="bold"), Symbol("d", kind="bold")
TILE = Symbol("T", kind="script")
TERM = Symbol("F", kind="script")
BASIS = Symbol("b", kind="bold")
CORRECTION = Symbol("K", kind="bold")


def basis_function(j: int, *args: Formula) -> Formula:
    return Applied(Symbol("b", (Affine((), j),)), args)


def whole(story: ReductionStory, body: Formula, tile: Symbol | None = None, op: str | None = None) -> Fold:
    """The reduction of a body over the fiber, or over a tile of it; of argmax and argmin the value."""
    ranks = (*(r for r in story.ranks if r != story.rank), story.rank)
    return Fold(scalar_of(op or story.reduction.op), ranks, body, story.where, tile)


def equation(story: ReductionStory) -> Related:
    """The summary as a reduction over elements and earlier summaries."""
    return Related(story.naming.summary(story.name), "equals", whole(story, story.naming.formula(story.reduction.body)))


def old(story: ReductionStory, name: str) -> Formula:
    return story.naming.parameter(f"{name}{OLD}")


def moving(story: ReductionStory, derived: Derived) -> Inlines:
    """The summaries that are followed, as one sentence can name them."""
    return joined([Math(story.naming.summary(n)) for n in derived.rebased_on])


def vector(story: ReductionStory, *marks: str) -> Symbol:
    """The accumulators of a reduction as one vector."""
    return Symbol(story.name, marks=marks, kind="bold")


def step(story: ReductionStory, derived: Derived, label: str | None = None) -> tuple[Related, ...]:
    """What a tile does to the accumulators. `label`: mark the matrix and the basis as this reduction's."""
    marks = () if label is None else (label,)
    if len(derived.accumulators) > 1 and derived.rebased_on:
        carried, matrix, basis = vector(story), CORRECTION.marked(*marks), BASIS.marked(*marks)
        if label is None:
            corrected = Product((Applied(matrix, (D.marked("old"), D)), carried))
            return (Related(carried, "becomes", Operation("add", (corrected, whole(story, Applied(basis, (X, D)), TILE)))),)
        return (Related(carried, "becomes", Operation("add", (Product((matrix, carried)), whole(story, basis, TILE)))),)
    lines: list[Related] = []
    for a, row in zip(derived.accumulators, derived.correction, strict=True):
        carried = story.naming.accumulator(a.name)
        before: Formula = carried
        if derived.rebased_on and row[0] is not None:
            before = Operation("mul", (story.naming.formula(row[0]), carried))
        added = whole(story, story.naming.formula(a.basis), TILE, a.op)
        lines += broken(Related(carried, "becomes", Operation(scalar_of(a.op), (before, added))))
    return tuple(lines)


def merge(story: ReductionStory, derived: Derived) -> tuple[Related, ...]:
    """What makes one state of those of two parts, L and R."""
    if len(derived.accumulators) > 1 and derived.rebased_on:
        parts = [Product((Applied(CORRECTION, (D.marked(p), D)), vector(story, p))) for p in "LR"]
        return (Related(vector(story), "equals", Operation("add", tuple(parts))),)
    lines: list[Related] = []
    for a, row in zip(derived.accumulators, derived.correction, strict=True):
        parts = [_at_part(story, part, a.name, row[0] if derived.rebased_on else None) for part in "LR"]
        lines += broken(Related(story.naming.accumulator(a.name), "equals", Operation(scalar_of(a.op), tuple(parts))))
    return tuple(lines)


def finish(story: ReductionStory, derived: Derived) -> tuple[Related, ...]:
    """The value from the accumulators and the earlier summaries."""
    return broken(Related(story.naming.summary(story.name), "equals", story.naming.formula(derived.final)))


def _at_part(story: ReductionStory, part: str, name: str, entry: Expr | None) -> Formula:
    """A part's accumulator, corrected to the joint summaries."""
    carried = story.naming.accumulator(name).marked(part)
    return carried if entry is None else Operation("mul", (story.naming.at_part(part).formula(entry), carried))
