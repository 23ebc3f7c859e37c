"""The adjoined bottom: what a rebased form does before anything was seen, and where everything seen was masked.

At a bottom a summary has a value (-inf of a max, 0 of a norm) at which the correction or the basis is undefined, like
exp(-inf - (-inf)). What makes it harmless is absorption: where the summary is at its bottom, every element contributes the identity
to the accumulators under any other value of the summary, so they are at their identity. Evaluation may therefore replace the
summary by any regular value, and the old one by the new one; nothing is ever divided by or subtracted from an infinity.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .build import ONE, ZERO, select
from .derivation import OLD, Accumulator
from .evaluate import Function, Opaque, evaluate
from .expr import Apply, Expr, Num, Param, RankShape, walk
from .invariants import Invariants, Summary
from .scope import Leaf, element_leaves, replace_subexpression

_TRIALS = 4


@dataclass(frozen=True, slots=True)
class Safety:
    """The replacements of `Derived.safe`, whether the start needs them, and whether absorption was shown (else: elements are finite)."""

    safe: tuple[tuple[str, Expr], ...]
    starts_safe: bool
    absorbs: bool


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
    functions: Mapping[str, Function],
) -> Safety:
    """Find the bottoms of the summaries rebased on, and make evaluation safe there."""
    bases = [a.basis for a in accumulators]
    entries = [e for row in correction for e in row if e is not None]
    samples = Samples(known, [*bases, *entries])
    replacements: list[tuple[str, Expr]] = []
    starts_safe, absorbs = True, True
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
        new = select(_at_bottom(Param(name), bottoms, summary), anchor, Param(name))
        replacements.append((name, new))
        replacements.append((name + OLD, select(_at_bottom(Param(name + OLD), bottoms, summary), new, Param(name + OLD))))
        moving = [a for a in accumulators if Param(name) in walk(a.basis)]
        absorbs = absorbs and all(_absorbs(a, summary, known, functions) for a in moving)
    return Safety(tuple(replacements), starts_safe, absorbs)


def _at_bottom(value: Expr, bottoms: Sequence[float], summary: Summary) -> Expr:
    if len(bottoms) > 1 and summary.range.nonnegative:
        return Apply("le", (value, ZERO))
    tests = [Apply("eq", (value, Num(int(b) if math.isfinite(b) else b))) for b in bottoms]
    result: Expr = tests[0]
    for t in tests[1:]:
        result = Apply("or", (result, t))
    return result


def _regular(exprs: Sequence[Expr], fixed: Mapping[Expr, float], samples: Samples, functions: Mapping[str, Function]) -> bool:
    values = {**samples.draw(), **fixed}
    try:
        return all(math.isfinite(evaluate(e, values, functions)) for e in exprs)
    except Opaque:
        return all(math.isfinite(v) for v in fixed.values())  # what it does at an infinity nobody knows


def _absorbs(accumulator: Accumulator, summary: Summary, known: Invariants, functions: Mapping[str, Function]) -> bool:
    """At a bottom of the summary each element's own value is that bottom: does the basis then give the identity?"""
    identity = known.laws.identity(summary.op)
    if identity is None or math.isfinite(identity):
        return True  # a finite bottom is admitted only where `vanishes_with` showed it
    if math.isfinite(summary.range.low if identity < 0 else summary.range.high):
        return True  # no element can reach it, so nothing was visited
    samples = Samples(known, [accumulator.basis, summary.body])
    try:
        for _ in range(4 * _TRIALS):
            values = samples.draw()
            basis = _with_element_at(identity, summary.body, accumulator.basis, values, functions)
            if basis is not None and evaluate(basis, values, functions) != accumulator.identity:
                return False
    except Opaque:
        return False
    return True


def _with_element_at(identity: float, body: Expr, basis: Expr, values: Mapping[Expr, float], functions: Mapping[str, Function]) -> Expr | None:
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
