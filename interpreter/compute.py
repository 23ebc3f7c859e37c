"""The meaning of one Einsum in NumPy: map, reduce, populate.

Map: the expression at every point of the iteration space that the filter admits and where the expression is present. Reduce: fold
fibers, innermost first, over the visited points. Populate: write what is left where the result's subscripts say.

Arrays broadcast over the ranks they have; a space of more than `BLOCK` points is evaluated block by block, which bounds memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import chain

import numpy as np

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Access, Expr, Leaf, RankShape, RankValue, substitute_ranks
from ..dialects.notation import Reduction, results_of
from .contraction import WIDEST_COPY, sum_of_products
from .elements import ELEMENTS, Array, InputError, Number, convert, limit, store
from .presence import Presence, both, presence
from .reduction import Folded, fold_of
from .scalar_functions import Evaluator, work_dtype
from .space import Block, coordinates, filter_mask, operand, restrict, strided
from .user_operators import UserOperator

BLOCK = 2**22
"""Most points of the iteration space that are evaluated at once: a temporary of 32 MiB in float64, of which a few are alive."""


def evaluate_compute(
    out: tuple[Affine, ...],
    expr: Expr,
    reductions: tuple[Reduction, ...],
    where: tuple[Comparison, ...],
    empty: Number | None,
    operands: Sequence[Array],
    operand_empties: Sequence[Number | None],
    sizes: Mapping[str, int],
    fixed: Mapping[str, int],
    dtype: str,
    operators: Mapping[str, UserOperator],
) -> list[Array]:
    """The tensors that `[out] = expr reduce ... where ... empty ... : dtype` gives: one, or two if the last reduction is argmax or argmin.

    out: subscripts of the result; a dimension is as large as its largest index plus one. Ranks in `fixed` count as constants.
    empty: what coordinates of the result hold that no visited point writes (None: 0, and the result has no declared empty value).
    operands: arrays by operand position (`Access.tensor`); an `Access` indexes them by its subscripts as they stand, so for a tile
        pass the tile and subscripts within it. bf16 tensors are float32 arrays.
    operand_empties: per operand, its declared empty value, or None where it is present everywhere.
    sizes: size of each rank that occurs (ranks in `fixed` need one for `shape(rank)` only).
    fixed: coordinate of each iterative rank, or of each loop around a tile: constants in subscripts, filters and values.
    dtype: element type of the result by name ("f16", "bf16", "f32", "f64", "i32", "i64", "i1"); a coordinate result is int64.
    operators: the user's operators that `expr` and `reductions` may name, by "@name" (see `user_operators`).

    Raises InputError where an opaque operator has no function.
    """
    points = {rank: Affine((), coordinate) for rank, coordinate in fixed.items()}
    einsum = _Einsum(
        substitute_ranks(expr, points) if points else expr,
        tuple(c.substitute(points) for c in where),
        tuple(s.substitute(points) for s in out),
        reductions,
        operands,
        operand_empties,
        sizes,
        dtype,
        operators,
    )
    with np.errstate(all="ignore"):
        return einsum.populate(empty)


class _Einsum:
    """An Einsum without fixed ranks. Its space has the result's ranks first, then those of the reductions, outermost first."""

    def __init__(
        self,
        expr: Expr,
        where: tuple[Comparison, ...],
        out: tuple[Affine, ...],
        reductions: tuple[Reduction, ...],
        operands: Sequence[Array],
        operand_empties: Sequence[Number | None],
        sizes: Mapping[str, int],
        dtype: str,
        operators: Mapping[str, UserOperator],
    ):
        self.expr, self.where, self.out, self.operators = expr, where, out, operators
        self.element = ELEMENTS[dtype]
        self.evaluator = Evaluator(work_dtype(expr, operands, self.element, operators), operators)
        self.stored, self.empties, self.sizes = operands, operand_empties, sizes
        self.operands = [convert(a, self.evaluator.dtype) for a in operands]
        self.reductions = reductions
        self.folds = [fold_of(r.op, tuple(sizes[n] for n in r.ranks), self.element, operators) for r in reductions]
        kept = dict.fromkeys(r for s in out for r in s.ranks)
        axes = (*kept, *chain.from_iterable(r.ranks for r in reversed(reductions)))
        self.space = Block(axes, (0,) * len(axes), tuple(sizes[r] for r in axes))
        self.kept = self.space.leading(len(kept))

    def populate(self, empty: Number | None) -> list[Array]:
        """The result tensors; coordinates that no visited point writes hold `empty`."""
        background = limit(0 if empty is None else empty, self.element.stored)
        shape = tuple(s.bounds(self.sizes)[1] + 1 for s in self.out)
        total = self._contracted()
        if total is not None and total.shape == shape and self.out == tuple(map(Affine.rank, self.kept.axes)):
            return [store(total, self.element)]
        results = [store(np.full(shape, background), self.element)]
        # The verifier sees to it that no two points write one coordinate, so no view overlaps itself.
        target = strided(results[0], self.out, self.kept, writeable=True)
        if total is not None:
            target[...] = store(total, self.element)
            return results
        coordinate: Array | None = None
        if self.reductions and results_of(self.reductions) == 2:
            results.append(np.full(shape, -1, np.int64))
            coordinate = strided(results[1], self.out, self.kept, writeable=True)
        unvisited = self.folds[-1].identity if self.folds else background
        for piece in self.space.pieces(len(self.kept.axes), BLOCK):
            found = self._folded(piece, len(self.folds))
            here = piece.leading(len(self.kept.axes)).slices
            target[here] = store(found.value if found.visited is True else np.where(found.visited, found.value, unvisited), self.element)
            if coordinate is not None and found.index is not None:
                coordinate[here] = found.index
        return results

    def _contracted(self) -> Array | None:
        """The result over its ranks, where it is a sum of products that matrix multiplication gives."""
        summed = self.reductions and all(r.op == "add" for r in self.reductions)
        if not summed or self.element.name == "i1" or self.evaluator.dtype != self.element.computed:
            return None
        empties = [e for e in self.empties if e is not None]
        filtered = restrict(self.space, {r for c in self.where for r in c.ranks})
        if any(e != 0 for e in empties) or filtered.points > WIDEST_COPY:
            return None
        mask = filter_mask(self.where, self.space)
        return sum_of_products(self.expr, self.operands, bool(empties), mask, self.kept.axes, self.space, self.element.computed)

    def _folded(self, block: Block, level: int) -> Folded:
        """The map over a block after the first `level` reductions, in pieces of at most `BLOCK` points."""
        if block.points <= BLOCK:
            return self._directly(block, level)
        count = len(block.axes) - sum(f.count for f in self.folds[:level])
        kept = block.leading(count)
        if kept.points > 1:
            return _assembled(kept, ((p.leading(count), self._folded(p, level)) for p in block.pieces(count, BLOCK)))
        fold = self.folds[level - 1]
        outer = block.leading(count + fold.count)
        if fold.joins and outer.points > 1:
            return reduce(fold.join, (self._folded(p, level) for p in block.pieces(count + fold.count, BLOCK)))
        return fold.fold(self._folded(block, level - 1), outer)

    def _directly(self, block: Block, level: int) -> Folded:
        folded = self._mapped(block)
        for fold in self.folds[:level]:
            folded = fold.fold(folded, block)
            block = block.leading(len(block.axes) - fold.count)
        return folded

    def _mapped(self, block: Block) -> Folded:
        """The map at each point of a block, and where it is visited."""
        visited = both(filter_mask(self.where, block), self._presence(block))
        if visited is False:
            return Folded(np.zeros((1,) * len(block.axes), self.element.computed), False)

        def leaf(e: Leaf) -> Array:
            match e:
                case Access(tensor, subscripts):
                    return operand(self.operands[tensor], subscripts, block)
                case RankValue(rank):
                    return coordinates(Affine.rank(rank), block).astype(self.evaluator.dtype)
                case RankShape(rank):
                    return limit(self.sizes[rank], self.evaluator.dtype)
                case _:
                    raise InputError(f"'{e}' has no value outside an operator")

        value = np.asarray(self.evaluator.evaluate(self.expr, leaf))
        if not self.element.float_:
            value = store(value, self.element)
        return Folded(value.astype(self.element.computed, copy=False).reshape(value.shape or (1,) * len(block.axes)), visited)

    def _presence(self, block: Block) -> Presence:
        def tensor(e: Access) -> Presence:
            empty = self.empties[e.tensor]
            stored = self.stored[e.tensor]
            return True if empty is None else operand(stored, e.subscripts, block) != limit(empty, stored.dtype)

        return presence(self.expr, tensor, self.operators)


def _assembled(whole: Block, parts: Iterable[tuple[Block, Folded]]) -> Folded:
    """Parts of a block as one."""
    result: Folded | None = None
    visited = np.empty(whole.size, bool)
    for at, part in parts:
        if result is None:
            index = None if part.index is None else np.empty(whole.size, np.int64)
            result = Folded(np.empty(whole.size, part.value.dtype), visited, index)
        here = tuple(slice(low - first, low - first + size) for first, low, size in zip(whole.low, at.low, at.size, strict=True))
        result.value[here], visited[here] = part.value, part.visited
        if result.index is not None and part.index is not None:
            result.index[here] = part.index
    if result is None:
        raise ValueError("a block has at least one part")
    return Folded(result.value, True if visited.all() else visited, result.index)
