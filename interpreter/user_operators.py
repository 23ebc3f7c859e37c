"""A user's operator (`einsum.operator`) as the interpreter needs it: parameters, definition, and the laws a fold relies on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from xdsl.ir import Operation

from ..algebra.expr import Expr
from ..dialects.einsum import OperatorOp
from ..dialects.einsum_attrs import NumberAttr
from ..plugins import operators
from ..plugins.foreign import described
from .elements import Array, InputError, Number


@dataclass(frozen=True, slots=True)
class UserOperator:
    """`name` starts with `@`. `body` is None where the operator is opaque; then `function` (arrays in, array out) evaluates it, if given.

    `identity` and `associative` matter to reductions: without the law, a fold goes strictly from left to right.
    """

    name: str
    params: tuple[str, ...]
    body: Expr | None
    identity: Number | None = None
    associative: bool = False
    function: Callable[..., Array] | None = None


def user_operators(module: Operation, functions: Mapping[str, Callable[..., Array]] | None = None) -> dict[str, UserOperator]:
    """Every operator declared in `module`, by `@name`. `functions` evaluates opaque ones, by the same names, else what a plug-in offers for them."""
    found: dict[str, UserOperator] = {}
    for op in module.walk():
        if isinstance(op, OperatorOp):
            name = f"@{op.sym_name.data}"
            identity = op.laws.data.get("identity")
            found[name] = UserOperator(
                name,
                tuple(p.data for p in op.params),
                None if op.body is None else op.body.data,
                identity.data if isinstance(identity, NumberAttr) else None,
                "associative" in op.laws.data,
                (functions or {}).get(name) or _offered_function(op),
            )
    return found


def _offered_function(op: OperatorOp) -> Callable[..., Array] | None:
    """What evaluates an opaque operator that a plug-in offers."""
    if op.body is not None:
        return None
    offered = operators().get(f"@{op.sym_name.data}")
    if offered is None or offered.evaluate is None or len(offered.params) != len(op.params):
        return None
    evaluate = offered.evaluate

    def checked(*args: Array) -> Array:
        try:
            result = np.asarray(evaluate(*args))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise InputError(f"the function of operator '@{offered.plain_name}' failed: {described(error)}") from error
        shape = np.broadcast_shapes(*(np.shape(a) for a in args))
        if result.dtype.kind not in "biuf" or result.shape not in (shape, ()):
            made = f"{result.dtype} {list(result.shape)}"
            raise InputError(f"the function of operator '@{offered.plain_name}' made {made}, not real numbers of shape {list(shape)}")
        return np.broadcast_to(result, shape)

    return checked
