"""`einsum-online`: merge reductions with the ones they depend on directly: one pass fewer (online softmax: 3 to 2)."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..algebra.derivation import DEFAULT_OPTIONS
from ..dialects.einsum import CascadeOp
from .links import Chain, Link
from .operators import laws_of
from .pass_reduction import reduce_passes
from .plan import Plan, checked_rank


@dataclass(frozen=True)
class EinsumOnline(ModulePass):
    """Compute a chain's first reductions and those that need nothing but them in one traversal, rebasing on the running summary.

    Reductions further down the chain keep their pass; `einsum-one-pass` takes those as well.
    """

    name = "einsum-online"

    rank: str | None = None
    """The rank to reduce passes over; every reduced rank if not given."""
    size: int | None = None
    """Elements in a tile of the emitted loop; 256 if not given, less for short ranks."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        laws = laws_of(op)
        for cascade in [o for o in op.walk() if isinstance(o, CascadeOp)]:
            rank = checked_rank(cascade, self.rank, self.name)
            plan = Plan(self.name, rank, self.size, first_two, lambda derived: True, DEFAULT_OPTIONS, rounds=1)
            reduce_passes(cascade, laws, plan)


def first_two(chain: Chain) -> list[list[Link]]:
    """The links that need no other, and those that need only such."""
    return [[link for link in chain.links if all(not needed.needs for needed in link.needs)]]
