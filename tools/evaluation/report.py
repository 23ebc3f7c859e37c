"""What an evaluation leaves behind: a CSV file per table, the two fidelities side by side, and a summary to read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..diagnostics import Diagnostic, Failure
from .running import Row
from .spec import Headline, Spec

Tables = Mapping[str, Sequence[Row]]

FIXED = ("traffic", "latency", "energy")
"""Columns that every table has, besides model and length: bytes, seconds, pJ."""

FULL, ARTIFACT = "full", "artifact"
"""The accountings that come with einfold."""


@dataclass(frozen=True)
class Deviation:
    """The largest relative deviation of a column of a table from the reference, and where."""

    table: str
    column: str
    relative: float
    model: str
    length: str
    ours: float
    theirs: float


def table_csv(rows: Sequence[Row]) -> str:
    """A table: model, seq_len, traffic (bytes), latency (s), energy (pJ), then shares of time."""
    shares = list(rows[0].columns)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "seq_len", *FIXED, *shares])
    for row in rows:
        writer.writerow([row.model, row.length, row.traffic, repr(row.latency), repr(row.energy), *(repr(row.columns[c]) for c in shares)])
    return out.getvalue()


def fidelity_csv(tables: Tables) -> str:
    """Per point: seconds by events and by bounds, their relative difference, and the busiest resource."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "model", "seq_len", "latency", "analytic", "difference", "critical"])
    for table, rows in tables.items():
        for r in rows:
            writer.writerow([table, r.model, r.length, repr(r.latency), repr(r.analytic), repr(r.latency / r.analytic - 1), r.critical])
    return out.getvalue()


def headline_value(headline: Headline, tables: Tables) -> float:
    """The mean that a headline asks for. Raises `Failure` for a column that a table lacks."""
    if headline.mean is not None:
        values = [_column(tables, headline.mean, i, headline.column) for i in range(len(tables[headline.mean]))]
        return sum(values) / len(values)
    ratios: list[float] = []
    for i in range(len(tables[headline.over[0]])):
        over, under = (sum(_column(tables, t, i, headline.column) for t in names) for names in (headline.over, headline.under))
        ratios.append(over / under)
    return sum(ratios) / len(ratios)


def _column(tables: Tables, table: str, position: int, column: str) -> float:
    value = tables[table][position].value(column)
    if value is None:
        raise Failure(Diagnostic("error", f"table '{table}' has no column '{column}'", "evaluation"))
    return value


def read_reference(folder: Path, table: str) -> dict[tuple[str, str], dict[str, str]]:
    """(model, length) -> row of `folder/TABLE.csv`; empty if there is no such file. Raises `Failure` if it cannot be read."""
    path = folder / f"{table}.csv"
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {(row["model"], row["seq_len"]): row for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise Failure(Diagnostic("error", f"cannot be read as a table with columns model and seq_len: {error}", str(path))) from error


def deviations(tables: Tables, folder: Path) -> list[Deviation]:
    """Per table and column that the reference in `folder` has too: the largest deviation. Raises `Failure`."""
    found: list[Deviation] = []
    for table, rows in tables.items():
        reference = read_reference(folder, table)
        for column in (*FIXED, *rows[0].columns):
            compared = [d for row in rows if (d := _deviation(table, row, column, reference)) is not None]
            if compared:
                found.append(max(compared, key=lambda d: abs(d.relative)))
    return found


def _deviation(table: str, row: Row, column: str, reference: Mapping[tuple[str, str], Mapping[str, str]]) -> Deviation | None:
    ours, theirs = row.value(column), reference.get((row.model, row.length), {}).get(column)
    if ours is None or theirs is None:
        return None
    try:
        number = float(theirs)
    except ValueError as error:
        raise Failure(Diagnostic("error", f"'{theirs}' in column {column} of reference table '{table}' is no number", table)) from error
    return Deviation(table, column, (ours - number) / number if number else ours, row.model, row.length, ours, number)


def summary(spec: Spec, tables: Tables, fidelity: str, accounting: str, reference: Path | None) -> str:
    """The summary as Markdown. Raises `Failure`."""
    lines = [f"# {spec.name}", ""]
    if spec.source is not None:
        lines += [f"After {spec.source}.", ""]
    lines += [f"{len(spec.points)} points a table, {len(tables)} tables; times by `{fidelity}`, energies counted as `{accounting}`.", ""]
    if spec.headlines:
        lines += ["## Headlines", "", "Arithmetic means over all points.", "", "| | einfold | published | deviation |", "|---|---|---|---|"]
        lines += [_headline(h, headline_value(h, tables)) for h in spec.headlines]
        lines.append("")
    if spec.notes:
        lines += ["## Notes", "", *(f"* {' '.join(note.split())}" for note in spec.notes), ""]
    if reference is not None:
        lines += _compared(deviations(tables, reference)) + _causes(tables, reference)
    return "\n".join([*lines, *_accountings(tables), *_fidelities(tables)]) + "\n"


def _headline(headline: Headline, value: float) -> str:
    if headline.published is None:
        return f"| {headline.name} | {value:.4g} | | |"
    return f"| {headline.name} | {value:.4g} | {headline.published:.4g} | {100 * (value / headline.published - 1):+.2f} % |"


def _compared(found: Sequence[Deviation]) -> list[str]:
    lines = ["## Largest deviations from the reference", "", "| table | column | deviation | at | einfold | reference |", "|---|---|---|---|---|---|"]
    for d in found:
        lines.append(f"| {d.table} | {d.column} | {100 * d.relative:+.3f} % | {d.model} {d.length} | {d.ours:.6g} | {d.theirs:.6g} |")
    return [*lines, ""]


def _causes(tables: Tables, reference: Path) -> list[str]:
    """The largest deviations of times and energies beside those with one known cause switched off: its test."""
    lines = ["## Causes, switched off", "", "The largest deviation as it stands, and without what is named.", ""]
    lines += ["| table | column | as it stands | without | what |", "|---|---|---|---|---|"]
    for table, rows in tables.items():
        for column, what, without in _switched(rows):
            both = [next((d for d in deviations({table: r}, reference) if d.column == column), None) for r in (rows, without)]
            told = [f"{100 * d.relative:+.3f} % ({d.model} {d.length})" for d in both if d is not None]
            if len(told) == 2:
                lines.append(f"| {table} | {column} | {told[0]} | {told[1]} | {what} |")
    return [*lines, ""]


def _switched(rows: Sequence[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """(column, cause, rows without it) for each cause that changes a row."""
    if any(r.latency != r.analytic for r in rows):
        yield "latency", "filling, draining and waiting", [replace(r, latency=r.analytic) for r in rows]
    if rows[0].accounting != ARTIFACT and ARTIFACT in rows[0].energies:
        yield "energy", f"what `{rows[0].accounting}` counts otherwise than `{ARTIFACT}`", [replace(r, accounting=ARTIFACT) for r in rows]
    for what in rows[0].otherwise:
        without = [replace(r, energies={**r.energies, r.accounting: r.otherwise[what]}) for r in rows]
        if any(a.energy != b.energy for a, b in zip(rows, without, strict=True)):
            yield "energy", what, without


def _accountings(tables: Tables) -> list[str]:
    lines = ["## What is counted", "", "Energy that counts every register access and operation, as a multiple of the artifact's accounting.", ""]
    lines += ["| table | mean | least | most |", "|---|---|---|---|"]
    for table, rows in tables.items():
        ratios = [r.energies[FULL] / r.energies[ARTIFACT] for r in rows if r.energies[ARTIFACT]]
        if not ratios:
            lines.append(f"| {table} | no energies: its machine states none | | |")
            continue
        lines.append(f"| {table} | {sum(ratios) / len(ratios):.3f} | {min(ratios):.3f} | {max(ratios):.3f} |")
    return [*lines, ""]


def _fidelities(tables: Tables) -> list[str]:
    lines = ["## Events against bounds", ""]
    lines += ["How much longer the simulation by events takes than the largest bound of each kernel: filling, draining and waiting.", ""]
    lines += ["| table | least | most | at |", "|---|---|---|---|"]
    for table, rows in tables.items():
        apart = {(r.model, r.length): r.latency / r.analytic - 1 for r in rows}
        model, length = max(apart, key=lambda k: apart[k])
        lines.append(f"| {table} | {100 * min(apart.values()):+.3f} % | {100 * apart[model, length]:+.3f} % | {model} {length} |")
    return lines
