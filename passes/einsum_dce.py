"""`einsum-dce`: remove what no result of a cascade needs: Einsums, views, whole iterates, single states and collected tensors.

A state that only its own next value reads is dead, which a look at uses cannot tell: what is needed is found from the results back.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass

from ..algebra.expr import Expr, RankShape, RankValue, accesses, walk
from ..analysis.remarks import applied
from ..analysis.statistics import count
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ReturnOp, ViewOp, YieldOp
from ..dialects.einsum_attrs import NumberAttr, RanksAttr, SubscriptsAttr
from .editing import cascades_of, filter_of, reductions_of


@dataclass(frozen=True)
class EinsumDcePass(ModulePass):
    """Remove what no result needs: Einsums, views, iterates, their states and what they collect."""

    name = "einsum-dce"

    ranks: bool = False
    """Whether ranks that nothing names any more go, too."""
    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for cascade in cascades_of(op, self.cascade):
            removed = _Sweep(_Needed(cascade)).run(cascade.body.block)
            unused = _remove_unused_ranks(cascade) if self.ranks else []
            count("operations, states and collected tensors removed", removed)
            count("ranks removed", len(unused))
            if removed or unused:
                ranks = f", ranks {', '.join(unused)}" if unused else ""
                applied(self.name, cascade, f"removed {removed} dead operations, states or collected tensors{ranks}")


def needed_values(cascade: CascadeOp) -> frozenset[SSAValue]:
    """The tensors that the results of a cascade need, its inputs and those inside of iterates included."""
    return frozenset(_Needed(cascade).values)


class _Needed:
    """The tensors that the results of a cascade need, by a walk from the results back; of an iterate, also which states."""

    def __init__(self, cascade: CascadeOp):
        self.values: set[SSAValue] = set()
        self._waiting: list[SSAValue] = []
        self._guards: set[IterateOp] = set()
        for op in cascade.body.walk():
            if not isinstance(op, ComputeOp | ViewOp | IterateOp | YieldOp):
                self._need(*op.operands)
        while self._waiting:
            self._follow(self._waiting.pop())

    def _need(self, *values: SSAValue) -> None:
        for value in values:
            if value not in self.values:
                self.values.add(value)
                self._waiting.append(value)

    def _follow(self, value: SSAValue) -> None:
        if isinstance(value, BlockArgument):
            iterate = value.block.parent_op()
            if isinstance(iterate, IterateOp):
                self._need_state(iterate, value.index)
            return
        owner = value.owner
        if isinstance(owner, IterateOp):
            position = owner.results_.index(value)
            count = len(owner.states)
            if position < count:
                self._need(owner.body.block.args[position])
            else:
                self._need(owner.yield_op.collected[position - count])
            self._need_guard(owner)
        elif isinstance(owner, Operation):
            self._need(*owner.operands)

    def _need_state(self, iterate: IterateOp, position: int) -> None:
        self._need(iterate.yield_op.states[position])
        if not isinstance(iterate.init.data[position], NumberAttr):
            self._need(iterate.inits[_init_position(iterate, position)])
        self._need_guard(iterate)

    def _need_guard(self, iterate: IterateOp) -> None:
        if iterate not in self._guards:
            self._guards.add(iterate)
            self._need(*iterate.yield_op.guarded)


def _init_position(iterate: IterateOp, state: int) -> int:
    return sum(not isinstance(init, NumberAttr) for init in iterate.init.data[:state])


class _Sweep:
    """Removes from a block, last operation first, what is not needed."""

    def __init__(self, needed: _Needed):
        self.needed = needed.values
        self.removed = 0

    def run(self, block: Block) -> int:
        for op in reversed(list(block.ops)):
            if not isinstance(op, ComputeOp | ViewOp | IterateOp):
                continue
            if self.needed.isdisjoint(op.results):
                self.removed += 1
                op.detach()
                op.erase()
            elif isinstance(op, IterateOp):
                self._shrink(op)
        return self.removed

    def _shrink(self, op: IterateOp) -> None:
        end, count = op.yield_op, len(op.states)
        states = [i for i, argument in enumerate(op.body.block.args) if argument in self.needed]
        collected = [i for i in range(len(end.collected)) if op.results_[count + i] in self.needed]
        dropped = count - len(states) + len(end.collected) - len(collected)
        if dropped == 0:
            self.run(op.body.block)
            return
        self.removed += dropped
        named = [*(end.subscripts.data[i] for i in states), *(end.subscripts.data[count + i] for i in collected)]
        new_end = YieldOp(
            [end.states[i] for i in states], named, collected=[end.collected[i] for i in collected], guarded=list(end.guarded), until=end.until
        )
        new_end.location = end.location
        new_end.attributes.update(end.attributes)
        inits = [op.inits[_init_position(op, i)] for i in states if not isinstance(op.init.data[i], NumberAttr)]
        kept = [*states, *(count + i for i in collected)]
        arguments = list(op.body.block.args)
        block = op.body.block
        block.insert_op_before(new_end, end)
        end.detach()
        end.erase()
        self.run(block)
        for i in reversed([i for i in range(count) if i not in states]):
            block.erase_arg(arguments[i])
        made = IterateOp(
            op.rank.data,
            inits,
            [op.states.data[i] for i in states],
            [op.init.data[i] for i in states],
            op.detach_region(0),
            [op.results_[i].type for i in kept],
        )
        made.location = op.location
        made.attributes.update(op.attributes)
        if op.parent is not None:
            op.parent.insert_op_before(made, op)
        for new, i in zip(made.results_, kept, strict=True):
            new.name_hint = op.results_[i].name_hint
            op.results_[i].replace_all_uses_with(new)
        op.detach()
        op.erase()


def _remove_unused_ranks(cascade: CascadeOp) -> list[str]:
    named: set[str] = set()

    def name(*subscripts: SubscriptsAttr) -> None:
        named.update(r for attr in subscripts for s in attr.data for r in s.ranks)

    name(*cascade.inputs, *cascade.outputs)
    for op in cascade.body.walk():
        match op:
            case ComputeOp():
                name(op.out)
                named.update(r for c in filter_of(op) for r in c.ranks)
                named.update(r for reduction in reductions_of(op) for r in reduction.ranks)
                _name_in_map(op.map.data, named)
            case ViewOp():
                named.update((*op.regroup.source_ranks, *op.regroup.result_ranks))
            case IterateOp():
                named.add(op.rank.data)
                name(*op.states)
            case YieldOp():
                name(*op.subscripts)
                if op.until is not None:
                    _name_in_map(op.until.data, named)
            case ReturnOp():
                name(*op.subscripts)
            case _:
                pass
    unused = [r for r in cascade.sizes if r not in named]
    if unused:
        cascade.properties["ranks"] = RanksAttr(tuple((r, size) for r, size in cascade.ranks.data if r in named))
    return unused


def _name_in_map(expression: Expr, named: set[str]) -> None:
    named.update(r for a in accesses(expression) for s in a.subscripts for r in s.ranks)
    named.update(e.rank for e in walk(expression) if isinstance(e, RankValue | RankShape))
