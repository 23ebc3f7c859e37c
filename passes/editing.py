"""Small tools for rewrites of Einsums: renumbering what a map reads, an Einsum made after the example of another, dead code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import Rewriter

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Access, Expr, Leaf, RankValue, affine_value, map_leaves
from ..analysis.remarks import fail
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_attrs import FilterAttr, MapAttr, NumberAttr, ReduceAttr, SubscriptsAttr
from ..dialects.einsum_scope import INDEX_TYPE, tensor_of
from ..dialects.einsum_verify import enclosing_cascade
from ..dialects.notation import Reduction, nearest, results_of


class Operands:
    """Numbers the tensors of one map in the order in which it reads them, as the text does."""

    def __init__(self) -> None:
        self.values: list[SSAValue] = []
        self._numbers: dict[SSAValue, int] = {}

    def access(self, value: SSAValue, subscripts: Iterable[Affine]) -> Access:
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return Access(number, tuple(subscripts))

    def rewrite(
        self,
        expression: Expr,
        operands: Sequence[SSAValue],
        read: Callable[[SSAValue, tuple[Affine, ...]], Expr],
        values: Mapping[str, Affine] = MappingProxyType({}),
    ) -> Expr:
        """The expression with accesses to `operands` replaced by what `read` makes of them, and ranks as values by `values`."""

        def leaf(e: Leaf) -> Expr:
            if isinstance(e, RankValue) and e.rank in values:
                return affine_value(values[e.rank])
            return read(operands[e.tensor], e.subscripts) if isinstance(e, Access) else e

        return map_leaves(expression, leaf)


def reductions_of(op: ComputeOp) -> tuple[Reduction, ...]:
    return op.reduce.data if op.reduce is not None else ()


def filter_of(op: ComputeOp) -> tuple[Comparison, ...]:
    return op.where.data if op.where is not None else ()


def einsum_like(
    op: ComputeOp,
    operands: Operands,
    expression: Expr,
    *,
    out: Sequence[Affine],
    reduce: Sequence[Reduction] = (),
    where: Sequence[Comparison] = (),
    empty: NumberAttr | None = None,
    suffix: str = "",
) -> ComputeOp:
    """An Einsum with the element type, place and names (with `suffix`) of `op`."""
    sizes = enclosing_cascade(op).sizes
    shape = [s.bounds(sizes)[1] + 1 for s in out]
    types = [TensorType(tensor_of(op.results_[0]).get_element_type(), shape)]
    if results_of(tuple(reduce)) == 2:
        types.append(TensorType(INDEX_TYPE, shape))
    made = ComputeOp(
        operands.values,
        SubscriptsAttr(tuple(out)),
        MapAttr(expression),
        types,
        reduce=ReduceAttr(tuple(reduce)) if reduce else None,
        where=FilterAttr(tuple(where)) if where else None,
        empty=empty,
    )
    made.location = op.location
    for result, like in zip(made.results_, op.results_, strict=False):
        result.name_hint = like.name_hint + suffix if like.name_hint else None
    return made


def set_map(op: ComputeOp, operands: Operands, expression: Expr) -> None:
    """Give an Einsum another map in place."""
    op.operands = operands.values
    op.properties["map"] = MapAttr(expression)


def cascades_of(module: ModuleOp, name: str | None = None) -> list[CascadeOp]:
    """The cascades of a module, or the one named (with or without `@`). Fails the pass if there is none of that name."""
    found = [op for op in module.walk() if isinstance(op, CascadeOp)]
    if name is None:
        return found
    wanted = name.removeprefix("@")
    named = [op for op in found if op.sym_name.data == wanted]
    if not named:
        fail(module, f"no cascade '@{wanted}'{nearest('@' + wanted, [f'@{op.sym_name.data}' for op in found])}")
    return named


def cascades_with_rank(module: ModuleOp, rank: str, name: str | None = None) -> list[CascadeOp]:
    """Those cascades that declare a rank. Fails the pass if none does."""
    found = cascades_of(module, name)
    having = [op for op in found if rank in op.sizes]
    if found and not having:
        known = list(dict.fromkeys(r for op in found for r in op.sizes))
        fail(found[0], f"unknown rank '{rank}'{nearest(rank, known)}")
    return having


def erase_if_dead(op: Operation) -> None:
    if op.parent is not None and not any(True for r in op.results for _ in r.uses):
        Rewriter.erase_op(op)
