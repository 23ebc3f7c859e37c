"""The figures of the FuseMax paper from the rows of an evaluation: utilisation, time by Einsum, speed-ups, energies; published values beside ours.

Which tables a figure compares is data. A figure whose tables or columns an evaluation lacks is left out. A published value stands beside ours where
a reference has the point, or the evaluation's file a headline of the same mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..evaluation.report import headline_value, read_reference
from ..evaluation.running import Row
from ..evaluation.spec import Headline, Spec
from .chart import Bars
from .svg import Drawing

Tables = Mapping[str, Sequence[Row]]

Values = Callable[[str, str, str, str], float | None]
"""Table, model, length, column -> a value, where there is one."""

ATTENTION: Mapping[str, tuple[str, ...]] = {
    "unfused": ("attn-unfused",),
    "FLAT": ("attn-flat",),
    "+Cascade": ("attn-cascade",),
    "+Architecture": ("attn-arch",),
    "+Binding": ("attn-binding",),
    "searched": ("attn-searched",),
}
"""Configuration -> the tables that make it, of which values are added."""

OWN = frozenset({"searched"})
"""Configurations that are not the paper's: a figure does without those whose tables are not there."""

LAYERS: Mapping[str, str] = {"unfused": "end2end-flat", "FLAT": "end2end-flat", "+Cascade": "end2end-flat"}

END_TO_END = {name: (*tables, LAYERS.get(name, "end2end-proposal")) for name, tables in ATTENTION.items()}
"""The same with the linear layers around attention."""


@dataclass(frozen=True)
class Figure:
    """A figure of bars. `column` of each configuration; over that of `base`, or of `base` over it (`speedup`), where one is named."""

    file: str
    title: str
    label: str
    column: str
    configurations: Mapping[str, tuple[str, ...]]
    base: str | None = None
    speedup: bool = False


FIGURES = (
    Figure("fig6a", "Utilisation of the 1D array", "share of time", "util_1d", ATTENTION),
    Figure("fig6b", "Utilisation of the 2D array", "share of time", "util_2d", ATTENTION),
    Figure("fig8", "Speed-up of attention over unfused", "times", "latency", ATTENTION, "unfused", speedup=True),
    Figure("fig9", "Energy of attention as a share of unfused", "share", "energy", ATTENTION, "unfused"),
    Figure("fig10", "Speed-up end to end over unfused", "times", "latency", END_TO_END, "unfused", speedup=True),
    Figure("fig11", "Energy end to end as a share of unfused", "share", "energy", END_TO_END, "unfused"),
)


@dataclass(frozen=True)
class Breakdown:
    """Stacked bars: by length the tables named, by part the columns that a table may have for it, for one model."""

    file: str
    title: str
    model: str
    tables: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]


BREAKDOWN = Breakdown(
    "fig7",
    "Share of time in which the 2D array works on each Einsum, {model} (FL: FLAT, +C: +Cascade, +A: +Architecture, +B: +Binding, S: searched)",
    "BERT",
    {"FL": "attn-flat", "+C": "attn-cascade", "+A": "attn-arch", "+B": "attn-binding", "S": "attn-searched"},
    {"QK": ("QK",), "LM": ("LM",), "SLN": ("SLN",), "SLD": ("SLD",), "SLNV/AV": ("SLNV", "AV")},
)


def figures(spec: Spec, tables: Tables, reference: Path | None = None) -> dict[str, Drawing]:
    """Name -> figure, for the figures whose tables and columns the evaluation has. Raises `Failure` where the reference cannot be read."""
    published = _published_values(tables, reference)
    shown = [replace(f, configurations=_known(f, tables)) for f in FIGURES]
    found = {f.file: _bars(f, spec, tables, published).drawn() for f in shown if _there(f, tables)}
    own = {table for name in OWN for table in ATTENTION[name]}
    breakdown = replace(BREAKDOWN, tables={n: t for n, t in BREAKDOWN.tables.items() if t in tables or t not in own})
    if breakdown.model in spec.models and all(t in tables for t in breakdown.tables.values()):
        found[breakdown.file] = _stacked(breakdown, spec, _our_values(tables), published).drawn()
    return dict(sorted(found.items()))


def _known(figure: Figure, tables: Tables) -> dict[str, tuple[str, ...]]:
    """The configurations of a figure, without those of our own whose tables are not there."""
    return {name: own for name, own in figure.configurations.items() if name not in OWN or all(t in tables for t in own)}


def _there(figure: Figure, tables: Tables) -> bool:
    names = [t for own in figure.configurations.values() for t in own]
    return all(t in tables and all(row.value(figure.column) is not None for row in tables[t]) for t in names)


def _our_values(tables: Tables) -> Values:
    rows = {(t, row.model, row.length): row for t, own in tables.items() for row in own}
    return lambda table, model, length, column: rows[table, model, length].value(column)


def _published_values(tables: Tables, reference: Path | None) -> Values:
    rows = {} if reference is None else {t: read_reference(reference, t) for t in tables}

    def value(table: str, model: str, length: str, column: str) -> float | None:
        text = rows.get(table, {}).get((model, length), {}).get(column)
        try:
            return None if not text else float(text)
        except ValueError:
            return None

    return value


def _bars(figure: Figure, spec: Spec, tables: Tables, published: Values) -> Bars:
    ours = _our_values(tables)
    series: dict[str, list[float | None]] = {}
    marks: dict[tuple[str, int], float] = {}
    for name in figure.configurations:
        own = [_value(figure, name, model, length, ours) for model, length in spec.points]
        known = [v for v in own if v is not None]
        series[name] = [*own, sum(known) / len(known) if known else None]
        for position, (model, length) in enumerate(spec.points):
            if (value := _value(figure, name, model, length, published)) is not None:
                marks[name, position] = value
        if (mean := _published_mean(figure, name, spec.headlines)) is not None:
            marks[name, len(own)] = mean
    groups = [*(length for _, length in spec.points), "mean"]
    over = [*((model, len(spec.lengths)) for model in spec.models), ("all", 1)]
    return Bars(figure.title, figure.label, groups, series, marks, over, notes=_notes(figure, spec, tables))


def _value(figure: Figure, name: str, model: str, length: str, values: Values) -> float | None:
    """What a figure shows of a configuration at a point; None where a value of it is not known."""

    def total(configuration: str) -> float | None:
        known = [values(t, model, length, figure.column) for t in figure.configurations[configuration]]
        return None if any(v is None for v in known) else sum(v for v in known if v is not None)

    own, base = total(name), 1.0 if figure.base is None else total(figure.base)
    over, under = (base, own) if figure.speedup else (own, base)
    return None if over is None or not under else over / under


def _published_mean(figure: Figure, name: str, headlines: Sequence[Headline]) -> float | None:
    """The published mean of a configuration in a figure, if a headline is about the same."""
    own, base = figure.configurations[name], None if figure.base is None else figure.configurations[figure.base]
    for headline in headlines:
        same_mean = base is None and headline.mean is not None and (headline.mean,) == own
        same_ratio = base is not None and (headline.over, headline.under) == ((base, own) if figure.speedup else (own, base))
        if headline.column == figure.column and (same_mean or same_ratio):
            return headline.published
    return None


def _notes(figure: Figure, spec: Spec, tables: Tables) -> list[str]:
    """The headlines that compare the figure's configurations, and how energies are counted."""
    own = set(figure.configurations.values())
    told = [h for h in spec.headlines if h.column == figure.column and {h.over, h.under} <= own]
    means = [f"{h.name}: {headline_value(h, tables):.4g}" + ("" if h.published is None else f" (published {h.published:.4g})") for h in told]
    accounting = tables[next(iter(own))[0]][0].accounting
    return ["; ".join(means), *([f"energies counted as '{accounting}', published ones as 'artifact'"] if figure.column == "energy" else [])]


def _stacked(figure: Breakdown, spec: Spec, ours: Values, published: Values) -> Bars:
    points = [(length, table) for length in spec.lengths for table in figure.tables.values()]

    def part(table: str, length: str, columns: Sequence[str], values: Values) -> float:
        return sum(v for c in columns if (v := values(table, figure.model, length, c)) is not None)

    series = {name: [part(t, length, columns, ours) for length, t in points] for name, columns in figure.parts.items()}
    last = list(figure.parts)[-1]
    totals = [sum(part(t, length, columns, published) for columns in figure.parts.values()) for length, t in points]
    marks = {(last, position): total for position, total in enumerate(totals) if total}
    groups = [name for _ in spec.lengths for name in figure.tables]
    over = [(length, len(figure.tables)) for length in spec.lengths]
    return Bars(figure.title.format(model=figure.model), "share of time", groups, series, marks, over, stacked=True)
