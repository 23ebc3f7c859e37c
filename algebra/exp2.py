"""Powers of two by a short polynomial: `2^x = 2^round(x) * p(x - round(x))`, `p` the best polynomial for relative error on [-1/2, 1/2].

The whole part goes into the exponent of a floating-point number, so that a multiply-add for each degree of `p` is all the arithmetic (Nilsson
et al., "Hardware implementation of the exponential function using Taylor series", NORCHIP 2014, for the idea). The coefficients come from Remez's
exchange algorithm in 40 digits (Powell, Approximation Theory and Methods, 1981, chapter 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .expr import Apply, Expr, Num, Param

COEFFICIENTS: Mapping[int, tuple[float, ...]] = MappingProxyType(
    {
        3: (0.9999280735724706, 0.6932609846920404, 0.2426111223509835, 0.055171672325748815),
        4: (0.9999992614416003, 0.6931218147430911, 0.24024744831484726, 0.05591786034055626, 0.009570101863299818),
        5: (1.0000000716547142, 0.6931469670650352, 0.2402211972371072, 0.055507132718556444, 0.009675541343121328, 0.0013276472631950876),
    }
)
"""Degree -> coefficients of `p`, lowest power first."""

RELATIVE_ERROR: Mapping[int, float] = MappingProxyType({3: 7.4782e-05, 4: 2.5934e-06, 5: 7.4937e-08})
"""Degree -> the largest relative error of `p` on [-1/2, 1/2], rounded up."""

LOWEST_EXPONENT = -126
"""Exponents below are taken for a power of zero, as a 32-bit float without subnormal numbers does."""

LOG2_E = 1.4426950408889634
"""The logarithm of e to base 2, by which an argument of `exp` becomes one of `2^x`."""


def operator_name(degree: int) -> str:
    """What the operator is called in IR and in a machine's table of operations."""
    return f"@exp2_p{degree}"


def definition(degree: int, parameter: str = "x") -> Expr:
    """`2^x` by the polynomial of a degree, as an expression of a parameter. Raises `KeyError` for a degree without coefficients."""
    x = Param(parameter)
    lowest = Num(LOWEST_EXPONENT)
    kept = Apply("max", (x, lowest))
    whole = Apply("round", (kept,))
    fraction = Apply("sub", (kept, whole))
    *lower, value = (Num(c) for c in COEFFICIENTS[degree])
    sum_: Expr = value
    for coefficient in reversed(lower):
        sum_ = Apply("add", (coefficient, Apply("mul", (fraction, sum_))))
    return Apply("select", (Apply("lt", (x, lowest)), Num(0), Apply("mul", (Apply("pow", (Num(2), whole)), sum_))))
