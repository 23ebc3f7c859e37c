"""The catalogue of operators and of their laws, from the tables that the derivations themselves go by."""

from __future__ import annotations

import math

from ...algebra.laws import ADDITION_FORMULAS, DISTRIBUTIONS, HOMOMORPHISMS, INVERSES, MONOTONE, PARITY, RANGES, Monotone, Range
from ...algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS, ScalarOperator
from .markdown import code, table

HEAD = """\
# Operators and their laws

*Made from the tables that the derivations go by (`algebra/operators.py`, `algebra/laws.py`).*

Nothing in einfold knows softmax: a rewrite asks what distributes over what, what turns sums into products, and what keeps an order. An operator of
your own joins with the laws that it declares, see [`einsum.operator`](einsum-ops.md#einsumoperator).

## In a map

A *merge* says at which points an operator has a value, from the points at which its operands have one (see
[presence and merges](../einsum-dialect.md#presence-and-merges)). *Order*: how the result moves with each operand, where that is always the same way.
"""

_ARROWS = {"increasing": "↑", "decreasing": "↓", None: "?"}


def operators_page() -> str:
    """The page."""
    rows = [[code(o.name), code(spelled(o)), o.merge, _order(MONOTONE.get(o.name)), _range(RANGES.get(o.name))] for o in SCALAR_OPERATORS.values()]
    lines = [HEAD, *table(["operator", "written", "merge", "order", "values"], rows), ""]
    lines += ["↑ increasing, ↓ decreasing, an operand each; *weakly*: different operands may give the same result.", ""]
    lines += ["## In a reduction", "", "A reduction folds a fiber with an associative, commutative operator, and starts from its identity.", ""]
    reductions = REDUCTION_OPERATORS.values()
    made = [[code(r.name), number(r.identity), code(r.scalar), "value and coordinate" if r.results == 2 else "value"] for r in reductions]
    lines += [*table(["reduction", "identity", "two parts are joined by", "gives"], made), "", "## Laws", ""]
    lines += ["**Distribution**: `outer(c, inner(a, b)) = inner(outer(c, a), outer(c, b))`. What distributes can be taken out of a reduction.", ""]
    lines += [*table(["outer", "inner", "for c"], ([code(d.outer), code(d.inner), d.domain] for d in DISTRIBUTIONS)), ""]
    lines += ["**Homomorphism**: `f(source(a, b)) = target(f(a), f(b))`. It separates elements from summaries: `exp(x - m) = exp(x) exp(-m)`.", ""]
    told = ([code(h.op), code(h.source), code(h.target), h.domain] for h in HOMOMORPHISMS)
    lines += [*table(["f", "source", "target", "for a, b"], told), ""]
    lines += ["**Inverse**: " + ", ".join(f"`{undoes}` undoes `{op}`" for op, undoes in INVERSES.items()) + " (by what is not zero).", ""]
    lines += ["**Addition formulas**, with which shifted waves are moved:", ""]
    lines += [f"* `{op}(a + b) = {_formula(terms)}`, `{op}(-a) = {'-' if PARITY[op] < 0 else ''}{op}(a)`" for op, terms in ADDITION_FORMULAS.items()]
    return "\n".join(lines) + "\n"


def spelled(operator: ScalarOperator) -> str:
    """How an application is written: `a + b`, `exp(a)`."""
    names = ["a", "b", "c"][: operator.arity]
    if operator.symbol is None:
        return f"{operator.name}({', '.join(names)})"
    return f"{operator.symbol}{names[0]}" if operator.arity == 1 else f" {operator.symbol} ".join(names)


def _order(known: Monotone | None) -> str:
    if known is None:
        return ""
    return " ".join(_ARROWS[d] for d in known.directions) + ("" if known.strict else " weakly")


def _range(known: Range | None) -> str:
    if known is None:
        return ""
    low, high = "(" if known.low_open else "[", ")" if known.high_open else "]"
    return f"{low}{number(known.low)}, {number(known.high)}{high}"


def number(value: float) -> str:
    """A number as mathematics writes it."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:g}"


def _formula(terms: tuple[tuple[int, str, str], ...]) -> str:
    told = " ".join(f"{'+' if sign > 0 else '-'} {f}(a) {g}(b)" for sign, f, g in terms)
    return told.removeprefix("+ ")
