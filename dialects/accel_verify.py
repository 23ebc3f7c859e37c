"""What makes the operations of a kernel well formed: ranks, subscripts and shapes in agreement, and places that the machine has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.ir import BlockArgument, Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine, Comparison, extent, is_empty
from ..algebra.expr import Access, Apply, Param, RankShape, ranks, walk
from ..algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from . import accel
from .accel_legal import check_schedule
from .accel_machine import MachineOp
from .accel_mix import task_cycles
from .accel_text import tile_extents
from .einsum_scope import INDEX_TYPE, tensor_of
from .einsum_verify import find_operator
from .notation import nearest, results_of

if TYPE_CHECKING:
    from .accel import KernelOp, LoadOp, StateOp, StoreOp, TaskOp, UpdateOp


def kernel_of(op: Operation) -> KernelOp:
    """The kernel that `op` stands in."""
    parent = op.parent_op()
    if not isinstance(parent, accel.KernelOp):
        raise VerifyException(f"'{op.name}' must stand in an accel.kernel")
    return parent


def machine_of(kernel: KernelOp) -> MachineOp:
    """The machine that a kernel runs on, from the module around it."""
    top: Operation = kernel
    while (parent := top.parent_op()) is not None:
        top = parent
    machines = {m.sym_name.data: m for m in top.walk() if isinstance(m, MachineOp)}
    name = kernel.machine.string_value()
    if name not in machines:
        raise VerifyException(f"unknown machine '@{name}'{nearest(name, list(machines))}")
    return machines[name]


def check_known(names: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise VerifyException(f"unknown {what} '{name}'{nearest(name, known)}")


def named(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else "a tile"


def verify_kernel(op: KernelOp) -> None:
    for rank in op.tiles.sizes:
        if rank in op.loops:
            raise VerifyException(f"rank '{rank}' is both a loop of the nest and a tile rank")
    names = op.tensor_names
    if len(names) != len(op.body.block.args):
        raise VerifyException(f"{len(names)} tensors are named, but the body has {len(op.body.block.args)} arguments")
    for name in names:
        if names.count(name) > 1:
            raise VerifyException(f"tensor '%{name}' is declared twice")
    for name, argument in zip(names, op.body.block.args, strict=True):
        if not isinstance(argument.type, TensorType) or any(d < 1 for d in argument.type.get_shape()):
            raise VerifyException(f"tensor '%{name}' has type {argument.type}; every dimension must be at least 1")
    for inner in op.body.block.ops:
        if not isinstance(inner, accel.LoadOp | accel.TaskOp | accel.StateOp | accel.UpdateOp | accel.StoreOp):
            raise VerifyException(f"'{inner.name}' cannot stand in a kernel")
    _check_isolated(op)
    check_schedule(op, machine_of(op))


def _check_isolated(kernel: KernelOp) -> None:
    above: set[SSAValue] = set(kernel.body.block.args)
    for op in kernel.body.block.ops:
        for value in op.operands:
            if value not in above:
                raise VerifyException(f"{named(value)} is used above where it is made, or made outside the kernel")
        above.update(op.results)


def _check_when(op: LoadOp | TaskOp | StoreOp, kernel: KernelOp) -> None:
    loops = op.when_.loops
    check_known(loops, kernel.loops, "loop")
    for loop in loops:
        if loops.count(loop) > 1:
            raise VerifyException(f"loop '{loop}' stands twice in 'at {op.when_}'")
    if op.stage_ < 0 or op.copies_ < 1:
        raise VerifyException(f"stage {op.stage_} and copies {op.copies_}: a stage is at least 0, copies at least 1")


def _check_tensor_access(kernel: KernelOp, tensor: SSAValue, subscripts: Sequence[Affine], outputs: bool) -> None:
    count = len(kernel.inputs)
    if not isinstance(tensor, BlockArgument) or (tensor.index >= count) != outputs:
        raise VerifyException(f"{named(tensor)} is not an {'output' if outputs else 'input'} tensor of the kernel")
    shape = tensor_of(tensor).get_shape()
    check_known((r for s in subscripts for r in s.ranks), kernel.sizes, "rank")
    if len(shape) != len(subscripts):
        raise VerifyException(f"{named(tensor)} has {len(shape)} dimensions, {len(subscripts)} subscripts given")
    for position, (subscript, size) in enumerate(zip(subscripts, shape, strict=True)):
        low, high = subscript.bounds(kernel.sizes)
        if high < 0 or low >= size:
            raise VerifyException(f"subscript '{subscript}' runs from {low} to {high}, all outside dimension {position} of {named(tensor)}, of size {size}")


def verify_load(op: LoadOp) -> None:
    kernel = kernel_of(op)
    _check_when(op, kernel)
    _check_tensor_access(kernel, op.source, op.subscripts.data, outputs=False)
    machine = machine_of(kernel)
    memory = op.memory.string_value()
    check_known((memory,), machine.memories, "memory")
    if machine.memories[memory].offchip is not None:
        raise VerifyException(f"'@{memory}' is the offchip memory, from which tiles are loaded")
    _check_tile(op.result, op.subscripts.data, kernel)
    if op.result.type.get_element_type() != tensor_of(op.source).get_element_type():
        raise VerifyException(f"a tile of {named(op.source)} has its element type, not {op.result.type.get_element_type()}")


def _check_tile(tile: SSAValue, subscripts: tuple[Affine, ...], kernel: KernelOp) -> None:
    expected = tuple(e for e in tile_extents(subscripts, kernel.tiles.sizes) if e is not None)
    if tensor_of(tile).get_shape() != expected:
        raise VerifyException(f"{named(tile)} has shape {list(tensor_of(tile).get_shape())}, but the subscripts cut tiles of shape {list(expected)}")


def verify_store(op: StoreOp) -> None:
    kernel = kernel_of(op)
    _check_when(op, kernel)
    _check_is_tile(op.value)
    _check_tensor_access(kernel, op.target, op.subscripts.data, outputs=True)
    _check_tile(op.value, op.subscripts.data, kernel)


def _check_is_tile(value: SSAValue) -> None:
    if isinstance(value, BlockArgument):
        raise VerifyException(f"{named(value)} is in the offchip memory; load a tile of it first")


def verify_state(op: StateOp) -> None:
    kernel = kernel_of(op)
    check_known((op.loop.data,), kernel.loops, "loop")
    _check_shape(op.result, op.subscripts.data, kernel.tiles.sizes)
    if (op.init is None) == (op.initial is None):
        raise VerifyException("a state is initialised by a number or by a tile")
    if op.initial is not None:
        _check_is_tile(op.initial)
        if op.initial.type != op.result.type:
            raise VerifyException(f"a state of type {op.result.type} is initialised by {named(op.initial)} of type {op.initial.type}")
    updates = [u for u in kernel.body.block.ops if isinstance(u, accel.UpdateOp) and u.state is op.result]
    if len(updates) != 1:
        raise VerifyException(f"state {named(op.result)} is updated {len(updates)} times; a state has one accel.update")


def verify_update(op: UpdateOp) -> None:
    kernel_of(op)
    if not isinstance(state := op.state.owner, accel.StateOp):
        raise VerifyException(f"{named(op.state)} is not a state")
    if not isinstance(producer := op.value.owner, accel.TaskOp | accel.LoadOp):
        raise VerifyException(f"state {named(op.state)} must be updated by a tile that a task or a load made")
    if op.value.type != op.state.type:
        raise VerifyException(f"state {named(op.state)} of type {op.state.type} is updated by {named(op.value)} of type {op.value.type}")
    if state.loop.data in producer.when_.loops:
        raise VerifyException(f"{named(op.value)} is made 'at {producer.when_}', so it cannot carry state over '{state.loop.data}'")


def _check_shape(value: SSAValue, subscripts: Sequence[Affine], tiles: Mapping[str, int]) -> None:
    check_known((r for s in subscripts for r in s.ranks), tiles, "tile rank")
    shape = tuple(s.bounds(tiles)[1] + 1 for s in subscripts)
    if tensor_of(value).get_shape() != shape:
        raise VerifyException(f"{named(value)} has type {value.type}, but its subscripts give the shape {list(shape)}")


def verify_task(op: TaskOp) -> None:
    kernel = kernel_of(op)
    _check_when(op, kernel)
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
        _check_shape(result, op.out.data, tiles)
    if len(op.results_) == 2 and op.results_[1].type.get_element_type() != INDEX_TYPE:
        raise VerifyException(f"coordinates have type {INDEX_TYPE}")
    _check_place(op, kernel, [*kept, *reduced])


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
                    told = f"takes {arity} operands, {len(args)} given" if arity is not None else f"is unknown{nearest(operator, list(SCALAR_OPERATORS))}"
                    raise VerifyException(f"operator '{operator}' {told}")
            case _:
                pass
    if len(used) != len(op.operands_):
        raise VerifyException(f"{named(op.operands_[min(set(range(len(op.operands_))) - used)])} is an operand that the map does not read")


def _check_access(value: SSAValue, subscripts: Sequence[Affine], sizes: Mapping[str, int], where: Sequence[Comparison]) -> None:
    _check_is_tile(value)
    shape = tensor_of(value).get_shape()
    if len(shape) != len(subscripts):
        raise VerifyException(f"{named(value)} has {len(shape)} dimensions, {len(subscripts)} subscripts given")
    for position, (subscript, size) in enumerate(zip(subscripts, shape, strict=True)):
        low, high = extent(subscript, sizes, where)
        if low < 0 or high >= size:
            raise VerifyException(f"subscript '{subscript}' of {named(value)} runs from {low} to {high}, but dimension {position} has size {size}")


def _check_place(op: TaskOp, kernel: KernelOp, iterated: Sequence[str]) -> None:
    """The task runs on an array that can do it, over ranks that it has, and its result lives somewhere on the chip."""
    machine = machine_of(kernel)
    array = op.array.string_value()
    check_known((array,), machine.arrays, "array")
    home = op.home_name
    check_known((home,), [*machine.arrays, *machine.memories], "array or memory")
    if home in machine.memories and machine.memories[home].offchip is not None:
        raise VerifyException(f"'@{home}' is the offchip memory; a task's result lives on the chip until it is stored")
    spaces = [*op.row_ranks, *op.col_ranks]
    for rank in spaces:
        if rank not in iterated:
            raise VerifyException(f"rank '{rank}' is spread over '@{array}', but the task has the ranks {', '.join(iterated) or 'none'}{nearest(rank, list(iterated))}")
        if spaces.count(rank) > 1:
            raise VerifyException(f"rank '{rank}' is spread over '@{array}' twice")
    task_cycles(op, machine.arrays[array], kernel.tiles.sizes)
