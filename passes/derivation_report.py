"""What can be derived for a cascade over a rank, without changing it: the fewest passes, how, and how sure it is that no fewer exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.dialects.builtin import ModuleOp

from ..algebra.bounds import Verdict, verdict
from ..algebra.derivation import Derived, Options, Refusal
from ..algebra.enclosures import Enclosure, enclosures
from ..algebra.laws import Laws
from ..analysis.einsums import Program
from ..analysis.tiles import Tiles
from ..dialects.einsum import CascadeOp, ComputeOp
from .chains import ChainFinder
from .links import Link
from .operators import laws_of
from .pass_reduction import reduce_passes
from .places import passes_over
from .plan import Plan, Record
from .tensors import TensorTable


@dataclass(frozen=True)
class DerivationReport:
    """`passes` is the count after `einsum-one-pass`; `reductions` what the algebra found for each reduction that others or itself wait for.

    `bounds` says, by the name of a derived reduction, where the values lie that it is computed with.
    """

    passes: int
    verdict: Verdict
    reductions: tuple[tuple[Link, Derived | Refusal], ...]
    bounds: Mapping[str, Enclosure] = field(default_factory=dict[str, Enclosure])


def report(module: ModuleOp, name: str, rank: str, *, prove: bool = False) -> DerivationReport:
    """Derive the fewest passes of cascade `name` over `rank`, on a copy of the module. `prove` discharges the obligations by solvers."""
    copy = module.clone()
    cascade = next(op for op in copy.walk() if isinstance(op, CascadeOp) and op.sym_name.data == name)
    reduced = outermost(cascade, rank)
    retained = keeps_rank(cascade, reduced)
    record: Record = {}
    options = Options(prove=prove)
    plan = Plan("einsum-one-pass", reduced, None, lambda chain: [chain.links], lambda derived: True, options, record=record)
    laws = laws_of(copy)
    reduce_passes(cascade, laws, plan)
    passes = passes_over(cascade, reduced)
    results = [result for _, result in record.values()]
    return DerivationReport(passes, verdict(results, passes, retained), tuple(record.values()), bounds_of(record, laws))


def bounds_of(record: Record, laws: Laws) -> dict[str, Enclosure]:
    """The enclosure of each derived reduction, by name, from what is known of the summaries that it needs."""
    found: dict[str, Enclosure] = {}
    for name, (link, result) in record.items():
        if isinstance(result, Derived):
            needed = _needed(link)
            chain = [r for n, (_, r) in record.items() if n in needed and n != name]
            enclosure = enclosures([*chain, result], laws)[-1]
            if enclosure is not None:
                found[name] = enclosure
    return found


def _needed(link: Link) -> set[str]:
    """The links that a link needs, and those that they need."""
    found: set[str] = set()
    waiting = [*link.needs]
    while waiting:
        each = waiting.pop()
        if each.name not in found:
            found.add(each.name)
            waiting += each.needs
    return found


def outermost(cascade: CascadeOp, rank: str) -> str:
    """The rank to reduce passes over for those over `rank`: itself, or the one that numbers its tiles where only those are reduced."""
    reduced = {r for op in cascade.walk() if isinstance(op, ComputeOp) and op.reduce is not None for x in op.reduce.data for r in x.ranks}
    if rank in reduced:
        return rank
    tilings = Tiles(Program(cascade)).tilings
    return next((parts[0] for whole, parts in tilings if whole == rank and parts[0] in reduced), rank)


def within_tile(cascade: CascadeOp, rank: str) -> bool:
    """Whether the rank numbers elements of a tile that another rank numbers: the tile is held, and its passes cost no traffic."""
    return any(rank in parts[1:] for _, parts in Tiles(Program(cascade)).tilings)


def keeps_rank(cascade: CascadeOp, rank: str) -> bool:
    """Whether a result has the rank as a dimension and depends on a whole fiber of it: it needs elements after its own."""
    finder = ChainFinder(cascade.body.block, rank, TensorTable(cascade.sizes))
    finder.find()
    for value in cascade.return_op.values:
        owner = value.owner
        if isinstance(owner, ComputeOp) and any(rank in s.ranks for s in owner.out.data) and finder.level.get(value, 0) > 0:
            return True
    return False
