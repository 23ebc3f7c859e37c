"""What makes a user's operator well formed: its parameters, its definition and the laws it declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import ArrayAttr, StringAttr, UnitAttr
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from ..algebra.expr import Access, Apply, Param, RankShape, ranks, walk
from . import einsum_verify
from .einsum_attrs import NumberAttr
from .notation import nearest

if TYPE_CHECKING:
    from .einsum import OperatorOp

_LAWS: Mapping[str, type[Attribute]] = {
    "associative": UnitAttr,
    "commutative": UnitAttr,
    "identity": NumberAttr,
    "inverse": StringAttr,
    "distributes_over": ArrayAttr,
    "monotone": StringAttr,
    "homomorphism": ArrayAttr,
}


def _check_not_recursive(op: OperatorOp) -> None:
    """No operator is defined by way of itself."""
    seen: set[str] = set()
    waiting = [op]
    while waiting:
        body = waiting.pop().body
        for e in walk(body.data) if body is not None else ():
            if isinstance(e, Apply) and e.op.startswith("@") and e.op not in seen:
                if e.op == f"@{op.sym_name.data}":
                    raise VerifyException(f"operator '{e.op}' is defined by itself")
                seen.add(e.op)
                waiting.append(einsum_verify.find_operator(op, e.op))


def verify_operator(op: OperatorOp) -> None:
    names = [p.data for p in op.params]
    if len(set(names)) != len(names) or not names:
        raise VerifyException("an operator's parameters must be one or more different names")
    if op.body is not None:
        for e in walk(op.body.data):
            if isinstance(e, Access | RankShape):
                raise VerifyException("an operator's body may use its parameters and numbers only")
            if isinstance(e, Param) and e.name not in names:
                raise VerifyException(f"unknown parameter '%{e.name}'{nearest(e.name, names)}")
            if isinstance(e, Apply):
                einsum_verify.check_operator(op, e.op, len(e.args))
        _check_not_recursive(op)
        for rank in ranks(op.body.data):
            raise VerifyException(f"unknown parameter '{rank}'{nearest(rank, names)}")
    for law, value in op.laws.data.items():
        if law not in _LAWS:
            raise VerifyException(f"unknown law '{law}'{nearest(law, list(_LAWS))}")
        if not isinstance(value, _LAWS[law]):
            raise VerifyException(f"law '{law}' has a value of another kind")
        if law == "monotone" and isinstance(value, StringAttr) and value.data not in ("increasing", "decreasing"):
            raise VerifyException(f"monotone is 'increasing' or 'decreasing', not '{value.data}'")
