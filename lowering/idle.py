"""Operations of a kernel that need not run where filters leave nothing: above a causal diagonal, outside a sliding window.

What is idle in an iteration is decided and proved in `dialects/accel_guard.py`; here a kernel's operations come to say so.
"""

from __future__ import annotations

from ..dialects.accel import KernelOp
from ..dialects.accel_guard import comparison_of, guards_for
from ..dialects.einsum_attrs import FilterAttr


def mark_idle(kernel: KernelOp) -> None:
    """Give every operation the `if` clause outside which it would change nothing that anybody reads."""
    for op, conditions in guards_for(kernel).items():
        op.properties["guard"] = FilterAttr(tuple(comparison_of(c) for c in dict.fromkeys(conditions)))
