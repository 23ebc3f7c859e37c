"""Formulas that are too wide for a line, broken where a person would: before a plus, a minus, or a dot.

Widths are estimates in characters; they decide where a line ends, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from .formula import (
    Applied,
    Fold,
    Formula,
    Matrix,
    Number,
    Operation,
    Product,
    Related,
    RelationName,
    SignedTerm,
    Statement,
    Symbol,
    factors_of,
    product,
    signed_terms,
    total,
)

WIDEST = 58
"""Characters of mathematics on a line of a page, about."""
DEEPEST = 60
"""Levels of operators in operators (long sums and products are one level) that are written; nobody reads what is below."""
SMALL = 0.65
"""How wide a subscript or an exponent is, compared with a letter on the line."""


def width(formula: Formula | None, depth: int = 0) -> float:
    """About how many letters wide a formula is."""
    match formula:
        case Operation():
            return _operation(formula, depth) if depth < 2 * DEEPEST else 3
        case None:
            return 1
        case Number(value):
            return len(repr(value))
        case Symbol():
            below = sum(len(str(s)) for s in formula.subscripts) + max(0, len(formula.subscripts) - 1)
            return (1 if formula.kind == "greek" else len(formula.name)) + SMALL * max(below, sum(map(len, formula.marks)))
        case Fold():
            under = sum(len(r) + 1 for r in formula.ranks) + sum(len(str(c)) for c in formula.where) + (4 if formula.tile else 0)
            return max(3, SMALL * under) + width(formula.body)
        case Matrix(rows):
            return 2 + sum(2 + max(width(row[j]) for row in rows) for j in range(len(rows[0])))
        case Applied(head, args):
            return 2 + (width(head) if head is not None else 0) + sum(width(a) + 1.5 for a in args)
        case Product(factors):
            return sum(width(f) + 0.5 for f in factors)
        case Statement(condition):
            return width(condition)
        case Related(left, _, right):
            return 3 + (width(left) if left is not None else 0) + width(right)


def _operation(formula: Operation, depth: int) -> float:
    inner = [width(a, depth + 1) for a in formula.args]
    match formula.op:
        case "div":
            return max(inner) + 0.5
        case "pow":
            return inner[0] + SMALL * inner[1] + (2 if isinstance(formula.args[0], Operation) else 0)
        case "exp":
            return 1 + SMALL * inner[0]
        case "neg":
            return inner[0] + 1
        case "select":
            return 3 + max(inner[1], inner[2]) + max(5 + inner[0], 9)
        case "add" | "sub":
            return sum(inner) + 3
        case "mul":
            bracketed = sum(2 for a in formula.args if isinstance(a, Fold) or (isinstance(a, Operation) and a.op in ("add", "sub")))
            return sum(inner) + 1.5 + bracketed
        case op:
            return len(op) + 2 + sum(inner) + 1.5 * (len(inner) - 1)


def broken(line: Related, widest: float = WIDEST) -> tuple[Related, ...]:
    """The line, or several that together say the same."""
    if width(line) <= widest or line.where:
        return (line,)
    room = widest - 3 - (0 if line.left is None else min(width(line.left), widest / 2))
    right = line.right
    if isinstance(right, Fold):
        pieces = _grouped(factors_of(right.body), room - 3)
        first: Formula = Fold(right.op, right.ranks, product(pieces[0]), right.where, right.tile)
        return _continued(Related(line.left, line.relation, first), [("times", _closed_product(p)) for p in pieces[1:]])
    terms = signed_terms(right)
    if len(terms) == 1:
        pieces = _grouped(factors_of(right), room)
        opening = Related(line.left, line.relation, _closed_product(pieces[0]) if len(pieces) > 1 else right)
        return _continued(opening, [("times", _closed_product(p)) for p in pieces[1:]])
    groups = _grouped_terms(terms, room)
    minus, opened = groups[0][0][0], _closed_sum(groups[0])
    if minus:
        opened = total([(False, Operation("neg", (groups[0][0][1],))), *groups[0][1:]])
    return _continued(Related(line.left, line.relation, opened), [("minus" if g[0][0] else "plus", _closed_sum(g)) for g in groups[1:]])


def _closed_product(factors: Sequence[Formula]) -> Formula:
    """A product that stands beside a dot: a lone factor that is a sum keeps its brackets."""
    return product(factors) if len(factors) > 1 else Product((factors[0],))


def _closed_sum(terms: Sequence[SignedTerm]) -> Formula:
    """Terms behind a sign: a first one that is a sum itself keeps its brackets."""
    first = terms[0][1]
    closed = Product((first,)) if isinstance(first, Operation) and first.op in ("add", "sub") else first
    return total([(False, closed), *terms[1:]])


def _continued(opening: Related, rest: Sequence[tuple[RelationName, Formula]]) -> tuple[Related, ...]:
    return (opening, *(Related(None, relation, formula) for relation, formula in rest))


def _grouped(factors: Sequence[Formula], room: float) -> list[list[Formula]]:
    groups: list[list[Formula]] = [[]]
    for factor in factors:
        if groups[-1] and sum(width(f) + 1.5 for f in (*groups[-1], factor)) > room:
            groups.append([])
        groups[-1].append(factor)
    return groups


def _grouped_terms(terms: Sequence[SignedTerm], room: float) -> list[list[SignedTerm]]:
    groups: list[list[SignedTerm]] = [[]]
    for term in terms:
        if groups[-1] and sum(width(f) + 3 for _, f in (*groups[-1], term)) > room:
            groups.append([])
        groups[-1].append(term)
    return groups
