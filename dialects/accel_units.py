"""What a task holds while it runs: parts of an array that do one thing at a time.

The processing elements of an array take turns, all of them together: an array is one exclusive unit under its own name. Operations that an array
lists under `units` are done by parts of their own, `ARRAY.UNIT`, one in every element, which work beside the rest: a comparator takes the maximum of
one tile while the multipliers make the next. A task that needs operations of several units holds all of them until it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .accel_mix import task_mix, unit_of

if TYPE_CHECKING:
    from .accel_machine import ArrayOp, MachineOp
    from .accel_task import TaskOp


def unit_names(machine: MachineOp) -> tuple[str, ...]:
    """The exclusive units of a machine's arrays, array by array, the array itself first."""
    return tuple(name for array in machine.arrays.values() for name in units_of(array))


def units_of(array: ArrayOp) -> tuple[str, ...]:
    """The exclusive units of an array: itself, then those that it states."""
    own = array.sym_name.data
    return (own, *(f"{own}.{unit}" for unit, _ in (array.units.data if array.units is not None else ())))


def unit_with(entry: str, array: ArrayOp) -> str:
    """The exclusive unit that does the operation of an entry of the array's table."""
    own = array.sym_name.data
    found = next((unit for unit, operations in (array.units.data if array.units is not None else ()) if entry in operations), None)
    return own if found is None else f"{own}.{found}"


def held_units(task: TaskOp, array: ArrayOp) -> tuple[str, ...]:
    """The exclusive units that a task holds, in the order of `units_of`; the array itself if it has nothing to do."""
    if array.units is None:
        return (array.sym_name.data,)
    table = array.ops.table
    needed = {unit_with(entry, array) for count in task_mix(task, array) for op in count if (entry := unit_of(op, table)) is not None}
    return tuple(u for u in units_of(array) if u in needed) or (array.sym_name.data,)
