"""What makes a task well formed: an Einsum over tile ranks that its operands have, on an array that can do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xdsl.ir import SSAValue
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine, Comparison, extent, is_empty
from ..algebra.expr import Access, Apply, Param, RankShape, ranks, walk
from ..algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from .accel_checks import check_is_tile, check_known, check_shape, check_when, kernel_of, machine_if_known, named
from .accel_clauses import check_not_negative, check_positive
from .accel_mix import task_cycles
from .einsum_scope import INDEX_TYPE, tensor_of
from .einsum_verify import find_operator
from .notation import nearest, results_of, subscripts_wanted

if TYPE_CHECKING:
    from .accel import KernelOp
    from .accel_task import TaskOp


def verify_task(op: TaskOp) -> None:
    kernel = kernel_of(op)
    check_when(op, kernel)
    tiles, sizes = kernel.tiles.sizes, kernel.sizes
    where = op.where.data if op.where is not None else ()
    reductions = op.reduce.data if op.reduce is not None else ()
    reduced = [r for reduction in reductions for r in reduction.ranks]
    kept = [r for s in op.out.data for r in s.ranks]
    check_known([*reduced, *kept], tiles, "tile rank")
    for rank in reduced:
        if rank in kept or reduced.count(rank) > 1:
            raise VerifyException(f"rank '{rank}' is reduced{', but the result keeps it' if rank in kept else ' twice'}")
    if len(set(kept)) != len(kept):
        raise VerifyException("a rank stands twice in the result's subscripts")
    check_known((r for c in where for r in c.ranks), sizes, "rank")
    for rank in (*ranks(op.map.data), *(r for c in where for r in c.ranks)):
        if rank in tiles and rank not in kept and rank not in reduced:
            raise VerifyException(f"rank '{rank}' is neither in the result nor reduced")
    if where and is_empty(sizes, where):
        raise VerifyException(f"'where {' and '.join(map(str, where))}' leaves no point of the iteration space")
    for position, reduction in enumerate(reductions):
        known = REDUCTION_OPERATORS.get(reduction.op)
        if known is None and not reduction.op.startswith("@"):
            raise VerifyException(f"unknown reduction '{reduction.op}'{nearest(reduction.op, list(REDUCTION_OPERATORS))}")
        if known is not None and known.results == 2 and position != len(reductions) - 1:
            raise VerifyException(f"'{reduction.op}' returns coordinates, so it must be the last reduction")
    _check_map(op, sizes, where)
    if len(op.results_) != results_of(reductions):
        raise VerifyException(f"the Einsum gives {results_of(reductions)} tiles, {len(op.results_)} named")
    for result in op.results_:
        check_shape(result, op.out.data, tiles)
    if len(op.results_) == 2 and op.results_[1].type.get_element_type() != INDEX_TYPE:
        raise VerifyException(f"coordinates have type {INDEX_TYPE}")
    _check_place(op, kernel, [*kept, *reduced])
    check_known(op.turn_order, [*kept, *reduced], "rank")
    check_positive(op, "cost")
    check_not_negative(op, "delay")
    for position in op.tapped:
        if position >= len(op.operands_):
            raise VerifyException(f"the task taps operand {position}, but has {len(op.operands_)}")


def _check_map(op: TaskOp, sizes: Mapping[str, int], where: Sequence[Comparison]) -> None:
    check_known(ranks(op.map.data), sizes, "rank")
    used: set[int] = set()
    for e in walk(op.map.data):
        match e:
            case Access(tensor, subscripts):
                if tensor >= len(op.operands_):
                    raise VerifyException(f"the map reads operand {tensor}, but there are {len(op.operands_)}")
                used.add(tensor)
                _check_access(op.operands_[tensor], subscripts, sizes, where)
            case RankShape(rank):
                check_known((rank,), sizes, "rank")
            case Param(name):
                raise VerifyException(f"parameter '%{name}' outside an operator")
            case Apply(operator, args):
                known = SCALAR_OPERATORS.get(operator)
                arity = known.arity if known is not None else len(find_operator(op, operator).params) if operator.startswith("@") else None
                if arity != len(args):
                    told = (
                        f"takes {arity} operands, {len(args)} given"
                        if arity is not None
                        else f"is unknown{nearest(operator, list(SCALAR_OPERATORS))}"
                    )
                    raise VerifyException(f"operator '{operator}' {told}")
            case _:
                pass
    if op.onto_ is not None:
        _check_onto(op, op.onto_)
        used.add(op.onto_)
    if len(used) != len(op.operands_):
        raise VerifyException(f"{named(op.operands_[min(set(range(len(op.operands_))) - used)])} is an operand that the map does not read")


def _check_onto(op: TaskOp, position: int) -> None:
    if position >= len(op.operands_) or op.reduce is None or len(op.results_) > 1:
        raise VerifyException("'onto' needs an operand, and a reduction with one result that continues from it")
    value = op.operands_[position]
    check_is_tile(value)
    if value.type != op.results_[0].type:
        raise VerifyException(f"{named(value)} of type {value.type} is what %{op.results_[0].name_hint} of type {op.results_[0].type} starts from")


def _check_access(value: SSAValue, subscripts: Sequence[Affine], sizes: Mapping[str, int], where: Sequence[Comparison]) -> None:
    check_is_tile(value)
    shape = tensor_of(value).get_shape()
    if len(shape) != len(subscripts):
        raise VerifyException(subscripts_wanted(named(value), len(shape), len(subscripts)))
    for position, (subscript, size) in enumerate(zip(subscripts, shape, strict=True)):
        low, high = extent(subscript, sizes, where)
        if low < 0 or high >= size:
            raise VerifyException(f"subscript '{subscript}' of {named(value)} runs from {low} to {high}, but dimension {position} has size {size}")


def _check_place(op: TaskOp, kernel: KernelOp, iterated: Sequence[str]) -> None:
    """The task runs on an array that can do it, over ranks that it has, and its result lives somewhere on the chip."""
    machine = machine_if_known(kernel)
    if machine is None:
        return
    array = op.array.string_value()
    check_known((array,), machine.arrays, "array")
    home = op.home_name
    check_known((home,), [*machine.arrays, *machine.memories], "array or memory")
    if home in machine.memories and machine.memories[home].offchip is not None:
        raise VerifyException(f"'@{home}' is the offchip memory; a task's result lives on the chip until it is stored")
    spaces = [*op.row_ranks, *op.col_ranks]
    for rank in spaces:
        if rank not in iterated:
            raise VerifyException(
                f"rank '{rank}' is spread over '@{array}', but the task has the ranks {', '.join(iterated) or 'none'}{nearest(rank, list(iterated))}"
            )
        if spaces.count(rank) > 1:
            raise VerifyException(f"rank '{rank}' is spread over '@{array}' twice")
    task_cycles(op, machine.arrays[array], kernel.tiles.sizes)
