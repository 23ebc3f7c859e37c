"""Which array runs an Einsum, and how large a tile is: decided from the machine's description and the Einsums' ranks alone.

One pair of ranks is spread over the rows and columns of the largest array: the pair along which most points gain from having
neighbours (an operand shared, or a reduction). An Einsum over both ranks runs there if the array has its operations; so does a product
that has another such pair of its own, and what reads its result where it lies; the others run on the arrays beside it. For attention on
FuseMax's machine this is the paper's binding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil

from xdsl.ir import SSAValue

from ..analysis import remarks
from ..dialects.accel_machine import ArrayOp, MachineOp
from ..dialects.einsum import CascadeOp
from .mapped_place import check_can, check_names, stated_for, stated_place
from .mapping import DEFAULT, CascadeMapping, tiles_in
from .placed import Place, set_machine, set_place
from .tile_sizes import tile_sizes
from .work import Work, missing_operations, works_of


@dataclass(frozen=True, slots=True)
class Spread:
    """The ranks spread over the rows and the columns of arrays; no row where no array has several rows and columns."""

    row: str | None
    col: str

    @property
    def ranks(self) -> tuple[str, ...]:
        return (self.col,) if self.row is None else (self.row, self.col)


def place_cascade(cascade: CascadeOp, machine: MachineOp, given: Mapping[str, int] | None = None, mapping: CascadeMapping = DEFAULT) -> None:
    """Annotate every Einsum with its array and the cascade with its tiles.

    `given`: tiles that are decided already, by rank; `mapping`: what else is. Raises `LocatedPassFailure` where no array has an Einsum's
    operations, or the mapping names what is not there.
    """
    works = works_of(cascade)
    check_names(cascade, mapping, works, machine)
    arrays = sorted(machine.arrays.values(), key=lambda a: -a.rows.data * a.cols.data)
    grid = next((a for a in arrays if a.rows.data > 1 and a.cols.data > 1), None)
    spread = best_pair(works, cascade.sizes, grid) if grid is not None else None
    if spread is None:
        spread = best_column(works, cascade.sizes, arrays[0])
    places: list[Place] = []
    layout: dict[SSAValue, Spread] = {}
    for work in works:
        own = spread if spread is None or grid is None else _spread_of(work, spread, grid, cascade.sizes, layout)
        places.append(_mapped(work, mapping, own, grid, arrays, machine, cascade.sizes))
        if grid is not None and own is not None and places[-1].array == grid.sym_name.data and own.row is not None:
            layout.update(dict.fromkeys(work.op.results_, own))
    for work, place in zip(works, places, strict=True):
        set_place(work.op, place)
    tiles = tile_sizes(works, places, spread.ranks if spread is not None else (), cascade.sizes, machine)
    tiles |= {r: min(t, cascade.sizes[r]) for r, t in (given or {}).items()}
    set_machine(cascade, machine.sym_name.data, tiles_in(mapping.kernels[0], tiles, cascade.sizes) if len(mapping.kernels) == 1 else tiles)


def best_pair(works: Sequence[Work], sizes: Mapping[str, int], grid: ArrayOp) -> Spread | None:
    """The two ranks that keep most of an array's processing elements at useful work; None if no Einsum has two ranks.

    Scored by points of the Einsums over both ranks: those where both are useful, then those whose result keeps both, then all; each times
    the share of the array that ranks of such sizes fill. So small ranks lose, and batch ranks that only repeat the work. The columns go
    to the rank that more results keep, so that reductions run along them. A rank with one coordinate has none to spread, and is taken only
    where there are no two others.
    """
    kept, last = Counter[str](), Counter[str]()
    for work in works:
        for position, rank in enumerate(work.kept):
            kept[rank] += work.points
            last[rank] = max(last[rank], position)
    best: tuple[tuple[float, float, float], Spread] | None = None
    several = {r for r in sizes if sizes[r] > 1 and any(r in w.ranks for w in works)}
    for pair, both in _pairs(works, sizes).items():
        if len(several) > 1 and not several.issuperset(pair):
            continue
        row, col = sorted(pair, key=lambda r: (kept[r], last[r]))
        filled = _filled(sizes[row], grid.rows.data) * _filled(sizes[col], grid.cols.data)
        useful = sum(w.points for w in both if row in w.useful and col in w.useful)
        stationary = sum(w.points for w in both if row in w.kept and col in w.kept)
        score = (useful * filled, stationary * filled, sum(w.points for w in both) * filled)
        if best is None or score > best[0]:
            best = (score, Spread(row, col))
    return None if best is None else best[1]


def _pairs(works: Sequence[Work], sizes: Mapping[str, int]) -> dict[tuple[str, str], list[Work]]:
    """Two ranks, in the order of the cascade's -> the Einsums that have both."""
    order = {r: position for position, r in enumerate(sizes)}
    found: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        for pair in combinations(sorted(set(work.ranks), key=order.__getitem__), 2):
            found.setdefault(pair, []).append(work)
    return dict(sorted(found.items(), key=lambda item: (order[item[0][0]], order[item[0][1]])))


def best_column(works: Sequence[Work], sizes: Mapping[str, int], array: ArrayOp) -> Spread | None:
    """The rank that keeps most of a 1D array busy; None if no Einsum has a rank."""
    points = Counter[str]()
    for work in works:
        for rank in set(work.ranks):
            points[rank] += work.points
    filled = {r: points[r] * _filled(sizes[r], array.cols.data) for r in sizes if r in points}
    return Spread(None, max(filled, key=filled.__getitem__)) if filled else None


def _filled(size: int, side: int) -> float:
    """The share of an array's side that is busy on average when `size` coordinates are spread over it."""
    return size / (ceil(size / side) * side)


def _mapped(
    work: Work,
    mapping: CascadeMapping,
    spread: Spread | None,
    grid: ArrayOp | None,
    arrays: Sequence[ArrayOp],
    machine: MachineOp,
    sizes: Mapping[str, int],
) -> Place:
    stated = stated_for(work, mapping)
    if stated is None:
        return _place(work, spread, grid, arrays, machine, sizes)
    if stated.array is None:
        return stated_place(work, stated, _place(work, spread, grid, arrays, machine, sizes))
    check_can(work, machine, stated.array)
    return stated_place(work, stated, _over(work, spread, machine.arrays[stated.array], sizes))


def _place(work: Work, spread: Spread | None, grid: ArrayOp | None, arrays: Sequence[ArrayOp], machine: MachineOp, sizes: Mapping[str, int]) -> Place:
    beside = [a for a in arrays if a is not grid]
    over_both = spread is not None and all(r in work.ranks for r in spread.ranks)
    grids = [] if grid is None else [grid]
    lacking: list[str] = []
    for array in [*grids, *beside] if over_both else [*beside, *grids]:
        missing = missing_operations(work, array)
        if not missing:
            return _over(work, spread, array, sizes)
        lacking.append(f"'@{array.sym_name.data}' has no {', '.join(repr(m) for m in missing)}")
    remarks.fail(work.op, f"machine '@{machine.sym_name.data}' cannot run {work.name}: {'; '.join(lacking)}")


def _spread_of(work: Work, spread: Spread, grid: ArrayOp, sizes: Mapping[str, int], layout: Mapping[SSAValue, Spread]) -> Spread:
    """The ranks over which an Einsum would lie on the grid: the cascade's pair; else, of a product, the pair along which its own elements gain from
    neighbours; else the pair over which a tensor lies that it reads there."""
    if all(r in work.ranks for r in spread.ranks) or missing_operations(work, grid):
        return spread
    own = best_pair([work], sizes, grid)
    if own is not None and all(r in work.useful for r in own.ranks):
        return own
    there = (layout[v] for v in work.op.operands_ if v in layout)
    return next((s for s in there if all(r in work.ranks for r in s.ranks)), spread)


def _over(work: Work, spread: Spread | None, array: ArrayOp, sizes: Mapping[str, int]) -> Place:
    """The spread ranks over an array as far as the Einsum has them; without the column's, its longest kept (else reduced) rank, and so where the
    column's has one coordinate."""
    given = spread is not None and spread.col in work.ranks and sizes[spread.col] > 1
    kept = [r for r in work.kept if sizes[r] > 1]
    col = spread.col if spread is not None and given else max(kept or work.ranks, key=lambda r: sizes[r], default=None)
    row = spread.row if spread is not None and spread.row in work.ranks and spread.row != col and array.rows.data > 1 else None
    return Place(array.sym_name.data, () if row is None else (row,), () if col is None else (col,))
