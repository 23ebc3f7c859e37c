"""Links and chains: what the pass-reducing rewrites hand to the algebra, and what reading a link's body finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.ir import Operation, SSAValue

from ..algebra.affine import Comparison
from ..algebra.derivation import Reduction
from ..algebra.expr import Access, Expr
from ..dialects.einsum import ComputeOp


@dataclass
class Link:
    """One reduction over the chain's rank.

    `reduction` is what the algebra sees. `bindings` says what its parameters stand for: for a summary, how the body reads it
    (its own result's subscripts renamed), for a constant of the fiber, the expression. `where` is the filter, `name` the result's.
    """

    op: ComputeOp
    name: str
    reduction: Reduction
    bindings: dict[str, Expr]
    where: tuple[Comparison, ...]
    needs: tuple[Link, ...]
    tensors: Mapping[int, str] = field(default_factory=dict[int, str])
    """Names of the tensors that the body and the bindings read, by their numbers there."""
    kept: tuple[Comparison, ...] = ()
    """What else an element must satisfy to count, where the body has that as conditions."""
    late: frozenset[str] = frozenset()
    """Constants of the fiber that are known only after this traversal."""
    coupled: frozenset[str] = frozenset()
    """Constants of the fiber that are made over another rank by what may wait for this traversal in turn."""

    @property
    def reduced(self) -> tuple[str, ...]:
        """All ranks it reduces, the chain's rank included."""
        return () if self.op.reduce is None else self.op.reduce.data[0].ranks

    @property
    def coordinate(self) -> SSAValue | None:
        """Where the value was found, for argmax and argmin, if anything asks for it."""
        return next((r for r in self.op.results[1:] if any(True for _ in r.uses)), None)


@dataclass
class Chain:
    """Links over `rank` that may share one traversal, in program order, and the Einsums that were inlined into them."""

    rank: str
    links: list[Link]
    inlined: dict[Operation, None] = field(default_factory=dict[Operation, None])

    @property
    def dependent(self) -> bool:
        return any(link.needs or link.late for link in self.links)


@dataclass
class Reading:
    """What reading a body found: its parameters, the summaries in it, the level that must be complete before, Einsums inlined.

    `levels` are those of the constants of the fiber, by name, `coupled` the names of those that others wait for.
    `ranks` are those of the Einsum whose body it is, `apart` the summaries that it reads for other fibers, `rounded` elements that a narrowing
    cast makes from summaries.
    """

    bindings: dict[str, Expr] = field(default_factory=dict[str, Expr])
    summaries: dict[str, Link] = field(default_factory=dict[str, "Link"])
    complete: int = 0
    levels: dict[str, int] = field(default_factory=dict[str, int])
    coupled: set[str] = field(default_factory=set[str])
    inlined: list[Operation] = field(default_factory=list[Operation])
    size: int = 0
    ranks: frozenset[str] = frozenset()
    apart: list[tuple[Link, Access]] = field(default_factory=list["tuple[Link, Access]"])
    rounded: SSAValue | None = None
