"""The adjoined bottom: what a rebased form does before anything was seen, and where everything seen was masked.

At a bottom a summary has a value (-inf of a max, 0 of a norm) at which the correction or the basis is undefined, like
exp(-inf - (-inf)). There, any regular value, the anchor, stands in for the summary: the accumulators are then those of the anchor, and the
correction leads from the anchor to the next value, which is exact. Where every element at the bottom contributes the identity
(exp(-inf - d) = 0: absorption), or leaves the original undefined, the old value may be replaced by the new one instead: the accumulators are
at their identity whatever the summary is, and the correction is I, which cannot overflow. Nothing is ever subtracted from an infinity.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .build import ONE, ZERO, select
from .derivation import OLD, Accumulator
from .evaluate import Opaque, Table, evaluate
from .expr import Apply, Expr, Num, Param, RankShape, walk
from .invariants import Invariants, Summary
from .scope import Leaf, element_leaves, replace_subexpression

_TRIALS = 4


@dataclass(frozen=True, slots=True)
class Safety:
    """The replacements of `Derived.safe`, whether a start without them is finite, and what was found about the bottoms, in words."""

    safe: tuple[tuple[str, Expr], ...]
    starts_safe: bool
    found: str


def zero_forces(body: Expr, known: Invariants) -> frozenset[Leaf]:
    """Element variables that must be zero where `body` is zero (none where nothing follows)."""
    match body:
        case Apply("abs" | "neg" | "sqrt", (a,)):
            return zero_forces(a, known)
        case Apply("pow", (a, n)):
            return zero_forces(a, known) if known.positive(n) else frozenset()
        case Apply("mul", (a, b)) if a == b:
            return zero_forces(a, known)
        case Apply("add" | "max", (a, b)) if known.nonnegative(a) and known.nonnegative(b):
            return zero_forces(a, known) | zero_forces(b, known)
        case Apply():
            return frozenset()
        case _:
            return frozenset(element_leaves(body))


def vanishes_with(divisor: Expr, elements: Expr, known: Invariants) -> bool:
    """True if `divisor` is zero only where a summary of non-negative terms is zero, and `elements` is zero on all of those elements."""
    inner = divisor
    while isinstance(inner, Apply) and (inner.op in ("sqrt", "abs") or (inner.op == "pow" and known.positive(inner.args[1]))):
        inner = inner.args[0]
    if not isinstance(inner, Param) or inner.name not in known.summaries:
        return False
    summary = known.summaries[inner.name]
    if summary.op not in ("add", "max") or not summary.total or not known.interval(summary.body).nonnegative:
        return False
    zeros = zero_forces(summary.body, known)
    return bool(zeros) and _vanishes(elements, zeros, known)


def _vanishes(expr: Expr, zeros: frozenset[Leaf], known: Invariants) -> bool:
    match expr:
        case Num(value):
            return value == 0
        case Apply("mul", (a, b)):
            return _vanishes(a, zeros, known) or _vanishes(b, zeros, known)
        case Apply("div", (a, _)) | Apply("abs" | "neg" | "sqrt" | "sin" | "tanh" | "sign", (a,)):
            return _vanishes(a, zeros, known)
        case Apply("pow", (a, n)):
            return known.positive(n) and _vanishes(a, zeros, known)
        case Apply("add" | "sub" | "max" | "min", args):
            return all(_vanishes(a, zeros, known) for a in args)
        case Apply():
            return False
        case _:
            return expr in zeros


class Samples:
    """Random values for every leaf of some expressions, summaries inside their ranges; the same seed gives the same values."""

    def __init__(self, known: Invariants, expressions: Sequence[Expr], seed: int = 7):
        self.known = known
        self.random = random.Random(seed)
        self.leaves = tuple(dict.fromkeys(e for expr in expressions for e in walk(expr) if not isinstance(e, Num | Apply)))

    def draw(self) -> dict[Expr, float]:
        return {leaf: self.value(leaf) for leaf in self.leaves}

    def value(self, leaf: Expr) -> float:
        if isinstance(leaf, RankShape):
            return float(self.random.randint(2, 9))
        if isinstance(leaf, Param):
            name = leaf.name.removesuffix(OLD)
            summary = self.known.summaries.get(name)
            if summary is not None:
                return inside(summary, self.random)
            if name in self.known.laws.positive:
                return self.random.uniform(0.5, 2)
        return self.random.uniform(-2, 2)


def inside(summary: Summary, source: random.Random) -> float:
    """A random value in the interior of a summary's range, of moderate size."""
    low, high = float(summary.range.low), float(summary.range.high)
    if math.isfinite(low) and math.isfinite(high):
        return low + (high - low) * source.uniform(0.2, 0.8)
    if math.isfinite(low):
        return low + source.uniform(0.5, 3)
    if math.isfinite(high):
        return high - source.uniform(0.5, 3)
    return source.uniform(-2, 2)


def safety(
    accumulators: Sequence[Accumulator],
    correction: Sequence[Sequence[Expr | None]],
    rebased_on: Sequence[str],
    known: Invariants,
    functions: Table,
) -> Safety:
    """Find the bottoms of the summaries rebased on, and make evaluation safe there."""
    bases = [a.basis for a in accumulators]
    entries = [e for row in correction for e in row if e is not None]
    samples = Samples(known, [*bases, *entries])
    replacements: list[tuple[str, Expr]] = []
    starts_safe = True
    kinds: dict[str, None] = {}
    for name in rebased_on:
        summary = known.summaries[name]
        start = known.laws.identity(summary.op)
        first = 0.0 if start is None else start
        candidates: tuple[float, ...] = (first, 0.0) if summary.range.low == 0 and first != 0 else (first,)
        bottoms: list[float] = []
        for value in candidates:
            leaves: tuple[Expr, Expr] = (Param(name), Param(name + OLD))
            start_fine = all(_regular(entries, {leaves[1]: value}, samples, functions) for _ in range(_TRIALS))
            fine = start_fine and _regular([*bases, *entries], {leaves[0]: value, leaves[1]: value}, samples, functions)
            starts_safe = starts_safe and start_fine
            if not fine:
                bottoms.append(value)
        if not bottoms:
            continue
        starts_safe = starts_safe and bottoms == [first]
        anchors = (a for a in (ZERO, ONE) if a.value not in bottoms and _regular(bases, {Param(name): float(a.value)}, samples, functions))
        anchor = next(anchors, ONE)
        moving = [a for a in accumulators if Param(name) in walk(a.basis)]
        met = {_at_element(a, summary, value, known, functions) for a in moving for value in bottoms}
        kinds.update(dict.fromkeys(sorted(met)))
        new = select(_at_bottom(Param(name), bottoms, summary), anchor, Param(name))
        old = anchor if "counted from the anchor" in met else new
        replacements.append((name, new))
        replacements.append((name + OLD, select(_at_bottom(Param(name + OLD), bottoms, summary), old, Param(name + OLD))))
    return Safety(tuple(replacements), starts_safe, ", ".join(kinds) or "nothing is undefined there")


def _at_bottom(value: Expr, bottoms: Sequence[float], summary: Summary) -> Expr:
    if len(bottoms) > 1 and summary.range.nonnegative:
        return Apply("le", (value, ZERO))
    tests = [Apply("eq", (value, Num(int(b) if math.isfinite(b) else b))) for b in bottoms]
    result: Expr = tests[0]
    for t in tests[1:]:
        result = Apply("or", (result, t))
    return result


def _regular(exprs: Sequence[Expr], fixed: Mapping[Expr, float], samples: Samples, functions: Table) -> bool:
    values = {**samples.draw(), **fixed}
    try:
        return all(math.isfinite(evaluate(e, values, functions)) for e in exprs)
    except Opaque:
        return all(math.isfinite(v) for v in fixed.values())  # what it does at an infinity nobody knows


Kind: TypeAlias = Literal["absorbed", "undefined in the original", "counted from the anchor"]


def _at_element(accumulator: Accumulator, summary: Summary, bottom: float, known: Invariants, functions: Table) -> Kind:
    """What an element that is itself at the bottom contributes to an accumulator under a regular value of the summary."""
    if math.isinf(bottom) and math.isfinite(summary.range.low if bottom < 0 else summary.range.high):
        return "absorbed"  # no element can be there, so nothing was visited
    samples = Samples(known, [accumulator.basis, summary.body])
    zeros = zero_forces(summary.body, known) if bottom == 0 else frozenset[Leaf]()
    if bottom == 0 and not zeros:
        return "counted from the anchor"
    kind: Kind = "absorbed"
    try:
        for _ in range(4 * _TRIALS):
            values = {**samples.draw(), **dict.fromkeys(zeros, 0.0)}
            basis = accumulator.basis if zeros else _with_element_at(bottom, summary.body, accumulator.basis, values, functions)
            if basis is None:
                continue
            value = evaluate(basis, values, functions)
            if not math.isfinite(value):
                kind = "undefined in the original"
            elif value != accumulator.identity:
                return "counted from the anchor"
    except Opaque:
        return "counted from the anchor"
    return kind


def _with_element_at(identity: float, body: Expr, basis: Expr, values: Mapping[Expr, float], functions: Table) -> Expr | None:
    """The basis for an element whose `body` is at the identity; through a mask (`select`), by the branch that the sample takes.

    None if the sample does not reach the identity.
    """
    basis = replace_subexpression(basis, body, Num(identity))
    if isinstance(body, Apply) and body.op == "select":
        branch = body.args[1] if evaluate(body.args[0], values, functions) else body.args[2]
        return _with_element_at(identity, branch, basis, values, functions)
    if isinstance(body, Num):
        return basis if body.value == identity else None
    return basis
