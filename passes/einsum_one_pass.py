"""`einsum-one-pass`: reduce every chain of reductions to the fewest passes that the algebra can derive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..algebra.derivation import Options
from ..analysis import remarks
from ..dialects.einsum import CascadeOp
from .einsum_defer import is_plain, last_step
from .operators import laws_of
from .pass_reduction import reduce_passes
from .plan import Plan, checked_rank
from .tiling import OutputForm


@dataclass(frozen=True)
class EinsumOnePass(ModulePass):
    """Merge each reduction into the traversal of the reductions it depends on.

    Deferral carries terms that do not depend on a summary and applies the dependence at the end; rebasing carries them relative to the
    running summary and corrects them when it moves, in a loop over tiles of the rank (FuseMax's Cascade 5 and FlashAttention are this
    for attention). A reduction for which the algebra finds neither stays a pass of its own, with a remark that says why.
    """

    name = "einsum-one-pass"

    rank: str | None = None
    """The rank to reduce passes over; every reduced rank if not given."""
    size: int | None = None
    """Elements in a tile of the emitted loop; 256 if not given, less for short ranks."""
    numerics: Literal["safe", "fast"] = "safe"
    """`fast` accepts cancellation where that saves corrections, and exponentials that no summary bounds."""
    form: Literal["loop", "sequential", "split", "tree", "deferred"] = "loop"
    """How a chain that is rebased is written: one loop over tiles, or over single elements; parts side by side that are merged at once
    (split-K), or in pairs. `deferred` takes only what needs no rebasing, as `einsum-defer` does."""
    parts: int | None = None
    """Parts of the rank for `split` and `tree`; 8 if not given, fewer for short ranks. A tree has a power of two."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        form = OutputForm("loop" if self.form == "deferred" else self.form, self.parts)
        if (wrong := form.wrong) is not None:
            remarks.fail(op, wrong)
        laws = laws_of(op)
        for cascade in [o for o in op.walk() if isinstance(o, CascadeOp)]:
            plan = Plan(
                self.name,
                checked_rank(cascade, self.rank, self.name),
                self.size,
                candidates=last_step if self.form == "deferred" else lambda chain: [chain.links],
                accepts=is_plain if self.form == "deferred" else lambda derived: True,
                options=Options(numerics=self.numerics),
                form=form,
            )
            reduce_passes(cascade, laws, plan)
