"""What a task asks of its array: scalar operations per point, and from those the cycles it occupies the array.

A processing element does one operation at a time, so operations of a point add up. All cycles come from the array's own table; what
stands here is which operations share a unit (an adder subtracts) and which fuse (a product into a sum).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING

from xdsl.ir import Operation
from xdsl.utils.exceptions import VerifyException

from ..algebra.expr import Access, Apply, Expr, Num, Param, RankValue, substitute_params, walk
from ..algebra.operators import REDUCTION_OPERATORS
from .einsum_verify import find_operator
from .notation import Reduction

if TYPE_CHECKING:
    from .accel_machine import ArrayOp
    from .accel_task import TaskOp

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "sub": "add",
        "neg": "add",
        "mul": "mac",
        "min": "max",
        "argmax": "max",
        "argmin": "max",
        "abs": "max",
        "lt": "max",
        "le": "max",
        "gt": "max",
        "ge": "max",
        "eq": "max",
        "ne": "max",
        "select": "max",
        "and": "max",
        "or": "max",
        "not": "max",
        "sign": "max",
    }
)
"""Operation -> the operation on whose unit it runs, at the same cycles, if the array's table does not name it."""

FUSED: Mapping[tuple[str, str], str] = MappingProxyType({("add", "mul"): "mac", ("sub", "mul"): "mac"})
"""(outer, inner) -> the one operation that does both, if the array has it: a product that goes into a sum."""


DEFINITIONS: Mapping[str, Expr] = MappingProxyType(
    {
        "sigmoid": Apply("div", (Num(1), Apply("add", (Num(1), Apply("exp", (Apply("neg", (Param("x"),)),)))))),
        "tanh": Apply("sub", (Num(1), Apply("div", (Num(2), Apply("add", (Num(1), Apply("exp", (Apply("mul", (Num(2), Param("x"))),)))))))),
        "rsqrt": Apply("div", (Num(1), Apply("sqrt", (Param("x"),)))),
    }
)
"""Operation -> what computes it on an array that has no unit for it."""


def unit_of(op: str, table: Mapping[str, float]) -> str | None:
    """The entry of an array's table that does `op`; None if the array cannot do it."""
    name: str | None = op
    while name is not None and name not in table:
        name = UNITS.get(name)
    return name


def _fuse(outer: str, inner: Expr, table: Mapping[str, float]) -> str | None:
    """The table's entry that does `outer` and the root of `inner` at once, if that is no slower than one after the other."""
    fused = FUSED.get((outer, inner.op)) if isinstance(inner, Apply) else None
    if fused is None or fused not in table or not isinstance(inner, Apply):
        return None
    apart = [table[u] for o in (outer, inner.op) if (u := unit_of(o, table)) is not None]
    return fused if len(apart) < 2 or table[fused] <= sum(apart) else None


def _is_constant(expr: Expr) -> bool:
    """Known when the kernel is built: no element and no coordinate in it."""
    return not any(isinstance(e, Access | RankValue | Param) for e in walk(expr))


def _whole_power(expr: Apply, table: Mapping[str, float]) -> int | None:
    """n if the expression is the n-th power, n >= 2 a literal, on an array without `pow`: n - 1 products."""
    exponent = expr.args[-1]
    if expr.op != "pow" or unit_of("pow", table) is not None or not isinstance(exponent, Num):
        return None
    return int(exponent.value) if exponent.value >= 2 and float(exponent.value).is_integer() else None


def _count(expr: Expr, table: Mapping[str, float], found: Counter[str], skip_root: bool = False) -> None:
    if not isinstance(expr, Apply) or _is_constant(expr):
        return
    if (power := _whole_power(expr, table)) is not None and not skip_root:
        found["mul"] += power - 1
        _count(expr.args[0], table, found)
        return
    fused_arg: Expr | None = None
    if not skip_root:
        fused_arg = next((a for a in expr.args if _fuse(expr.op, a, table) is not None), None)
        found[expr.op if fused_arg is None else FUSED[expr.op, "mul"]] += 1
    for arg in expr.args:
        _count(arg, table, found, skip_root=arg is fused_arg)
        if arg is fused_arg:
            fused_arg = None


def operation_mix(expr: Expr, reductions: Sequence[Reduction], table: Mapping[str, float]) -> tuple[Counter[str], ...]:
    """Operations per point: of the map and the first reduction at every point, then of each further reduction at the points it sees.

    Operations are named as in the expression, or as in the table where two fuse into one; an expression that appears twice counts
    twice. Users' operators should have been inlined (`inlined`) unless the table has them.
    """
    counts = [Counter[str]() for _ in range(max(1, len(reductions)))]
    first = reductions[0] if reductions else None
    fused = _fuse(_scalar(first.op), expr, table) if first is not None else None
    if fused is not None:
        counts[0][fused] += 1
    _count(expr, table, counts[0], skip_root=fused is not None)
    for position, reduction in enumerate(reductions):
        if position or fused is None:
            counts[position][reduction.op] += 1
    return tuple(counts)


def _scalar(reduction: str) -> str:
    known = REDUCTION_OPERATORS.get(reduction)
    return reduction if known is None else known.scalar


def inlined(expr: Expr, table: Mapping[str, float], definition: Callable[[str], tuple[Sequence[str], Expr] | None]) -> Expr:
    """The expression with users' operators replaced by their definitions, and so what the array has no unit for, where one is known."""
    if not isinstance(expr, Apply):
        return expr
    args = tuple(inlined(a, table, definition) for a in expr.args)
    if expr.op in DEFINITIONS and unit_of(expr.op, table) is None:
        return inlined(substitute_params(DEFINITIONS[expr.op], {"x": args[0]}), table, definition)
    declared = definition(expr.op) if expr.op.startswith("@") and expr.op not in table else None
    if declared is None:
        return Apply(expr.op, args, expr.merge)
    params, body = declared
    return inlined(substitute_params(body, dict(zip(params, args, strict=True))), table, definition)


def mix_on(op: Operation, expr: Expr, reductions: Sequence[Reduction], table: Mapping[str, float]) -> tuple[Counter[str], ...]:
    """`operation_mix` of an expression in `op`, users' operators that the table lacks by their definitions, in the map and in reductions."""

    def define(name: str) -> tuple[Sequence[str], Expr] | None:
        operator = find_operator(op, name)
        return None if operator.body is None else ([p.data for p in operator.params], operator.body.data)

    counts = operation_mix(inlined(expr, table, define), reductions, table)
    for count in counts:
        for name in [n for n in count if n.startswith("@") and n not in table]:
            if (declared := define(name)) is not None:
                times, more = count.pop(name), Counter[str]()
                _count(inlined(declared[1], table, define), table, more)
                count.update({n: c * times for n, c in more.items()})
    return counts


def task_mix(task: TaskOp, array: ArrayOp) -> tuple[Counter[str], ...]:
    """What a task asks of an array per point, see `mix_on`."""
    return mix_on(task, task.map.data, task.reduce.data if task.reduce is not None else (), array.ops.table)


def task_ranks(task: TaskOp, tiles: Iterable[str]) -> tuple[str, ...]:
    """The tile ranks of a task's iteration space: those of the result, then those reduced."""
    reduced = (r for reduction in (task.reduce.data if task.reduce is not None else ()) for r in reduction.ranks)
    known = set(tiles)
    return tuple(r for r in dict.fromkeys([*(r for s in task.out.data for r in s.ranks), *reduced]) if r in known)


def task_points(task: TaskOp, tiles: Mapping[str, int]) -> tuple[int, ...]:
    """Points of the iteration space that the map and each reduction see, matching `task_mix`."""
    ranks = list(task_ranks(task, tiles))
    points: list[int] = []
    reductions = task.reduce.data if task.reduce is not None else ()
    for position in range(max(1, len(reductions))):
        points.append(prod(tiles[r] for r in ranks))
        if reductions:
            ranks = [r for r in ranks if r not in reductions[position].ranks]
    return tuple(points)


def task_cycles(task: TaskOp, array: ArrayOp, tiles: Mapping[str, int]) -> float:
    """Cycles that a task occupies its array, at least 1.

    Per reduction: the product of the sizes of the ranks that take turns, times ceil(row ranks / rows) x ceil(column ranks /
    columns), times the cycles of a point's operations; those turns of the whole iteration space times the task's own `cost`, if it
    states one. Raises `VerifyException` naming an operation that the array lacks.
    """
    table = array.ops.table
    ranks = list(task_ranks(task, tiles))
    reductions = task.reduce.data if task.reduce is not None else ()
    whole = ranks
    total = 0.0
    for position, count in enumerate(task_mix(task, array)):
        per_point = 0.0
        for op, times in count.items():
            unit = unit_of(op, table)
            if unit is None:
                raise VerifyException(f"the machine has no '{op}' on '@{array.sym_name.data}'; it has {', '.join(table)}")
            per_point += times * table[unit]
        total += per_point * _turns(task, array, ranks, tiles)
        if reductions:
            ranks = [r for r in ranks if r not in reductions[position].ranks]
    return max(1.0, total if task.cost is None else task.cost.data * _turns(task, array, whole, tiles))


def _turns(task: TaskOp, array: ArrayOp, ranks: Sequence[str], tiles: Mapping[str, int]) -> int:
    rows = prod(tiles[r] for r in ranks if r in task.row_ranks)
    cols = prod(tiles[r] for r in ranks if r in task.col_ranks)
    time = prod(tiles[r] for r in ranks if r not in task.row_ranks and r not in task.col_ranks)
    return time * -(-rows // array.rows.data) * -(-cols // array.cols.data)
