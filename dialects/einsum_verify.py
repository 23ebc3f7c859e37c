"""What makes a cascade well formed: ranks known, shapes in agreement, reductions and filters that mean something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from xdsl.ir import Operation, SSAValue
from xdsl.traits import SymbolTable
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine, Comparison, extent, is_empty
from ..algebra.expr import Access, Apply, Expr, Param, RankShape, ranks, walk
from ..algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from . import einsum
from .einsum_attrs import NumberAttr, SubscriptsAttr
from .einsum_scope import INDEX_TYPE, is_element_type, tensor_of
from .notation import Reduction, nearest, nearest_or_all, results_of, subscripts_wanted

if TYPE_CHECKING:
    from .einsum import CascadeOp, ComputeOp, OperatorOp, ReturnOp, ViewOp


def enclosing_cascade(op: Operation) -> CascadeOp:
    """The cascade that `op` stands in."""
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, einsum.CascadeOp):
        parent = parent.parent_op()
    if parent is None:
        raise VerifyException(f"'{op.name}' must stand in an einsum.cascade")
    return parent


def iterative_ranks(op: Operation) -> list[str]:
    """The iterative ranks that are fixed coordinates where `op` stands, outermost first."""
    found: list[str] = []
    parent = op.parent_op()
    while parent is not None:
        if isinstance(parent, einsum.IterateOp):
            found.append(parent.rank.data)
        parent = parent.parent_op()
    return found[::-1]


def check_known(names: Iterable[str], sizes: Mapping[str, int]) -> None:
    """Raise for the first name that is no rank."""
    for name in names:
        if name not in sizes:
            raise VerifyException(f"unknown rank '{name}'{nearest_or_all(name, list(sizes))}")


def _name(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else "a tensor"


def _named_dimensions(value: SSAValue) -> tuple[Affine, ...] | None:
    """The subscripts that a value's dimensions were declared by, where that is a matter of the text."""
    owner = value.owner
    if isinstance(owner, einsum.ComputeOp):
        return owner.out.data
    return None


def _check_access(value: SSAValue, subscripts: Sequence[Affine], sizes: Mapping[str, int], where: Sequence[Comparison]) -> None:
    shape = tensor_of(value).get_shape()
    if len(shape) != len(subscripts):
        raise VerifyException(subscripts_wanted(_name(value), len(shape), len(subscripts)))
    declared = _named_dimensions(value)
    for position, (subscript, size) in enumerate(zip(subscripts, shape, strict=True)):
        plain = subscript.plain
        shifted = declared is not None and position < len(declared) and declared[position].plain is None
        if plain is not None and sizes[plain] == size:
            continue
        if plain is not None and not shifted:
            raise VerifyException(f"rank '{plain}' has size {sizes[plain]}, but dimension {position} of {_name(value)} has size {size}")
        low, high = extent(subscript, sizes, where)
        if low < 0 or high >= size:
            raise VerifyException(f"subscript '{subscript}' of {_name(value)} runs from {low} to {high}, but dimension {position} has size {size}")


def check_expression(op: Operation, expression: Expr, operands: Sequence[SSAValue], sizes: Mapping[str, int], where: Sequence[Comparison]) -> None:
    """Raise for a rank, an operator or a tensor that the expression may not name as it does."""
    check_known(ranks(expression), sizes)
    used: set[int] = set()
    for e in walk(expression):
        match e:
            case Access(tensor, subscripts):
                if tensor >= len(operands):
                    raise VerifyException(f"the map reads operand {tensor}, but there are {len(operands)}")
                used.add(tensor)
                _check_access(operands[tensor], subscripts, sizes, where)
            case RankShape(rank):
                check_known((rank,), sizes)
            case Param(name):
                raise VerifyException(f"parameter '%{name}' outside an operator")
            case Apply(operator, args, merge):
                check_operator(op, operator, len(args))
                if merge is not None and len(args) > 2:
                    raise VerifyException(f"operator '{operator}' has {len(args)} operands; a merge is a table over one or two")
            case _:
                pass
    if len(used) != len(operands):
        raise VerifyException(f"{_name(operands[min(set(range(len(operands))) - used)])} is an operand that the map does not read")


def check_operator(op: Operation, name: str, arity: int) -> None:
    known = SCALAR_OPERATORS.get(name)
    if known is not None:
        expected = known.arity
    elif name.startswith("@"):
        expected = len(find_operator(op, name).params)
    else:
        raise VerifyException(f"unknown operator '{name}'{nearest(name, list(SCALAR_OPERATORS))}")
    if arity != expected:
        raise VerifyException(f"operator '{name}' takes {expected} operands, {arity} given")


def find_operator(op: Operation, name: str) -> OperatorOp:
    """The declaration of the user's operator `@name`, looked up from where `op` stands."""
    table = op
    while (parent := table.parent_op()) is not None:
        table = parent
    declared = SymbolTable.lookup_symbol(table, name[1:]) if table.has_trait(SymbolTable) else None
    if not isinstance(declared, einsum.OperatorOp):
        known = [f"@{o.sym_name.data}" for o in table.walk() if isinstance(o, einsum.OperatorOp)]
        raise VerifyException(f"unknown operator '{name}'{nearest(name, known)}")
    return declared


def _check_reductions(op: Operation, reductions: Sequence[Reduction], out_ranks: set[str], fixed: Sequence[str], sizes: Mapping[str, int]) -> None:
    seen: set[str] = set()
    for position, reduction in enumerate(reductions):
        known = REDUCTION_OPERATORS.get(reduction.op)
        if known is None and not reduction.op.startswith("@"):
            raise VerifyException(f"unknown reduction '{reduction.op}'{nearest_or_all(reduction.op, list(REDUCTION_OPERATORS))}")
        if known is None:
            declared = find_operator(op, reduction.op)
            if len(declared.params) != 2:
                raise VerifyException(f"operator '{reduction.op}' takes {len(declared.params)} operands; a reduction needs one of 2")
            if not isinstance(declared.laws.data.get("identity"), NumberAttr):
                raise VerifyException(f"operator '{reduction.op}' declares no identity, which a reduction needs")
        elif known.results == 2 and position != len(reductions) - 1:
            raise VerifyException(f"'{reduction.op}' returns coordinates, so it must be the last reduction")
        if not reduction.ranks:
            raise VerifyException(f"reduction '{reduction.op}' names no rank")
        check_known(reduction.ranks, sizes)
        for rank in reduction.ranks:
            if rank in seen:
                raise VerifyException(f"rank '{rank}' is reduced twice")
            if rank in out_ranks:
                raise VerifyException(f"rank '{rank}' is reduced, but the result keeps it")
            if rank in fixed:
                raise VerifyException(f"rank '{rank}' is iterative here: it is one coordinate and cannot be reduced")
            seen.add(rank)


def _check_writes_once(subscripts: Sequence[Affine], sizes: Mapping[str, int]) -> None:
    """Each coordinate of the result is written by one point: subscripts are mixed-radix numbers of distinct ranks."""
    seen: set[str] = set()
    for subscript in subscripts:
        reach = 0
        for rank, coefficient in reversed(subscript.terms):
            if rank in seen:
                raise VerifyException(f"rank '{rank}' stands twice in the result's subscripts")
            seen.add(rank)
            if abs(coefficient) <= reach:
                raise VerifyException(f"result subscript '{subscript}' writes a coordinate more than once")
            reach += abs(coefficient) * (sizes[rank] - 1)


def verify_compute(op: ComputeOp) -> None:
    sizes = enclosing_cascade(op).sizes
    where = op.where.data if op.where is not None else ()
    reductions = op.reduce.data if op.reduce is not None else ()
    fixed = iterative_ranks(op)
    out_ranks = {r for s in op.out.data for r in s.ranks}
    check_known([*out_ranks, *(r for c in where for r in c.ranks)], sizes)
    for rank in out_ranks & set(fixed):
        raise VerifyException(f"rank '{rank}' is iterative here: it is one coordinate and no dimension of the result")
    _check_reductions(op, reductions, out_ranks, fixed, sizes)
    check_expression(op, op.map.data, op.operands_, sizes, where)
    reduced = {r for reduction in reductions for r in reduction.ranks}
    for rank in (*ranks(op.map.data), *(r for c in where for r in c.ranks)):
        if rank not in out_ranks and rank not in reduced and rank not in fixed:
            raise VerifyException(f"rank '{rank}' is neither in the result nor reduced")
    _check_writes_once(op.out.data, sizes)
    if where and is_empty(sizes, where):
        raise VerifyException(f"'where {' and '.join(map(str, where))}' leaves no point of the iteration space")
    _check_result_types(op, sizes, results_of(reductions))


def _check_result_types(op: ComputeOp, sizes: Mapping[str, int], count: int) -> None:
    if len(op.results_) != count:
        raise VerifyException(f"the Einsum gives {count} tensors, {len(op.results_)} named")
    shape = tuple(s.bounds(sizes)[1] + 1 for s in op.out.data)
    for position, result in enumerate(op.results_):
        if result.type.get_shape() != shape:
            raise VerifyException(f"result has type {result.type}, but its subscripts give the shape {list(shape)}")
        element = result.type.get_element_type()
        if not is_element_type(element) or (position == 1 and element != INDEX_TYPE):
            raise VerifyException(f"'{element}' is not an element type")


def verify_view(op: ViewOp) -> None:
    sizes = enclosing_cascade(op).sizes
    view = op.regroup
    check_known((*view.source_ranks, *view.result_ranks), sizes)
    _check_access(op.source, [Affine.rank(r) for r in view.source_ranks], sizes, ())
    if len(set(view.result_ranks)) != len(view.result_ranks):
        raise VerifyException("a rank stands twice in the view's result")
    for dimension in view.data:
        parts = getattr(dimension, "parts", None)
        if parts is None:
            continue
        product = 1
        for part in parts:
            product *= sizes[part]
        whole, outer = sizes[dimension.rank], sizes[parts[0]]
        if not product - product // outer < whole <= product:
            described = " x ".join(f"{p} = {sizes[p]}" for p in parts)
            raise VerifyException(f"rank '{dimension.rank}' of size {whole} does not fill {described}")
    if op.result.type.get_shape() != tuple(sizes[r] for r in view.result_ranks):
        raise VerifyException(f"result has type {op.result.type}, but its ranks are [{', '.join(view.result_ranks)}]")
    if op.result.type.get_element_type() != tensor_of(op.source).get_element_type():
        raise VerifyException("a view keeps the element type")


def check_uses(values: Sequence[SSAValue], subscripts: Sequence[SubscriptsAttr], sizes: Mapping[str, int], where: str) -> None:
    """Raise where tensors are not as large as what they are subscripted by; `where` says where that stands."""
    if len(values) != len(subscripts):
        raise VerifyException(f"{where} has {len(values)} tensors and {len(subscripts)} lists of subscripts")
    for value, attr in zip(values, subscripts, strict=True):
        check_known((r for s in attr.data for r in s.ranks), sizes)
        shape = tensor_of(value).get_shape()
        if shape != tuple(s.bounds(sizes)[1] + 1 for s in attr.data):
            raise VerifyException(f"{_name(value)} has shape {list(shape)}, but is named [{', '.join(map(str, attr.data))}] in {where}")


def verify_cascade(op: CascadeOp) -> None:
    sizes = op.sizes
    if not isinstance(op.body.block.last_op, einsum.ReturnOp):
        raise VerifyException("a cascade must end in einsum.return")
    check_uses(op.body.block.args, op.inputs.data, sizes, "the arguments")
    if len(op.empties) != len(op.inputs):
        raise VerifyException(f"{len(op.inputs)} arguments, but {len(op.empties)} empty values")
    if not is_element_type(op.element):
        raise VerifyException(f"'{op.element}' is not an element type")
    for attr in op.outputs:
        check_known((r for s in attr.data for r in s.ranks), sizes)
    returned = op.return_op.subscripts
    if returned != op.outputs:
        told = ", ".join(f"[{', '.join(map(str, o.data))}]" for o in op.outputs)
        given = ", ".join(f"[{', '.join(map(str, o.data))}]" for o in returned)
        raise VerifyException(f"cascade '@{op.sym_name.data}' declares the results {told}, but returns {given or 'nothing'}")


def verify_return(op: ReturnOp) -> None:
    check_uses(op.values, op.subscripts.data, enclosing_cascade(op).sizes, "einsum.return")
