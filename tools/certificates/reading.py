"""Reading a certificate of a separation rank: expressions by the notation's own reader, exact rationals, every variable bound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, cast

from xdsl.context import Context
from xdsl.utils.exceptions import DiagnosticException, ParseError

from ...algebra.certificates import NotVerified
from ...algebra.derivation import Certificate, Reduction
from ...algebra.expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, to_text, walk
from ...algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from ...algebra.scope import params
from ...dialects.einsum_attrs import subscripts_text
from ...dialects.expression_text import ExpressionReader
from ..diagnostics import suggestion
from ..parsing import SourceParser
from ..source import Source
from .fields import LONGEST_NAME, SEAL, Fields

MOST_POINTS = 64
MOST_VARIABLES = 64

LONGEST_TEXT = 20_000
"""Characters of one expression."""

LARGEST_DEGREE = 10_000
"""Most factors that an expression may have when its whole powers are multiplied out: what exact arithmetic is still quick with."""

_RATIONAL = re.compile(r"-?[0-9]{1,300}(?:/[1-9][0-9]{0,299})?", re.ASCII)


class Names:
    """Tensors of a certificate's expressions, numbered as they are met."""

    def __init__(self) -> None:
        self.tensors: dict[str, int] = {}

    def expression(self, text: str, what: str) -> Expr:
        """The expression that a text is. Raises `NotVerified`."""
        try:
            parser = SourceParser(Context(), Source(what, text))
            parser.start()

            def tensor() -> int | Param | None:
                operand = parser.parse_optional_unresolved_operand()
                if operand is None:
                    return None
                name = operand.span.text.removeprefix("%")
                if not text.startswith("[", parser.pos):
                    return Param(name)
                return self.tensors.setdefault(name, len(self.tensors))

            found = ExpressionReader(parser, tensor).read()
            rest = text[parser.pos :].strip()
        except ParseError as error:
            raise NotVerified(f"{what}: {_first_line(error.msg)} at character {error.span.start}") from None
        except (DiagnosticException, RecursionError) as error:
            raise NotVerified(f"{what} cannot be read: {_first_line(str(error)) or 'it is nested too deeply'}") from None
        if rest:
            raise NotVerified(f"{what}: '{rest[:40]}' follows its end")
        if degree(found) > LARGEST_DEGREE:
            raise NotVerified(f"{what} has powers of more than {LARGEST_DEGREE} factors")
        unknown = next((e.op for e in walk(found) if isinstance(e, Apply) and e.op not in SCALAR_OPERATORS), None)
        if unknown is not None:
            raise NotVerified(f"{what} applies '{unknown}', which is no built-in operator")
        return found

    def text(self, e: Expr) -> str:
        """An expression as it was written."""
        known = {number: name for name, number in self.tensors.items()}
        return to_text(e, lambda a: f"%{known[a.tensor]}{subscripts_text(a.subscripts)}")

    def variable(self, text: str, what: str, *kinds: type[Expr]) -> Expr:
        """A leaf of one of these kinds. Raises `NotVerified`."""
        found = self.expression(text, what)
        if not isinstance(found, kinds):
            raise NotVerified(f"{what}: '{text}' cannot be that")
        return found


def separation_rank(found: Mapping[str, Any], names: Names) -> tuple[Certificate, list[Reduction]]:
    """The certificate that an object of this kind is, and what its summaries are. Raises `NotVerified`."""
    fields = Fields(found)
    fields.only(*_KEYS, SEAL)
    for key in ("cascade", "rank", "reduction"):
        fields.text(key)
    if fields.text("operator") != "add":
        raise NotVerified(f"a separation rank is about sums, and this is a reduction by '{fields.text('operator')}'")
    body = names.expression(fields.text("body", LONGEST_TEXT), "body")
    written = [_text(e, f"element {i}") for i, e in enumerate(fields.list("elements", MOST_VARIABLES))]
    elements = [names.variable(text, f"element {i}", Access, RankValue) for i, text in enumerate(written)]
    definitions = _summaries(fields, names)
    summaries = [d.name for d in definitions]
    constants: list[tuple[Expr, str]] = []
    for each in fields.objects("constants", MOST_VARIABLES):
        each.only("name", "value", "stands_for")
        leaf = names.variable(each.text("name"), f"{each.where}name", Param, RankShape)
        constants.append((leaf, _rational(each.get("value"), f"{each.where}value")))
    _check_variables(names, body, definitions, [*elements, *map(Param, summaries), *(e for e, _ in constants)])
    certificate = Certificate(
        rank=fields.number("k_at_least"),
        body=body,
        elements=tuple(elements),
        summaries=tuple(summaries),
        constants=tuple(constants),
        xs=_points(fields, "element_points", len(elements)),
        ds=_points(fields, "summary_points", len(summaries)),
        digits=fields.number("digits"),
        pivots=tuple(_text(p, f"pivot {i}") for i, p in enumerate(fields.list("pivots", MOST_POINTS))),
    )
    if not certificate.pivots:
        raise NotVerified("it has no pivots")
    return certificate, definitions


_KEYS = (
    *("kind", "cascade", "rank", "reduction", "operator", "body", "elements", "summaries", "constants"),
    *("k_at_least", "digits", "element_points", "summary_points", "pivots"),
)


def _summaries(fields: Fields, names: Names) -> list[Reduction]:
    """What the summaries are, each over earlier ones only."""
    definitions: list[Reduction] = []
    for each in fields.objects("summaries", MOST_VARIABLES):
        each.only("name", "operator", "body")
        leaf = names.variable(each.text("name"), f"{each.where}name", Param)
        op = each.text("operator")
        if op not in REDUCTION_OPERATORS and not op.startswith("@"):
            raise NotVerified(f"{each.where}unknown operator '{op}'{suggestion(op, REDUCTION_OPERATORS)}")
        body = names.expression(each.text("body", LONGEST_TEXT), f"{each.where}body")
        definitions.append(Reduction(leaf.name if isinstance(leaf, Param) else "", op, body))
    later = {d.name for d in definitions}
    for d in definitions:
        if read := later.intersection(params(d.body)):
            raise NotVerified(f"summary %{d.name} reads %{min(read)}, which is not before it")
        later.discard(d.name)
    return definitions


def _check_variables(names: Names, body: Expr, definitions: Iterable[Reduction], bound: list[Expr]) -> None:
    """What occurs in the body and in the summaries' definitions is exactly what has values."""
    for i, leaf in enumerate(bound):
        if leaf in bound[:i]:
            raise NotVerified(f"{names.text(leaf)} is given values twice")
    used = dict.fromkeys(e for each in (body, *(d.body for d in definitions)) for e in walk(each) if not isinstance(e, Num | Apply))
    for leaf in used:
        if leaf not in bound:
            raise NotVerified(f"its body reads {names.text(leaf)}, which is no element, summary or constant of it")
    for leaf in bound:
        if leaf not in used:
            raise NotVerified(f"{names.text(leaf)} does not occur in its body")


def _points(fields: Fields, key: str, width: int) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[str, ...]] = []
    for i, point in enumerate(fields.list(key, MOST_POINTS)):
        if not isinstance(point, list) or len(cast("list[Any]", point)) != width:
            raise NotVerified(f"{key} {i} is to be a list of {width} numbers")
        found.append(tuple(_rational(v, f"{key} {i}") for v in cast("list[Any]", point)))
    return tuple(found)


def _rational(value: Any, what: str) -> str:
    """An exact rational as text, in lowest terms so that equal ones are equal texts."""
    if not isinstance(value, str) or _RATIONAL.fullmatch(value) is None:
        raise NotVerified(f"{what}: '{str(value)[:40]}' is no rational number in text, such as '-3/64'")
    return str(Fraction(value))


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise NotVerified(f"{what} is to be a text of at most {LONGEST_NAME} characters")
    return value


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].lower()


def degree(e: Expr) -> int:
    """How many factors an expression has, at most, if its whole powers are multiplied out."""
    if not isinstance(e, Apply):
        return 1
    if e.op == "pow" and isinstance(e.args[1], Num) and abs(e.args[1].value) < LARGEST_DEGREE:
        return degree(e.args[0]) * max(1, int(abs(e.args[1].value)))
    return sum(map(degree, e.args)) + (LARGEST_DEGREE if e.op == "pow" and isinstance(e.args[1], Num) else 0)
