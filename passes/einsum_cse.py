"""`einsum-cse`: compute each Einsum once.

Two Einsums are the same if they read the same tensors by the same map, reductions, filter and empty value and give the same types.
Operands of operators that commute exactly, and the conditions of a filter, count in any order. What an outer region has computed is
known in the bodies in it, not the other way round.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from ..algebra.expr import Access, Apply, Expr, Num
from ..analysis.remarks import applied
from ..analysis.statistics import count
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ViewOp, YieldOp
from .editing import Operands, cascades_of, set_map

EXACTLY_COMMUTATIVE = frozenset({"add", "mul", "eq", "ne", "and", "or"})
"""Operators whose operands may change places without changing a bit. Not max and min: of two zeros they may give the first."""


@dataclass(frozen=True)
class EinsumCsePass(ModulePass):
    """Compute each Einsum, view and iterate once: what is the same is merged."""

    name = "einsum-cse"

    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for cascade in cascades_of(op, self.cascade):
            if replaced := compute_once(cascade):
                count("Einsums merged", len(replaced))
                shown = ", ".join(replaced[:8]) + (f" and {len(replaced) - 8} more" if len(replaced) > 8 else "")
                applied(self.name, cascade, f"computed already: {shown}")


def compute_once(cascade: CascadeOp) -> list[str]:
    """Replace what is computed already by that; the names of what is gone."""
    found = _Known()
    found.simplify(cascade.body.block)
    return found.replaced


def computes_twice(cascade: CascadeOp) -> bool:
    """Whether two Einsums that stand directly in a cascade are the same."""
    seen: set[Hashable] = set()
    for op in cascade.body.block.ops:
        key = _key(op, {}) if isinstance(op, ComputeOp) else None
        if key in seen:
            return True
        if key is not None:
            seen.add(key)
    return False


class _Known:
    """What has been computed, per open region."""

    def __init__(self) -> None:
        self.scopes: list[dict[Hashable, Operation]] = []
        self.replaced: list[str] = []

    def simplify(self, block: Block) -> None:
        self.scopes.append({})
        for op in list(block.ops):
            if isinstance(op, IterateOp):
                self.simplify(op.body.block)
            key = _key(op, {})
            if key is None:
                continue
            same = next((scope[key] for scope in reversed(self.scopes) if key in scope), None)
            if same is None:
                self.scopes[-1][key] = op
                continue
            self.replaced.append(", ".join(f"%{r.name_hint}" if r.name_hint else "a tensor" for r in op.results))
            readers = {use.operation for old in op.results for use in old.uses}
            for old, new in zip(op.results, same.results, strict=True):
                old.replace_all_uses_with(new)
            for reader in readers:
                if isinstance(reader, ComputeOp):
                    _name_once(reader)
            op.detach()
            op.erase()
        self.scopes.pop()


def _name_once(op: ComputeOp) -> None:
    """Number the tensors of an Einsum's map anew, each once, where two of them have become one."""
    operands = Operands()
    set_map(op, operands, operands.rewrite(op.map.data, op.operands_, operands.access))


def _key(op: Operation, local: Mapping[SSAValue, Hashable]) -> Hashable | None:
    """What makes two operations the same; `local` are stand-ins for the tensors of a body. None for what is never the same."""
    types = tuple(r.type for r in op.results)
    match op:
        case ComputeOp():
            conditions = None if op.where is None else frozenset(a for c in op.where.data for a in c.nonnegative())
            return (op.name, op.out, _expression_key(op.map.data, op.operands_, local), op.reduce, conditions, op.empty, types)
        case ViewOp():
            return (op.name, local.get(op.source, op.source), op.regroup, types)
        case IterateOp():
            return _iterate_key(op, local)
        case _:
            return None


def _expression_key(expression: Expr, operands: Sequence[SSAValue], local: Mapping[SSAValue, Hashable]) -> Hashable:
    match expression:
        case Access(tensor, subscripts):
            value = operands[tensor]
            return (local.get(value, value), subscripts)
        case Num():
            return repr(expression.value)  # 0, 0.0 and -0.0 are equal but not the same
        case Apply(operator, args, merge):
            keys = tuple(_expression_key(a, operands, local) for a in args)
            commutes = operator in EXACTLY_COMMUTATIVE and merge is None
            return (operator, merge, frozenset(keys) if commutes else keys)
        case _:
            return expression


def _iterate_key(op: IterateOp, outer: Mapping[SSAValue, Hashable]) -> Hashable | None:
    local: dict[SSAValue, Hashable] = dict(outer)
    own: list[SSAValue] = [*op.body.block.args, *(r for inner in op.body.block.ops for r in inner.results)]
    local.update((value, ("inside", len(outer) + number)) for number, value in enumerate(own))
    body: list[Hashable] = []
    for inner in op.body.block.ops:
        key = _yield_key(inner, local) if isinstance(inner, YieldOp) else _key(inner, local)
        if key is None:
            return None
        body.append(key)
    inits = tuple(outer.get(v, v) for v in op.inits)
    return (op.name, op.rank, inits, op.states, op.init, tuple(body), tuple(r.type for r in op.results))


def _yield_key(op: YieldOp, local: Mapping[SSAValue, Hashable]) -> Hashable:
    until = None if op.until is None else _expression_key(op.until.data, op.guarded, local)
    return (len(op.states), tuple(local.get(v, v) for v in (*op.states, *op.collected)), op.subscripts, until)
