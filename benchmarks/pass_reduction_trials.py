"""The emitted program against the cascade as written, on random inputs at many small sizes, tiles and output forms.

Both run in the reference interpreter in fp64, all inputs of one size at once. A value that differs by more than rounding is settled at 40
digits: there both programs are run again on that input. What has no value there either (a quotient of two noises, which more digits
make another) is undefined in the cascade as written, and is counted, not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pass_reduction_inputs import REGIMES, draw
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from einfold.analysis.batch import batch
from einfold.analysis.resize import resize
from einfold.dialects.einsum import CascadeOp
from einfold.interpreter.cascade import run_cascade
from einfold.interpreter.digits import run_digits
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

Array = NDArray[Any]
Form = Literal["loop", "sequential", "split", "tree"]

TOLERANCE = 1e-9
"""Relative difference of fp64 values from which on digits are asked."""

DIGITS, MORE_DIGITS = 40, 80
EXACTLY, NOTHING = 1e-14, 1e-25
"""Relative and absolute difference accepted at 40 digits."""

LOST, WORSE = 1e-6, 1000
"""An fp64 value has lost its accuracy if its error is more than LOST of the result's largest value and WORSE times that of the cascade as written."""


@dataclass(frozen=True)
class Plan:
    """One program: the long rank's size, that of the other ranks, the tile (None: its elements one by one), the output form."""

    long: int
    others: int
    tile: int | None
    form: Form = "loop"
    parts: int | None = None


PLANS = (
    Plan(8, 2, 4),
    Plan(7, 3, 3),
    Plan(1, 2, 1),
    Plan(13, 2, 5),
    Plan(6, 1, 1),
    Plan(10, 2, None, "sequential"),
    Plan(11, 3, 2, "split", 4),
    Plan(2, 3, 1),
    Plan(10, 2, 2, "tree", 4),
    Plan(5, 2, 5),
    Plan(17, 1, 8),
    Plan(3, 2, 2),
    Plan(12, 3, 12, "split", 3),
    Plan(24, 2, 7),
    Plan(4, 3, 3),
    Plan(16, 2, 1),
)
"""Tiles that divide, ragged ones, of one element, of everything; a rank of size 1; loops, split-K and trees."""


@dataclass
class Outcome:
    """What the trials found: `values` compared, of which `settled` trials at 40 digits; `undefined` ones, in the cascade as written.

    `programs` counts sizes, tiles and forms; `unchanged` those that the pass left as they were, `passes` is the most that any makes.
    `wrong` describes trials with values that differ.
    """

    trials: int = 0
    values: int = 0
    undefined: int = 0
    settled: int = 0
    programs: int = 0
    unchanged: int = 0
    passes: int = 0
    wrong: list[str] = field(default_factory=list[str])


def compare(module: ModuleOp, rank: str, trials: int, seed: int = 1) -> Outcome:
    """Run that many random inputs through the cascade in `module` (there is one) and through what `einsum-one-pass` makes of it."""
    outcome = Outcome()
    plans = PLANS if trials >= len(PLANS) else PLANS[:trials]
    for number, plan in enumerate(plans):
        share = trials // len(plans) + (number < trials % len(plans))
        _compare(module, rank, plan, share, 1000 * seed + number, outcome)
    return outcome


def _compare(module: ModuleOp, rank: str, plan: Plan, trials: int, seed: int, outcome: Outcome) -> None:
    written, made = programs(module, rank, plan)
    inputs = draw(cascade_of(written), rank, trials, seed)
    outcome.trials += trials
    outcome.programs += 1
    outcome.unchanged += str(written) == str(made)
    outcome.passes = max(outcome.passes, passes_over(cascade_of(made), rank))
    values = [_batched(each, inputs, trials) for each in (written, made)]
    doubtful: set[int] = set()
    for expected, found in zip(*values, strict=True):
        undefined = np.isnan(expected)
        outcome.values += expected.size - int(undefined.sum())
        outcome.undefined += int(undefined.sum())
        with np.errstate(all="ignore"):
            near = (found == expected) | (np.abs(found - expected) <= TOLERANCE * np.abs(expected))
        doubtful |= {int(i) for i in np.argwhere(~(near | undefined))[:, 0]}
    for trial in sorted(doubtful):
        outcome.settled += 1
        given = {name: array[trial] for name, array in inputs.items()}
        texts, nothing = settle(written, made, given, [v[trial] for v in values[0]], [v[trial] for v in values[1]])
        outcome.values -= nothing
        outcome.undefined += nothing
        outcome.wrong += [f"{plan}, {list(REGIMES)[trial % len(REGIMES)]} input {trial} of seed {seed}: {text}" for text in texts[:1]]


def programs(module: ModuleOp, rank: str, plan: Plan) -> tuple[ModuleOp, ModuleOp]:
    """The cascade as written and as rewritten, at the plan's sizes."""
    written = module.clone()
    resize(written, {r: plan.long if r == rank else plan.others for r in cascade_of(written).sizes})
    written.verify()
    made = written.clone()
    EinsumOnePass(rank=rank, size=plan.tile, form=plan.form, parts=plan.parts).apply(Context(), made)
    made.verify()
    return written, made


def _batched(module: ModuleOp, inputs: Mapping[str, Array], trials: int) -> list[Array]:
    whole = module.clone()
    batch(whole, "trial", trials)
    whole.verify()
    return run_cascade(cascade_of(whole), inputs, dtype="f64")


def settle(
    written: ModuleOp, made: ModuleOp, inputs: Mapping[str, Array], expected: Sequence[Array], found: Sequence[Array]
) -> tuple[list[str], int]:
    """What is wrong with the values `found`, where `expected` is what the cascade as written gives in fp64; and how many have no exact value.

    Wrong is a value that differs at 40 digits too, one that is not finite in fp64 where the cascade as written is, and one that has lost
    its accuracy in fp64 where the cascade as written has it.
    """
    exact, other = (run_digits(cascade_of(each), inputs, DIGITS) for each in (written, made))
    again = run_digits(cascade_of(written), inputs, MORE_DIGITS)
    wrong: list[str] = []
    nothing = 0
    for number, results in enumerate(zip(exact, other, again, expected, found, strict=True)):
        scale = max((abs(x) for x in results[0].flat if x == x), default=0)
        for at, (x, y, more, a, b) in _elements(results):
            if np.isnan(a):
                continue
            if x != x or not _same(x, more):
                nothing += 1
            elif not _same(y, x) or (np.isfinite(a) and not _kept(a, b, x, scale)):
                values = f"{float(x):.17g} as written, {float(y):.17g} as rewritten ({a:.17g} and {b:.17g} in fp64)"
                wrong.append(f"result {number}{list(at)} is {values}")
    return wrong, nothing


def _kept(a: float, b: float, exact: Any, scale: Any) -> bool:
    """Whether a value `b` is about as accurate as the `a` that the cascade as written gives; where all are 0 there is nothing to compare with."""
    return bool(scale <= NOTHING or abs(b - exact) <= max(LOST * scale, WORSE * abs(a - exact)))


def _same(a: Any, b: Any) -> bool:
    return bool(a == b or abs(a - b) <= max(EXACTLY * abs(b), NOTHING))


def _elements(arrays: Sequence[Array]) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    for at in np.ndindex(arrays[0].shape):
        yield at, tuple(array[at] for array in arrays)


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))
