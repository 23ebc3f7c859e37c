"""From a module to its story: the analyses, the derivation with its proofs, and what the rewrite said while it was at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from xdsl.dialects.builtin import ModuleOp

from ...algebra.affine import Affine
from ...algebra.derivation import Derived, Options, Refusal
from ...algebra.derive import derive_chain
from ...algebra.expr import Access, Apply, Expr, ranks, substitute_params, walk
from ...algebra.laws import Laws
from ...analysis.einsums import Program
from ...analysis.passes_over import PassCounter, RankPasses
from ...analysis.presence import visits_everywhere
from ...analysis.remarks import Remark, collect
from ...dialects.einsum import CascadeOp, ComputeOp
from ...passes.derivation_report import DerivationReport, report
from ...passes.kinds import is_plain_reduction, is_real
from ...passes.links import Link
from ...passes.operators import laws_of
from ...passes.stacked import is_stacked
from .bounds import bounds_of, invariants
from .naming import Naming, Subscripts, sizes_of
from .story import CascadeStory, Outside, RankStory, ReductionStory

OTHER_NUMERICS = Options(numerics="fast", check=False)


def cascade_story(module: ModuleOp, cascade: CascadeOp, file: str, rank: str | None = None) -> CascadeStory:
    """The story of one cascade; `rank` limits it to one rank (which it must declare). Obligations are put to solvers."""
    program = Program(cascade)
    counter = PassCounter(program)
    counted = [found for r in program.sizes if rank in (None, r) and (found := counter.count_rank(r)) is not None]
    laws = laws_of(module)
    names = frozenset(program.names.values()) | frozenset(program.sizes)
    naming = Naming({}, sizes=sizes_of(program.sizes, names))
    told = tuple(_rank(module, program, found, laws, naming) for found in counted if found.phases > 1)
    used = _operators_used(cascade)
    operators = tuple(u for u in laws.users if u.op in used)
    quiet = tuple(found for found in counted if found.phases == 1)
    return CascadeStory(file, cascade.sym_name.data, program, naming, operators, told, quiet)


def _rank(module: ModuleOp, program: Program, passes: RankPasses, laws: Laws, naming: Naming) -> RankStory:
    with collect() as remarks:
        found = report(module, program.cascade.sym_name.data, passes.rank, prove=True)
    missed = [r for r in remarks if r.kind == "missed"]
    builder = _Chain(found, program, passes.rank, laws, naming)
    reductions = tuple(builder.story(link, result, _declined(link, passes.rank, missed)) for link, result in found.reductions)
    whole = program.cascade.location
    said = [r for r in missed if not any(r.message.startswith(_stays(link, passes.rank)) for link, _ in found.reductions)]
    others = tuple(r.message for r in said if r.location != whole)
    undone = next((r.message for r in said if r.location == whole), None)
    return RankStory(passes.rank, passes, found, reductions, tuple(_outside(program.cascade, passes, program)), others, undone)


def _stays(link: Link, rank: str) -> str:
    return f"{link.name} stays a later pass over {rank}: "


def _declined(link: Link, rank: str, missed: Iterable[Remark]) -> str | None:
    start = _stays(link, rank)
    return next((r.message.removeprefix(start) for r in missed if r.message.startswith(start)), None)


@dataclass(frozen=True)
class _Chain:
    """Tells of the links of a report, each in the chain of those that it needs."""

    found: DerivationReport
    program: Program
    rank: str
    laws: Laws
    naming: Naming

    def story(self, link: Link, result: Derived | Refusal, declined: str | None) -> ReductionStory:
        chain = self._needed(link)
        naming = self._naming(link, result, chain)
        needs = tuple(n.name for n in link.needs)
        needed = any(link in other.needs for other, _ in self.found.reductions)
        told = ReductionStory(link.reduction, result, naming, self.rank, link.reduced, link.where, needs, needed, declined=declined)
        if isinstance(result, Refusal):
            return told
        known = invariants([found for _, found in chain], self.laws)
        otherwise = None if result.form in ("base", "ordered") else self._otherwise(chain)
        return replace(told, otherwise=otherwise, bounds=bounds_of(result, known))

    def _needed(self, link: Link) -> list[tuple[Link, Derived | Refusal]]:
        """The links that a link needs, directly or not, and itself, in program order."""
        wanted: dict[str, None] = {}
        pending = [link]
        while pending:
            each = pending.pop()
            wanted[each.name] = None
            pending += [n for n in each.needs if n.name not in wanted]
        return [(each, found) for each, found in self.found.reductions if each.name in wanted]

    def _naming(self, link: Link, result: Derived | Refusal, chain: Sequence[tuple[Link, Derived | Refusal]]) -> Naming:
        summaries: dict[str, Subscripts] = {each.name: each.op.out.data for each, _ in chain}
        summaries |= {name: bound.subscripts for name, bound in link.bindings.items() if name in summaries and isinstance(bound, Access)}
        carried = () if isinstance(result, Refusal) else result.accumulators
        accumulators: dict[str, Subscripts] = {a.name: _dimensions(link, a.basis) for a in carried}
        return Naming(link.tensors, summaries, accumulators, link.bindings, self.naming.sizes)

    def _otherwise(self, chain: Sequence[tuple[Link, Derived | Refusal]]) -> Derived | Refusal | None:
        return derive_chain([link.reduction for link, _ in chain], self.laws, OTHER_NUMERICS)[-1]


def _dimensions(link: Link, basis: Expr) -> Subscripts:
    """The ranks that an accumulator has: those of its term and of the filter that the reduction keeps, in the result's order."""
    found = dict.fromkeys((*ranks(substitute_params(basis, link.bindings)), *(r for c in link.where for r in c.ranks)))
    kept = tuple(s for s in link.op.out.data if s.ranks and s.ranks[0] in found)
    named = {r for s in kept for r in s.ranks}
    return (*kept, *(Affine.rank(r) for r in found if r not in named and r not in link.reduced))


def _operators_used(cascade: CascadeOp) -> frozenset[str]:
    computes = [op for op in cascade.body.walk() if isinstance(op, ComputeOp)]
    applied = {e.op for op in computes for e in walk(op.map.data) if isinstance(e, Apply)}
    reducing = {r.op for op in computes if op.reduce is not None for r in op.reduce.data}
    return frozenset(applied | reducing)


def _outside(cascade: CascadeOp, passes: RankPasses, program: Program) -> Iterable[Outside]:
    """Reductions over the rank that the algebra is not asked about, as they stand in the file."""
    for op in cascade.body.block.ops:
        reduces = isinstance(op, ComputeOp) and op.reduce is not None and any(passes.rank in r.ranks for r in op.reduce.data)
        if isinstance(op, ComputeOp) and reduces and not is_plain_reduction(op) and not is_stacked(op):
            yield Outside(program.names[op.results_[0]], _reason_outside(op))


def _reason_outside(op: ComputeOp) -> str:
    tests: Mapping[str, bool] = {
        "its dimensions are not plain ranks": any(s.plain is None for s in op.out.data),
        "its elements are not real numbers": not is_real(op),
        "it visits only the points at which its operands are present": not visits_everywhere(op),
        "it has several reductions under a filter": op.reduce is not None and len(op.reduce.data) > 1 and op.where is not None,
    }
    return next((reason for reason, holds in tests.items() if holds), "it is more than one plain reduction")
