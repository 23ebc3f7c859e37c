"""Other centres to carry elements relative to, where the one that is written cannot be followed.

`exp(a(x) - c)` may be carried as `exp(a(x) - a(X))` with X the element at which a summary of the chain found its extreme, and a square
`(x - c)^2` about the mean or an extreme of the x: `c` then is needed at the end only. So the maximum over two ranks together, of which
the traversal of one knows its own part, costs no second pass over either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from .build import ONE, Addend, Factor, product, total
from .derivation import COUNT
from .expr import Apply, Expr, Param
from .invariants import Invariants, Summary
from .linear import addends
from .scope import element_leaves, replace_subexpression
from .terms import Split


def centres(split: Split, mask: Sequence[tuple[Expr, bool]], known: Invariants, *, means: bool) -> Iterator[tuple[Addend, ...]]:
    """What may be added to the element part of `split` to keep it near zero: minus its mean (`means`), then minus its value at extremes."""
    elements = total(split.elements)
    for summary in known.summaries.values() if means and known.counted else ():
        for divisor in (ONE, COUNT):
            if summary.op == "add" and summary.body == product([(elements, 1), (divisor, -1)]):
                yield ((Fraction(-1), product([(Param(summary.name), 1), (divisor, 1), (COUNT, -1)])),)
    for summary in known.summaries.values():
        if summary.op.removeprefix("arg") in ("max", "min"):
            for body in _bodies(summary, mask):
                attained = replace_subexpression(elements, body, Param(summary.name))
                if not known.scope.of(attained).elements and attained != elements:
                    yield tuple((-k, e) for k, e in addends(attained))


def sizes(divisor: Expr, elements: Iterable[Factor], known: Invariants) -> Iterator[Expr]:
    """What may divide elements in the divisor's place: the same power of a summary that is the largest size of some of them."""
    leaves = {leaf for e, _ in elements for leaf in element_leaves(e)}
    for summary in known.summaries.values():
        if summary.op == "max" and known.nonnegative(summary.body) and leaves.issuperset(element_leaves(summary.body)):
            size: Expr = Param(summary.name)
            yield Apply("pow", (size, divisor.args[1])) if isinstance(divisor, Apply) and divisor.op == "pow" else size


def _bodies(summary: Summary, mask: Sequence[tuple[Expr, bool]]) -> Iterator[Expr]:
    """What the summary is an extreme of: its body, and where the mask holds, the branch of it that is taken there."""
    yield summary.body
    match summary.body:
        case Apply("select", (condition, then, otherwise)):
            yield from (branch for branch, polarity in ((then, True), (otherwise, False)) if (condition, polarity) in mask)
        case _:
            pass
