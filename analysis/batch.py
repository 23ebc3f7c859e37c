"""A cascade over one more rank, which every tensor gets as its first dimension: many inputs in one evaluation.

The Einsums stay what they are; each coordinate of the new rank is an evaluation of its own. For measurements and comparisons that run
one program on a thousand small inputs, where starting an Einsum costs more than what it computes.
"""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute, Operation

from ..algebra.affine import Affine
from ..algebra.expr import Access, Expr, Leaf, map_leaves
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ReturnOp, ViewOp, YieldOp
from ..dialects.einsum_attrs import Keep, MapAttr, RanksAttr, SubscriptsAttr, ViewAttr
from .resize import resize


class NotBatched(ValueError):
    """A cascade in which one input's course decides how long another is computed, or whose history of generations is kept."""


def batch(module: Operation, rank: str, size: int) -> None:
    """Give every tensor of every cascade in `module` the rank as its first dimension. The module is then to be verified.

    Raises `NotBatched` where an iteration ends by a test or collects tensors, and where a cascade has such a rank already.
    """
    cascades = [op for op in module.walk() if isinstance(op, CascadeOp)]
    for op in cascades:
        if rank in op.sizes:
            raise NotBatched(f"cascade '@{op.sym_name.data}' has a rank '{rank}'")
        for inner in op.walk():
            if isinstance(inner, YieldOp) and (inner.until is not None or len(inner.collected)):
                raise NotBatched("an iteration that ends by a test, or collects tensors, is run input by input")
    for op in cascades:
        op.ranks = RanksAttr(((rank, size), *op.ranks.data))
        for inner in op.walk():
            _lead(inner, Affine.rank(rank))
    resize(module, {})


def _lead(op: Operation, first: Affine) -> None:
    """One operation with `first` in front of all subscripts."""

    def subscripts(found: SubscriptsAttr) -> SubscriptsAttr:
        return SubscriptsAttr((first, *found.data))

    def each(found: Iterable[Attribute]) -> list[Attribute]:
        return [subscripts(a) if isinstance(a, SubscriptsAttr) else a for a in found]

    def leaf(e: Leaf) -> Expr:
        return Access(e.tensor, (first, *e.subscripts)) if isinstance(e, Access) else e

    match op:
        case CascadeOp():
            op.inputs, op.outputs = (ArrayAttr([subscripts(a) for a in found]) for found in (op.inputs, op.outputs))
        case ComputeOp():
            op.out = subscripts(op.out)
            op.map = MapAttr(map_leaves(op.map.data, leaf))
        case ViewOp():
            op.regroup = ViewAttr((Keep(first.ranks[0]), *op.regroup.data))
        case IterateOp():
            op.states = ArrayAttr([subscripts(a) for a in op.states])
            op.properties["init"] = ArrayAttr(each(op.init))
        case YieldOp() | ReturnOp():
            op.subscripts = ArrayAttr([subscripts(a) for a in op.subscripts])
        case _:
            pass
