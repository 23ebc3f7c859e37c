"""The last word on every derivation: run it against the original cascade on random data, through random tiles and merge trees.

Original: each reduction over the whole fiber, in order. Derived: all of them together, tile by tile with corrections, and as a tree of
merges of independently reduced tiles. A difference beyond rounding refuses the derivation, whatever the algebra said.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .build import ONE
from .derivation import COUNT, OLD, Derived, Reduction, Refusal
from .evaluate import Function, Opaque, evaluate
from .expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, walk
from .laws import Laws
from .operators import REDUCTION_OPERATORS
from .scope import element_leaves

Data = Sequence[Mapping[Expr, Any]]
_DRAWS = 20
Verdict = Literal["agrees", "differs", "untested"]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The numbers to compute with: operator functions, a literal's value, and how close two results must be."""

    functions: Mapping[str, Function]
    literal: Function
    tolerance: float


@dataclass
class State:
    """Accumulators and running summaries of a part of the fiber."""

    accumulators: dict[str, Any]
    summaries: dict[str, Any]


class Machine:
    """Evaluates a chain, both ways, in one arithmetic."""

    def __init__(self, chain: Sequence[Derived | Refusal], laws: Laws, arithmetic: Arithmetic, constants: Mapping[Expr, Any]):
        self.chain = chain
        self.laws = laws
        self.arithmetic = arithmetic
        self.constants = constants

    def value(self, expr: Expr, values: Mapping[Expr, Any]) -> Any:
        return evaluate(expr, values, self.arithmetic.functions, self.arithmetic.literal)

    def combine(self, op: str, a: Any, b: Any) -> Any:
        known = REDUCTION_OPERATORS.get(op)
        name = known.scalar if known is not None else op
        function = self.arithmetic.functions.get(name)
        if function is None:
            raise Opaque(name)
        if known is None:  # by its law; its definition may say nothing of two infinite identities
            identity = self.identity(op)
            return b if a == identity else a if b == identity else function(a, b)
        return function(a, b)

    def identity(self, op: str) -> Any:
        return self.arithmetic.literal(self.laws.identity(op))

    def original(self, data: Data) -> dict[str, Any]:
        """Each reduction over all elements, one pass after another."""
        done: dict[Expr, Any] = dict(self.constants)
        result: dict[str, Any] = {}
        for item in self.chain:
            r = item.reduction
            total = self.identity(r.op)
            for element in data:
                total = self.combine(r.op, total, self.value(r.body, {**done, **element}))
            done[Param(r.name)] = result[r.name] = total
        return result

    def start(self) -> State:
        derived = [d for d in self.chain if isinstance(d, Derived)]
        accumulators = {a.name: self.arithmetic.literal(a.identity) for d in derived for a in d.accumulators}
        return State(accumulators, {d.reduction.name: self.identity(d.reduction.op) for d in derived})

    def tile(self, state: State, data: Data) -> State:
        """One sequential step."""
        return self._advance([state], data)

    def merge(self, left: State, right: State) -> State:
        return self._advance([left, right], ())

    def _advance(self, parts: Sequence[State], data: Data) -> State:
        """Correct every part to the common running summaries, combine them, and fold the new elements in."""
        new = State({}, {})
        running: dict[Expr, Any] = dict(self.constants)
        for item in self.chain:
            if not isinstance(item, Derived):
                continue
            sums = [self.identity_of(a.identity) for a in item.accumulators]
            safe = [(Param(n), e) for n, e in item.safe]
            for part in parts:
                env = {**running, **{Param(n + OLD): v for n, v in part.summaries.items()}}
                env |= {leaf: self.value(e, env) for leaf, e in safe}
                for j, row in enumerate(item.correction):
                    for k, entry in zip(row, item.accumulators, strict=True):
                        if k is not None:
                            old = part.accumulators[entry.name]
                            moved = old if k == ONE else self.arithmetic.functions[item.times or "mul"](self.value(k, env), old)
                            sums[j] = self.combine(item.accumulators[j].op, sums[j], moved)
            env = dict(running)
            env |= {leaf: self.value(e, env) for leaf, e in safe if leaf in running}
            for element in data:
                point = {**env, **element}
                for j, a in enumerate(item.accumulators):
                    sums[j] = self.combine(a.op, sums[j], self.value(a.basis, point))
            new.accumulators |= {a.name: v for a, v in zip(item.accumulators, sums, strict=True)}
            if not item.waits_for:
                value = self.value(item.running, {**running, **{Param(n): v for n, v in new.accumulators.items()}})
                new.summaries[item.reduction.name] = running[Param(item.reduction.name)] = value
        return new

    def identity_of(self, value: float) -> Any:
        return self.arithmetic.literal(value)

    def finish(self, state: State, refused: Mapping[str, Any]) -> dict[str, Any]:
        """Final values; refused summaries (known from their own pass) are given."""
        done: dict[Expr, Any] = {**self.constants, **{Param(n): v for n, v in state.accumulators.items()}}
        result: dict[str, Any] = {}
        for item in self.chain:
            name = item.reduction.name
            result[name] = self.value(item.final, done) if isinstance(item, Derived) else refused[name]
            done[Param(name)] = result[name]
        return result


def leaves(reductions: Sequence[Reduction]) -> tuple[list[Access | RankValue], list[Param | RankShape]]:
    """Element variables and constants of a chain."""
    names = {r.name for r in reductions}
    found = dict.fromkeys(e for r in reductions for e in walk(r.body) if not isinstance(e, Num))
    elements = [e for e in found if isinstance(e, Access | RankValue)]
    return elements, [e for e in found if isinstance(e, RankShape) or (isinstance(e, Param) and e.name not in names)]


def differential(chain: Sequence[Derived | Refusal], laws: Laws, arithmetic: Arithmetic, seed: int = 1, size: int = 7) -> Verdict:
    """Compare on random data: signed, positive, masked and (for one trial) with a large offset."""
    elements, constants = leaves([c.reduction for c in chain])
    source = random.Random(seed)
    agreed = False
    for style in ("signed", "positive", "masked", "ties"):
        fixed: dict[Expr, Any] = {c: arithmetic.literal(_constant(c, source)) for c in constants}
        fixed[COUNT] = arithmetic.literal(size)
        data: list[dict[Expr, Any]] = [{e: arithmetic.literal(_element(e, style, i, source)) for e in elements} for i in range(size)]
        if style == "masked":
            _mask(data, fixed, chain, source, arithmetic)
        machine = Machine(chain, laws, arithmetic, fixed)
        try:
            expected = machine.original(data)
            ways = (_sequential(machine, data, source), _tree(machine, data, source))
            for state in ways:
                got = machine.finish(state, expected)
                for name, value in expected.items():
                    if _finite(value):
                        agreed = True
                        if not close(got[name], value, arithmetic.tolerance):
                            return "differs"
        except Opaque:
            return "untested"
    return "agrees" if agreed else "untested"


def _sequential(machine: Machine, data: Data, source: random.Random) -> State:
    state, at = machine.start(), 0
    while at < len(data):
        step = source.randint(0, 3)  # an empty tile now and then, perhaps the first
        state, at = machine.tile(state, data[at : at + step]), at + step
    return state


def _tree(machine: Machine, data: Data, source: random.Random) -> State:
    cut = source.randint(0, len(data))
    if len(data) <= 1 or cut in (0, len(data)):
        whole = machine.tile(machine.start(), data)
        return whole if cut else machine.merge(machine.start(), whole)
    return machine.merge(_tree(machine, data[:cut], source), _tree(machine, data[cut:], source))


def _constant(leaf: Expr, source: random.Random) -> float:
    return float(source.randint(3, 9)) if isinstance(leaf, RankShape) else source.uniform(0.5, 2)


def _element(leaf: Expr, style: str, index: int, source: random.Random) -> float:
    if isinstance(leaf, RankValue):
        return float(index)
    if style == "positive":
        return source.uniform(0.5, 2)
    return float(source.randint(-1, 2)) if style == "ties" else source.uniform(-2, 2)


def _mask(
    data: list[dict[Expr, Any]], fixed: Mapping[Expr, Any], chain: Sequence[Derived | Refusal], source: random.Random, arithmetic: Arithmetic
) -> None:
    """Set the elements of every max (min) of plain data to its identity at the first points and some others, never at all of them.

    Where a mask in the body does that, other elements are drawn for the first points until the mask holds there.
    """
    for item in chain:
        body, op = item.reduction.body, item.reduction.op.removeprefix("arg")
        absent = Num(-math.inf if op == "max" else math.inf)
        if op in ("max", "min") and isinstance(body, Access):
            for i in range(len(data) - 1):
                if i < 2 or source.random() < 0.3:
                    data[i][body] = arithmetic.literal(absent.value)
        elif op in ("max", "min") and isinstance(body, Apply) and body.op == "select" and absent in body.args:
            kept, leaves = body.args[1] != absent, [e for e in element_leaves(body.args[0]) if isinstance(e, Access)]
            for point in data[: len(data) // 2 + 1]:
                for _ in range(_DRAWS if leaves else 0):
                    try:
                        if bool(evaluate(body.args[0], {**fixed, **point}, arithmetic.functions, arithmetic.literal)) != kept:
                            break
                    except KeyError:  # it asks for a summary
                        break
                    point.update({leaf: arithmetic.literal(_element(leaf, "signed", 0, source)) for leaf in leaves})


def _finite(value: Any) -> bool:
    return bool(abs(value) < math.inf)


def close(a: Any, b: Any, tolerance: float) -> bool:
    return bool(a == b or abs(a - b) <= tolerance * (1 + abs(b)))
