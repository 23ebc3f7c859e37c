"""Reading a placed cascade into the lowering's own form (`program.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from xdsl.ir import Block, Operation, SSAValue

from ..algebra.affine import Affine, Comparison, project
from ..analysis import remarks
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ViewOp
from ..dialects.einsum_attrs import NumberAttr, SubscriptsAttr
from ..dialects.einsum_scope import tensor_of
from .fold import fold
from .placed import Place, place_of
from .program import Carried, Collected, Einsum, Iteration, Program, Tensor, Unit, base_of, copy_map, made_by
from .work import has_empties, laws_of_reduction

Split = Callable[[str], bool]
"""Whether a rank is cut into tiles, so that a reduction over it is put together from parts."""


class CascadeReader:
    """Reads one cascade; `name` gives a tensor's name, `default` where an Einsum made here runs."""

    def __init__(self, cascade: CascadeOp, is_split: Split, name: Callable[[str], str], default: Place):
        self.cascade, self.is_split, self.fresh, self.default = cascade, is_split, name, default
        self.tensors: dict[SSAValue, Tensor] = {}
        self.sizes = dict(cascade.sizes)
        self.has_empties = has_empties(cascade)

    def read(self) -> Program:
        block = self.cascade.body.block
        inputs = [self._declare(argument) for argument in block.args]
        units: list[Unit] = []
        for op in block.ops:
            match op:
                case IterateOp():
                    units.append(self._iteration(op))
                case ComputeOp():
                    units += self._einsums(op, None)
                case ViewOp():
                    self._view(op)
                case _:
                    pass
        returns = self._returns(units, inputs)
        return Program(self.cascade.sym_name.data, self.sizes, self.cascade.element, inputs, units, returns)

    def _declare(self, value: SSAValue) -> Tensor:
        empty: int | float | None = None
        if self.has_empties:
            from ..dialects.einsum_empties import declared_empty  # brings NumPy in, which most cascades do without

            empty = declared_empty(value)
        type_ = tensor_of(value)
        tensor = Tensor(self.fresh(value.name_hint or "T"), type_.get_element_type(), type_.get_shape(), empty)
        self.tensors[value] = tensor
        return tensor

    def _view(self, op: ViewOp) -> None:
        view = self._declare(op.result)
        view.source, view.regroup = self.tensors[op.source], op.regroup.data

    def _einsums(self, op: ComputeOp, within: Iteration | None) -> list[Einsum]:
        place = place_of(op)
        if place is None:
            remarks.fail(op, "the Einsum has no array; run einsum-place first")
        einsum = Einsum(
            tuple(self._declare(r) for r in op.results_),
            op.out.data,
            fold(op.map.data, self.sizes),
            tuple(self.tensors[v] for v in op.operands_),
            place,
            op.location,
            op.reduce.data if op.reduce is not None else (),
            op.where.data if op.where is not None else (),
            op.empty.data if op.empty is not None else None,
            within,
            laws=laws_of_reduction(op.reduce.data[-1].op, op) if op.reduce is not None else frozenset(),
        )
        return self._in_steps(einsum, op)

    def _in_steps(self, einsum: Einsum, op: Operation) -> list[Einsum]:
        """The Einsum as several, where a reduction that is put together from parts is followed by another one."""
        early = next((i for i, r in enumerate(einsum.reduce[:-1]) if any(map(self.is_split, r.ranks))), None)
        if early is None:
            return [einsum]
        first, rest = einsum.reduce[: early + 1], einsum.reduce[early + 1 :]
        gone = [r for reduction in first for r in reduction.ranks]
        kept = [r for r in einsum.ranks if r not in gone]
        left: tuple[Comparison, ...] | None = project(einsum.where, gone, self.sizes)
        if left is None or any(t.empty is not None for t in einsum.operands):
            told = f"the reduction over {', '.join(gone)} is cut into tiles, and which points the one behind it sees cannot be stated"
            remarks.fail(op, told)
        shape = tuple(self.sizes[r] for r in kept)
        middle = Tensor(self.fresh(f"{einsum.name}.{first[-1].op}"), einsum.results[0].element, shape)
        subscripts = tuple(map(Affine.rank, kept))
        one = replace(einsum, results=(middle,), out=subscripts, reduce=first, empty=None)
        expression, operands = copy_map(middle, subscripts)
        other = replace(einsum, map=expression, operands=operands, reduce=rest, where=left)
        return [one, *self._in_steps(other, op)]

    def _iteration(self, op: IterateOp) -> Iteration:
        iteration = Iteration(op.rank.data, op.location)
        inits = iter(op.inits)
        for argument, subscripts, init, result in zip(op.body.block.args, op.states, op.init, op.results_, strict=False):
            initial = init.data if isinstance(init, NumberAttr) else self.tensors[next(inits)]
            state = self._declare(argument)
            iteration.carried.append(Carried(state, subscripts.data, initial, self._declare(result)))
        self._body(op.body.block, iteration)
        end = op.yield_op
        for carried, value, subscripts in zip(iteration.carried, end.states, end.subscripts, strict=False):
            carried.value = self._made_inside(iteration, self.tensors[value], subscripts, carried)
        for value, subscripts, result in zip(end.collected, end.subscripts.data[len(end.states) :], op.results_[len(end.states) :], strict=True):
            inside = self._made_inside(iteration, self.tensors[value], subscripts, None)
            iteration.collected.append(Collected(inside, self._declare(result)))
        if end.until is not None:
            size = self.sizes[op.rank.data]
            remarks.analysis(
                "lower-einsum-to-accel", op, f"the guard after 'until' depends on data: all {size} generations of {op.rank.data} are lowered"
            )
        return iteration

    def _body(self, block: Block, iteration: Iteration) -> None:
        for op in block.ops:
            match op:
                case ComputeOp():
                    iteration.body += self._einsums(op, iteration)
                case ViewOp():
                    self._view(op)
                case IterateOp():
                    remarks.fail(op, "an einsum.iterate in the body of another cannot be lowered to one kernel")
                case _:
                    pass

    def _made_inside(self, iteration: Iteration, tensor: Tensor, subscripts: SubscriptsAttr, carried: Carried | None) -> Tensor:
        """The yielded tensor, copied if no Einsum of the body makes it under the state's own dimensions."""
        maker = next((e for e in iteration.body if tensor is e.results[0]), None)
        dimensions = subscripts.data if carried is None else carried.subscripts
        if maker is None or (carried is not None and maker.out != dimensions):
            maker = self._copy(tensor, subscripts.data, dimensions, iteration)
            iteration.body.append(maker)
        maker.pinned = True
        return maker.results[0]

    def _copy(self, tensor: Tensor, read: tuple[Affine, ...], out: tuple[Affine, ...], within: Iteration | None) -> Einsum:
        shape = tuple(s.bounds(self.sizes)[1] + 1 for s in out)
        result = Tensor(self.fresh(f"{tensor.name}.copy"), tensor.element, shape, tensor.empty)
        expression, operands = copy_map(tensor, read)
        location = self.cascade.location if within is None else within.location
        array = self.default.array
        cols = tuple(r for s in out for r in s.ranks if r in self.default.cols) or tuple(r for s in out for r in s.ranks)[-1:]
        return Einsum((result,), out, expression, operands, Place(array, (), cols), location, empty=tensor.empty, within=within)

    def _returns(self, units: list[Unit], inputs: list[Tensor]) -> list[Tensor]:
        """What the cascade returns; an input or a view that is returned, or a tensor returned twice, is copied."""
        found: list[Tensor] = []
        end = self.cascade.return_op
        for value, subscripts in zip(end.values, end.subscripts, strict=True):
            tensor = self.tensors[value]
            if tensor in inputs or tensor in found or base_of(tensor) is not tensor:
                copy = self._copy(tensor, subscripts.data, subscripts.data, None)
                units.append(copy)
                tensor = copy.results[0]
            found.append(tensor)
        return found


def makers(units: list[Unit]) -> dict[Tensor, int]:
    """Tensor -> position of the unit that makes it."""
    return {tensor: position for position, unit in enumerate(units) for tensor in made_by(unit)}
