"""What each Einsum of a cascade asks for: points, ranks, operations. Placement weighs these; nothing here knows a machine's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from ..algebra.affine import Affine
from ..algebra.expr import Expr, accesses
from ..algebra.operators import REDUCTION_OPERATORS
from ..dialects.accel_machine import ArrayOp
from ..dialects.accel_mix import mix_on, unit_of
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_attrs import NumberAttr
from ..dialects.einsum_verify import find_operator, iterative_ranks
from .fold import fold


@dataclass(frozen=True, slots=True)
class Work:
    """One Einsum: the ranks of its iteration space (the result's first), how many points it has in all generations.

    `map` has its constants folded. `reduced` are the ranks it reduces. `useful` are those along which processing elements gain from
    being neighbours: a rank that it reduces, or that some operand lacks and so is shared along. `compound` are ranks in a subscript
    that is not one plain rank. `chooses`: a filter or absent elements may leave points out.
    """

    op: ComputeOp
    map: Expr
    ranks: tuple[str, ...]
    kept: tuple[str, ...]
    reduced: frozenset[str]
    useful: frozenset[str]
    compound: frozenset[str]
    iterative: tuple[str, ...]
    points: int
    chooses: bool

    @property
    def name(self) -> str:
        return f"%{self.op.results_[0].name_hint}" if self.op.results_[0].name_hint else "an Einsum"


def works_of(cascade: CascadeOp) -> list[Work]:
    """The Einsums of a cascade in program order, those in bodies of `einsum.iterate` included."""
    ops = [op for op in cascade.body.walk() if isinstance(op, ComputeOp)]
    absence = has_empties(cascade)
    return [_work(op, cascade.sizes, absence or op.where is not None) for op in ops]


def has_empties(cascade: CascadeOp) -> bool:
    """Whether any tensor of a cascade declares an empty value, so that elements may be absent."""
    made = (op.empty for op in cascade.body.walk() if isinstance(op, ComputeOp))
    return any(isinstance(e, NumberAttr) for e in (*cascade.empties, *made))


def laws_of_reduction(name: str, op: ComputeOp) -> frozenset[str]:
    """Which of `associative` and `commutative` a reduction's operator is: what lets it be put together from parts, and in any order."""
    laws = frozenset(("associative", "commutative"))
    return laws if name in REDUCTION_OPERATORS else laws.intersection(find_operator(op, name).laws.data)


def _work(op: ComputeOp, sizes: Mapping[str, int], chooses: bool) -> Work:
    reductions = op.reduce.data if op.reduce is not None else ()
    kept = tuple(dict.fromkeys(r for s in op.out.data for r in s.ranks))
    reduced = tuple(r for reduction in reductions for r in reduction.ranks)
    ranks = (*kept, *reduced)
    iterative = tuple(iterative_ranks(op))
    read = [a.subscripts for a in accesses(op.map.data)]
    operands = [{r for s in subscripts for r in s.ranks} for subscripts in read]
    useful = {r for r in ranks if r in reduced or any(r not in operand for operand in operands)}
    compound = set(_compound([op.out.data, *read], iterative))
    points = prod(sizes[r] for r in ranks) * prod(sizes[r] for r in iterative)
    sets = frozenset(reduced), frozenset(useful), frozenset(compound)
    return Work(op, fold(op.map.data, sizes), ranks, kept, *sets, iterative, points, chooses)


def _compound(subscripts: Sequence[tuple[Affine, ...]], iterative: Sequence[str]) -> Iterator[str]:
    """Ranks that share a subscript with another rank, a factor or a constant; fixed coordinates do not count."""
    for subscript in (s for each in subscripts for s in each):
        ranks = [r for r in subscript.ranks if r not in iterative]
        if len(ranks) > 1 or any(abs(subscript.coefficient(r)) != 1 for r in ranks):
            yield from ranks


def operations_of(work: Work, array: ArrayOp) -> tuple[Counter[str], ...]:
    """Scalar operations of an Einsum per point, of the map and the first reduction and then of each further one, on an array."""
    return mix_on(work.op, work.map, work.op.reduce.data if work.op.reduce is not None else (), array.ops.table)


def missing_operations(work: Work, array: ArrayOp) -> list[str]:
    """The scalar operations of an Einsum that an array cannot do; empty if it can run there."""
    table = array.ops.table
    return sorted({n for count in operations_of(work, array) for n in count if unit_of(n, table) is None})
