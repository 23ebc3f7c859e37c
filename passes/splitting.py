"""Rewriting a cascade so that a rank is traversed in tiles; `einsum_split_rank.py` says what becomes of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import UnitAttr
from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Expr
from ..algebra.operators import REDUCTION_OPERATORS
from ..analysis.einsums import traversed_ranks
from ..analysis.remarks import missed
from ..dialects.einsum import CascadeOp, ComputeOp, ViewOp
from ..dialects.einsum_attrs import Keep, Merge, ViewAttr
from ..dialects.einsum_verify import find_operator
from ..dialects.notation import Reduction
from .editing import Operands, einsum_like, filter_of, reductions_of


@dataclass(frozen=True, slots=True)
class Split:
    """`rank = inner_size * outer + inner`; ragged where the tiles do not divide the rank."""

    rank: str
    size: int
    outer: str
    outer_size: int
    inner: str
    inner_size: int

    @property
    def index(self) -> Affine:
        return Affine.of([(self.outer, self.inner_size), (self.inner, 1)])

    @property
    def ragged(self) -> bool:
        return self.outer_size * self.inner_size != self.size


@dataclass(frozen=True, slots=True)
class _Tiled:
    """The tensor that replaces one along the rank: `position` is where its two dimensions stand, `ranks` what the others are."""

    value: SSAValue
    position: int
    ranks: tuple[str, ...]


class Splitter:
    """Splits one rank in one cascade that declares the new ranks already."""

    def __init__(self, cascade: CascadeOp, split: Split, two_level: bool, pass_name: str):
        self.cascade, self.split, self.two_level, self.pass_name = cascade, split, two_level, pass_name
        self.replacement = {split.rank: split.index}
        self._tiled: dict[SSAValue, _Tiled] = {}
        self._merged: dict[SSAValue, SSAValue] = {}
        self._replaced: list[ComputeOp] = []

    def run(self) -> int:
        """Rewrite the cascade; how many Einsums traverse the tiles now."""
        for op in list(self.cascade.body.walk()):
            if not isinstance(op, ComputeOp) or not self._rewrite(op):
                self._read_merged(op)
        for op in reversed(self._replaced):
            op.detach()
            op.erase()
        return len(self._replaced)

    def _read_merged(self, op: Operation) -> None:
        """Let an operation that does not traverse the tiles read merged views."""
        for index, operand in enumerate(op.operands):
            if operand in self._tiled:
                op.operands[index] = self._merge(operand)

    def _merge(self, value: SSAValue) -> SSAValue:
        """The tensor with its tiles merged into the rank again, by one view behind its definition."""
        if value not in self._merged:
            tiled, split = self._tiled[value], self.split
            dimensions: list[Keep | Merge] = [Keep(r) for r in tiled.ranks]
            dimensions.insert(tiled.position, Merge((split.outer, split.inner), split.rank))
            made = ViewOp(tiled.value, ViewAttr(tuple(dimensions)), value.type)
            made.result.name_hint = value.name_hint
            definition = tiled.value.owner
            if isinstance(definition, Operation) and definition.parent is not None:
                made.location = definition.location
                definition.parent.insert_op_after(made, definition)
            self._merged[value] = made.result
        return self._merged[value]

    def _rewrite(self, op: ComputeOp) -> bool:
        """Replace an Einsum that traverses the rank; False leaves it as it is."""
        if self.split.rank not in traversed_ranks(op) or op.parent is None:
            return False
        position = next((i for i, s in enumerate(op.out.data) if s.plain == self.split.rank), None)
        kept = any(self.split.rank in s.ranks for s in op.out.data)
        as_tiles = position is not None and all(s.plain is not None for s in op.out.data)
        if kept and not as_tiles and self.split.ragged:
            self._decline(op, "a dimension of its result is not a plain rank, and the last tile is ragged")
            return False
        if self.split.ragged and self._numbers_points(op):
            self._decline(op, "it gives coordinates within several ranks, and the last tile is ragged")
            return False
        out: list[Affine] = []
        for subscript in op.out.data:
            tiles = as_tiles and subscript.plain == self.split.rank
            out += map(Affine.rank, (self.split.outer, self.split.inner)) if tiles else [subscript.substitute(self.replacement)]
        made = self._einsums(op, out, reduced=not kept)
        op.parent.insert_ops_before(made, op)
        try:
            for new in made:
                new.verify_()
        except VerifyException as error:
            for new in reversed(made):
                new.detach()
                new.erase()
            self._decline(op, str(error))
            return False
        for old, new in zip(op.results_, made[-1].results_, strict=True):
            if as_tiles and position is not None:
                others = tuple(r for s in op.out.data if (r := s.plain) is not None and r != self.split.rank)
                self._tiled[old] = _Tiled(new, position, others)
            else:
                old.replace_all_uses_with(new)
        self._replaced.append(op)
        return True

    def _numbers_points(self, op: ComputeOp) -> bool:
        """Whether the result counts points in a space in which the rank is not outermost, so that its size matters."""
        if len(op.results_) == 1:
            return False
        ranks = reductions_of(op)[-1].ranks
        return self.split.rank in ranks[1:]

    def _decline(self, op: ComputeOp, reason: str) -> None:
        missed(self.pass_name, op, f"this Einsum traverses '{self.split.rank}' whole: {reason}")

    def _einsums(self, op: ComputeOp, out: Sequence[Affine], reduced: bool) -> list[ComputeOp]:
        operands = Operands()

        def read(value: SSAValue, subscripts: tuple[Affine, ...]) -> Expr:
            tiled = self._tiled.get(value)
            subscripts_in_tiles = None if tiled is None else self._in_tiles(subscripts, tiled.position)
            if tiled is not None and subscripts_in_tiles is not None:
                return operands.access(tiled.value, (s.substitute(self.replacement) for s in subscripts_in_tiles))
            whole = value if tiled is None else self._merge(value)
            return operands.access(whole, (s.substitute(self.replacement) for s in subscripts))

        expression = operands.rewrite(op.map.data, op.operands_, read, self.replacement)
        where = [c.substitute(self.replacement) for c in filter_of(op)]
        if self.split.ragged:
            where.append(Comparison(self.split.index, "<", Affine((), self.split.size)))
        pair = (self.split.outer, self.split.inner)
        reductions = [Reduction(r.op, tuple(n for r0 in r.ranks for n in (pair if r0 == self.split.rank else (r0,)))) for r in reductions_of(op)]
        if not (reduced and self.two_level):
            made = [einsum_like(op, operands, expression, out=out, reduce=reductions, where=where, empty=op.empty)]
        elif (reason := self._one_level_only(op)) is not None:
            missed(self.pass_name, op, f"reduced over all tiles at once: {reason}")
            made = [einsum_like(op, operands, expression, out=out, reduce=reductions, where=where, empty=op.empty)]
        else:
            made = self._two_levels(op, operands, expression, out, reductions, where)
        made[-1].attributes.update(op.attributes)
        return made

    def _in_tiles(self, subscripts: tuple[Affine, ...], position: int) -> tuple[Affine, ...] | None:
        """Subscripts of the tiled tensor, if the one along the rank is the rank itself or a constant."""
        along, size = subscripts[position], self.split.inner_size
        if along.plain == self.split.rank:
            pair = (Affine.rank(self.split.outer), Affine.rank(self.split.inner))
        elif not along.terms:
            pair = (Affine((), along.const // size), Affine((), along.const % size))
        else:
            return None
        return (*subscripts[:position], *pair, *subscripts[position + 1 :])

    def _one_level_only(self, op: ComputeOp) -> str | None:
        """Why a reduction cannot be done within tiles first; None if it can."""
        last = reductions_of(op)[-1]
        if self.split.rank not in last.ranks:
            return f"it is not the last reduction that takes '{self.split.rank}'"
        known = REDUCTION_OPERATORS.get(last.op)
        if known is not None:
            return None if known.results == 1 else f"'{last.op}' gives coordinates of the whole rank"
        laws = find_operator(op, last.op).laws.data
        if not isinstance(laws.get("associative"), UnitAttr):
            return f"operator '{last.op}' is not declared associative"
        if last.ranks[0] != self.split.rank and not isinstance(laws.get("commutative"), UnitAttr):
            return f"operator '{last.op}' is not declared commutative, and '{self.split.rank}' is not its outermost rank"
        return None

    def _two_levels(
        self,
        op: ComputeOp,
        operands: Operands,
        expression: Expr,
        out: Sequence[Affine],
        reductions: Sequence[Reduction],
        where: Sequence[Comparison],
    ) -> list[ComputeOp]:
        outer, last = self.split.outer, reductions[-1]
        within = Reduction(last.op, tuple(r for r in last.ranks if r != outer))
        kept = [Affine.rank(r) for r in dict.fromkeys((outer, *(r for s in out for r in s.ranks)))]
        local = einsum_like(op, operands, expression, out=kept, reduce=[*reductions[:-1], within], where=where, suffix="_local")
        over = Operands()
        whole = einsum_like(op, over, over.access(local.results_[0], kept), out=out, reduce=[Reduction(last.op, (outer,))], empty=op.empty)
        return [local, whole]
