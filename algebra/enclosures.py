"""Where the values lie that a derived form computes with: stability shown, not assumed.

For each reduction of a derived chain, an interval that contains every value of each carried term (an element's contribution to an
accumulator) and of each entry of its correction, under what is known of the summaries: `exp(x - max)` is in [0, 1], so is
`exp(max_old - max)`, a softmax denominator is at least 1. Beside it stands how a term grows with the data where its interval is unbounded:
a centred square may be any number, but it is of degree 2, as in the cascade as written; exponential growth is what a safe form never has.

All of it is about real numbers, and about summaries that have seen an element; a summary that has not is replaced as `Derived.safe` says.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce

from .build import product, rational
from .derivation import DEFAULT_OPTIONS, OLD, Derived, Refusal
from .expr import Apply, Expr, Num, Param, substitute_params, walk
from .growth import growth
from .intervals import Interval, point
from .invariants import Invariants, Summary
from .laws import DEFAULT_LAWS, Laws
from .linear import collect, factors, linear
from .scope import Scope

UNIT = Interval(Fraction(0), Fraction(1))
SIGNED_UNIT = Interval(Fraction(-1), Fraction(1))


@dataclass(frozen=True)
class Enclosure:
    """What is proved of one derived reduction.

    `summary` contains its value on every prefix with an element; `terms[j]` every value of the basis of accumulator j; `correction[j][l]`
    every value of that entry, None where it is zero. `degrees[j]` is the highest power of an element's variable that term j grows with, 0
    for a bounded term and None for one that grows exponentially.
    """

    summary: Interval
    terms: tuple[Interval, ...]
    degrees: tuple[Fraction | None, ...]
    correction: tuple[tuple[Interval | None, ...], ...]

    @property
    def bounded(self) -> bool:
        """Whether nothing carried, and nothing that it is multiplied by, can grow with the data."""
        entries = [e for row in self.correction for e in row if e is not None]
        return all(math.isfinite(i.magnitude) for i in (*self.terms, *entries))


def enclosures(chain: Sequence[Derived | Refusal], laws: Laws = DEFAULT_LAWS) -> tuple[Enclosure | None, ...]:
    """The enclosure of every item of a chain, in its order; None for one that is refused."""
    names = [item.reduction.name for item in chain]
    known = Invariants(Scope((*(n + OLD for n in names), *names)), laws)
    found: list[Enclosure | None] = []
    for item in chain:
        inside = _of(item, known) if isinstance(item, Derived) else None
        attach(known, item)
        if isinstance(item, Derived):
            _record_before(item, known)
        found.append(None if inside is None else replace(inside, summary=known.summaries[item.reduction.name].range))
    return tuple(found)


def attach(known: Invariants, item: Derived | Refusal) -> None:
    """Tell `known` of an item's summary, as `derive_chain` knows it: whether its running value is finite on every prefix, too."""
    r = item.reduction
    total = isinstance(item, Derived) and not item.waits_for and known.defined(item.final) is None
    known.add(r.name, r.op, r.body, total)


def _of(item: Derived, known: Invariants) -> Enclosure:
    terms = tuple(_interval(a.basis, known) for a in item.accumulators)
    degrees = tuple(Fraction(0) if math.isfinite(i.magnitude) else _degree(a.basis, known) for a, i in zip(item.accumulators, terms, strict=True))
    correction = tuple(tuple(None if e is None else _correction(e, item, known) for e in row) for row in item.correction)
    return Enclosure(point(Fraction(0)), terms, degrees, correction)


def _degree(e: Expr, known: Invariants) -> Fraction | None:
    found = growth(e, known, DEFAULT_OPTIONS.limit)
    return None if found.exponential else max(found.degrees.values(), default=Fraction(0))


def _record_before(item: Derived, known: Invariants) -> None:
    """Attach what is known of a summary's value before a tile: the same range, and its order with the value after it.

    A maximum of the elements seen so far only rises, and so does a sum of what is not negative; what follows other summaries need not.
    """
    name = item.reduction.name
    summary = known.summaries[name]
    known.summaries[name + OLD] = Summary(name + OLD, summary.op, summary.body, summary.range, total=summary.total)
    if item.form != "base" or item.estimate is not None:
        return
    before = (linear(Param(name + OLD)),)
    each = known.interval(summary.body)
    if summary.op in ("max", "argmax", "or") or (summary.op == "add" and each.nonnegative):
        known.summaries[name] = replace(summary, above=(*summary.above, *before))
    elif summary.op in ("min", "argmin", "and") or (summary.op == "add" and each.nonpositive):
        known.summaries[name] = replace(summary, below=(*summary.below, *before))


def _correction(entry: Expr, item: Derived, known: Invariants) -> Interval:
    """An entry at summaries off their bottoms, and with what replaces them there."""
    parts = [_interval(substitute_params(entry, stand_in), known) for stand_in in _stand_ins(item, entry, known)]
    return reduce(Interval.hull, parts)


def _stand_ins(item: Derived, entry: Expr, known: Invariants) -> Iterator[Mapping[str, Expr]]:
    """What `Derived.safe` makes of the summaries that an entry reads: each of its tests decided, in all combinations that can occur.

    A summary that only rises (or falls) is at its bottom after a tile only if it was before.
    """
    used = {e.name for e in walk(entry) if isinstance(e, Param)}
    safe = [(n, e) for n, e in item.safe if n in used]
    tests = list(dict.fromkeys(t for _, e in safe for t in _tests(e)))
    about = {t: next(e.name for e in walk(t) if isinstance(e, Param)) for t in tests}
    for outcome in itertools.product((False, True), repeat=len(tests)):
        decided = dict(zip(tests, outcome, strict=True))
        bottom = {about[t]: at_bottom for t, at_bottom in decided.items()}
        if not any(at and not bottom.get(name + OLD, True) and _one_way(name, known) for name, at in bottom.items()):
            yield {n: _decided(e, decided) for n, e in safe}


def _tests(e: Expr) -> Iterator[Expr]:
    return (part.args[0] for part in walk(e) if isinstance(part, Apply) and part.op == "select")


def _decided(e: Expr, tests: Mapping[Expr, bool]) -> Expr:
    if isinstance(e, Apply) and e.op == "select" and e.args[0] in tests:
        return _decided(e.args[1] if tests[e.args[0]] else e.args[2], tests)
    return e


def _one_way(name: str, known: Invariants) -> bool:
    moved = known.interval(Apply("sub", (Param(name), Param(name + OLD))))
    return moved.nonnegative or moved.nonpositive


def _interval(e: Expr, known: Invariants) -> Interval:
    """An interval of an expression, also where two factors of a product bound each other."""
    if isinstance(e, Apply) and e.op == "pow" and known.laws.user(e.op) is None and e.merge is None:
        exponent = rational(e.args[1])
        if exponent is not None and exponent > 0 and _interval(e.args[0], known).within(UNIT) == _interval(e.args[0], known):
            return UNIT
    whole = known.interval(e)
    coefficient, found = factors(e)
    powers = collect(found)
    bounds = [*_quotients(powers, known), *_damped(powers, known)]
    if not bounds:
        return whole
    rest = known.interval(product((b, n) for b, n in powers.items() if n != 0))
    return whole.within(reduce(Interval.__mul__, bounds, rest).scaled(coefficient))


def _quotients(powers: dict[Expr, int], known: Invariants) -> Iterator[Interval]:
    """Quotients of what is no larger than its divisor, at most 1; they are taken out of `powers`.

    A zero divisor is a bottom, and none of an entry's business.
    """
    for base, divisor in itertools.permutations(list(powers), 2):
        shared = min(powers[base], -powers[divisor])
        if shared > 0 and _no_larger(base, divisor, known):
            powers[base] -= shared
            powers[divisor] += shared
            yield SIGNED_UNIT if shared % 2 == 1 and not known.nonnegative(base) else UNIT


def _damped(powers: dict[Expr, int], known: Invariants) -> Iterator[Interval]:
    """`u^n exp(u)` with u <= 0 is of size at most (n / e)^n; both are taken out of `powers`."""
    for wave, base in itertools.permutations(list(powers), 2):
        if not (isinstance(wave, Apply) and wave.op == "exp" and powers[wave] == 1 and powers[base] > 0):
            continue
        argument = linear(wave.args[0])
        sign = 1 if linear(base) == argument else -1 if linear(Apply("neg", (base,))) == argument else 0
        if sign and known.interval(wave.args[0]).nonpositive:
            n = powers[base]
            size = Fraction(math.nextafter((n / math.e) ** n * (1 + 1e-12), math.inf))
            powers[base] = powers[wave] = 0
            yield Interval(-size, Fraction(0)) if n % 2 == 1 and sign > 0 else Interval(Fraction(0), size)


def _no_larger(base: Expr, divisor: Expr, known: Invariants) -> bool:
    """Whether |base| <= divisor; of equal positive powers, whether that holds of what is raised."""
    match base, divisor:
        case Apply("pow", (a, p)), Apply("pow", (b, q)) if p == q and known.positive(p) and known.nonnegative(a) and known.nonnegative(b):
            base, divisor = a, b
        case _:
            pass
    size: Expr = base if known.nonnegative(base) else Apply("abs", (base,))
    return known.interval(Apply("sub", (size, divisor))).nonpositive


def ends(interval: Interval) -> tuple[float | None, float | None]:
    """An interval's ends as floats, rounded outwards; None where there is none. Open ends are given as closed: underflow reaches them."""
    return _end(interval.low, -math.inf), _end(interval.high, math.inf)


def _end(end: Fraction | float, outward: float) -> float | None:
    if isinstance(end, float):
        return end if math.isfinite(end) else None
    try:
        nearest = float(end)
    except OverflowError:
        return None
    short = Fraction(nearest) > end if outward < 0 else Fraction(nearest) < end
    found = math.nextafter(nearest, outward) if short else nearest
    return found if math.isfinite(found) else None


def text(interval: Interval) -> str:
    """`[0, 1]`, `at least 1`, `any number`."""
    low, high = ends(interval)
    match low, high:
        case None, None:
            return "any number"
        case None, _:
            return f"at most {high:.6g}"
        case _, None:
            return f"at least {low:.6g}"
        case _:
            return f"{low:.6g}" if low == high else f"[{low:.6g}, {high:.6g}]"


def growth_text(degree: Fraction | None) -> str:
    """How a term grows with the data, in words."""
    if degree is None:
        return "grows exponentially"
    return "bounded" if degree == 0 else f"of degree {Num(int(degree) if degree.denominator == 1 else float(degree))}"
