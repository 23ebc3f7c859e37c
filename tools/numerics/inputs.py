"""The inputs on which the accuracy of two forms is measured: regimes, each at one of several levels, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ...dialects.einsum import CascadeOp
from ...interpreter.arguments import argument_elements, argument_empties, argument_names, random_inputs
from ...interpreter.elements import ELEMENTS, cast, limit

Array = NDArray[Any]
Criterion = Literal["accurate", "finite"]


RESOLUTION = 0.125
"""Largest distance of neighbouring values, where data has a standard deviation of 1."""


@dataclass(frozen=True)
class Regime:
    """A kind of input. `draw` takes a generator, a shape and a level.

    Levels are tried from the first on; taken is the first at which the cascade as written is still `accurate` to a digit, or is `finite` and of
    the right size. At the latter errors mean little, and only what overflows is looked at.
    """

    name: str
    draw: Callable[[np.random.Generator, tuple[int, ...], float], Array]
    levels: tuple[float, ...] = (1.0,)
    criterion: Criterion = "accurate"
    label: str = ""
    offset: bool = False

    def resolved(self, level: float, roundoff: float) -> bool:
        """Whether a type of this roundoff tells deviations of 1 apart at the level: an offset that swallows them leaves constant data."""
        return not self.offset or 2 * level * roundoff <= RESOLUTION

    def text(self, level: float) -> str:
        """`mean 10000`."""
        return self.label.format(level) if self.label else self.name


def _normal(random: np.random.Generator, shape: tuple[int, ...], level: float) -> Array:
    return random.normal(size=shape) * level


def _offset(random: np.random.Generator, shape: tuple[int, ...], level: float) -> Array:
    return random.normal(level, 1, shape)


def _ties(random: np.random.Generator, shape: tuple[int, ...], level: float) -> Array:
    return random.integers(-1, 2, shape, endpoint=True).astype(np.float64)


def _constant(random: np.random.Generator, shape: tuple[int, ...], level: float) -> Array:
    return np.full(shape, random.normal())


POWERS = tuple(2.0**n for n in range(13, 0, -2))
"""From 8192 down to 2: at the first one, none of a few thousand normal values is beyond fp16."""

REGIMES = (
    Regime("normal", _normal),
    Regime("large", _normal, POWERS, label="normal x {:g}"),
    Regime("mean", _offset, (10_000.0, 1000.0, 100.0, 10.0), label="mean {:g}", offset=True),
    Regime("ties", _ties),
    Regime("constant", _constant),
    Regime("limit", _normal, POWERS, "finite", label="normal x {:g}, overflow"),
)
"""Ordinary data, large logits, a mean that cancels, equal elements, and the largest data that the cascade as written survives."""


def draw(cascade: CascadeOp, regime: Regime, level: float, seed: int, type_: str) -> dict[str, Array]:
    """An array per argument, its values representable in the float type `type_`. Integers, and what is absent, are as `random_inputs` draws them."""
    found: dict[str, Array] = random_inputs(cascade, seed, dtype="f64")
    stored = ELEMENTS[type_]
    described = zip(argument_names(cascade), argument_elements(cascade, "f64"), argument_empties(cascade), strict=True)
    for name, element, empty in described:
        if element.float_:
            random = np.random.default_rng([seed, crc32(name.encode()), crc32(regime.name.encode())])
            there = np.full(found[name].shape, True) if empty is None else found[name] != limit(empty, element.stored)
            values = cast(regime.draw(random, found[name].shape, level), stored).astype(np.float64)
            found[name] = np.where(there, values, found[name])
    return found


def level_of(regime: Regime, accepts: Callable[[float], bool]) -> float:
    """The level at which a regime is measured: the first accepted one, the last if none is."""
    return next((level for level in regime.levels if accepts(level)), regime.levels[-1])


def described(sizes: Mapping[str, int]) -> str:
    """`m = 512, p = 4`."""
    return ", ".join(f"{rank} = {size}" for rank, size in sizes.items())
