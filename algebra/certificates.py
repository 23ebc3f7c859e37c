"""Certificates that no bounded one-pass state exists for a sum: made once, checkable by anybody, with rigorous bounds.

If the matrix `F(x_i, d_j)` of N element points and N summary points is invertible, no N - 1 functions of the elements span the body, so
no N - 1 accumulators determine the sum for all values of the summaries. Invertible is shown by an elimination in interval
arithmetic of 400 digits in which no pivot's interval contains zero.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from .derivation import Certificate
from .evaluate import Opaque, evaluate
from .expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, walk
from .laws import DEFAULT_LAWS, Laws
from .precision import Bounds, Undecided
from .sampling import Point, Sampler

CERTIFICATE_DIGITS = 400

FEWEST_DIGITS, MOST_DIGITS = 20, 5000

PIVOT_DIGITS = 6
"""Digits with which a pivot is written down."""

LARGEST_ARGUMENT = 10**6
"""Beyond this no costly function is evaluated: a body that somebody else wrote may build towers of them."""

COSTLY = frozenset({"exp", "sin", "cos", "tanh", "sigmoid", "pow", "floor", "round"})
"""Functions that need time and memory as the size of their argument grows."""

_PIVOT = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,400}))?(?:e([+-]?[0-9]{1,5}))?", re.ASCII)


class NotVerified(ValueError):
    """Why a certificate does not prove what it claims, in one sentence."""


def certify(body: Expr, sampler: Sampler, xs: Sequence[Point], ds: Sequence[Point]) -> Certificate | None:
    """The certificate for these points in this order; None if the intervals do not separate the pivots from zero."""
    elements = tuple(sampler.elements)
    summaries = tuple(sampler.summaries)
    claimed = Certificate(
        len(xs),
        body,
        elements,
        summaries,
        tuple((e, str(v)) for e, v in sampler.constants.items()),
        tuple(tuple(str(x[e]) for e in elements) for x in xs),
        tuple(tuple(str(d[Param(n)]) for n in summaries) for d in ds),
        CERTIFICATE_DIGITS,
        (),
    )
    try:
        return replace(claimed, pivots=verified(claimed))
    except NotVerified:
        return None


def with_constants(certificate: Certificate, values: Mapping[Expr, str]) -> Certificate | None:
    """A certificate that has these constants, with these values; None if nothing is proved with those.

    A constant may have become a number, which its body then has, or a product of shapes: the first of them has its value, the others are 1.
    """
    found: dict[Expr, str] = {}
    for e, v in values.items():
        for i, leaf in enumerate(dict.fromkeys(x for x in walk(e) if not isinstance(x, Num | Apply))):
            found[leaf] = v if i == 0 else "1"
    changed = replace(certificate, constants=tuple(found.items()))
    try:
        return replace(changed, pivots=verified(replace(changed, pivots=())))
    except NotVerified:
        return None


def check_certificate(body: Expr, certificate: Certificate, laws: Laws = DEFAULT_LAWS) -> bool:
    """Repeat the elimination of a certificate for this body. True if it proves what it claims: separation rank at least `rank`."""
    try:
        verified(replace(certificate, body=laws.inline(body), pivots=()))
    except NotVerified:
        return False
    return True


def verified(certificate: Certificate) -> tuple[str, ...]:
    """Lower bounds of the pivots that an elimination finds, after checking all that a certificate says. Raises `NotVerified`."""
    _check_form(certificate)
    found = _Elimination(certificate).pivots()
    for i, (claimed, actual) in enumerate(zip(certificate.pivots, found, strict=False)):
        if actual < pivot_value(claimed):
            raise NotVerified(f"pivot {i} is claimed to be at least {claimed}; it is {lower_bound_text(actual)}")
    return tuple(map(lower_bound_text, found))


def _check_form(certificate: Certificate) -> None:
    """Numbers of points, distinct; digits; every variable bound and every binding used. Raises `NotVerified`."""
    n = certificate.rank
    if n < 1:
        raise NotVerified(f"it claims a rank of {n}")
    if not FEWEST_DIGITS <= certificate.digits <= MOST_DIGITS:
        raise NotVerified(f"it asks for {certificate.digits} digits; {FEWEST_DIGITS} to {MOST_DIGITS} are allowed")
    for what, points in (("element", certificate.xs), ("summary", certificate.ds)):
        if len(points) != n:
            raise NotVerified(f"rank {n} needs {n} {what} points, and it has {len(points)}")
        for i, point in enumerate(points):
            if (first := points.index(point)) != i:
                raise NotVerified(f"{what} points {first} and {i} are the same")
    if certificate.pivots and len(certificate.pivots) != n:
        raise NotVerified(f"rank {n} needs {n} pivots, and it has {len(certificate.pivots)}")
    for i, pivot in enumerate(certificate.pivots):
        if pivot_value(pivot) <= 0:
            raise NotVerified(f"pivot {i}, {pivot}, is not positive")
    bound = {*certificate.elements, *map(Param, certificate.summaries), *(e for e, _ in certificate.constants)}
    for e in walk(certificate.body):
        if not isinstance(e, Num | Apply) and e not in bound:
            raise NotVerified(f"its body reads {leaf_text(e)}, which has no value")


def pivot_value(text: str) -> Fraction:
    """The number that `1.2e-31` is. Raises `NotVerified` for anything else."""
    found = _PIVOT.fullmatch(text)
    if found is None:
        raise NotVerified(f"'{text[:40]}' is not a pivot: a positive number such as 1.2e-31")
    whole, part, exponent = found[1], found[2] or "", int(found[3] or 0)
    return Fraction(int(whole + part), 10 ** len(part)) * Fraction(10) ** exponent


def leaf_text(leaf: Expr) -> str:
    """A variable as a message names it, where nothing better is known."""
    match leaf:
        case Param(name):
            return f"%{name}"
        case RankValue(rank):
            return rank
        case RankShape(rank):
            return f"shape({rank})"
        case Access(tensor, subscripts):
            return f"in{tensor}[{', '.join(map(str, subscripts))}]"
        case _:
            return "a number"


class _Elimination:
    """The elimination of one certificate, in intervals."""

    def __init__(self, certificate: Certificate):
        self.certificate = certificate
        self.bounds = Bounds(certificate.digits)
        self.largest = self.bounds.literal(LARGEST_ARGUMENT)
        self.functions = {name: self._limited(f) if name in COSTLY else f for name, f in self.bounds.functions.items()}

    def pivots(self) -> list[Fraction]:
        """Lower bounds of the absolute pivots. Raises `NotVerified`."""
        matrix = self._matrix()
        found: list[Fraction] = []
        for i, row in enumerate(matrix):
            least = self.bounds.magnitude_at_least(row[i])
            if not 0 < least < self.bounds.context.inf:
                raise NotVerified(f"pivot {i} may be zero: with {self.certificate.digits} digits, the matrix is not shown to be invertible")
            found.append(_fraction(least))
            for lower in matrix[i + 1 :]:
                factor = lower[i] / row[i]
                for j in range(i + 1, len(row)):
                    lower[j] -= factor * row[j]
        return found

    def _matrix(self) -> list[list[Any]]:
        c = self.certificate
        fixed = {e: self.bounds.literal(Fraction(v)) for e, v in c.constants}
        columns = [self._leaves([Param(n) for n in c.summaries], d) for d in c.ds]
        rows = [self._leaves(c.elements, x) for x in c.xs]
        return [[self._value({**fixed, **d, **x}, i, j) for j, d in enumerate(columns)] for i, x in enumerate(rows)]

    def _leaves(self, names: Sequence[Expr], values: Sequence[str]) -> dict[Expr, Any]:
        if len(names) != len(values):
            raise NotVerified(f"a point has {len(values)} coordinates, and there are {len(names)} variables")
        return {e: self.bounds.literal(Fraction(v)) for e, v in zip(names, values, strict=True)}

    def _value(self, leaves: dict[Expr, Any], i: int, j: int) -> Any:
        try:
            value = evaluate(self.certificate.body, leaves, self.functions, self.bounds.literal)
        except (Undecided, ValueError, OverflowError):
            raise NotVerified(f"with {self.certificate.digits} digits, the body has no value at element point {i} and summary point {j}") from None
        except Opaque as error:
            raise NotVerified(f"its body applies {error}, which has no definition") from None
        return self.bounds.context.mpf(value)

    def _limited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if not all(abs(a) <= self.largest for a in args):
                raise Undecided
            return function(*args)

        return call


def _fraction(value: Any) -> Fraction:
    """The lower end of an interval, which is a binary fraction."""
    libmp: Any = importlib.import_module("mpmath.libmp")
    numerator, denominator = libmp.to_rational(value._mpi_[0])
    return Fraction(int(numerator), int(denominator))


def lower_bound_text(value: Fraction) -> str:
    """A positive number rounded down to `PIVOT_DIGITS` digits, such as `1.23456e-31`. Raises ValueError for one that is not positive."""
    if value <= 0:
        raise ValueError(f"{value} is not positive")
    exponent = math.floor((value.numerator.bit_length() - value.denominator.bit_length()) * math.log10(2)) + 1
    while value < Fraction(10) ** exponent:
        exponent -= 1
    digits = str(int(value / Fraction(10) ** exponent * 10 ** (PIVOT_DIGITS - 1)))
    return f"{digits[0]}.{digits[1:]}e{exponent}"
