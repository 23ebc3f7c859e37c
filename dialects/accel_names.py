"""What reports and mappings call the operations of a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.ir import Operation, SSAValue

from .accel_body import LoadOp, StoreOp
from .accel_legal import told
from .accel_move import MoveOp
from .accel_nest import Scheduled, scheduled
from .accel_task import TaskOp

if TYPE_CHECKING:
    from .accel import KernelOp


def operation_names(kernel: KernelOp) -> dict[Scheduled, str]:
    """How reports name each operation: by its label, else by its value or tensor; a number tells equals apart."""
    found: dict[Scheduled, str] = {}
    taken: set[str] = set()
    for op in scheduled(kernel):
        match op:
            case TaskOp():
                base = op.label.data if op.label is not None else op.results[0].name_hint or "task"
            case LoadOp():
                base = f"load {_tensor_name(kernel, op.source)}"
            case MoveOp():
                base = f"move {told(op.source.owner).split()[-1] if isinstance(op.source.owner, Operation) else 'tile'} to {op.memory.string_value()}"
            case StoreOp():
                base = f"store {_tensor_name(kernel, op.target)}"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}.{number}", number + 1
        taken.add(name)
        found[op] = name
    return found


def _tensor_name(kernel: KernelOp, value: SSAValue) -> str:
    return next((name for argument, name in zip(kernel.body.block.args, kernel.tensor_names, strict=True) if argument is value), "?")
