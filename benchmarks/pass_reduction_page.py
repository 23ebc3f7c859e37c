"""The pass-reduction benchmark's rows as a table, what they come to, and where that stands in the docs."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from pass_reduction_rows import Row

BEGIN, END = "<!-- begin: table -->", "<!-- end: table -->"

PROPER = range(1, 34)
"""The rows that the bounds on time are about."""

TOTAL_BOUND, ROW_BOUND, REFUSAL_BOUND = 10.0, 2.0, 1.0
"""Seconds for all proper rows, for each, and for each that is refused."""


def table(rows: Iterable[Row]) -> list[str]:
    """The rows as a Markdown table."""
    heads = ("#", "cascade", "passes", "k", "form", "verdict", "proved", "tested", "seconds", "trials", "values", "settled", "undefined")
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for r in rows:
        verdict = r.verdict if r.certificate is None else f"{r.verdict}, k >= {r.certificate}"
        tested = f"{r.tested}" + (f", {r.open} open" if r.open else "")
        trials = f"{r.trials.trials}" + (f", {len(r.trials.wrong)} WRONG" if r.trials.wrong else "")
        passes = f"{r.before} -> {r.after}"
        counts = (trials, r.trials.values, r.trials.settled, r.trials.undefined)
        cells = (r.number, r.name, passes, r.k, r.form, verdict, r.proved, tested, f"{r.seconds:.2f}", *counts)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def facts(rows: Sequence[Row]) -> list[str]:
    """What the rows come to, in sentences: counts, trials, and times against their bounds."""
    refused = [r for r in rows if r.k == "inf"]
    trials = [r.trials for r in rows]
    found = [
        f"{len(rows)} cascades, {len(refused)} refused with a certificate that was checked; "
        f"{sum(r.proved for r in rows)} obligations proved, {sum(r.tested for r in rows)} tested, {sum(r.open for r in rows)} neither",
        f"{sum(t.trials for t in trials)} trials of {sum(t.programs - t.unchanged for t in trials)} rewritten programs: "
        f"{sum(t.values for t in trials)} values compared, {sum(t.settled for t in trials)} trials settled at 40 digits, "
        f"{sum(len(t.wrong) for t in trials)} wrong",
    ]
    proper = [r for r in rows if r.number in PROPER]
    if proper:
        total, slowest = sum(r.seconds for r in proper), max(proper, key=lambda r: r.seconds)
        slow = [r.seconds for r in proper if r.k == "inf"]
        within = total < TOTAL_BOUND and slowest.seconds < ROW_BOUND and max(slow, default=0.0) < REFUSAL_BOUND
        refusal = f", the slowest refusal {max(slow):.2f} s" if slow else ""
        found.append(
            f"time of rows {PROPER[0]} to {PROPER[-1]} ({len(proper)} of {len(PROPER)}): {total:.2f} s, the slowest {slowest.seconds:.2f} s "
            f"(row {slowest.number}){refusal}; {'within' if within else 'ABOVE'} the bounds of {TOTAL_BOUND:g} s, {ROW_BOUND:g} s and "
            f"{REFUSAL_BOUND:g} s; Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"
        )
    return found


def write_between(path: Path, lines: Sequence[str]) -> None:
    """Replace what stands between the marks of a page. Raises SystemExit where it has none."""
    text = path.read_text()
    if not 0 <= text.find(BEGIN) < text.find(END):
        raise SystemExit(f"{path}: no '{BEGIN}' and '{END}' to write between")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    path.write_text(text[:begin] + "\n" + "\n".join(lines) + "\n" + text[end:])
