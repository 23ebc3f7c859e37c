"""What a task asks of the processing elements: scalar operations, register accesses, how many of the elements have work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ..algebra.operators import SCALAR_OPERATORS
from ..dialects.accel import ArrayOp, TaskOp
from ..dialects.accel_mix import task_mix, task_points, unit_of

OPERANDS: Mapping[str, int] = {"mac": 3, "select": 3}
"""Entries of an array's table that read another number of operands than an operator of that name has; two if nothing is known."""


def _none() -> Mapping[str, int]:
    return {}


@dataclass(frozen=True)
class Actions:
    """One run of a task: operations by entry of the array's table; accesses to registers, one per operand and result of an operation;
    the share of the array's elements, times its cycles, that is work."""

    operations: Mapping[str, int] = field(default_factory=_none)
    register_reads: int = 0
    register_writes: int = 0
    filled: Fraction = Fraction(1)


def actions_of(task: TaskOp, array: ArrayOp, tiles: Mapping[str, int], cycles: Fraction) -> Actions:
    """The actions of a verified task that takes `cycles`."""
    table = array.ops.table
    operations: dict[str, int] = {}
    work = Fraction(0)
    for count, points in zip(task_mix(task, array), task_points(task, tiles), strict=True):
        for op, times in count.items():
            unit = unit_of(op, table) or op
            operations[unit] = operations.get(unit, 0) + times * points
            work += Fraction(table[unit]) * times * points
    if task.cost is not None:
        work = Fraction(task.cost.data) * task_points(task, tiles)[0]
    reads = sum(_operands(op) * times for op, times in operations.items())
    filled = min(Fraction(1), work / (cycles * array.rows.data * array.cols.data))
    return Actions(operations, reads, sum(operations.values()), filled)


def _operands(op: str) -> int:
    known = SCALAR_OPERATORS.get(op)
    return OPERANDS.get(op, 2 if known is None else known.arity)
