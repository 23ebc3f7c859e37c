"""Which tensors may all be scaled by one positive constant, so that nothing else changes than the arguments of some exponentials.

A tensor that a product makes is scaled by scaling a factor; a maximum or a sum of scaled tensors is scaled itself; a quotient of two, and a
comparison, stay as they were. Names, shapes and the kind of kernel play no part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from xdsl.ir import BlockArgument, Operation, SSAValue

from ..algebra.expr import Access, Apply, Expr, Num, Param, RankValue, accesses, walk
from ..dialects.einsum import ComputeOp, IterateOp, ViewOp, YieldOp
from ..dialects.einsum_attrs import NumberAttr

KEPT = frozenset({"add", "max", "min"})
"""Reductions that a positive factor may be taken out of."""


class Degree(Enum):
    """What scaling does to an expression: nothing, the same scaling, either (zero and the infinities), or something else."""

    FIXED, SCALED, EITHER, OTHER = range(4)


_FIXED, _SCALED, _EITHER, _OTHER = Degree


def degree_of(expr: Expr, scaled: Callable[[Access], bool], exponentials: list[Apply] | None = None) -> Degree:
    """The degree of an expression. Exponentials of scaled arguments count as fixed and are added to `exponentials`, which has to see to them."""

    def of(e: Expr) -> Degree:
        if isinstance(e, Num):
            return _EITHER if e.value in (0, float("inf"), float("-inf")) else _FIXED
        if isinstance(e, Access):
            return _SCALED if scaled(e) else _FIXED
        if not isinstance(e, Apply):
            return _FIXED
        degrees = [of(a) for a in e.args]
        if e.op == "exp" and degrees == [_SCALED] and exponentials is not None:
            exponentials.append(e)
            return _FIXED
        return _combined(e.op, degrees)

    return of(expr)


def _combined(op: str, degrees: list[Degree]) -> Degree:
    if _OTHER in degrees:
        return _OTHER
    definite = {d for d in degrees if d is not _EITHER}
    match op:
        case "add" | "sub" | "max" | "min" | "neg" | "abs":
            return _alike(definite)
        case "lt" | "le" | "gt" | "ge" | "eq" | "ne":
            return _FIXED if len(definite) < 2 else _OTHER
        case "select":
            return _alike({d for d in degrees[1:] if d is not _EITHER}) if degrees[0] is not _SCALED else _OTHER
        case "mul" | "div" if degrees.count(_SCALED) == 1 and (op == "mul" or degrees[0] is _SCALED):
            return _SCALED
        case "div" if degrees == [_SCALED, _SCALED]:
            return _FIXED
        case _:
            return _OTHER if _SCALED in degrees else _FIXED


def _alike(definite: set[Degree]) -> Degree:
    """Of terms whose degrees have to agree."""
    return next(iter(definite)) if len(definite) == 1 else _OTHER if definite else _EITHER


@dataclass
class Component:
    """Tensors that are scaled together: `enter` are the Einsums that make scaled tensors of ones that are not."""

    scaled: set[SSAValue] = field(default_factory=set[SSAValue])
    enter: dict[ComputeOp, None] = field(default_factory=dict[ComputeOp, "None"])
    why_not: str | None = None

    def grow(self, exponent: Expr, op: ComputeOp) -> bool:
        """Scale all that the argument of an exponential in `op` reads, and what follows; returns whether that can be, with the reason if not."""
        for access in accesses(exponent):
            self._require(op.operands_[access.tensor])
        while self.why_not is None and (more := next(self._beyond(), None)) is not None:
            self.scaled.update(more.results_[:1])
            self._carry(more.results_[0])
        return self.why_not is None

    def _refuse(self, reason: str) -> None:
        self.why_not = self.why_not or reason

    def _require(self, value: SSAValue) -> None:
        """Scale a tensor, and so what it is made of, down to products."""
        if value in self.scaled or self.why_not is not None:
            return
        self.scaled.add(value)
        owner = value.owner
        match owner:
            case ComputeOp():
                self._make(owner)
            case IterateOp():
                self._carry_through(owner, next(i for i, result in enumerate(owner.results) if result is value))
            case ViewOp():
                self._require(owner.source)
            case _:
                body = value.block.parent_op() if isinstance(value, BlockArgument) else None
                if not isinstance(body, IterateOp):
                    return self._refuse(f"{_name(value)} is given, so that scaling it would cost as much as it saves")
                self._carry_through(body, value.index if isinstance(value, BlockArgument) else 0)
        self._carry(value)

    def _make(self, op: ComputeOp) -> None:
        if len(op.results_) > 1 or any(r.op not in KEPT for r in (op.reduce.data if op.reduce is not None else ())):
            return self._refuse(f"{_name(op.results_[0])} is reduced by an operator that a factor cannot be taken out of")
        if is_product(op.map.data):
            self.enter[op] = None
            return
        for access in accesses(op.map.data):
            self._require(op.operands_[access.tensor])
        if degree_of(op.map.data, lambda a: op.operands_[a.tensor] in self.scaled, []) is not _SCALED:
            self._refuse(f"{_name(op.results_[0])} does not scale with what it is made of")

    def _carry_through(self, op: IterateOp, position: int) -> None:
        """A state and its result: the initial value, what updates it, and both names of it."""
        states = len(op.states.data)
        if position >= states:
            return self._refuse("a scaled tensor is collected over generations")
        init = op.init.data[position]
        if isinstance(init, NumberAttr):
            if init.data not in (0, float("inf"), float("-inf")):
                return self._refuse("a state begins with a number that scaling would change")
        else:
            numbers = [i for i, a in enumerate(op.init.data) if not isinstance(a, NumberAttr)]
            self._require(op.inits[numbers.index(position)])
        for value in (op.body.block.args[position], op.results[position], op.yield_op.states[position]):
            self._require(value)

    def _carry(self, value: SSAValue) -> None:
        """What reads a scaled tensor and hands it on."""
        for use in value.uses:
            reader: Operation = use.operation
            match reader:
                case ComputeOp():
                    continue
                case ViewOp():
                    self._require(reader.result)
                case YieldOp() if use.index < len(reader.states) and isinstance(body := reader.parent_op(), IterateOp):
                    self._carry_through(body, use.index)
                case IterateOp():
                    numbers = [i for i, a in enumerate(reader.init.data) if not isinstance(a, NumberAttr)]
                    self._carry_through(reader, numbers[use.index])
                case _:
                    self._refuse(f"{_name(value)} is a result, or read where scaling it would show")

    def _beyond(self) -> Iterator[ComputeOp]:
        """Einsums that a scaled tensor makes scaled, and that are not yet; refuses where scaling would change something else."""
        for value in list(self.scaled):
            for op in {u.operation for u in value.uses}:
                if not isinstance(op, ComputeOp) or op in self.enter or op.results_[0] in self.scaled:
                    continue
                degree = degree_of(op.map.data, lambda a, op=op: op.operands_[a.tensor] in self.scaled, [])
                if degree is _SCALED and all(r.op in KEPT for r in (op.reduce.data if op.reduce is not None else ())):
                    yield op
                elif degree is not _FIXED and degree is not _EITHER:
                    self._refuse(f"{_name(op.results_[0])} would change if {_name(value)} were scaled")


def is_product(expr: Expr) -> bool:
    """Whether an expression is a product of two tensors' elements, or of one and a constant, or a quotient by a constant: a factor may go into it."""
    if not isinstance(expr, Apply) or expr.op not in ("mul", "div"):
        return False
    left, right = expr.args
    if expr.op == "div":
        return is_constant(right)
    return all(isinstance(e, Access) or is_constant(e) for e in (left, right))


def is_constant(expr: Expr) -> bool:
    """Whether an expression is known when a kernel is built: numbers and sizes only."""
    return not any(isinstance(e, Access | RankValue | Param) for e in walk(expr))


def exponentials_of(op: ComputeOp) -> Iterator[Apply]:
    """The exponentials in an Einsum's map that read something."""
    for e in walk(op.map.data):
        if isinstance(e, Apply) and e.op == "exp" and any(True for _ in accesses(e)):
            yield e


def _name(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else "a tensor"
