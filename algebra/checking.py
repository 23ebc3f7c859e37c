"""What every derivation goes through: a test against the original on numbers, and where it is asked for, solvers.

What they say is attached to the derivation; one that the test finds wrong is refused, whatever the algebra said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .derivation import Derived, Obligation, Options, Refusal
from .differential import Arithmetic, differential
from .evaluate import float_functions
from .invariants import Invariants
from .laws import Laws
from .precision import Digits

FLOAT_TOLERANCE = 1e-7
"""Relative difference accepted between the original and the derived form on random fp64 data of moderate size."""

CHECK_DIGITS = 40
"""Digits with which a doubtful comparison is repeated; the tolerance is then the square of that for fp64."""


def tested(item: Derived, before: Sequence[Derived | Refusal], laws: Laws) -> Derived | Refusal:
    """Run it together with what was derived before it."""
    chain = [*before, item]
    verdict = differential(chain, laws, Arithmetic(float_functions(laws), float, FLOAT_TOLERANCE))
    if verdict == "differs" and not laws.users:  # perhaps only by rounding: ask with more digits
        digits = Digits(CHECK_DIGITS)
        verdict = differential(chain, laws, Arithmetic(digits.functions, digits.literal, FLOAT_TOLERANCE**2))
    if verdict == "differs":
        return Refusal(item.reduction, "the derived form and the original differ on random data")
    outcome = Obligation(
        "differential",
        "the derived form equals the original on random data, tiles and merge trees",
        "tested" if verdict == "agrees" else "assumed",
        "fp64 evaluation" if verdict == "agrees" else "an opaque operator or the domain left nothing to evaluate",
    )
    return replace(item, obligations=(*item.obligations, outcome))


def proved(item: Derived, known: Invariants, options: Options) -> Derived:
    """Discharge the obligations with solvers; what they decide replaces what was known by construction."""
    from .obligations import Discharge

    found = Discharge(item, known, options).all()
    names = {o.name for o in found if o.result == "proved"}
    asked = {o.name: o for o in found}
    kept = tuple(_left_open(o, asked.get(o.name)) for o in item.obligations if o.name not in names)
    return replace(item, obligations=(*(o for o in found if o.result == "proved" or o.name not in {k.name for k in kept}), *kept))


def _left_open(known: Obligation, asked: Obligation | None) -> Obligation:
    """What holds by construction and by evaluation, where no solver has decided it: not called proved."""
    if asked is None:
        return known
    if known.result != "proved":
        return replace(known, smtlib=asked.smtlib)
    return replace(known, result="tested", method=f"{known.method}, and fp64 evaluation; no solver has decided it", smtlib=asked.smtlib)
