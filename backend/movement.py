"""What a task reads from and writes to the memories its tiles live in, from the order in which its points take turns.

The array holds, of every operand and of the result, what its processing elements need in one turn; the next turn fetches what it needs
unless that is the same (a sum of ranks counts as new whenever one of them moves on). A rank that an operand lacks therefore costs nothing
inside the innermost rank that it has (stationary), and one more fetch of everything per coordinate outside of it; along rows and columns
it costs nothing (multicast). A rank spread over rows or columns that has more coordinates than there are takes turns like any other, in
folds, the last one ragged. Results that are reduced over a rank outside of one that they keep are written and read back once per
coordinate of it. This is the reuse analysis of Timeloop (ISPASS 2019), for the elements that subscripts reach, not their hull;
`tests/unit/test_data_movement.py` compares it with enumeration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import prod

from ..algebra.affine import Affine
from ..algebra.expr import accesses
from ..algebra.strided import reached
from ..dialects.accel import ArrayOp, TaskOp
from ..dialects.accel_mix import task_ranks

MOST_ORDERED = 5
"""Ranks that take turns, up to which every order is tried where none is stated."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A rank that takes turns: `size` coordinates, `width` of them at a time."""

    rank: str
    size: int
    width: int = 1

    @property
    def trips(self) -> int:
        return -(-self.size // self.width)


@dataclass(frozen=True)
class Movement:
    """Elements that one run of a task moves: read per operand (by position); written and read back of the result."""

    reads: Mapping[int, int]
    writes: int
    rereads: int
    order: tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(self.reads.values()) + self.writes + self.rereads


def turns_of(ranks: Sequence[str], rows: Sequence[str], cols: Sequence[str], sides: tuple[int, int], sizes: Mapping[str, int]) -> list[Turn]:
    """Every rank as turns. Of several ranks over one side, the last ones stand beside one another first, as far as there is room."""
    width = dict.fromkeys(ranks, 1)
    for spread, side in ((rows, sides[0]), (cols, sides[1])):
        room = side
        for rank in reversed(spread):
            width[rank] = max(1, min(sizes[rank], room))
            room //= width[rank]
    return [Turn(r, sizes[r], width[r]) for r in ranks]


def fetched(subscripts: Sequence[Affine], turns: Sequence[Turn]) -> int:
    """Elements fetched of a tensor read at `subscripts`, over turns in this order, outermost first."""
    return boxes(subscripts, turns) * repeats({r for s in subscripts for r in s.ranks}, turns)


def boxes(subscripts: Sequence[Affine], turns: Sequence[Turn]) -> int:
    """The elements that subscripts reach in each turn, summed over the turns of their own ranks."""
    known = {t.rank: t for t in turns}
    seen: set[str] = set()
    total = 1
    for subscript in subscripts:
        own = [(known[r], abs(c)) for r, c in subscript.terms if r in known and r not in seen and c]
        seen.update(t.rank for t, _ in own)
        if len(own) == 1:
            total *= own[0][0].size
        elif own:
            widths = (_widths(t) for t, _ in own)
            total *= sum(prod(n for _, n in at) * reached([(c, w) for (_, c), (w, _) in zip(own, at, strict=True)]) for at in product(*widths))
    return total


def _widths(turn: Turn) -> list[tuple[int, int]]:
    """How many coordinates are at work, and in how many turns: the last one may be ragged."""
    whole, rest = divmod(turn.size, turn.width)
    return [(width, times) for width, times in ((turn.width, whole), (rest, int(rest > 0))) if times]


def repeats(relevant: set[str], turns: Sequence[Turn]) -> int:
    """How often a tensor with the ranks `relevant` is fetched over: once per turn of the others outside its innermost rank."""
    innermost = max((i for i, t in enumerate(turns) if t.rank in relevant and t.trips > 1), default=-1)
    return prod(t.trips for t in turns[: innermost + 1] if t.rank not in relevant)


def movement(task: TaskOp, array: ArrayOp, tiles: Mapping[str, int], order: Sequence[str] | None = None) -> Movement:
    """What one run of a task moves, in this order of turns, or else in its stated one, or else in the one that moves least.

    Ranks that an order does not name stand inside of those that it does.
    """
    ranks = task_ranks(task, tiles)
    turns = turns_of(ranks, task.row_ranks, task.col_ranks, (array.rows.data, array.cols.data), tiles)
    read = list(dict.fromkeys(accesses(task.map.data)))
    stated = [r for r in (task.turn_order if order is None else order) if r in ranks]
    waiting = [t for t in turns if t.trips > 1]

    def of(order: Sequence[Turn]) -> Movement:
        whole = [*order, *(t for t in turns if t.trips == 1)]
        reads: dict[int, int] = {}
        for access in read:
            reads[access.tensor] = reads.get(access.tensor, 0) + fetched(access.subscripts, whole)
        if task.onto_ is not None:
            reads[task.onto_] = boxes(task.out.data, whole)
        kept = {r for s in task.out.data for r in s.ranks}
        size, times = boxes(task.out.data, whole), repeats(kept, whole)
        return Movement(reads, size * times * len(task.results_), size * (times - 1) * len(task.results_), tuple(t.rank for t in order))

    if stated or order is not None or len(waiting) > MOST_ORDERED:
        return of(sorted(waiting, key=lambda t: stated.index(t.rank) if t.rank in stated else len(stated)))
    return min((of(order) for order in permutations(waiting)), key=lambda m: m.total)
