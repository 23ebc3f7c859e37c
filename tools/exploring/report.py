"""What a sweep found: the front as a table, all points as CSV, both as JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .axes import shown
from .exploration import Explored
from .front import OBJECTIVES, Objective, pareto
from .points import Outcome, Point
from .sweep_file import Sweep

MOST_ROWS = 20
"""Rows of the front that are printed; files have all."""

WIDEST = 28
"""Characters of a value in the printed table."""


@dataclass(frozen=True)
class Findings:
    """A sweep's points with its Pareto front: positions in `explored.rows`. `lacking`: points that were simulated, and lack a number asked for."""

    sweep: Sweep
    explored: Explored
    objectives: tuple[Objective, ...]
    front: tuple[int, ...]
    lacking: int

    def value(self, position: int, objective: Objective) -> float:
        """A number of a point of the front, scaled as its label says."""
        return (self.explored.rows[position][1].numbers[objective.name] or 0.0) * objective.scale


def findings(sweep: Sweep, explored: Explored, objectives: Sequence[str]) -> Findings:
    """The front over some of `OBJECTIVES`, best first by the first of them."""
    chosen = tuple(OBJECTIVES[name] for name in objectives)
    rows = [[outcome.numbers.get(o.name) for o in chosen] if outcome.status == "done" else None for _, outcome in explored.rows]
    known = [(i, [v for v in row if v is not None]) for i, row in enumerate(rows) if row is not None]
    whole = [(i, row) for i, row in known if len(row) == len(chosen)]
    front = sorted((whole[k] for k in pareto([row for _, row in whole])), key=lambda each: (each[1], each[0]))
    return Findings(sweep, explored, chosen, tuple(i for i, _ in front), len(known) - len(whole))


def points_csv(found: Findings, *, only_front: bool = False) -> str:
    """A row a point: its axes and what follows them, whether it is on the front, its status, its numbers, its busiest resource, notes, reason."""
    rows = found.explored.rows
    names = [*found.sweep.axes, *found.sweep.follows]
    numbers = list(dict.fromkeys(n for _, outcome in rows for n in outcome.numbers))
    units = [f"{n}_{OBJECTIVES[n].unit.replace(' ', '_')}" if n in OBJECTIVES else n for n in numbers]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*names, "front", "status", *units, "critical", "notes", "reason"])
    on_front = set(found.front)
    for i in found.front if only_front else range(len(rows)):
        point, outcome = rows[i]
        values = [repr(v) if isinstance(v := outcome.numbers.get(n), float) else "" for n in numbers]
        chosen = [_plain(point.choices[n]) for n in names]
        writer.writerow([*chosen, int(i in on_front), outcome.status, *values, outcome.critical, "; ".join(outcome.notes), outcome.reason])
    return out.getvalue()


def to_json(found: Findings) -> dict[str, object]:
    """`points`, `done`, `refused`, `failed`: counts; `front`: its points, best first; `reasons`: why points have no numbers."""
    explored = found.explored
    return {
        "name": found.sweep.name,
        "points": len(explored.rows),
        **{status: explored.count(status) for status in ("done", "refused", "failed")},
        "objectives": {o.name: o.unit for o in found.objectives},
        "lacking": found.lacking,
        "front": [_point_json(*explored.rows[i]) for i in found.front],
        "reasons": [{"points": many, "status": status, "example": example} for (status, _), (many, example) in _reasons(explored).items()],
    }


def _point_json(point: Point, outcome: Outcome) -> dict[str, object]:
    return {
        "choices": dict(point.choices),
        "numbers": dict(outcome.numbers),
        "critical": outcome.critical,
        "notes": list(outcome.notes),
        "digest": outcome.digest,
    }


def render(found: Findings) -> str:
    """The counts, the front as a table, and why points have no numbers."""
    explored, sweep = found.explored, found.sweep
    told = ", ".join(f"{explored.count(s)} {name}" for s, name in (("done", "simulated"), ("refused", "cannot work"), ("failed", "failed")))
    lines = [f"{sweep.name}: {_points(len(explored.rows))}: {told}; {explored.reused:,} kept from before", ""]
    names = ", ".join(o.name for o in found.objectives)
    lines.append(f"Pareto front over {names}: {_points(len(found.front))}")
    if found.front:
        header = [*sweep.axes, *(o.label for o in found.objectives), "critical"]
        rows = [[*(_short(shown(explored.rows[i][0].choices[n])) for n in sweep.axes), *_numbers(found, i)] for i in found.front[:MOST_ROWS]]
        lines += _aligned(header, rows)
    if len(found.front) > MOST_ROWS:
        lines.append(f"  ... and {len(found.front) - MOST_ROWS} more")
    if found.lacking:
        lines += ["", f"{_points(found.lacking)} on no front over {names}: the machine's tables do not state all of it"]
    if notes := dict.fromkeys(n for _, outcome in explored.rows for n in outcome.notes):
        lines += ["", *(f"note: {n}" for n in [*notes][:3])]
    for (status, _), (many, example) in _reasons(explored).items():
        lines += ["", f"{many} {'cannot work' if status == 'refused' else 'failed, and will be tried again'}: {example}"]
    return "\n".join(lines)


def _numbers(found: Findings, position: int) -> list[str]:
    return [*(f"{found.value(position, o):.6g}" for o in found.objectives), found.explored.rows[position][1].critical]


def _reasons(explored: Explored) -> Mapping[tuple[str, str], tuple[int, str]]:
    """Status, and reason with its numbers left out -> how many points, and the first one's reason; the most frequent first."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for _, outcome in explored.rows:
        if outcome.reason:
            key = outcome.status, re.sub(r"[\d.,]+", "#", outcome.reason)
            many, example = found.get(key, (0, outcome.reason))
            found[key] = many + 1, example
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))


def _points(count: int) -> str:
    return f"{count:,} point{'' if count == 1 else 's'}"


def _plain(value: object) -> object:
    return repr(value) if isinstance(value, float) else value


def _short(text: str) -> str:
    return (text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}...") or "(none)"


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return ["  " + "  ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True)) for row in (header, *rows)]
