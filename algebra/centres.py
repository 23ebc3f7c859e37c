"""Other centres to carry elements relative to, where the one that is written cannot be followed.

`exp(a(x) - c)` may be carried as `exp(a(x) - a(X))` with X the element at which a summary of the chain found its extreme, and a square
`(x - c)^2` about the mean or an extreme of the x: `c` then is needed at the end only. So the maximum over two ranks together, of which
the traversal of one knows its own part, costs no second pass over either.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeAlias

from .build import ONE, Addend, Factor, product, total
from .derivation import COUNT
from .expr import Apply, Expr, Num, Param
from .invariants import Invariants
from .linear import addends
from .scope import element_leaves, replace_subexpression
from .terms import Split

Mask: TypeAlias = tuple[tuple[Expr, bool], ...]
"""Conditions on elements, each with the value that it has where a term counts."""

LEAST = Num(-math.inf)


def centres(split: Split, mask: Mask, known: Invariants, *, means: bool) -> Iterator[tuple[Addend, ...]]:
    """What may be added to the element part of `split` to keep it near zero: minus its mean (`means`), then minus its value at extremes.

    Only extremes of elements for which the mask holds, if there is one: what is masked may be any large number.
    """
    elements = total(split.elements)
    for summary in known.summaries.values() if means and known.counted and not mask else ():
        for divisor in (ONE, COUNT):
            if summary.op == "add" and summary.body == product([(elements, 1), (divisor, -1)]):
                yield ((Fraction(-1), product([(Param(summary.name), 1), (divisor, 1), (COUNT, -1)])),)
    for summary in known.summaries.values():
        if summary.op.removeprefix("arg") in ("max", "min"):
            body, found = taken(summary.body, mask)
            attained = replace_subexpression(elements, body, Param(summary.name))
            attained = attained if attained != elements else replace_subexpression(elements, summary.body, Param(summary.name))
            if set(mask) <= set(found) and not known.scope.of(attained).elements:
                yield tuple((-k, e) for k, e in addends(attained))


def sizes(divisor: Expr, elements: Iterable[Factor], known: Invariants) -> Iterator[Expr]:
    """What may divide elements in the divisor's place: the same power of a summary that is the largest size of some of them."""
    leaves = {leaf for e, _ in elements for leaf in element_leaves(e)}
    for summary in known.summaries.values():
        if summary.op == "max" and known.nonnegative(summary.body) and leaves.issuperset(element_leaves(summary.body)):
            size: Expr = Param(summary.name)
            yield Apply("pow", (size, divisor.args[1])) if isinstance(divisor, Apply) and divisor.op == "pow" else size


def masked(e: Expr, mask: Mask) -> Expr:
    """`e` where the mask holds, and what counts for no maximum elsewhere."""
    for condition, polarity in reversed(mask):
        e = Apply("select", (condition, e, LEAST) if polarity else (condition, LEAST, e))
    return e


def taken(body: Expr, mask: Mask) -> tuple[Expr, Mask]:
    """What is left of a body where the mask holds, and the conditions that it was found under."""
    match body:
        case Apply("select", (condition, then, otherwise)) if (condition, True) in mask or (condition, False) in mask:
            polarity = (condition, True) in mask
            inner, found = taken(then if polarity else otherwise, mask)
            return inner, ((condition, polarity), *found)
        case _:
            return body, ()
