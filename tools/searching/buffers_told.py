"""A curve of passes against the size of the buffer, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...search.buffers import Curve, Point
from ...search.contenders import CLOSE
from ...search.judge import Objective
from ..quantities import byte_count
from .why import against, contender_json


def curve_lines(found: Curve, offchip: str, objective: Objective) -> list[str]:
    """A row for each size and number of passes, the best marked and the others with the reason; then where the best changes."""
    told = [
        f"passes over {found.rank} against the size of @{found.memory} ({byte_count(found.own)} in the machine)",
        "",
        f"{'buffer':>10} {'passes':>7} {'cycles':>20} {'off the chip':>14} {'J':>12} {'':>10}  limited by",
    ]
    for point in found.points:
        told += _rows(point, offchip, objective)
    told += ["", *crossovers(found)]
    if found.smallest:
        told.append(f"no form fits into half of {byte_count(found.points[0].capacity)}")
    if not found.complete:
        told.append(f"the budget ended the curve at {byte_count(found.points[0].capacity)}; --budget gives it more")
    return told


def _rows(point: Point, offchip: str, objective: Objective) -> Iterator[str]:
    size = byte_count(point.capacity)
    chosen = point.chosen if point.contenders else None
    for each in point.contenders:
        worse, limit = "best", each.critical
        if chosen is not None and each is not chosen:
            more = each.score / chosen.score - 1 if chosen.score else 0.0
            worse = "as good" if abs(more) <= CLOSE else f"{100 * more:+.1f} %"
            limit = against(chosen, [each], offchip, objective)[0].partition(", limited by ")[2]
        yield f"{size:>10} {each.passes:>7} {each.cycles:>20,.0f} {byte_count(each.offchip):>14} {each.energy / 1e12:>12.6g} {worse:>10}  {limit}"
    for passes, reason in point.refused.items():
        yield f"{size:>10} {passes:>7} {'-':>20} {'-':>14} {'-':>12} {'':>10}  {reason}"


def crossovers(found: Curve) -> list[str]:
    """From which size on which number of passes is best, a line each."""
    told: list[str] = []
    before: int | None = None
    for point in (p for p in found.points if p.contenders):
        passes = point.chosen.passes
        if passes != before:
            told.append(f"from {byte_count(point.capacity)} on: {passes} pass{'' if passes == 1 else 'es'} over {found.rank}")
        before = passes
    return told


def curve_json(found: Curve, offchip: str, objective: Objective) -> dict[str, object]:
    """The curve as plain data: sizes in bytes, for each the best of each number of passes, which is best and why not another."""
    return {
        "rank": found.rank,
        "memory": found.memory,
        "own_bytes": found.own,
        "objective": objective,
        "complete": found.complete,
        "points": [_point(p, offchip, objective) for p in found.points],
    }


def _point(point: Point, offchip: str, objective: Objective) -> dict[str, object]:
    chosen = point.chosen if point.contenders else None
    others: Sequence[str] = against(chosen, point.contenders, offchip, objective) if chosen is not None else ()
    return {
        "bytes": point.capacity,
        "chosen": None if chosen is None else chosen.passes,
        "why": list(others),
        "passes": [contender_json(c) for c in point.contenders],
        "refused": [{"passes": passes, "reason": reason} for passes, reason in point.refused.items()],
    }
