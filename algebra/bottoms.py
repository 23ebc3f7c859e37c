"""The adjoined bottom: what a rebased form does before anything was seen, and where everything seen was masked.

At a bottom a summary has a value (-inf of a max, 0 of a norm) at which the correction or the basis is undefined, like
exp(-inf - (-inf)). There, any regular value, the anchor, stands in for the summary: the accumulators are then those of the anchor, and the
correction leads from the anchor to the next value, which is exact. Where every element at the bottom contributes the identity
(exp(-inf - d) = 0: absorption), or leaves the original undefined, the old value may be replaced by the new one instead: the accumulators are
at their identity whatever the summary is, and the correction is I, which cannot overflow. Nothing is ever subtracted from an infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .build import ONE, ZERO, select
from .corners import Corners
from .derivation import OLD, Accumulator
from .evaluate import Opaque, Table, evaluate
from .expr import Apply, Expr, Num, Param, substitute_params, walk
from .invariants import Invariants, Summary
from .samples import Samples
from .scope import Leaf, element_leaves
from .vanishing import zero_forces

POLYNOMIAL = frozenset({"add", "sub", "mul", "div", "neg", "pow", "select"})
"""Operators of corrections that are finite where their arguments are of moderate size."""

_TRIALS = 4
_POINTS = 32

FOLLOWING = OLD + ".following"
"""`Param(D + FOLLOWING)`: the old value of a summary, or its new one where the old one is at a bottom."""

Matrix: TypeAlias = tuple[tuple[Expr | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Safety:
    """The replacements of `Derived.safe`, the correction they apply to, whether a start without them is finite, what was found, in words."""

    safe: tuple[tuple[str, Expr], ...]
    correction: Matrix
    starts_safe: bool
    found: str


def safety(accumulators: Sequence[Accumulator], correction: Matrix, rebased_on: Sequence[str], known: Invariants, functions: Table) -> Safety:
    """Find the bottoms of the summaries rebased on, and make evaluation safe there."""
    replacements: list[tuple[str, Expr]] = []
    starts_safe = True
    kinds: dict[str, None] = {}
    absorbed: dict[str, Expr] = {}
    for name in rebased_on:
        summary = known.summaries[name]
        start = known.laws.identity(summary.op) or 0.0
        along = _drawn_along(summary, accumulators, known, functions)
        bottoms, regular_start = _bottoms(summary, (start, *(value for value, _ in along)), accumulators, correction, known, functions)
        starts_safe = starts_safe and regular_start
        if not bottoms:
            continue
        visited = [values for value, values in along if value in bottoms]
        met = [_at_elements(a, summary, bottoms, visited, known, functions) for a in accumulators]
        kinds.update(dict.fromkeys(kind for a, kind in zip(accumulators, met, strict=True) if Param(name) in walk(a.basis)))
        anchor = _anchor(name, bottoms, accumulators, known, functions)
        new = select(_at_bottom(Param(name), bottoms, summary), anchor, Param(name))
        old_at_bottom = _at_bottom(Param(name + OLD), bottoms, summary)
        following = select(old_at_bottom, new, Param(name + OLD))
        columns = {i for row in correction for i, k in enumerate(row) if k is not None and Param(name + OLD) in walk(k)}
        counted = {i for i in columns if met[i] == "counted from the anchor"}
        replacements.append((name, new))
        replacements.append((name + OLD, select(old_at_bottom, anchor, Param(name + OLD)) if counted else following))
        if counted and counted != columns:  # some follow the new value, some are counted from the anchor: two stand-ins
            replacements.append((name + FOLLOWING, following))
            stand_in: dict[str, Expr] = {name + OLD: Param(name + FOLLOWING)}
            correction = tuple(
                tuple(k if k is None or i in counted else substitute_params(k, stand_in) for i, k in enumerate(row)) for row in correction
            )
            starts_safe = False
        if not counted:
            absorbed[name] = old_at_bottom
    replaced = {leaf for leaf, _ in replacements}
    for name in (n for n in rebased_on if n + OLD not in replaced):
        tests = [test for other, test in absorbed.items() if _in_one_function(name, other, correction)]
        if tests:  # nothing counts yet, so that all summaries in one exponent may stand at their new values
            replacements.append((name + OLD, select(_either(tests), Param(name), Param(name + OLD))))
    return Safety(tuple(replacements), correction, starts_safe, ", ".join(kinds) or "nothing is undefined there")


def _in_one_function(name: str, other: str, correction: Matrix) -> bool:
    """Whether the old values of two summaries stand in one argument of a function that may overflow where only one of them is replaced."""
    entries = (e for row in correction for k in row if k is not None for e in walk(k))
    functions = (e for e in entries if isinstance(e, Apply) and e.op not in POLYNOMIAL)
    return any({Param(name + OLD), Param(other + OLD)} <= set(walk(e)) for e in functions)


def _either(tests: Sequence[Expr]) -> Expr:
    result = tests[0]
    for t in tests[1:]:
        result = Apply("or", (result, t))
    return result


def _bottoms(
    summary: Summary, reached: Sequence[float], accumulators: Sequence[Accumulator], correction: Matrix, known: Invariants, functions: Table
) -> tuple[list[float], bool]:
    """The values of the summary, of those reached from its start on, at which a basis or the correction is undefined, and whether the correction
    from the start alone is fine."""
    bases = [a.basis for a in accumulators]
    entries = [e for row in correction for e in row if e is not None]
    samples = Samples(known, [*bases, *entries])
    new, old = Param(summary.name), Param(summary.name + OLD)
    found: list[float] = []
    starts = True
    start = reached[0]
    for value in dict.fromkeys((*reached, 0.0) if summary.range.low == 0 else reached):
        from_it = all(_regular(entries, {old: value}, samples, functions) for _ in range(_TRIALS))
        at_it = from_it and _regular([*bases, *entries], {new: value, old: value}, samples, functions)
        starts = starts and from_it and (at_it or value == start)
        if not at_it:
            found.append(value)
    return found, starts


def _drawn_along(summary: Summary, accumulators: Sequence[Accumulator], known: Invariants, functions: Table) -> list[tuple[float, dict[Expr, float]]]:
    """Infinities that a summary is at while one that its body refers to is at its own bottom, each with an element that was visited by then:
    `max(x - D)` where all of D's elements are masked, `max(x / D)` where they have added up to 0."""
    bases = [a.basis for a in accumulators]
    found: list[tuple[float, dict[Expr, float]]] = []
    for other in (known.summaries[n] for n in known.summaries if Param(n) in walk(summary.body)):
        start = known.laws.identity(other.op)
        low = {start} if start is not None and math.isinf(start) else set[float]()
        low |= {0.0} if other.range.low == 0 else set()
        samples, corners = Samples(known, [summary.body, other.body, *bases]), Corners([summary.body, other.body])
        try:
            for point in (p for _ in range(_POINTS) for p in corners.points(samples.draw())):
                for bottom, values in ((b, v) for b in low for v in _elements_at(b, other, point, functions)):
                    value = evaluate(summary.body, {**values, Param(other.name): bottom}, functions)
                    if math.isinf(value):
                        found.append((value, values))
        except Opaque:
            continue
    return found


def _anchor(name: str, bottoms: Sequence[float], accumulators: Sequence[Accumulator], known: Invariants, functions: Table) -> Expr:
    """A regular value: 0, or 1 where 0 is none."""
    bases = [a.basis for a in accumulators]
    samples = Samples(known, bases)
    regular = 0.0 not in bottoms and _regular(bases, {Param(name): 0.0}, samples, functions)
    return ZERO if regular else ONE


def _at_bottom(value: Expr, bottoms: Sequence[float], summary: Summary) -> Expr:
    if len(bottoms) > 1 and summary.range.nonnegative and max(bottoms) <= 0:
        return Apply("le", (value, ZERO))
    return _either([Apply("eq", (value, Num(int(b) if math.isfinite(b) else b))) for b in bottoms])


def _regular(exprs: Sequence[Expr], fixed: Mapping[Expr, float], samples: Samples, functions: Table) -> bool:
    values = {**samples.draw(), **fixed}
    try:
        return all(math.isfinite(evaluate(e, values, functions)) for e in exprs)
    except Opaque:
        return all(math.isfinite(v) for v in fixed.values())  # what it does at an infinity nobody knows


Kind: TypeAlias = Literal["absorbed", "undefined in the original", "counted from the anchor"]
_KINDS: tuple[Kind, ...] = ("absorbed", "undefined in the original", "counted from the anchor")


def _at_elements(
    accumulator: Accumulator, summary: Summary, bottoms: Sequence[float], visited: Sequence[Mapping[Expr, float]], known: Invariants, functions: Table
) -> Kind:
    """The least harmless of what happens at several bottoms, and at elements that were `visited` while another summary drew this one there."""
    met = {_at_element(accumulator, summary, b, known, functions) for b in bottoms}
    try:
        if any(evaluate(accumulator.basis, values, functions) != accumulator.identity for values in visited):
            met.add("counted from the anchor")
    except Opaque:
        met.add("counted from the anchor")
    return next(kind for kind in reversed(_KINDS) if kind in met)


def _at_element(accumulator: Accumulator, summary: Summary, bottom: float, known: Invariants, functions: Table) -> Kind:
    """What an element that is itself at the bottom contributes to an accumulator under a regular value of the summary."""
    if math.isinf(bottom) and math.isfinite(summary.range.low if bottom < 0 else summary.range.high):
        return "absorbed"  # no element can be there, so nothing was visited
    samples = Samples(known, [accumulator.basis, summary.body])
    zeros = zero_forces(summary.body, known) if bottom == 0 else frozenset[Leaf]()
    if bottom == 0 and not zeros:
        return "counted from the anchor"
    kind: Kind = "absorbed"
    corners = Corners([accumulator.basis, summary.body])
    drawn = (point for _ in range(_POINTS) for point in corners.points(samples.draw()))
    try:
        for point in drawn:
            for values in _elements_at(bottom, summary, {**point, **dict.fromkeys(zeros, 0.0)}, functions):
                value = evaluate(accumulator.basis, values, functions)
                if not math.isfinite(value):
                    kind = "undefined in the original"
                elif value != accumulator.identity:
                    return "counted from the anchor"
    except Opaque:
        return "counted from the anchor"
    return kind


def _elements_at(bottom: float, summary: Summary, values: dict[Expr, float], functions: Table) -> Iterator[dict[Expr, float]]:
    """The given element, and variants of it with one variable at an infinity, as far as the summary's body is at the bottom there."""
    leaves = element_leaves(summary.body)
    for varied in (values, *({**values, leaf: end} for leaf in leaves for end in (-math.inf, math.inf))):
        if evaluate(summary.body, varied, functions) == bottom:
            yield varied
