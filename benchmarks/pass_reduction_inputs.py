"""Random inputs of several regimes for a cascade, all trials of one size at once: what the benchmark's comparisons run on.

Each regime is a function from a generator, a shape and what it knows of the argument to an array; trials take the regimes in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import SSAValue

from einfold.algebra.expr import Access, Apply, walk
from einfold.dialects.einsum import CascadeOp, ComputeOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.arguments import LARGEST_INTEGER, argument_elements, argument_names

Array = NDArray[Any]
EXTREMES = frozenset({"max", "min", "argmax", "argmin"})


@dataclass(frozen=True)
class Argument:
    """What a regime may know of an argument: which dimension is the long rank (None: it has none), what masks its elements, if anything,
    and whether its values are labels, which are asked whether they are equal."""

    axis: int | None
    mask: float | None
    label: bool


Draw = Callable[[np.random.Generator, tuple[int, ...], Argument], Array]


def signed(random: np.random.Generator, shape: tuple[int, ...], argument: Argument) -> Array:
    return random.normal(size=shape)


def positive(random: np.random.Generator, shape: tuple[int, ...], argument: Argument) -> Array:
    return random.uniform(0.5, 2, shape)


def tied(random: np.random.Generator, shape: tuple[int, ...], argument: Argument) -> Array:
    """Few values, so that many elements are equal; now and then all of them."""
    few = random.integers(-1, 2, shape, endpoint=True).astype(float)
    return np.full(shape, float(random.integers(1, 3))) if random.random() < 0.25 else few


def large(random: np.random.Generator, shape: tuple[int, ...], argument: Argument) -> Array:
    return random.normal(size=shape) * 1000.0


def offset(random: np.random.Generator, shape: tuple[int, ...], argument: Argument) -> Array:
    """A mean that is large against the deviations from it."""
    return random.normal(10_000, 1, shape)


def masked(random: np.random.Generator, shape: tuple[int, ...], argument: Argument) -> Array:
    """Masked scores where an extreme reads the argument, zeros elsewhere: some of the elements, and often all of the first ones."""
    values = random.normal(size=shape)
    if argument.axis is None:
        return values
    hidden = random.random(shape) < 0.3
    first = [slice(None)] * len(shape)
    first[argument.axis] = slice(0, int(random.integers(0, shape[argument.axis] + 1)))
    hidden[tuple(first)] |= random.random() < 0.7
    return np.where(hidden, 0.0 if argument.mask is None else argument.mask, values)


REGIMES: Mapping[str, Draw] = {
    "signed": signed,
    "positive": positive,
    "tied": tied,
    "large": large,
    "offset": offset,
    "masked": masked,
}
"""Name -> how an argument is drawn."""


def arguments(cascade: CascadeOp, rank: str) -> dict[str, Argument]:
    """What the regimes may know of each argument of a cascade."""
    masks, labels = _masks(cascade, rank), _labels(cascade)
    found: dict[str, Argument] = {}
    for name, value, declared in zip(argument_names(cascade), cascade.body.block.args, cascade.inputs.data, strict=True):
        axis = next((i for i, s in enumerate(declared.data) if s.plain == rank), None)
        found[name] = Argument(axis, masks.get(value), value in labels)
    return found


def _masks(cascade: CascadeOp, rank: str) -> dict[SSAValue, float]:
    """The arguments that an extreme over the rank reads through nothing but maps: an infinity in them says that an element does not count."""
    found: dict[SSAValue, float] = {}
    for op in cascade.body.walk():
        if isinstance(op, ComputeOp) and op.reduce is not None and any(r.op in EXTREMES and rank in r.ranks for r in op.reduce.data[:1]):
            mask = -np.inf if op.reduce.data[0].op.endswith("max") else np.inf
            waiting = list(op.operands_)
            while waiting:
                value = waiting.pop()
                owner = value.owner
                if isinstance(owner, ComputeOp) and owner.reduce is None:
                    waiting += owner.operands_
                elif value in cascade.body.block.args:
                    found.setdefault(value, mask)
    return found


def _labels(cascade: CascadeOp) -> set[SSAValue]:
    """The values that a map compares for equality with others."""
    found: set[SSAValue] = set()
    for op in cascade.body.walk():
        if isinstance(op, ComputeOp):
            compared = [e.args for e in walk(op.map.data) if isinstance(e, Apply) and e.op in ("eq", "ne")]
            found |= {op.operands_[a.tensor] for args in compared if all(isinstance(a, Access) for a in args) for a in args if isinstance(a, Access)}
    return found


def draw(cascade: CascadeOp, rank: str, trials: int, seed: int) -> dict[str, Array]:
    """An array per argument, with the trials as first dimension: trial i is of regime i modulo their number."""
    random = np.random.default_rng(seed)
    known, regimes = arguments(cascade, rank), list(REGIMES.values())
    found: dict[str, Array] = {}
    for name, value, element in zip(argument_names(cascade), cascade.body.block.args, argument_elements(cascade, "f64"), strict=True):
        shape = tensor_of(value).get_shape()
        rows = [regimes[i % len(regimes)](random, shape, known[name]) for i in range(trials)]
        if not element.float_ or known[name].label:
            most = 1 if element.name == "i1" else 2 if known[name].label else LARGEST_INTEGER
            rows = [random.integers(0, most, shape, endpoint=True) for _ in rows]
        found[name] = np.stack(rows)
    return found
