"""A cascade in arithmetic of many digits: what a doubtful float is compared with.

The same meaning as `cascade.py` gives it, on arrays of mpmath numbers instead of floats: sums and maps are those of `algebra/precision.py`,
every filter, presence and fiber is the interpreter's. About a thousand times slower; meant for small sizes. Integers and truth values
are exact; nothing is rounded to an element type.
"""

from __future__ import annotations

import operator as python_operator
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from xdsl.ir import Operation, SSAValue

from ..algebra.affine import Affine, Comparison
from ..algebra.evaluate import Table
from ..algebra.expr import Access, Apply, Expr, Leaf, Num, Param, RankShape, RankValue, ranks, substitute_ranks, walk
from ..algebra.operators import REDUCTION_OPERATORS
from ..algebra.precision import Digits
from ..dialects.einsum import CascadeOp, ComputeOp, ViewOp
from ..dialects.notation import Reduction, results_of
from .arguments import checked_arguments
from .cascade import Runner
from .digit_arrays import each, numbered, ordered_fold, populated, read
from .elements import ELEMENTS, Array, Element, InputError, Number, representable
from .presence import Presence, both, presence
from .scalar_functions import find
from .space import Block, coordinates, filter_mask
from .user_operators import UserOperator, user_operators
from .views import evaluate_view

DIVIDES = frozenset({"div", "pow"})
"""Operators that mean something else on integers than on numbers."""


def run_digits(op: CascadeOp, inputs: Mapping[str, Array], digits: int = 40) -> list[Array]:
    """What a cascade returns for arrays by argument name, as object arrays of mpmath numbers (coordinates of argmax as integers).

    Float inputs are taken as they are, in fp64. Raises InputError as `run_cascade`, and where an operator is opaque or divides integers.
    """
    arguments = checked_arguments(op, inputs, "f64")
    table: Operation = op
    while (parent := table.parent_op()) is not None:
        table = parent
    runner = DigitsRunner(op.sizes, user_operators(table), Digits(digits))
    return runner.run_block(op.body.block, [runner.numbers(a) for a in arguments], {})


class DigitsRunner(Runner):
    """The values of a cascade while it runs, as object arrays."""

    def __init__(self, sizes: Mapping[str, int], operators: Mapping[str, UserOperator], arithmetic: Digits):
        super().__init__(sizes, operators, "f64")
        self.arithmetic = arithmetic
        self.functions: Table = arithmetic.functions

    def numbers(self, array: Array) -> Array:
        """An array of floats or integers as numbers of many digits."""
        return each(self.arithmetic.literal, array.astype(object))

    def _view(self, op: ViewOp) -> Array:
        source = self.arrays[op.source]
        found = evaluate_view(numbered(source) + 1, op.regroup.data, self.sizes, None)  # 0 stands for what is beyond the end
        background = self.arithmetic.literal(self.empty_of(op.source) or 0)
        return np.where(found > 0, source.reshape(-1)[np.maximum(found, 1) - 1], background)

    def _filled(self, shape: Sequence[int], number: Number, like: SSAValue) -> Array:
        return np.full(shape, self.arithmetic.literal(representable(number, self.element_of(like))), object)

    def _converted(self, source: SSAValue, like: SSAValue) -> Array:
        return self.arrays[source]

    def _compute(self, op: ComputeOp, fixed: Mapping[str, int]) -> list[Array]:
        points = {rank: Affine((), at) for rank, at in fixed.items()}
        where = tuple(c.substitute(points) for c in (op.where.data if op.where is not None else ()))
        out = tuple(s.substitute(points) for s in op.out.data)
        reductions = op.reduce.data if op.reduce is not None else ()
        kept = dict.fromkeys(r for s in out for r in s.ranks)
        axes = (*kept, *chain.from_iterable(r.ranks for r in reversed(reductions)))
        space = Block(axes, (0,) * len(axes), tuple(self.sizes[r] for r in axes))
        operands = [(self.arrays[v], self.empty_of(v)) for v in op.operands_]
        value, visited = self._mapped(substitute_ranks(op.map.data, points), where, operands, space, self.element_of(op.results_[0]))
        index: Array | None = None
        for reduction in reductions:
            value, visited, index = self._folded(reduction, value, visited)
        shape = tuple(s.bounds(self.sizes)[1] + 1 for s in out)
        empty = self.arithmetic.literal(representable(op.empty.data, self.element_of(op.results_[0]))) if op.empty is not None else None
        background = self.arithmetic.literal(0) if empty is None else empty
        unvisited = self._identity(reductions[-1].op) if reductions else background
        results = [populated(shape, background, out, space.leading(len(kept)), np.where(visited, value, unvisited))]
        if reductions and results_of(reductions) == 2 and index is not None:
            results.append(populated(shape, -1, out, space.leading(len(kept)), np.where(visited, index, -1)))
        return results

    def _mapped(
        self, expr: Expr, where: tuple[Comparison, ...], operands: Sequence[tuple[Array, Number | None]], space: Block, element: Element
    ) -> tuple[Array, Array]:
        """The map at each point of the space, and where it is visited."""
        if not element.float_ and any(isinstance(e, Apply) and e.op in DIVIDES for e in walk(expr)):
            raise InputError("a division of integers has no value in many digits")

        def leaf(e: Leaf) -> Array:
            match e:
                case Access(tensor, subscripts):
                    return read(operands[tensor][0], subscripts, space)
                case RankValue(rank):
                    return self.numbers(coordinates(Affine.rank(rank), space))
                case RankShape(rank):
                    return self.numbers(np.asarray(self.sizes[rank]))
                case _:
                    raise InputError(f"'{e}' has no value outside an operator")

        def present(e: Access) -> Presence:
            array, empty = operands[e.tensor]
            return True if empty is None else np.asarray(read(array, e.subscripts, space) != self.arithmetic.literal(empty), bool)

        visited = both(filter_mask(where, space), presence(expr, present, self.operators))
        value = np.asarray(self._value(expr, leaf, ()), object)
        if not element.float_:
            value = each(self._truth if element.name == "i1" else self._whole, value)
        value = value if value.ndim else value.reshape((1,) * len(space.axes))
        return np.broadcast_to(value, space.size), np.broadcast_to(np.asarray(visited), space.size)

    def _truth(self, value: Any) -> Any:
        return self.arithmetic.literal(0 if value == 0 else 1)

    def _whole(self, value: Any) -> Any:
        """Towards zero, as a float becomes an integer."""
        return self.arithmetic.literal(int(value))

    def _value(self, expr: Expr, leaf: Callable[[Leaf], Array], callers: tuple[str, ...]) -> Array:
        if isinstance(expr, Num):
            return np.asarray(self.arithmetic.literal(expr.value), object)
        if not isinstance(expr, Apply):
            return leaf(expr)
        args = [self._value(a, leaf, callers) for a in expr.args]
        if not expr.op.startswith("@"):
            return each(self.functions[expr.op], *args)
        found = find(expr.op, self.operators, callers)
        if found.body is None:
            raise InputError(f"operator '{expr.op}' is opaque: it has no definition to evaluate")
        given = dict(zip(found.params, args, strict=True))
        return self._value(found.body, lambda e: given[e.name] if isinstance(e, Param) else leaf(e), (*callers, expr.op))

    def _folded(self, reduction: Reduction, value: Array, visited: Array) -> tuple[Array, Array, Array | None]:
        """One reduction over the last axes: values (the identity where nothing is visited), where visited, coordinates if it finds any."""
        count = len(reduction.ranks)
        flat = (*value.shape[: value.ndim - count], -1)
        value, visited = np.where(visited, value, self._identity(reduction.op)).reshape(flat), visited.reshape(flat)
        known = REDUCTION_OPERATORS.get(reduction.op)
        if known is None:
            return ordered_fold(lambda a, b: self._pair(reduction.op, a, b), value, visited)
        join = python_operator.add if known.scalar == "add" else self.functions[known.scalar]
        folded: Any = np.frompyfunc(join, 2, 1).reduce(value, axis=-1, initial=self._identity(reduction.op))
        best, some = np.asarray(folded, object), np.asarray(visited.any(axis=-1))
        if known.results == 1:
            return best, some, None
        here = np.asarray(value == best[..., np.newaxis], bool) & visited
        return best, some, here.argmax(axis=-1)

    def _pair(self, op: str, *pair: Any) -> Any:
        return self._value(Apply(op, (Param("0"), Param("1"))), lambda e: np.asarray(pair[e == Param("1")], object), ()).item()

    def _identity(self, op: str) -> Any:
        known = REDUCTION_OPERATORS.get(op)
        identity = known.identity if known is not None else find(op, self.operators, ()).identity
        if identity is None:
            raise InputError(f"operator '{op}' declares no identity, which a reduction needs")
        return self.arithmetic.literal(identity)

    def _holds(self, guard: Expr, arrays: Sequence[Array], fixed: Mapping[str, int]) -> bool:
        expr = substitute_ranks(guard, {rank: Affine((), at) for rank, at in fixed.items()})
        axes = ranks(expr)
        space = Block(axes, (0,) * len(axes), tuple(self.sizes[r] for r in axes))
        value, _ = self._mapped(expr, (), [(a, None) for a in arrays], space, ELEMENTS["i1"])
        return bool(np.asarray(value != 0, bool).all())
