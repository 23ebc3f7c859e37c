"""Running a cascade: its Einsums, views and iterations in order, each value freed after its last use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from xdsl.ir import Block, Operation, SSAValue

from ..algebra.expr import Expr, ranks
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ViewOp
from ..dialects.einsum_attrs import NumberAttr
from ..dialects.einsum_empties import declared_empty
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import Reduction
from .arguments import checked_arguments, effective_element
from .compute import evaluate_compute
from .elements import Array, Element, InputError, Number, cast, representable
from .user_operators import UserOperator, user_operators
from .views import evaluate_view


def run_cascade(
    op: CascadeOp,
    inputs: Mapping[str, Array],
    *,
    dtype: str | None = None,
    functions: Mapping[str, Callable[..., Array]] | None = None,
) -> list[Array]:
    """What a cascade returns for arrays by argument name.

    dtype: a float type by name that replaces every float type of the cascade (`f64` for a reference).
    functions: what evaluates opaque operators, by `@name`, from arrays to an array.

    Raises InputError where an array is missing, unknown or of the wrong shape or kind, or an operator has no definition.
    """
    arguments = checked_arguments(op, inputs, dtype)
    table: Operation = op
    while (parent := table.parent_op()) is not None:
        table = parent
    runner = Runner(op.sizes, user_operators(table, functions), dtype)
    return runner.run_block(op.body.block, arguments, {})


class Runner:
    """The values of a cascade while it runs. `sizes`: rank sizes; `override`: what replaces all float types, if anything."""

    def __init__(self, sizes: Mapping[str, int], operators: Mapping[str, UserOperator], override: str | None):
        self.sizes, self.operators, self.override = sizes, operators, override
        self.arrays: dict[SSAValue, Array] = {}
        self._last_uses: dict[Block, dict[Operation, list[SSAValue]]] = {}
        self._empties: dict[SSAValue, Number | None] = {}

    def run_block(self, block: Block, arguments: Sequence[Array], fixed: Mapping[str, int]) -> list[Array]:
        """Run a block; what its terminator names. `fixed`: the coordinates of iterative ranks."""
        self.arrays.update(zip(block.args, arguments, strict=True))
        if block not in self._last_uses:
            self._last_uses[block] = last_uses(block)
        dying, named = self._last_uses[block], list[Array]()
        for op in block.ops:
            if op is block.last_op:
                named = [self.arrays[v] for v in op.operands]
            else:
                self.arrays.update(zip(op.results, self.run_operation(op, fixed), strict=True))
            for value in dying.get(op, ()):
                del self.arrays[value]
        return named

    def run_operation(self, op: Operation, fixed: Mapping[str, int]) -> list[Array]:
        """The results of one operation, its operands being in `arrays`."""
        match op:
            case ComputeOp():
                return self._compute(op, fixed)
            case ViewOp():
                return [self._view(op)]
            case IterateOp():
                return self._iterate(op, fixed)
            case _:
                raise InputError(f"operation '{op.name}' cannot be evaluated")

    def element_of(self, value: SSAValue) -> Element:
        return effective_element(str(tensor_of(value).get_element_type()), self.override)

    def empty_of(self, value: SSAValue) -> Number | None:
        """The empty value that a tensor declares, as its element type holds it."""
        if value not in self._empties:
            declared = declared_empty(value)
            self._empties[value] = None if declared is None else representable(declared, self.element_of(value))
        return self._empties[value]

    def _compute(self, op: ComputeOp, fixed: Mapping[str, int]) -> list[Array]:
        return evaluate_compute(
            op.out.data,
            op.map.data,
            op.reduce.data if op.reduce is not None else (),
            op.where.data if op.where is not None else (),
            op.empty.data if op.empty is not None else None,
            [self.arrays[v] for v in op.operands_],
            [self.empty_of(v) for v in op.operands_],
            self.sizes,
            fixed,
            self.element_of(op.results_[0]).name,
            self.operators,
        )

    def _iterate(self, op: IterateOp, fixed: Mapping[str, int]) -> list[Array]:
        end, rank = op.yield_op, op.rank.data
        given = iter(op.inits)
        states: list[Array] = []
        for init, state in zip(op.init, op.body.block.args, strict=True):
            if isinstance(init, NumberAttr):
                states.append(self._filled(tensor_of(state).get_shape(), init.data, state))
            else:
                states.append(self._converted(next(given), state))
        # what is never reached holds the empty value, 0 if none is declared
        collected = [self._filled((self.sizes[rank], *tensor_of(v).get_shape()), self.empty_of(v) or 0, v) for v in end.collected]
        for generation in range(self.sizes[rank]):
            here = {**fixed, rank: generation}
            named = self.run_block(op.body.block, states, here)
            states, named = named[: len(states)], named[len(states) :]
            for history, value in zip(collected, named, strict=False):
                history[generation] = value
            if end.until is not None and self._holds(end.until.data, named[len(collected) :], here):
                break
        return [*states, *collected]

    def _view(self, op: ViewOp) -> Array:
        return evaluate_view(self.arrays[op.source], op.regroup.data, self.sizes, self.empty_of(op.source))

    def _filled(self, shape: Sequence[int], number: Number, like: SSAValue) -> Array:
        """An array that holds a number everywhere, of the element type of `like`."""
        element = self.element_of(like)
        return np.full(shape, representable(number, element), element.stored)

    def _converted(self, source: SSAValue, like: SSAValue) -> Array:
        """The array of a tensor, as the element type of `like` holds it."""
        element = self.element_of(like)
        return self.arrays[source] if self.element_of(source) == element else cast(self.arrays[source], element)

    def _holds(self, guard: Expr, arrays: Sequence[Array], fixed: Mapping[str, int]) -> bool:
        """Whether a guard holds for all coordinates of its ranks; absence plays no part, an absent element is its empty value."""
        free = tuple(r for r in ranks(guard) if r not in fixed)
        every = (Reduction("and", free),) if free else ()
        (held,) = evaluate_compute((), guard, every, (), None, arrays, [None] * len(arrays), self.sizes, fixed, "i1", self.operators)
        return bool(held)


def last_uses(block: Block) -> dict[Operation, list[SSAValue]]:
    """Per operation of a block, the values of the block that nobody needs after it: last used there, or never used."""
    first = block.first_op
    last: dict[SSAValue, Operation] = {} if first is None else dict.fromkeys(block.args, first)
    defined: set[SSAValue] = set(block.args)
    for op in block.ops:
        for inner in op.walk():
            last.update((v, op) for v in inner.operands if v in defined)
        defined.update(op.results)
        last.update((v, op) for v in op.results)
    found: dict[Operation, list[SSAValue]] = {}
    for value, op in last.items():
        found.setdefault(op, []).append(value)
    return found
