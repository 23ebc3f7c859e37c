"""Elements of an array that a task leaves idle: ranks that take turns may stand beside those that are spread over its rows and columns.

An array that is wider than a tile, such as 2,048 lanes beside a grid of 512 columns, is three quarters idle while a task has one rank over
its columns. With another of its ranks beside it, a map needs a fourth of the turns, and a reduction goes along columns as it does along rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, prod

from ..dialects.accel import KernelOp, TaskOp
from ..dialects.accel_checks import machine_of
from ..dialects.accel_machine import ArrayOp
from ..dialects.accel_mix import task_ranks
from ..dialects.accel_nest import scheduled
from ..lowering.mapping import loop_rank

PART = ".part"
"""Behind an Einsum's name: the task that reduces a tile of it."""


@dataclass(frozen=True)
class Spread:
    """An Einsum's ranks over rows and columns of its array, and the share that is left of its turns."""

    rows: tuple[str, ...]
    cols: tuple[str, ...]
    left: float


def fuller_spreads(kernels: Sequence[KernelOp], array: str, ranks: Mapping[str, int]) -> dict[str, Spread]:
    """Einsum -> the spread with the fewest turns, of those whose tasks on an array would take fewer than they do. `ranks`: those of the cascade."""
    found: dict[str, Spread] = {}
    for kernel in kernels:
        described = machine_of(kernel).arrays[array]
        for op in scheduled(kernel):
            if isinstance(op, TaskOp) and op.array.string_value() == array and op.label is not None:
                name = op.label.data.removesuffix(PART)
                spread = _fuller(op, described, kernel.tiles.sizes, ranks)
                if spread is not None and "." not in name:
                    found.setdefault(name, spread)
    return found


def _fuller(op: TaskOp, array: ArrayOp, tiles: Mapping[str, int], ranks: Mapping[str, int]) -> Spread | None:
    """Ranks that take turns, one after another, beside those over columns or rows, the one that leaves fewest turns first; kept ranks before reduced
    ones."""
    kept = {r for s in op.out.data for r in s.ranks}
    own = task_ranks(op, tiles)
    rows, cols = op.row_ranks, op.col_ranks
    first = _turns(own, rows, cols, array, tiles)
    while True:
        free = [r for r in sorted(own, key=lambda r: r not in kept) if r not in rows and r not in cols and tiles[r] > 1]
        tries = [((*rows, r), cols) for r in free if array.rows.data > 1] + [(rows, (*cols, r)) for r in free]
        best = min(tries, key=lambda t: _turns(own, *t, array, tiles), default=None)
        if best is None or _turns(own, *best, array, tiles) >= _turns(own, rows, cols, array, tiles):
            break
        rows, cols = best
    turns = _turns(own, rows, cols, array, tiles)
    over, along = (tuple(name for r in side if (name := loop_rank(r, ranks)) is not None) for side in (rows, cols))
    unknown = len(over) < len(rows) or len(along) < len(cols)
    return None if turns >= first or unknown else Spread(over, along, turns / first)


def _turns(own: Sequence[str], rows: Sequence[str], cols: Sequence[str], array: ArrayOp, tiles: Mapping[str, int]) -> int:
    time = prod(tiles[r] for r in own if r not in rows and r not in cols)
    return time * ceil(prod(tiles[r] for r in rows) / array.rows.data) * ceil(prod(tiles[r] for r in cols) / array.cols.data)
