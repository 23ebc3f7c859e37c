"""A kernel in values: the nest is run tile by tile, in the order of its epochs, through its buffers.

What is timed is what is computed: the same issue order, the same stages, the same copies. A ring of `copies` tiles holds each value;
a schedule that the verifier should have refused reads what has been overwritten, and the result shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import numpy as np
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import DiagnosticException

from ..algebra.affine import Affine
from ..algebra.expr import Access, Apply
from ..algebra.operators import REDUCTION_OPERATORS
from ..dialects.accel import KernelOp, LoadOp, MoveOp, StateOp, StoreOp, TaskOp
from ..dialects.accel_nest import Producer, Scheduled, issue_order, states, strides, weights
from ..dialects.accel_tiles import tile_strides
from ..dialects.einsum_scope import tensor_of
from ..interpreter.compute import evaluate_compute
from ..interpreter.elements import Array, Number, limit, representable
from ..interpreter.user_operators import UserOperator, user_operators
from .values_tensors import checked_inputs, element_of, poison
from .windows import Window, coordinates

MOST_RUNS = 1_000_000
"""Most runs of operations that a module may take in values; larger shapes are for the simulation in time."""


class ValuesError(DiagnosticException):
    """A module that cannot be run in values; the message is one line."""


def run_values(
    module: Operation,
    inputs: Mapping[str, Array],
    *,
    dtype: str | None = None,
    functions: Mapping[str, Callable[..., Array]] | None = None,
) -> list[Array]:
    """What the kernels of a verified module compute: the outputs that no later kernel reads, in order. See `run_tensors`."""
    tensors = run_tensors(module, inputs, dtype=dtype, functions=functions)
    kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
    read_later = {n.data for k in kernels for n in k.inputs}
    names = dict.fromkeys(n.data for k in kernels for n in k.outputs if n.data not in read_later)
    return [tensors[name] for name in names]


def run_tensors(
    module: Operation,
    inputs: Mapping[str, Array],
    *,
    dtype: str | None = None,
    functions: Mapping[str, Callable[..., Array]] | None = None,
) -> dict[str, Array]:
    """Every tensor of the off-chip memory by name, after the kernels of a verified module have run one after another.

    `inputs`: arrays by tensor name. `dtype` replaces every float type; `functions` evaluates opaque operators, by `@name`. What no store
    reaches is NaN (integers: the least). Raises InputError or ValuesError, with one line.
    """
    kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
    if not kernels:
        raise ValuesError("the module has no accel.kernel to run")
    runs = sum(prod(k.loops.values()) * len(issue_order(k)) for k in kernels)
    if runs > MOST_RUNS:
        raise ValuesError(f"running the kernels in values takes {runs:,} operations, more than {MOST_RUNS:,}; use smaller shapes")
    tensors = checked_inputs(kernels, inputs, dtype)
    operators = user_operators(module, functions)
    for kernel in kernels:
        tensors |= _KernelRun(kernel, tensors, operators, dtype).run()
    return tensors


class _KernelRun:
    """One kernel being run: its tensors and the rings of its values."""

    def __init__(self, kernel: KernelOp, tensors: Mapping[str, Array], operators: Mapping[str, UserOperator], dtype: str | None):
        self.kernel, self.operators, self.dtype = kernel, operators, dtype
        self.loops, self.tiles = kernel.loops, kernel.tiles.sizes
        self.order = tuple(issue_order(kernel))
        self.updates = states(kernel)
        self.weights = {op: weights(op.when_, self.loops) for op in self.order}
        self.rings: dict[SSAValue, list[Array]] = {}
        for op in self.order:
            for result in op.results:
                self.rings[result] = [poison(tensor_of(result).get_shape(), element_of(result, dtype)) for _ in range(op.copies_)]
        self.tensors: dict[SSAValue, Array] = {}
        self.outputs: dict[str, Array] = {}
        for argument, name in zip(kernel.body.block.args, kernel.tensor_names, strict=True):
            if argument.index < len(kernel.inputs):
                self.tensors[argument] = tensors[name]
            else:
                array = poison(tensor_of(argument).get_shape(), element_of(argument, dtype))
                self.tensors[argument] = self.outputs[name] = array

    def run(self) -> dict[str, Array]:
        """Run every epoch; returns the outputs by name."""
        total = prod(self.loops.values())
        step = strides(self.loops)
        for epoch in range(total + max((op.stage_ for op in self.order), default=0)):
            for op in self.order:
                iteration = epoch - op.stage_
                if 0 <= iteration < total:
                    at = {loop: iteration // step[loop] % trips for loop, trips in self.loops.items()}
                    if all(at[r] == 0 for r in op.when_.first) and all(at[r] == self.loops[r] - 1 for r in op.when_.last):
                        self._run(op, at)
        return self.outputs

    def _run(self, op: Scheduled, at: Mapping[str, int]) -> None:
        match op:
            case LoadOp() | MoveOp() | TaskOp() if not all(c.holds(at) for c in op.guard_):
                made = self._left_out(op, at)
            case LoadOp():
                made = [self._loaded(op, at)]
            case MoveOp():
                made = [self._tile(op.source, at)]
            case TaskOp():
                made = self._computed(op, at)
            case StoreOp():
                self._store(op, at)
                return
        slot = self._instance(op, at) % op.copies_
        for result, array in zip(op.results, made, strict=True):
            self.rings[result][slot] = array

    def _left_out(self, op: Producer, at: Mapping[str, int]) -> list[Array]:
        """What there is where an operation does nothing: the tile of the state that stays as it is; else nothing that anybody should read."""
        kept = [state for state, value in self.updates.items() if value.owner is op]
        if kept:
            return [self._tile(kept[0].result, at)]
        return [poison(tensor_of(result).get_shape(), element_of(result, self.dtype)) for result in op.results]

    def _instance(self, op: Scheduled, at: Mapping[str, int]) -> int:
        return sum(at[loop] * weight for loop, weight in self.weights[op].items())

    def _tile(self, value: SSAValue, at: Mapping[str, int]) -> Array:
        """The tile that a reader in iteration `at` finds."""
        owner, back = value.owner, 0
        if isinstance(owner, StateOp):
            loop = owner.loop.data
            if at[loop] > 0:
                value = self.updates[owner]
                back = self.weights[_producer(value)][loop]
            elif owner.initial is not None:
                value = owner.initial
            else:
                element = element_of(value, self.dtype)
                number = 0 if owner.init is None else owner.init.data
                return np.full(tensor_of(value).get_shape(), representable(number, element), element.stored)
        producer = _producer(value)
        return self.rings[value][(self._instance(producer, at) - back) % producer.copies_]

    def _computed(self, op: TaskOp, at: Mapping[str, int]) -> list[Array]:
        made = self._evaluated(op, at)
        if op.onto_ is None or op.reduce is None:
            return made
        last = op.reduce.data[-1].op
        known = REDUCTION_OPERATORS.get(last)
        out = tuple(Affine.rank(f"d{i}") for i in range(made[0].ndim))
        put = Apply(last if known is None else known.scalar, (Access(0, out), Access(1, out)))
        sizes = {f"d{i}": n for i, n in enumerate(made[0].shape)}
        start, name = self._tile(op.operands_[op.onto_], at), element_of(op.results[0], self.dtype).name
        return evaluate_compute(out, put, (), (), None, [start, *made], [None, None], sizes, {}, name, self.operators)

    def _evaluated(self, op: TaskOp, at: Mapping[str, int]) -> list[Array]:
        return evaluate_compute(
            op.out.data,
            op.map.data,
            op.reduce.data if op.reduce is not None else (),
            op.where.data if op.where is not None else (),
            op.empty.data if op.empty is not None else None,
            [self._tile(value, at) for value in op.operands_],
            [self._declared_empty(value) for value in op.operands_],
            self.kernel.sizes,
            at,
            element_of(op.results[0], self.dtype).name,
            self.operators,
        )

    def _declared_empty(self, value: SSAValue) -> Number | None:
        """The empty value that a tile declares, rounded as it is stored; a state has that of what updates it."""
        owner = value.owner
        if isinstance(owner, StateOp):
            value = self.updates[owner]
            owner = value.owner
        while isinstance(owner, MoveOp):
            value = owner.source
            owner = value.owner
        declared = owner.empty if isinstance(owner, LoadOp) or (isinstance(owner, TaskOp) and value is owner.results[0]) else None
        return None if declared is None else representable(declared.data, element_of(value, self.dtype))

    def _loaded(self, op: LoadOp, at: Mapping[str, int]) -> Array:
        element = element_of(op.result, self.dtype)
        fill = 0 if op.empty is None else op.empty.data
        tile = np.full(tensor_of(op.result).get_shape(), limit(fill, element.stored), element.stored)
        window = self._window(op.source, op.subscripts.data, at)
        window.merged(tile)[window.part] = self.tensors[op.source][window.source]
        return tile

    def _store(self, op: StoreOp, at: Mapping[str, int]) -> None:
        window = self._window(op.target, op.subscripts.data, at)
        self.tensors[op.target][window.source] = window.merged(self._tile(op.value, at))[window.part]

    def _window(self, tensor: SSAValue, subscripts: tuple[Affine, ...], at: Mapping[str, int]) -> Window:
        """Where a tile lies in its tensor and which part of it that is."""
        lying = list[tuple[Array, int]]()
        for subscript, along, size in zip(subscripts, tile_strides(subscripts, self.tiles), tensor_of(tensor).get_shape(), strict=True):
            fixed = subscript.substitute({loop: Affine((), coordinate) for loop, coordinate in at.items()})
            lying.append((coordinates(along, fixed.bounds(self.tiles)[0]), size))
        return Window.of(lying)


def _producer(value: SSAValue) -> Producer:
    owner = value.owner
    if not isinstance(owner, LoadOp | MoveOp | TaskOp):
        raise ValuesError("a kernel reads a tile that neither a load nor a task made")
    return owner
