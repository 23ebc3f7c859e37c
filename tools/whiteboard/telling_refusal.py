"""A refusal in words: the reason, the certificate, and how anybody can check it again."""

from __future__ import annotations

from collections.abc import Iterator

from ...algebra.derivation import Certificate, Refusal
from .blocks import Block, Math, Text, joined, paragraph
from .formula import Applied, Number, Operation, Related
from .steps import TERM, D, X
from .story import ReductionStory


def refusal(story: ReductionStory, refused: Refusal) -> Iterator[Block]:
    """Why the reduction stays a later pass."""
    yield paragraph("It stays a later pass: {}.", Text(refused.reason))
    if refused.certificate is None:
        yield paragraph("That is what the algebra found missing; there is no certificate, so it is no proof that another form cannot exist.")
        return
    yield from _certificate(story, refused.certificate)


def _certificate(story: ReductionStory, certificate: Certificate) -> Iterator[Block]:
    n = certificate.rank
    points = Applied(TERM, (X.marked("(i)"), D.marked("(j)")))
    elements = joined([Math(story.naming.formula(e)) for e in certificate.elements])
    summaries = joined([Math(story.naming.parameter(s)) for s in certificate.summaries])
    yield paragraph(
        "This is certified. At {} points of the elements ({}) and {} values of the summaries ({}), all exact rationals that can occur together, "
        "the matrix {} was eliminated in interval arithmetic with {} digits, and no pivot's interval contains zero: the smallest is at least {} "
        "in absolute value. So the matrix is invertible.",
        Math(Number(n)),
        elements,
        Math(Number(n)),
        summaries,
        Math(points),
        Math(Number(certificate.digits)),
        Math(smallest_pivot(certificate)),
    )
    if certificate.constants:
        fixed = [Math(Related(story.naming.formula(e), "equals", _rational(v))) for e, v in certificate.constants]
        yield paragraph("(Constants of the fiber were fixed: {}.)", joined(fixed))
    yield paragraph(
        "Hence no {} functions of the elements span the term, and no state of {} accumulators determines the sum for all values of the summaries.",
        Math(Number(n - 1)),
        Math(Number(n - 1)),
    )


def smallest_pivot(certificate: Certificate) -> Operation:
    """The smallest of the lower bounds, which are powers of ten."""
    exponents = [int(p.partition("e")[2] or 0) for p in certificate.pivots]
    return Operation("pow", (Number(10), Number(min(exponents))))


def _rational(text: str) -> Number | Operation:
    above, _, below = text.partition("/")
    return Operation("div", (Number(int(above)), Number(int(below)))) if below else Number(int(above))
