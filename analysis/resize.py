"""A cascade with other rank sizes: the same Einsums, every tensor's shape derived anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import Rewriter

from ..algebra.affine import Affine
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ViewOp
from ..dialects.einsum_attrs import MAX_SIZE, RanksAttr, SubscriptsAttr
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import nearest_or_all


class ResizeError(ValueError):
    """A rank that no cascade has, or a size that no rank can have."""


def resize(module: Operation, sizes: Mapping[str, int]) -> None:
    """Give ranks new sizes in every cascade of `module` that has them. Verify the module afterwards: a filter or a split may no longer fit.

    Raises `ResizeError` for a rank that no cascade has and for a size outside 1 .. 2^40.
    """
    cascades = [op for op in module.walk() if isinstance(op, CascadeOp)]
    known = list(dict.fromkeys(rank for op in cascades for rank in op.sizes))
    for rank, size in sizes.items():
        if rank not in known:
            raise ResizeError(f"unknown rank '{rank}'{nearest_or_all(rank, known)}")
        if not 1 <= size <= MAX_SIZE:
            raise ResizeError(f"rank '{rank}' has size {size}; sizes run from 1 to 2^40")
    for op in cascades:
        op.ranks = RanksAttr(tuple((rank, sizes.get(rank, size)) for rank, size in op.ranks.data))
        _Resizer(op.sizes).cascade(op)


class _Resizer:
    def __init__(self, sizes: Mapping[str, int]):
        self.sizes = sizes

    def cascade(self, op: CascadeOp) -> None:
        self._declare(list(op.body.block.args), [a.data for a in op.inputs])
        self._operations(list(op.body.block.ops))

    def _operations(self, ops: Sequence[Operation]) -> None:
        for op in ops:
            match op:
                case ComputeOp():
                    self._declare(list(op.results_), [op.out.data] * len(op.results_))
                case ViewOp():
                    self._declare([op.result], [SubscriptsAttr.of_ranks(op.regroup.result_ranks).data])
                case IterateOp():
                    self._iterate(op)
                case _:
                    pass

    def _iterate(self, op: IterateOp) -> None:
        states = [s.data for s in op.states]
        self._declare(list(op.body.block.args), states)
        self._operations(list(op.body.block.ops))
        end = op.yield_op
        self._declare(list(op.results_)[: len(states)], states)
        for result, collected in zip(list(op.results_)[len(states) :], end.collected, strict=True):
            self._retype(result, [self.sizes[op.rank.data], *tensor_of(collected).get_shape()])

    def _declare(self, values: Sequence[SSAValue], declared: Sequence[Sequence[Affine]]) -> None:
        for value, subscripts in zip(values, declared, strict=True):
            self._retype(value, [s.bounds(self.sizes)[1] + 1 for s in subscripts])

    @staticmethod
    def _retype(value: SSAValue, shape: Sequence[int]) -> None:
        Rewriter.replace_value_with_new_type(value, TensorType(tensor_of(value).get_element_type(), shape))
