"""`einsum-count-passes`: annotate a cascade and its Einsums with their passes over each rank, and remark why each pass starts.

An Einsum gets `{passes = {m = 2, p = 1}}`, its pass over the ranks it traverses; the cascade the passes over each rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import DictionaryAttr, IntegerAttr, ModuleOp, i64
from xdsl.passes import ModulePass

from ..analysis.einsums import Program
from ..analysis.passes_over import PassCounter, RankPasses
from ..analysis.remarks import analysis
from ..dialects.einsum import CascadeOp, ComputeOp
from .editing import cascades_of, cascades_with_rank

ATTRIBUTE = "passes"
"""The attribute that holds the counts: a dictionary from rank to number."""


@dataclass(frozen=True)
class EinsumCountPassesPass(ModulePass):
    """Annotate cascades and Einsums with their passes over each rank, and remark why each pass starts."""

    name = "einsum-count-passes"

    rank: tuple[str, ...] | None = None
    """Only these ranks; every rank that is traversed if not given."""
    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for rank in self.rank or ():
            cascades_with_rank(op, rank, self.cascade)
        for cascade in cascades_of(op, self.cascade):
            self._annotate(cascade)

    def _annotate(self, cascade: CascadeOp) -> None:
        program = Program(cascade)
        counter = PassCounter(program)
        asked = [r for r in cascade.sizes if self.rank is None or r in self.rank]
        counted = {rank: passes for rank in asked if (passes := counter.count_rank(rank)) is not None}
        cascade.attributes[ATTRIBUTE] = _dictionary({rank: passes.passes for rank, passes in counted.items()})
        of_einsum: dict[str, dict[str, int]] = {}
        for rank, passes in counted.items():
            for einsum, number in passes.einsums.items():
                of_einsum.setdefault(einsum, {})[rank] = number
            self._remark(program, passes)
        for step in program.steps:
            if isinstance(step.op, ComputeOp):
                step.op.attributes.pop(ATTRIBUTE, None)
                if (numbers := of_einsum.get(program.name(step))) is not None:
                    step.op.attributes[ATTRIBUTE] = _dictionary(numbers)

    def _remark(self, program: Program, passes: RankPasses) -> None:
        times = "1 pass" if passes.passes == 1 else f"{passes.passes} passes"
        within = f" in each generation of {', '.join(passes.within)}" if passes.within else ""
        analysis(self.name, program.cascade, f"{times} over {passes.rank}{within}")
        named = {program.name(step): step.op for step in program.steps}
        for reason in passes.reasons:
            analysis(self.name, named[reason.einsum], reason.message)


def _dictionary(numbers: Mapping[str, int]) -> DictionaryAttr:
    return DictionaryAttr({name: IntegerAttr(number, i64) for name, number in numbers.items()})
