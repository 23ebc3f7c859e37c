"""The facts about values that the stability rule goes by, asked of the algebra once more so that a reader can check them.

The algebra decides from intervals under invariants (`x <= max`, a softmax denominator is at least 1); here the same question is put for the
exponents, divisors and summaries that a derived form is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...algebra.derivation import Derived, Refusal
from ...algebra.enclosures import attach
from ...algebra.expr import Apply, Expr, Param, walk
from ...algebra.intervals import Interval
from ...algebra.invariants import Invariants
from ...algebra.laws import Laws
from ...algebra.linear import factors
from ...algebra.scope import Scope


@dataclass(frozen=True)
class Bound:
    """`expression` lies in `interval`, on every prefix with at least one element."""

    expression: Expr
    interval: Interval

    @property
    def says_something(self) -> bool:
        return self.interval.low > float("-inf") or self.interval.high < float("inf")


@dataclass(frozen=True)
class Bounds:
    """Of one derived reduction: the exponents of what it carries, the factors that its final value divides by, and the summary itself."""

    exponents: tuple[Bound, ...]
    divisors: tuple[Bound, ...]
    summary: Bound


def invariants(chain: Sequence[Derived | Refusal], laws: Laws) -> Invariants:
    """What is known of the summaries of a chain, each over those before it, as `derive_chain` knows it."""
    known = Invariants(Scope(tuple(item.reduction.name for item in chain)), laws)
    for item in chain:
        attach(known, item)
    return known


def bounds_of(derived: Derived, known: Invariants) -> Bounds:
    """The facts about one reduction of the chain that `known` is about."""
    exponents = _arguments(_applied((a.basis for a in derived.accumulators), "exp", 0), known)
    divisors = dict.fromkeys(base for e in _applied((derived.final,), "div", 1) for base, _ in factors(e)[1] if known.scope.of(base).summaries)
    name = derived.reduction.name
    return Bounds(tuple(exponents), _bounds(divisors, known), Bound(Param(name), known.summaries[name].range))


def _applied(expressions: Iterable[Expr], op: str, position: int) -> Iterator[Expr]:
    """The operands at a position of every application of an operator, each once."""
    found = (e.args[position] for expression in expressions for e in walk(expression) if isinstance(e, Apply) and e.op == op)
    return iter(dict.fromkeys(found))


def _arguments(found: Iterable[Expr], known: Invariants) -> tuple[Bound, ...]:
    return _bounds((e for e in found if known.scope.mixed(e)), known)


def _bounds(found: Iterable[Expr], known: Invariants) -> tuple[Bound, ...]:
    return tuple(Bound(e, known.interval(e)) for e in found)
