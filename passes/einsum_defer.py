"""`einsum-defer`: move what does not vary along the fiber out of a reduction, and apply it once at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..algebra.derivation import Derived, Options
from ..dialects.einsum import CascadeOp
from .links import Chain, Link
from .operators import laws_of
from .pass_reduction import reduce_passes
from .plan import Plan, checked_rank


@dataclass(frozen=True)
class EinsumDefer(ModulePass):
    """Move what does not vary along the fiber out of a reduction, and apply it once at the end.

    Where (x) distributes over the reduction, `(+)_m h(d) (x) g(x_m)` is `h(d) (x) (+)_m g(x_m)`, so the summary `d` may come late (T1).
    The division of softmax moves behind the product with V this way (FuseMax's deferred division), which takes attention from three
    passes to two; FuseMax's Cascade 1 becomes Cascade 2. Nothing is carried in a loop and no inverse is needed.
    """

    name = "einsum-defer"

    rank: str | None = None
    """The rank to reduce passes over; every reduced rank if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        laws = laws_of(op)
        for cascade in [o for o in op.walk() if isinstance(o, CascadeOp)]:
            rank = checked_rank(cascade, self.rank, self.name)
            plan = Plan(self.name, rank, None, last_step, is_plain, Options())
            reduce_passes(cascade, laws, plan)


def is_plain(derived: Derived) -> bool:
    return not derived.rebased_on


def last_step(chain: Chain) -> list[list[Link]]:
    """Each dependent link with the deepest summaries it needs; shallower ones are complete by then and count as constants."""
    depth: dict[str, int] = {}
    found: list[list[Link]] = []
    for link in chain.links:
        deepest = max((depth[n.name] for n in link.needs), default=0)
        depth[link.name] = deepest + 1
        if deepest:
            needed = [n for n in link.needs if depth[n.name] == deepest]
            found.append([*(replace(n, needs=()) for n in needed), replace(link, needs=tuple(needed))])
    return found
