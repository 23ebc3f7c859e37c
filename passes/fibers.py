"""Which fiber a reduction speaks of: coordinates that one fiber has in common, and summaries that are its own."""

from __future__ import annotations

from collections.abc import Sequence

from ..algebra.affine import Affine
from ..algebra.expr import Access, Expr, RankValue


def same_fiber(out: Sequence[Affine], access: Access, ranks: frozenset[str]) -> bool:
    """Whether a summary with the dimensions `out` is read for the fiber that an Einsum with these ranks traverses.

    `GM[p + 1]` is another fiber's.
    Read by other ranks' names it is the same fiber too, unless its own ranks mean something else to the reader: then what is known of
    the summary's elements (`x[m, p] <= GM[p]`) would be believed of others.
    """
    if len(set(access.subscripts)) < len(access.subscripts) or any(s.plain is None for s in access.subscripts):
        return access.subscripts == out
    renamed = {r for own, read in zip(out, access.subscripts, strict=True) if own != read for r in own.ranks}
    return renamed.isdisjoint(ranks)


def constant_name(e: Expr) -> str | None:
    """The parameter that stands for a coordinate which one fiber has in common."""
    return f"at.{e.rank}" if isinstance(e, RankValue) else None
