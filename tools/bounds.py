"""Where the values of a derived form lie, as `einfold passes` says it: in JSON under each reduction, and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from ..algebra.derivation import Derived
from ..algebra.enclosures import Enclosure, ends, growth_text
from ..algebra.enclosures import text as interval_text
from ..algebra.expr import Access, Expr, to_text
from ..algebra.intervals import Interval
from ..passes.derivation_report import DerivationReport
from ..passes.links import Link


def to_json(enclosure: Enclosure | None, *, rebased: bool) -> dict[str, object]:
    """`summary`, `terms` and `correction` as `[low, high]`, null where there is no end; an entry that is zero is null, as in the correction itself.

    `degrees`: the highest power of the data that each term grows with; 0 for a bounded term, null for one that grows exponentially.
    """
    if enclosure is None:
        return {"summary": [None, None], "terms": [], "degrees": [], "correction": []}
    return {
        "summary": _pair(enclosure.summary),
        "terms": [_pair(i) for i in enclosure.terms],
        "degrees": [None if d is None else float(d) for d in enclosure.degrees],
        "correction": [[None if i is None else _pair(i) for i in row] for row in enclosure.correction] if rebased else [],
    }


def _pair(interval: Interval) -> list[float | None]:
    return list(ends(interval))


def to_lines(found: DerivationReport) -> Iterator[str]:
    """A line for each carried term and each entry of a correction that is not 0 or 1: what it is, and where its values lie."""
    for link, result in found.reductions:
        enclosure = found.bounds.get(link.name)
        if not isinstance(result, Derived) or enclosure is None:
            continue
        yield f"{link.name} ({result.form}): {interval_text(enclosure.summary)}"
        for accumulator, interval, degree in zip(result.accumulators, enclosure.terms, enclosure.degrees, strict=True):
            grows = "" if degree == 0 else f", {growth_text(degree)}"
            yield f"  carries {_text(link, accumulator.basis)}: {interval_text(interval)}{grows}"
        if result.rebased_on:
            entries = [(e, i) for row, inside in zip(result.correction, enclosure.correction, strict=True) for e, i in zip(row, inside, strict=True)]
            seen = {e: i for e, i in entries if e is not None and i is not None and i.low != i.high}
            yield from (f"  corrected by {_text(link, e)}: {interval_text(i)}" for e, i in seen.items())


def _text(link: Link, e: Expr) -> str:
    def access(a: Access) -> str:
        return f"{link.tensors.get(a.tensor, 'E')}[{', '.join(map(str, a.subscripts))}]"

    return to_text(e, access)
