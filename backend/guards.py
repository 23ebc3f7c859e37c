"""In which iterations a task has nothing to do, because its filter leaves no point of its tile: above the diagonal of a causal mask, say;
and in which an operation is left out altogether, because its `if` clause says so."""

from __future__ import annotations

from collections.abc import Iterator

from ..algebra.affine import Affine
from ..dialects.accel import KernelOp, TaskOp
from ..dialects.accel_guard import conditions
from ..dialects.accel_nest import Scheduled
from .steps import Clip

EVER = 1 << 300
"""More than any coordinate: what a guard's place is never above."""


def guards_of(op: TaskOp, kernel: KernelOp) -> tuple[Clip, ...]:
    """Per comparison of a task's filter that some iteration fails at every point of the tile: one element that is there in the others.

    A comparison says that some affine expression is not negative. Its largest value in a tile stands at the place that the loops give; the
    element at that place exists unless the place is below zero.
    """
    if op.where is None:
        return ()
    expressions = (e for c in op.where.data for e in c.nonnegative())
    return tuple(_guards(expressions, kernel))


def left_out(op: Scheduled) -> tuple[Clip, ...]:
    """Per condition of an operation's `if` clause: one element that is there where it holds."""
    return tuple(Clip(dict(e.terms), e.const, e.const, EVER) for e in conditions(op.guard_))


def _guards(expressions: Iterator[Affine], kernel: KernelOp) -> Iterator[Clip]:
    tiles, loops = kernel.tiles.sizes, kernel.loops
    for expression in expressions:
        base = {r: c for r, c in expression.terms if r in loops}
        _, largest = Affine.of(((r, c) for r, c in expression.terms if r not in loops), expression.const).bounds(tiles)
        least = largest + sum(min(0, c * (loops[r] - 1)) for r, c in base.items())
        if base and least < 0:
            yield Clip(base, largest, largest, EVER)
