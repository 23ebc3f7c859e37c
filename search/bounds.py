"""What no schedule can beat: the least work of a cascade's Einsums, shared out over arrays at will, and the bytes that must move.

Every placement, tiling, order and overlap of the Einsums of one form is bounded: an Einsum may run on any array that has its operations, in
any parts, with no element of an array ever idle, and what an array has units of its own for runs beside the rest; of every input what is read
is read once, every result written once. What no result needs counts for nothing. Another form (other Einsums) has another bound.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from xdsl.ir import BlockArgument, SSAValue

from ..algebra.affine import Affine
from ..algebra.expr import accesses
from ..analysis.filter_points import points_left
from ..dialects.accel_machine import ArrayOp, MachineOp
from ..dialects.accel_mix import unit_of
from ..dialects.accel_units import unit_with
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_scope import tensor_of
from ..lowering.work import Work, missing_operations, operations_of, works_of
from ..passes.einsum_dce import needed_values


@dataclass(frozen=True)
class LowerBound:
    """Cycles that a form of a cascade takes at least on a machine: by its operations, by its bytes off the chip."""

    operations: float
    offchip: float

    @property
    def cycles(self) -> float:
        return max(self.operations, self.offchip)

    @property
    def critical(self) -> str:
        return "operations" if self.operations >= self.offchip else "bytes off the chip"


def lower_bound(cascade: CascadeOp, machine: MachineOp) -> LowerBound:
    """The bound of a cascade's Einsums as they stand."""
    arrays = list(machine.arrays.values())
    needed = needed_values(cascade)
    works = [work for work in works_of(cascade) if not needed.isdisjoint(work.op.results_)]
    subsets = [some for n in range(1, len(arrays) + 1) for some in combinations(range(len(arrays)), n)]
    cycles = [[unit_cycles(work, array, cascade.sizes) for array in arrays] for work in works]
    kinds = dict.fromkeys(kind for per_array in cycles for units in per_array for kind in units or ())
    operations = 0.0
    for kind in kinds:
        costs = [[None if units is None else units.get(kind, 0.0) for units in per_array] for per_array in cycles]
        operations = max([operations, *(_shared(costs, arrays, some) for some in subsets)])
    results = dict.fromkeys(r for r in cascade.return_op.operands if not isinstance(r, BlockArgument))
    elements = sum(_read_elements(a, needed, cascade.sizes) for a in cascade.body.block.args if a in needed)
    moved = float(machine.word.data) * (elements + sum(prod(tensor_of(r).get_shape()) for r in results))
    offchip = machine.offchip
    return LowerBound(operations, moved * float(machine.clock.data) / float(offchip.bandwidth.data) if offchip.bandwidth is not None else 0.0)


def _read_elements(argument: SSAValue, needed: Collection[SSAValue], sizes: Mapping[str, int]) -> int:
    """Elements of an input that Einsums read, at least: those that the subscripts of one access reach."""
    most = 0
    for use in argument.uses:
        if isinstance(use.operation, ComputeOp):
            if not any(r in needed for r in use.operation.results_):
                continue
            read = (a for a in accesses(use.operation.map.data) if a.tensor == use.index)
            most = max([most, *(elements_reached(a.subscripts, sizes) for a in read)])
        elif any(r in needed for r in use.operation.results):
            return prod(tensor_of(argument).get_shape())
    return most


def elements_reached(subscripts: Sequence[Affine], sizes: Mapping[str, int]) -> int:
    """Different elements that subscripts reach, at least; a rank in several of them counts once."""
    reached, seen = 1, set[str]()
    for subscript in subscripts:
        count, span = 1, 0
        for rank, factor in sorted(subscript.terms, key=lambda term: abs(term[1])):
            size, step = sizes[rank], abs(factor)
            if rank in seen:
                continue
            seen.add(rank)
            longer = span + step * (size - 1)
            # Steps beyond all that is reached make new values; within a whole interval they make a longer one.
            count = count * size if step > span else longer + 1 if count == span + 1 else max(count, size)
            span = longer
        reached *= count
    return reached


def _shared(costs: Sequence[Sequence[float | None]], arrays: Sequence[ArrayOp], some: Collection[int]) -> float:
    """Cycles that some arrays need, however they share it, for the Einsums that no other array can run."""
    total = 0.0
    for per_array in costs:
        able = [i for i, cost in enumerate(per_array) if cost is not None]
        if able and set(able) <= set(some):
            total += min(cost for cost in per_array if cost is not None)
    return total / sum(arrays[i].rows.data * arrays[i].cols.data for i in some)


def element_cycles(work: Work, array: ArrayOp, sizes: Mapping[str, int]) -> float | None:
    """Cycles that one processing element of an array would take for all points of an Einsum, one operation at a time; None if it lacks one."""
    units = unit_cycles(work, array, sizes)
    return None if units is None else sum(units.values())


def unit_cycles(work: Work, array: ArrayOp, sizes: Mapping[str, int]) -> dict[str, float] | None:
    """The same by the unit that does each operation, without the array's name; None if the array lacks an operation."""
    if missing_operations(work, array):
        return None
    reductions = work.op.reduce.data if work.op.reduce is not None else ()
    left, table, found = visited_points(work, sizes), array.ops.table, dict[str, float]()
    for position, count in enumerate(operations_of(work, array)):
        for op, times in count.items():
            if (entry := unit_of(op, table)) is not None:
                kind = unit_with(entry, array).removeprefix(array.sym_name.data)
                found[kind] = found.get(kind, 0.0) + left * times * table[entry]
        if reductions:
            left /= prod(sizes[r] for r in reductions[position].ranks)
    return found


def visited_points(work: Work, sizes: Mapping[str, int]) -> float:
    """Points that an Einsum visits. A bound from below where absent elements may leave points out, or a filter is too large to count: none."""
    where = work.op.where.data if work.op.where is not None else ()
    if work.chooses and not where:
        return 0.0
    left = points_left(where, sizes) if where else None
    if where and left is None:
        return 0.0
    named = {r for c in where for r in c.ranks}
    return float(work.points if left is None else left * prod(sizes[r] for r in (*work.ranks, *work.iterative) if r not in named))
