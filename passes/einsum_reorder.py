"""`einsum-reorder{order=p,m}` and `einsum-reorder{schedule=pass rank=m}`: change the order of dimensions, or of Einsums; no value.

`order` puts the named ranks first in every tensor that an Einsum makes and only Einsums read: its layout. `schedule` moves
operations within their block, keeping dependences and otherwise the order they have: `asap` and `alap` by the length of the
chain before and behind an operation, `pass` by the phase over `rank` (analysis/passes_over.py), so that what shares a traversal
stands together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from ..algebra.affine import Affine
from ..algebra.expr import Expr
from ..analysis.einsums import Program
from ..analysis.passes_over import PassCounter
from ..analysis.remarks import applied, fail, missed
from ..analysis.statistics import count
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ReturnOp, YieldOp
from ..dialects.einsum_attrs import SubscriptsAttr
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import nearest
from .editing import Operands, cascades_of, cascades_with_rank, set_map

Priorities = dict[Operation, int]


@dataclass(frozen=True)
class EinsumReorderPass(ModulePass):
    """Change the order of ranks in subscripts and reductions, and the order of Einsums."""

    name = "einsum-reorder"

    order: tuple[str, ...] | None = None
    """Ranks to put first, outermost first."""
    schedule: str | None = None
    """Order of the Einsums: `asap`, `alap` or `pass`, by their pass over `rank`; as they are if not given."""
    rank: str | None = None
    """The rank whose passes `schedule=pass` goes by."""
    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.order is None and self.schedule is None:
            fail(op, "needs option 'order' (ranks, outermost first) or 'schedule' (asap, alap or pass)")
        if self.schedule is not None and self.schedule not in SCHEDULES:
            fail(op, f"unknown schedule '{self.schedule}'{nearest(self.schedule, list(SCHEDULES))}; these are: {', '.join(SCHEDULES)}")
        if (self.schedule == "pass") != (self.rank is not None):
            fail(op, "schedule=pass and rank=... go together")
        cascades = cascades_of(op, self.cascade)
        for rank in (*(self.order or ()), *(() if self.rank is None else (self.rank,))):
            having = cascades_with_rank(op, rank, self.cascade)
            cascades = [c for c in cascades if c in having]
        for cascade in cascades:
            if self.order is not None:
                _Layout(cascade, self.order, self.name).run()
            if self.schedule is not None:
                moved = _reorder(cascade.body.block, SCHEDULES[self.schedule](cascade, self.rank))
                if moved:
                    count("operations moved", moved)
                    applied(self.name, cascade, f"moved {moved} operations to the schedule '{self.schedule}'")


class _Layout:
    """Permutes the dimensions of the tensors of a cascade."""

    def __init__(self, cascade: CascadeOp, order: tuple[str, ...], pass_name: str):
        self.cascade, self.order, self.pass_name = cascade, order, pass_name
        self._permutation: dict[SSAValue, tuple[int, ...]] = {}

    def run(self) -> None:
        computes = [op for op in self.cascade.body.walk() if isinstance(op, ComputeOp)]
        for op in computes:
            self._permute(op)
        for op in computes:
            if any(v in self._permutation for v in op.operands_):
                self._reread(op)
        if self._permutation:
            count("tensors with other dimensions first", len(self._permutation))
            applied(self.pass_name, self.cascade, f"{len(self._permutation)} tensors have {', '.join(self.order)} first")

    def _permute(self, op: ComputeOp) -> None:
        places = [min((self.order.index(r) for r in s.ranks if r in self.order), default=len(self.order)) for s in op.out.data]
        permutation = tuple(sorted(range(len(places)), key=lambda i: places[i]))
        if permutation == tuple(range(len(places))):
            return
        for result in op.results_:
            other = next((use.operation for use in result.uses if not isinstance(use.operation, ComputeOp)), None)
            if other is not None:
                missed(self.pass_name, op, f"the dimensions stay as they are: '{other.name}' fixes them")
                return
        op.properties["out"] = SubscriptsAttr(tuple(op.out.data[i] for i in permutation))
        for result in list(op.results_):
            shape = result.type.get_shape()
            type_ = TensorType(tensor_of(result).get_element_type(), [shape[i] for i in permutation])
            name = result.name_hint
            made = Rewriter.replace_value_with_new_type(result, type_)
            made.name_hint = name
            self._permutation[made] = permutation

    def _reread(self, op: ComputeOp) -> None:
        operands = Operands()

        def read(value: SSAValue, subscripts: tuple[Affine, ...]) -> Expr:
            permutation = self._permutation.get(value)
            return operands.access(value, subscripts if permutation is None else (subscripts[i] for i in permutation))

        set_map(op, operands, operands.rewrite(op.map.data, op.operands_, read))


def _ancestor(op: Operation, block: Block) -> Operation | None:
    """The operation of `block` that `op` is or stands in."""
    current: Operation | None = op
    while current is not None and current.parent is not block:
        current = current.parent_op()
    return current


def _dependences(block: Block) -> dict[Operation, list[Operation]]:
    """Operation -> those of the same block that make what it, or its body, reads."""
    found: dict[Operation, list[Operation]] = {}
    for op in block.ops:
        makers: dict[Operation, None] = {}
        for value in (v for inner in op.walk() for v in inner.operands):
            owner = value.owner if isinstance(value.owner, Operation) else None
            maker = None if owner is None else _ancestor(owner, block)
            if maker is not None and maker is not op:
                makers[maker] = None
        found[op] = list(makers)
    return found


def _blocks(cascade: CascadeOp) -> list[Block]:
    return [cascade.body.block, *(op.body.block for op in cascade.body.walk() if isinstance(op, IterateOp))]


def _asap(cascade: CascadeOp, rank: str | None) -> Priorities:
    priority: Priorities = {}
    for block in _blocks(cascade):
        for op, makers in _dependences(block).items():
            priority[op] = max((priority[m] + 1 for m in makers), default=0)
    return priority


def _alap(cascade: CascadeOp, rank: str | None) -> Priorities:
    priority: Priorities = {}
    for block in _blocks(cascade):
        dependences = _dependences(block)
        for op in reversed(list(block.ops)):
            mine = priority.setdefault(op, 0)
            for maker in dependences[op]:
                priority[maker] = min(priority.get(maker, 0), mine - 1)
    return priority


def _by_pass(cascade: CascadeOp, rank: str | None) -> Priorities:
    if rank is None:
        return {}
    flow = PassCounter(Program(cascade)).flow(rank)
    priority: Priorities = {}
    for block in _blocks(cascade):
        for op, makers in _dependences(block).items():
            known = [flow.known[r].phase for r in op.results if r in flow.known]
            priority[op] = max([0, *known, *(priority[m] for m in makers)])
    return priority


SCHEDULES: Mapping[str, Callable[[CascadeOp, str | None], Priorities]] = MappingProxyType({"asap": _asap, "alap": _alap, "pass": _by_pass})
"""Schedule -> what gives each operation a number that never decreases along dependences; operations are sorted by it."""


def _reorder(block: Block, priority: Priorities) -> int:
    """Sort the operations of a block and of the bodies in it, stably; how many moved."""
    moved = 0
    before = list(block.ops)
    end = before.pop() if isinstance(before[-1], ReturnOp | YieldOp) else None
    after = sorted(before, key=lambda op: priority.get(op, 0))
    for op in before:
        if isinstance(op, IterateOp):
            moved += _reorder(op.body.block, priority)
    if after != before:
        moved += sum(a is not b for a, b in zip(before, after, strict=True))
        for op in before:
            op.detach()
        if end is None:
            block.add_ops(after)
        else:
            block.insert_ops_before(after, end)
    return moved
