"""What makes an iterative rank well formed: states that the body yields as they were declared, and a guard over tensors that exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import VerifyException

from . import einsum, einsum_verify
from .einsum_attrs import SubscriptsAttr
from .einsum_scope import tensor_of

if TYPE_CHECKING:
    from .einsum import IterateOp, YieldOp


def verify_iterate(op: IterateOp) -> None:
    sizes = einsum_verify.enclosing_cascade(op).sizes
    einsum_verify.check_known((op.rank.data,), sizes)
    if op.rank.data in einsum_verify.iterative_ranks(op):
        raise VerifyException(f"rank '{op.rank.data}' is iterative already")
    if not isinstance(op.body.block.last_op, einsum.YieldOp):
        raise VerifyException("the body must end in einsum.yield")
    einsum_verify.check_uses(op.body.block.args, op.states.data, sizes, "init")
    if len(op.init) != len(op.states):
        raise VerifyException(f"{len(op.states)} states, but {len(op.init)} initial values")
    given = [i for i in op.init if isinstance(i, SubscriptsAttr)]
    einsum_verify.check_uses(op.inits, given, sizes, "init")
    for state, init in zip(op.states, op.init, strict=True):
        if isinstance(init, SubscriptsAttr) and init != state:
            raise VerifyException(f"a state [{', '.join(map(str, state.data))}] is initialised by [{', '.join(map(str, init.data))}]")
    end = op.yield_op
    expected: list[Attribute] = [a.type for a in op.body.block.args]
    if [v.type for v in end.states] != expected:
        raise VerifyException(f"einsum.yield gives {_types(end.states)} for states of {_types(op.body.block.args)}")
    collected = [tensor_of(v) for v in end.collected]
    expected += [TensorType(t.get_element_type(), [sizes[op.rank.data], *t.get_shape()]) for t in collected]
    if [r.type for r in op.results_] != expected:
        raise VerifyException(f"results have types {_types(op.results_)}, but the states and what is collected have {', '.join(map(str, expected))}")


def _types(values: Iterable[SSAValue]) -> str:
    return ", ".join(str(v.type) for v in values) or "nothing"


def verify_yield(op: YieldOp) -> None:
    sizes = einsum_verify.enclosing_cascade(op).sizes
    einsum_verify.check_uses([*op.states, *op.collected], op.subscripts.data, sizes, "einsum.yield")
    if op.until is not None:
        einsum_verify.check_expression(op, op.until.data, op.guarded, sizes, ())
    elif op.guarded:
        raise VerifyException("tensors are guarded, but there is no guard")
