"""Whether presence plays a part in an Einsum: if not, it visits every point that its filter admits (EDGE, arXiv 2404.11591)."""

from __future__ import annotations

from xdsl.ir import Operation

from ..algebra.expr import Access, Apply, Expr, walk
from ..dialects.einsum import ComputeOp
from ..dialects.einsum_empties import declared_empty
from ..dialects.einsum_verify import find_operator


def visits_everywhere(op: ComputeOp) -> bool:
    """True if no operand declares an empty value and no merge is written, in the map or in the user's operators it applies."""
    return not writes_merge(op.map.data, op) and all(declared_empty(v) is None for v in op.operands_)


def writes_merge(expression: Expr, where: Operation, asked: frozenset[str] = frozenset()) -> bool:
    """Whether a merge is written in an expression that stands at `where`, or in an operator's definition that it reaches."""
    for e in walk(expression):
        if not isinstance(e, Apply):
            continue
        if e.merge is not None:
            return True
        if e.op.startswith("@") and e.op not in asked:
            body = find_operator(where, e.op).body
            if body is not None and writes_merge(body.data, where, asked | {e.op}):
                return True
    return False


def takes_part(expression: Expr) -> bool:
    """Whether an expression counts as an operand in its surroundings' merges: it reads a tensor, by built-in operators only.

    Numbers, ranks and shapes take no part, and of a user's operator it depends on its definition.
    """
    found = list(walk(expression))
    return any(isinstance(e, Access) for e in found) and not any(isinstance(e, Apply) and e.op.startswith("@") for e in found)
