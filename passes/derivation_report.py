"""What can be derived for a cascade over a rank, without changing it: the fewest passes, how, and how sure it is that no fewer exist."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp

from ..algebra.bounds import Verdict, verdict
from ..algebra.derivation import Derived, Options, Refusal
from ..dialects.einsum import CascadeOp, ComputeOp
from .chains import ChainFinder, Link
from .operators import laws_of
from .pass_reduction import Plan, Record, passes_over, reduce_passes
from .tensors import TensorTable


@dataclass(frozen=True)
class DerivationReport:
    """`passes` is the count after `einsum-one-pass`; `reductions` what the algebra found for each reduction that others or itself wait for."""

    passes: int
    verdict: Verdict
    reductions: tuple[tuple[Link, Derived | Refusal], ...]


def report(module: ModuleOp, name: str, rank: str, *, prove: bool = False) -> DerivationReport:
    """Derive the fewest passes of cascade `name` over `rank`, on a copy of the module. `prove` discharges the obligations by solvers."""
    copy = module.clone()
    cascade = next(op for op in copy.walk() if isinstance(op, CascadeOp) and op.sym_name.data == name)
    retained = keeps_rank(cascade, rank)
    record: Record = {}
    options = Options(prove=prove)
    plan = Plan("einsum-one-pass", rank, None, lambda chain: [chain.links], lambda derived: True, options, record=record)
    reduce_passes(cascade, laws_of(copy), plan)
    passes = passes_over(cascade, rank)
    results = [result for _, result in record.values()]
    return DerivationReport(passes, verdict(results, passes, retained), tuple(record.values()))


def keeps_rank(cascade: CascadeOp, rank: str) -> bool:
    """Whether a result has the rank as a dimension and depends on a whole fiber of it: it needs elements after its own."""
    finder = ChainFinder(cascade.body.block, rank, TensorTable(cascade.sizes))
    finder.find()
    for value in cascade.return_op.values:
        owner = value.owner
        if isinstance(owner, ComputeOp) and any(rank in s.ranks for s in owner.out.data) and finder.level.get(value, 0) > 0:
            return True
    return False
