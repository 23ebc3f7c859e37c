"""The laws of an operator as lines of Markdown, read from the algebra's tables."""

from __future__ import annotations

from collections.abc import Iterator

from ...algebra.laws import ADDITION_FORMULAS, DISTRIBUTIONS, HOMOMORPHISMS, RANGES, Laws, Monotone, Range
from ...algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from ...dialects.notation import number_text

WHERE = {"real": "", "nonnegative": ", for numbers that are not negative", "positive": ", for positive numbers"}


def is_operator(name: str) -> bool:
    return name in SCALAR_OPERATORS or name in REDUCTION_OPERATORS


def operator_told(name: str, laws: Laws) -> list[str]:
    """What is known of an operator, built in or (`@name`) a user's."""
    return [f"- {line}" for line in (*_kind(name, laws), *_equations(name, laws), *_order(name, laws))]


def _kind(name: str, laws: Laws) -> Iterator[str]:
    scalar, reduction = SCALAR_OPERATORS.get(name), REDUCTION_OPERATORS.get(name)
    if scalar is not None and scalar.arity > 1:
        yield f"merge, unless another is written: {scalar.merge}"
    identity = laws.identity(name)
    if laws.reduces(name):
        yield "reduces fibers in any order and grouping" + ("" if identity is None else f"; identity {number_text(identity)}")
    if reduction is not None and reduction.results == 2:
        yield "gives the value and its coordinate, the first one on ties"
    user = laws.user(name)
    if user is not None and user.body is None:
        yield "opaque: only what is declared is known of it"
    if user is not None and not laws.reduces(name):
        yield from (word for word, true in (("associative", user.associative), ("commutative", user.commutative)) if true)
    if (inverse := laws.inverse(name)) is not None:
        yield f"undone by `{inverse}`"


def _equations(name: str, laws: Laws) -> Iterator[str]:
    for d in DISTRIBUTIONS:
        if d.outer == name:
            yield f"distributes over `{d.inner}`{WHERE[d.domain]}"
    user = laws.user(name)
    if user is not None:
        yield from (f"distributes over `{inner}`" for inner in user.distributes_over)
        if user.homomorphism is not None:
            yield _homomorphism(name, *user.homomorphism)
    for h in HOMOMORPHISMS:
        if h.op == name:
            yield _homomorphism(name, h.source, h.target) + WHERE[h.domain]
    if name in ADDITION_FORMULAS:
        terms = " ".join(f"{'+' if sign > 0 else '-'} {f}(a) {g}(b)" for sign, f, g in ADDITION_FORMULAS[name])
        yield f"`{name}(a + b)` = `{terms.removeprefix('+ ')}`"


def _homomorphism(name: str, source: str, target: str) -> str:
    return f"`{name}({_applied(source, 'a', 'b')})` = `{_applied(target, f'{name}(a)', f'{name}(b)')}`"


def _applied(name: str, a: str, b: str) -> str:
    operator = SCALAR_OPERATORS.get(name)
    return f"{name}({a}, {b})" if operator is None or operator.symbol is None else f"{a} {operator.symbol} {b}"


def _order(name: str, laws: Laws) -> Iterator[str]:
    if (monotone := laws.monotone(name)) is not None:
        yield _monotone(monotone)
    if name in RANGES:
        yield f"values in {_interval(RANGES[name])}"


def _monotone(found: Monotone) -> str:
    strictly = "strictly " if found.strict else ""
    if len(found.directions) == 1:
        return f"{strictly}{found.directions[0]}"
    return f"{strictly}monotone: " + ", ".join(f"{d or 'either way'} in argument {i}" for i, d in enumerate(found.directions, 1))


def _interval(r: Range) -> str:
    return f"{'(' if r.low_open else '['}{r.low:g}, {r.high:g}{')' if r.high_open else ']'}"
