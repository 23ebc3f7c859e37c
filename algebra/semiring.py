"""Reductions other than add and the ordered ones: products, and a user's operator that something distributes over.

T1 in a general semiring: if `F(x, d) = h(d) (x) g(x)` and (x) distributes over the reduction's operator, g is carried and h applied at
the end. A product is special: nothing distributes over it, but a factor that every element shares comes out as a power of the count.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .build import ONE, Factor, product, total
from .derivation import Accumulator
from .expr import Apply, Expr, Param, substitute_params
from .invariants import Invariants
from .laws import Distribution
from .linear import addends, collect, factors
from .probe import distributing
from .separate import separate
from .terms import HOLE, NotSeparable, scaled


def product_reduction(name: str, body: Expr, known: Invariants) -> tuple[tuple[Accumulator, ...], Expr]:
    """`prod_m h(d) g(x_m) = h(d)^count * prod_m g(x_m)`: accumulators and the final value. Raises `NotSeparable`.

    An exponential's product is the exponential of a sum: its exponent is carried, which cannot overflow as the product would.
    """
    terms = separate(body, known)
    if len(terms) != 1 or terms[0].shifts or terms[0].mask or any(w.kind != "exp" for w in terms[0].waves):
        raise NotSeparable(body, "it mixes elements and summaries in a sum")
    term = terms[0]
    accumulators: list[Accumulator] = []

    def carried(op: str, basis: Expr) -> Expr:
        identity = 1.0 if op == "mul" else 0.0
        found = next((a for a in accumulators if a.op == op and a.basis == basis), None)
        if found is None:
            found = Accumulator(f"{name}.{len(accumulators)}", op, identity, basis)
            accumulators.append(found)
        return Param(found.name)

    final: list[Factor] = []
    if term.elements:
        final.append((carried("mul", product(term.elements)), 1))
    for wave in term.waves:
        sums = carried("add", total(wave.split.elements))
        exponent = [(k, product([(carried("add", ONE), 1), (e, 1)])) for k, e in wave.split.summaries]
        argument = scaled(wave.scale, total([(Fraction(1), sums), *exponent]))
        final.append((substitute_params(wave.function, {HOLE.name: argument}), 1))
    shared = product(term.scalars, term.coefficient)
    if shared != ONE:
        final.append((Apply("pow", (shared, carried("add", ONE))), 1))
    return tuple(accumulators), product(final)


def distributed(name: str, op: str, body: Expr, known: Invariants) -> tuple[tuple[Accumulator, ...], Expr, str] | None:
    """Accumulators, final value and the (x) by which a body splits into `h(d) (x) g(x)`; None if no law splits it."""
    identity = known.laws.identity(op)
    if identity is None:
        return None
    found = (Distribution(outer, op) for outer in distributing(op, known.laws))
    for law in (*known.laws.distributing_over(op), *found):
        parts = _split(body, law.outer, known)
        if parts is None:
            continue
        elements, summaries = parts
        if law.domain != "real" and not (known.nonnegative(summaries) if law.domain == "nonnegative" else known.positive(summaries)):
            continue
        accumulator = Accumulator(f"{name}.0", op, identity, elements)
        return (accumulator,), _combined(law.outer, Param(accumulator.name), summaries), law.outer
    return None


def _split(body: Expr, outer: str, known: Invariants) -> tuple[Expr, Expr] | None:
    """(element part, summary part) with `body = outer(element part, summary part)`, for add, mul, or any operator applied at the root."""
    scope = known.scope
    if outer == "add":
        parts = addends(body)
        if any(scope.mixed(e) for _, e in parts):
            return None
        return total(p for p in parts if not scope.of(p[1]).summaries), total(p for p in parts if scope.of(p[1]).summaries)
    if outer == "mul":
        coefficient, found = factors(body)
        powers: Sequence[Factor] = list(collect(found).items())
        if any(scope.mixed(b) for b, _ in powers):
            return None
        return product((f for f in powers if not scope.of(f[0]).summaries), coefficient), product(f for f in powers if scope.of(f[0]).summaries)
    user = known.laws.user(outer)
    if isinstance(body, Apply) and body.op == outer and len(body.args) == 2 and body.merge is None:
        a, b = body.args
        for d, x in ((a, b), (b, a)) if user is not None and user.commutative else ((a, b),):
            if not scope.of(x).summaries and not scope.of(d).elements:
                return x, d
    return None


def _combined(outer: str, value: Expr, summaries: Expr) -> Expr:
    if outer == "add":
        return total([(Fraction(1), value), *addends(summaries)])
    if outer == "mul":
        return product([(value, 1), (summaries, 1)])
    return Apply(outer, (summaries, value))
