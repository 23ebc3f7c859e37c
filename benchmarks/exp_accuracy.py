"""How exact exponentials by short polynomials are, for every argument that fp16 has from -17.5 to 0: `python benchmarks/exp_accuracy.py`.

All are computed as a processing element would: multiply-adds in 32 bits, the result rounded to fp16. `exp` in six multiply-adds is one to change the
base and five for a polynomial; the others take their argument to base 2 already, which costs nothing where the factor is folded into what the
argument is made of (`einsum-exp2`). Errors are in units in the last place of the result; a correctly rounded result has at most half of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from einfold.algebra.exp2 import COEFFICIENTS, LOG2_E

Values = NDArray[np.float32]

SIX_MACS = 5
"""The degree of the polynomial in `exp` by six multiply-adds."""


@dataclass(frozen=True)
class Accuracy:
    """A degree: multiply-adds, largest error in units in the last place, and against six multiply-adds: arguments whose result differs, and by how
    many units at most."""

    degree: int
    macs: int
    ulps: float
    differing: int
    apart: int
    arguments: int


def arguments() -> NDArray[np.float16]:
    """All numbers of fp16 from -17.5, below which exponentials round to zero, to 0."""
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    with np.errstate(invalid="ignore"):
        kept = every[(every <= 0) & (every >= -17.5)]
    return np.unique(kept)


def power_of_two(x: Values, coefficients: Sequence[float]) -> NDArray[np.float16]:
    """`2^x` by a polynomial of the fraction, in 32-bit multiply-adds, rounded to fp16."""
    whole = np.rint(x).astype(np.float32)
    fraction = (x - whole).astype(np.float32)
    value = np.full_like(fraction, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        value = (value * fraction + np.float32(c)).astype(np.float32)
    return np.ldexp(value, whole.astype(np.int32)).astype(np.float16)


def accuracy(degree: int) -> Accuracy:
    """What a polynomial of a degree does over all arguments."""
    x = arguments()
    scaled = (x.astype(np.float32) * np.float32(LOG2_E)).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    reference = power_of_two(scaled, COEFFICIENTS[SIX_MACS])
    found = power_of_two(scaled, COEFFICIENTS[degree])
    spacing = np.spacing(np.maximum(found, np.float16(6e-8))).astype(np.float64)
    ulps = float(np.max(np.abs(found.astype(np.float64) - exact) / spacing))
    steps = np.abs(found.view(np.uint16).astype(np.int64) - reference.view(np.uint16).astype(np.int64))
    return Accuracy(degree, degree + (degree == SIX_MACS), ulps, int(np.count_nonzero(steps)), int(steps.max()), len(x))


def main() -> None:
    print("| polynomial | multiply-adds | largest error, ulp | differ from six multiply-adds | by at most, ulp |")
    print("|---|---|---|---|---|")
    for degree in sorted(COEFFICIENTS, reverse=True):
        a = accuracy(degree)
        differing = f"{a.differing:,} of {a.arguments:,} ({100 * a.differing / a.arguments:.2f} %)"
        print(f"| degree {a.degree} | {a.macs} | {a.ulps:.4f} | {differing} | {a.apart} |")


if __name__ == "__main__":
    main()
