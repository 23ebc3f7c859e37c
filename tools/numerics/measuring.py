"""How accurate the form is that `einsum-one-pass` derives, beside the cascade as written: measured in fp16, bf16 and fp32.

Both are run by the reference interpreter with every tensor of the type: each Einsum's result is rounded to it, and so is what a loop
carries from tile to tile; within an Einsum the 16-bit types compute and sum in fp32 (see `interpreter/elements.py`). Inputs are values of
the type. The exact value is that of the cascade as written in fp64, and where the two forms do not agree there far better than the
type resolves, in 40 digits; a value that changes with more digits still (0 / 0 of two roundings) is none, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from ...algebra.derivation import Numerics as Choice
from ...dialects.einsum import CascadeOp
from ...interpreter.cascade import run_cascade
from ...interpreter.digits import run_digits
from ...interpreter.elements import InputError
from ...passes.derivation_report import outermost
from ...passes.einsum_one_pass import EinsumOnePass
from .inputs import REGIMES, Criterion, Regime, draw, level_of
from .sizes import small

Array = NDArray[Any]

ROUNDOFF: Mapping[str, float] = {"f16": 2.0**-11, "bf16": 2.0**-8, "f32": 2.0**-24}
"""Float type -> largest relative error of rounding to it."""

SEEDS = (1, 2, 3)
DIGITS, MORE_DIGITS = 40, 60
MARGIN = 2.0
ROUNDINGS: Mapping[str, int] = {"f16": 4, "bf16": 4, "f32": 16}
"""A form is no worse than another if its error is at most MARGIN times the other's plus so many roundings of the result.

Sums of the 16-bit types are rounded once, those of fp32 at every step.
"""

ACCEPTED: Mapping[Criterion, float] = {"accurate": 0.1, "finite": 0.5}
"""Relative error of the cascade as written up to which a level is taken: right in the first digit, or at least of the right size."""


@dataclass(frozen=True)
class Errors:
    """Of one form: the largest error of a result (None: nothing to compare), and how many values are not finite that should be."""

    error: float | None
    lost: int


@dataclass(frozen=True)
class Measured:
    """One result in one type on one kind of input at one level. `values` were compared; `reference` says with what.

    Errors are in parts of the result's largest exact value; absolute (`relative` is False) where every exact value is 0. Roundings then are those
    of a value as large as the data.
    """

    result: str
    type: str
    regime: Regime
    level: float
    written: Errors
    derived: Errors
    values: int
    relative: bool
    reference: str

    @property
    def worse_by(self) -> float | None:
        """How much larger the derived form's error is, None if it is not worse; infinity if it loses more values."""
        if self.derived.lost > self.written.lost:
            return np.inf
        if self.regime.criterion == "finite" or self.derived.error is None or self.written.error is None:
            return None
        rounding = ROUNDOFF[self.type] * (1.0 if self.relative else max(1.0, self.level))
        if self.derived.error <= MARGIN * self.written.error + ROUNDINGS[self.type] * rounding:
            return None
        return self.derived.error / max(self.written.error, rounding)


@dataclass(frozen=True)
class Numerics:
    """The measurements of a cascade over a rank, and the sizes and the tile at which they were made."""

    sizes: Mapping[str, int]
    measured: tuple[Measured, ...]


def measure(
    op: CascadeOp, rank: str, regimes: Sequence[Regime] = REGIMES, types: Iterable[str] = tuple(ROUNDOFF), numerics: Choice = "safe"
) -> Numerics | None:
    """Measure the cascade as written and as derived over `rank`, with the pass's option `numerics`.

    None where the cascade cannot be made small, or cannot be run.
    """
    written = small(op, rank)
    if written is None or not isinstance(module := written.parent_op(), ModuleOp):
        return None
    made = module.clone()
    EinsumOnePass(rank=outermost(written, rank), numerics=numerics).apply(Context(), made)
    made.verify()
    derived = next(o for o in made.walk() if isinstance(o, CascadeOp))
    pair = _Pair(written, derived)
    try:
        found = [m for type_ in types for regime in regimes for m in pair.measured(regime, type_)]
    except InputError:
        return None
    return Numerics(derived.sizes, tuple(found))


class _Pair:
    """The two forms at small sizes."""

    def __init__(self, written: CascadeOp, derived: CascadeOp):
        self.written, self.derived = written, derived
        self.names = [v.name_hint or f"result {i}" for i, v in enumerate(written.return_op.values)]

    def measured(self, regime: Regime, type_: str) -> list[Measured]:
        level = level_of(regime, lambda level: self._accepts(regime, level, type_))
        tally = [_Tally() for _ in self.names]
        references: set[str] = set()
        for seed in SEEDS:
            inputs = draw(self.written, regime, level, seed, type_)
            exact, how = self._exact(inputs, type_)
            references.add(how)
            forms = [run_cascade(form, inputs, dtype=type_) for form in (self.written, self.derived)]
            for each, truth, a, b in zip(tally, exact, *forms, strict=True):
                each.add(truth, a.astype(np.float64), b.astype(np.float64))
        reference = " and ".join(sorted(references, reverse=True))
        return [
            Measured(name, type_, regime, level, t.errors(0), t.errors(1), t.values, t.relative, reference)
            for name, t in zip(self.names, tally, strict=True)
        ]

    def _accepts(self, regime: Regime, level: float, type_: str) -> bool:
        """Whether the cascade as written is as right as the regime asks, and finite wherever the exact value is."""
        if len(regime.levels) == 1 or not regime.resolved(level, ROUNDOFF[type_]):
            return len(regime.levels) == 1
        return all(self._bears(draw(self.written, regime, level, seed, type_), regime, type_) for seed in SEEDS)

    def _bears(self, inputs: Mapping[str, Array], regime: Regime, type_: str) -> bool:
        exact = run_cascade(self.written, inputs, dtype="f64")
        tally = _Tally()
        for truth, made in zip(exact, run_cascade(self.written, inputs, dtype=type_), strict=True):
            tally.add(truth, made.astype(np.float64), made.astype(np.float64))
        errors = tally.errors(0)
        if errors.error is None or errors.lost:
            return False
        return not tally.relative or errors.error <= ACCEPTED[regime.criterion]

    def _exact(self, inputs: Mapping[str, Array], type_: str) -> tuple[list[Array], str]:
        """The exact results, NaN where there is no value, and what they were computed with."""
        first, second = (run_cascade(form, inputs, dtype="f64") for form in (self.written, self.derived))
        bound = ROUNDOFF[type_] / 1024
        if all(_agree(a, b, bound).all() for a, b in zip(first, second, strict=True)):
            return [np.asarray(a, np.float64) for a in first], "fp64"
        try:
            many, more = (run_digits(self.written, inputs, digits) for digits in (DIGITS, MORE_DIGITS))
            found = [(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(many, more, strict=True)]
            how = f"{DIGITS} digits"
        except InputError:
            found, how = list(zip(first, second, strict=True)), "fp64 where both forms agree"
        return [np.where(_agree(a, b, bound), a, np.nan) for a, b in found], how


class _Tally:
    """Largest errors of the two forms over several inputs: in parts of the largest exact value of each, absolute for those that are all 0."""

    def __init__(self) -> None:
        self.absolute, self.parts, self.lost, self.values, self.relative = [0.0, 0.0], [0.0, 0.0], [0, 0], 0, False

    def add(self, exact: Array, *forms: Array) -> None:
        defined = np.isfinite(exact)
        self.values += int(defined.sum())
        scale = float(np.max(np.abs(exact[defined]), initial=0.0))
        self.relative = self.relative or scale > 0
        for i, form in enumerate(forms):
            there = defined & np.isfinite(form)
            self.lost[i] += int((defined & ~there).sum())
            largest = float(np.max(np.abs(form[there] - exact[there]), initial=0.0))
            self.absolute[i] = max(self.absolute[i], largest)
            self.parts[i] = max(self.parts[i], largest / scale if scale > 0 else 0.0)

    def errors(self, form: int) -> Errors:
        error = (self.parts if self.relative else self.absolute)[form]
        return Errors(error if self.values > self.lost[form] else None, self.lost[form])


def _agree(a: Array, b: Array, bound: float) -> Array:
    """Where two computations give the same, to `bound` of the largest value; NaN in both counts as the same."""
    with np.errstate(all="ignore"):
        scale = np.max(np.abs(a), initial=0.0, where=np.isfinite(a))
        return (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= bound * scale)
