"""A story as data: what a cascade computes, what waits for what over a rank, and what the algebra found for each reduction.

`collect.py` fills it in, `telling.py` tells it; neither the formats nor the sentences are known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...algebra.affine import Comparison
from ...algebra.derivation import Derived, Reduction, Refusal
from ...algebra.laws import UserOperator
from ...analysis.einsums import Program
from ...analysis.passes_over import RankPasses
from ...passes.derivation_report import DerivationReport
from .bounds import Bounds
from .naming import Naming


@dataclass(frozen=True)
class ReductionStory:
    """One reduction of a chain, and what the algebra said of it.

    `needs` are the summaries it waits for, of this chain; `needed`: others wait for it. `otherwise` is what the same reduction becomes with
    `numerics="fast"`, which accepts cancellation: what the stability rule decided against, where the two differ. `declined` says why the
    rewrite leaves the reduction where it is although the algebra has a form.
    """

    reduction: Reduction
    result: Derived | Refusal
    naming: Naming
    rank: str
    ranks: tuple[str, ...]
    where: tuple[Comparison, ...]
    needs: tuple[str, ...]
    needed: bool = False
    otherwise: Derived | Refusal | None = None
    bounds: Bounds | None = None
    declined: str | None = None

    @property
    def name(self) -> str:
        return self.reduction.name


@dataclass(frozen=True)
class Outside:
    """A reduction over the rank that is not handed to the algebra, and why not."""

    name: str
    reason: str


@dataclass(frozen=True)
class RankStory:
    """One rank over which there may be passes to save.

    `undone` says why the rewrite took back what it had merged, if it did; `remarks` are what it said of reductions that are not told of here.
    """

    rank: str
    passes: RankPasses
    report: DerivationReport
    reductions: tuple[ReductionStory, ...] = ()
    outside: tuple[Outside, ...] = ()
    remarks: tuple[str, ...] = ()
    undone: str | None = None


@dataclass(frozen=True)
class CascadeStory:
    """One cascade of a file: its program, the ranks to tell of, and those that every Einsum traverses once."""

    file: str
    name: str
    program: Program
    naming: Naming
    operators: tuple[UserOperator, ...]
    ranks: tuple[RankStory, ...]
    quiet: tuple[RankPasses, ...]
