"""Evidence that a result which keeps a rank needs elements after its own: the cascade at small sizes, and two inputs that show it.

The inputs are equal up to some coordinate of the rank, and a value of the result before that coordinate differs. Whoever has not read
further cannot know which of the two values to write: no single traversal gives that result. Running the cascade twice checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import VerifyException

from ...algebra.certificates import NotVerified
from ...analysis.resize import ResizeError, resize
from ...dialects.einsum import CascadeOp, OperatorOp
from ...interpreter.arguments import argument_names, random_inputs
from ...interpreter.cascade import run_cascade
from ...interpreter.elements import InputError

SIZES = ((3, 2), (4, 4), (8, 4))
"""(size of the rank, size of all others) that are tried in turn."""

DIFFERENT = 1e-6
"""Relative difference of fp64 values that rounding does not explain."""

_STEP = 8  # inputs are multiples of 1/8, which are exact in any arithmetic

Array = NDArray[Any]


@dataclass(frozen=True)
class Shown:
    """`output` (its position among the results) at `coordinate` has two `values`, as `argument` changes from coordinate `start` on."""

    program: str
    sizes: Mapping[str, int]
    output: int
    result: str
    coordinate: tuple[int, ...]
    values: tuple[float, float]
    argument: str
    start: int
    inputs: Mapping[str, Array]
    changed: Array


def show(op: CascadeOp, rank: str) -> Shown | None:
    """Look for two inputs of the cascade at small sizes; None if none are found."""
    for sizes in ({r: size if r == rank else others for r in op.sizes} for size, others in SIZES):
        small = at_sizes(op, sizes)
        if small is None:
            continue
        try:
            found = next(_differences(small, rank, sizes), None)
        except InputError:
            return None
        if found is not None:
            return found
    return None


def at_sizes(op: CascadeOp, sizes: Mapping[str, int]) -> CascadeOp | None:
    """The cascade with other sizes, alone in a module with the operators it may apply; None if it cannot have those."""
    root: Operation = op
    while (parent := root.parent_op()) is not None:
        root = parent
    module = ModuleOp([*(o.clone() for o in root.walk() if isinstance(o, OperatorOp)), small := op.clone()])
    try:
        resize(module, {r: s for r, s in sizes.items() if r in op.sizes})
        module.verify()
    except (ResizeError, VerifyException):
        return None
    return small


def program_text(op: CascadeOp) -> str:
    """The text of the module that the cascade stands in."""
    return str(op.parent_op())


def _differences(op: CascadeOp, rank: str, sizes: Mapping[str, int]) -> Iterator[Shown]:
    inputs = _exact_inputs(op)
    start = sizes[rank] - 1
    before = run_cascade(op, inputs, dtype="f64")
    for argument in inputs:
        axes = argument_axes(op, argument, rank)
        if not axes or inputs[argument].dtype.kind != "f":
            continue
        changed = inputs[argument].copy()
        changed[_from(axes[0], start)] += 1.5
        after = run_cascade(op, {**inputs, argument: changed}, dtype="f64")
        for output, axis in output_axes(op, rank):
            for coordinate in map(tuple, np.argwhere(differ(before[output], after[output]))):
                if coordinate[axis] < start:
                    place = tuple(map(int, coordinate))
                    values = (float(before[output][place]), float(after[output][place]))
                    yield Shown(program_text(op), sizes, output, _name(op, output), place, values, argument, start, inputs, changed)


def check(op: CascadeOp, rank: str, shown: Shown) -> None:
    """Run the cascade on both inputs and compare with what is claimed. Raises `NotVerified`."""
    if set(shown.inputs) != set(argument_names(op)) or shown.argument not in shown.inputs:
        raise NotVerified(f"its inputs are not the cascade's arguments, {', '.join(argument_names(op))}")
    axis = next((a for o, a in output_axes(op, rank) if o == shown.output), None)
    if axis is None:
        raise NotVerified(f"result {shown.output} does not keep rank {rank}")
    axes = argument_axes(op, shown.argument, rank)
    given = shown.inputs[shown.argument]
    if not axes or given.shape != shown.changed.shape:
        raise NotVerified(f"argument '{shown.argument}' has no rank {rank}, or two shapes")
    earlier = np.argwhere(given != shown.changed)
    if any(place[axes[0]] < shown.start for place in earlier):
        raise NotVerified(f"its two inputs differ before coordinate {shown.start}")
    try:
        before = run_cascade(op, shown.inputs, dtype="f64")[shown.output]
        after = run_cascade(op, {**shown.inputs, shown.argument: shown.changed}, dtype="f64")[shown.output]
    except (InputError, MemoryError) as error:
        raise NotVerified(f"its cascade does not run: {error}") from error
    place = shown.coordinate
    if len(place) != before.ndim or not all(0 <= c < n for c, n in zip(place, before.shape, strict=True)) or place[axis] >= shown.start:
        raise NotVerified(f"coordinate {list(place)} is not one of the result before {shown.start}")
    if not differ(before, after)[place]:
        raise NotVerified(f"the result at {list(place)} is {before[place]:.6g} for both inputs")
    if any(abs(a - b) > DIFFERENT * (1 + abs(b)) for a, b in zip(shown.values, (before[place], after[place]), strict=True)):
        raise NotVerified(f"the result at {list(place)} is {before[place]:.6g} and {after[place]:.6g}, not what is claimed")


def differ(a: Array, b: Array) -> Array:
    """Where both are finite and further apart than rounding."""
    with np.errstate(all="ignore"):
        return np.isfinite(a) & np.isfinite(b) & (np.abs(a - b) > DIFFERENT * (1 + np.abs(a)))


def argument_axes(op: CascadeOp, name: str, rank: str) -> list[int]:
    """The dimensions of an argument that are the rank."""
    return [i for i, s in enumerate(op.inputs.data[argument_names(op).index(name)].data) if s.plain == rank]


def output_axes(op: CascadeOp, rank: str) -> Iterable[tuple[int, int]]:
    """(result, dimension) for each result that keeps the rank."""
    for number, subscripts in enumerate(op.return_op.subscripts):
        yield from ((number, i) for i, s in enumerate(subscripts.data) if s.plain == rank)


def _from(axis: int, start: int) -> tuple[slice, ...]:
    return (*(slice(None) for _ in range(axis)), slice(start, None))


def _exact_inputs(op: CascadeOp) -> dict[str, Array]:
    drawn = random_inputs(op, 3, dtype="f64")
    return {n: np.round(np.nan_to_num(a, posinf=1.0, neginf=-1.0) * _STEP) / _STEP if a.dtype.kind == "f" else a for n, a in drawn.items()}


def _name(op: CascadeOp, output: int) -> str:
    return op.return_op.values[output].name_hint or f"result {output}"


def to_json(shown: Shown) -> dict[str, object]:
    """What a certificate says of it, beside its subject."""
    return {
        "output": shown.output,
        "coordinate": list(shown.coordinate),
        "argument": shown.argument,
        "changes_from": shown.start,
        "values": [repr(v) for v in shown.values],
        "sizes": dict(shown.sizes),
        "inputs": {name: _nested(array) for name, array in shown.inputs.items()},
        "changed": _nested(shown.changed),
        "program": shown.program,
    }


def _nested(array: Array) -> Any:
    """Nested lists of exact rationals, as text."""
    if array.ndim:
        return [_nested(cast("Array", part)) for part in array]
    return str(Fraction(array.item()))
