"""Map expressions over SSA values: what a rewrite works on between the operations it takes apart and those it builds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import IRDLOperation

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Access, Apply, Expr, RankValue, affine_value, map_leaves
from ..dialects.einsum import ComputeOp
from ..dialects.einsum_attrs import FilterAttr, MapAttr, NumberAttr, ReduceAttr, SubscriptsAttr
from ..dialects.notation import Reduction


class TensorTable:
    """Numbers the values that expressions read, so that an `Access` means the same tensor in every expression of one rewrite."""

    def __init__(self, sizes: Mapping[str, int], fixed: Iterable[str] = ()):
        """`fixed` are the ranks of iterates around the place of the rewrite: one coordinate there, no dimension."""
        self.sizes, self.fixed = dict(sizes), frozenset(fixed)
        self._values: list[SSAValue] = []
        self._numbers: dict[SSAValue, int] = {}

    def access(self, value: SSAValue, subscripts: Iterable[Affine]) -> Access:
        number = self._numbers.setdefault(value, len(self._values))
        if number == len(self._values):
            self._values.append(value)
        return Access(number, tuple(subscripts))

    def value(self, access: Access) -> SSAValue:
        return self._values[access.tensor]

    def replace(self, old: SSAValue, new: SSAValue) -> None:
        """Let every expression that reads `old` read `new` from now on."""
        number = self._numbers.pop(old, None)
        if number is not None:
            self._values[number] = new
            self._numbers.setdefault(new, number)

    def ranks(self, expression: Expr) -> dict[str, None]:
        """The ranks that an expression has as dimensions, in order of appearance (an ordered set)."""
        return {r: None for r in read_ranks(expression) if r not in self.fixed}

    def lift(self, expression: Expr, operands: Sequence[SSAValue]) -> Expr:
        """An operation's map as an expression over this table."""
        return map_leaves(expression, lambda e: self.access(operands[e.tensor], e.subscripts) if isinstance(e, Access) else e)

    def compute(
        self,
        out: Sequence[Affine],
        expression: Expr,
        element: Attribute,
        *,
        reduce: Sequence[Reduction] = (),
        where: Sequence[Comparison] = (),
        empty: NumberAttr | None = None,
        like: IRDLOperation | None = None,
        name: str | None = None,
        types: Sequence[Attribute] | None = None,
    ) -> ComputeOp:
        """An Einsum of this expression; `like` lends it its location, `name` its result's name. `types` are its results', if it has two."""
        operands: list[SSAValue] = []

        def leaf(e: Expr) -> Expr:
            if not isinstance(e, Access):
                return e
            value = self.value(e)
            if value not in operands:
                operands.append(value)
            return Access(operands.index(value), e.subscripts)

        expression = map_leaves(expression, leaf)
        shape = [s.bounds(self.sizes)[1] + 1 for s in out]
        op = ComputeOp(
            operands,
            SubscriptsAttr(tuple(out)),
            MapAttr(expression),
            [TensorType(element, shape)] if types is None else types,
            reduce=ReduceAttr(tuple(reduce)) if reduce else None,
            where=FilterAttr(tuple(where)) if where else None,
            empty=empty,
        )
        if like is not None:
            op.location = like.location
        if name is not None:
            op.results_[0].name_hint = name
        return op


def comparison_value(comparison: Comparison) -> Expr:
    """A filter's comparison as a map expression (1 where it holds)."""
    names = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq"}
    return Apply(names[comparison.op], (affine_value(comparison.lhs), affine_value(comparison.rhs)))


def read_ranks(expression: Expr) -> dict[str, None]:
    """The ranks an expression depends on, in order of appearance (an ordered set)."""
    found: dict[str, None] = {}

    def leaf(e: Expr) -> Expr:
        if isinstance(e, Access):
            found.update((r, None) for s in e.subscripts for r in s.ranks)
        elif isinstance(e, RankValue):
            found[e.rank] = None
        return e

    map_leaves(expression, leaf)
    return found
