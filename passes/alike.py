"""Links that visit different elements, made to visit the same ones: what the algebra knows of a summary holds for what it has visited.

A fact such as `x <= max` is true of the elements that the maximum visited. Where the links of a chain have different filters, all of them are
taken to visit what every filter lets through to at least one of them: the comparisons that all have in common stay a filter, and
a link's other ones become part of its body, which is the reduction's identity where they fail. A comparison of coordinates that one fiber
has in common says whether the fiber is there at all: it stays a filter, and becomes part of the body as well where another link reads the
summary of a fiber that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..algebra.affine import Comparison
from ..algebra.expr import Apply, Expr, Param, RankValue, map_leaves
from ..algebra.laws import Laws
from .fibers import constant_name
from .links import Link
from .plain_form import number
from .tensors import comparison_value


def common_filter(links: Sequence[Link]) -> tuple[Comparison, ...]:
    """The comparisons that every link has, in the order of the first."""
    first, *others = links
    return tuple(c for c in first.where if all(c in link.where for link in others))


def made_alike(links: Sequence[Link], laws: Laws) -> tuple[list[Link], list[Link]]:
    """The links, as they visit the same elements, and those that cannot be made to, since nothing is neutral to their reduction."""
    if not links:
        return [], []
    common = common_filter(links)
    made: list[Link] = []
    odd: list[Link] = []
    for link in links:
        readers = [other for other in links if any(n.name == link.name for n in other.needs)]
        whole = [c for c in link.where if c not in common and set(link.reduced).isdisjoint(c.ranks)]
        believed = [c for c in whole if all(c in other.where for other in readers)]
        extra = [c for c in link.where if c not in common and c not in believed]
        identity = laws.identity(link.reduction.op)
        if extra and identity is None:
            odd.append(link)
            continue
        bindings = dict(link.bindings)
        body = link.reduction.body
        for comparison in reversed(extra):
            condition = _as_read(comparison_value(comparison), link, bindings)
            body = Apply("select", (condition, body, number(identity or 0.0)))
        where = (*common, *whole)
        kept = tuple(c for c in extra if c not in whole)
        made.append(replace(link, reduction=replace(link.reduction, body=body), bindings=bindings, where=where, kept=kept) if extra else link)
    return made, odd


def _as_read(condition: Expr, link: Link, bindings: dict[str, Expr]) -> Expr:
    """A condition with the coordinates that one fiber has in common as parameters, bound in `bindings`."""

    def leaf(e: Expr) -> Expr:
        name = constant_name(e)
        if name is None or not isinstance(e, RankValue) or e.rank in link.reduced:
            return e
        bindings[name] = e
        return Param(name)

    return map_leaves(condition, leaf)
