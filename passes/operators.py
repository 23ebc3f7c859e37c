"""The laws a module's cascades may rely on: the algebra's tables and the operators that the module declares."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import ArrayAttr, StringAttr, UnitAttr
from xdsl.ir import Attribute, Operation

from ..algebra.expr import Param, RankValue, map_leaves
from ..algebra.laws import DEFAULT_LAWS, Laws, UserOperator
from ..dialects.einsum import OperatorOp
from ..dialects.einsum_attrs import NumberAttr


def laws_of(module: Operation) -> Laws:
    """The built-in laws and those of every `einsum.operator` in the module."""
    return DEFAULT_LAWS.with_operators(*(user_operator(op) for op in module.walk() if isinstance(op, OperatorOp)))


def user_operator(op: OperatorOp) -> UserOperator:
    """A declared operator as the algebra knows it."""
    params = tuple(p.data for p in op.params)
    laws = op.laws.data
    identity = laws.get("identity")
    inverse = laws.get("inverse")
    monotone = laws.get("monotone")
    body = None
    if op.body is not None:
        body = map_leaves(op.body.data, lambda e: Param(e.rank) if isinstance(e, RankValue) and e.rank in params else e)
    over, homomorphism = _names(laws.get("distributes_over")), _names(laws.get("homomorphism"))
    direction = monotone.data if isinstance(monotone, StringAttr) else None
    return UserOperator(
        name=op.sym_name.data,
        params=params,
        body=body,
        associative=isinstance(laws.get("associative"), UnitAttr),
        commutative=isinstance(laws.get("commutative"), UnitAttr),
        identity=float(identity.data) if isinstance(identity, NumberAttr) else None,
        inverse=inverse.data if isinstance(inverse, StringAttr) else None,
        distributes_over=over,
        monotone=direction if direction in ("increasing", "decreasing") else None,
        homomorphism=(homomorphism[0], homomorphism[1]) if len(homomorphism) == 2 else None,
    )


def _names(attr: Attribute | None) -> tuple[str, ...]:
    if not isinstance(attr, ArrayAttr):
        return ()
    return tuple(a.data for a in cast("ArrayAttr[Attribute]", attr) if isinstance(a, StringAttr))
