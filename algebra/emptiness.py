"""Fibers without a visited element: is a final value right there by itself, and if not, which summary tells."""

from __future__ import annotations

from collections.abc import Sequence

from .derivation import Accumulator
from .evaluate import Opaque, evaluate, float_functions
from .expr import Apply, Expr, Num, Param
from .invariants import Invariants
from .samples import Samples
from .scope import params


def empty_value(accumulators: Sequence[Accumulator], final: Expr, known: Invariants) -> float | None:
    """What `final` gives when nothing was visited and every summary is at its identity; None if that is not one value."""
    values: set[float] = set()
    samples = Samples(known, [final])
    table = float_functions(known.laws)
    for _ in range(3):
        env = samples.draw()
        env.update({Param(a.name): a.identity for a in accumulators})
        env.update({Param(n): known.laws.identity(s.op) or 0.0 for n, s in known.summaries.items()})
        try:
            values.add(evaluate(final, env, table))
        except Opaque:
            return None
    return values.pop() if len(values) == 1 else None


def emptiness(accumulators: Sequence[Accumulator], final: Expr, known: Invariants) -> Expr | None:
    """A test that tells an empty fiber: a summary that no real element leaves at its identity, or a count. None if there is none.

    The summaries are those that the final value depends on, directly or through others. A sum of positive terms comes first: it is zero also
    where all elements are masked, which is where a division by it would make a running value infinite.
    """
    near = [p for p in params(final) if p in known.summaries]
    for name in near:
        near += [p for p in params(known.summaries[name].body) if p in known.summaries and p not in near]
    for name in near:
        summary = known.summaries[name]
        if summary.op == "add" and summary.range.positive:
            return Apply("eq", (Param(name), Num(0)))
    counts = [a.name for a in accumulators if a.op == "add" and a.basis == Num(1)]
    if counts:
        return Apply("eq", (Param(counts[0]), Num(0)))
    extremes = [a for a in accumulators if a.op in ("max", "min")]
    if extremes:
        return Apply("eq", (Param(extremes[0].name), Num(extremes[0].identity)))
    for name in near:
        summary = known.summaries[name]
        if summary.op in ("max", "min"):
            return Apply("eq", (Param(name), Num(known.laws.identity(summary.op) or 0.0)))
    return None
