"""`einfold evaluate NAME --out DIR`: a whole published evaluation, every point through cascade, machine, mapping and simulator.

NAME is one that comes with einfold (`fusemax`) or the path of a YAML file of the same kind. DIR gets a CSV file per table and sweep, `fidelity.csv`,
`summary.md`, and `figures/*.svg` and `*.png` where the tables are those of the paper's figures; files appear only when all of
them are complete.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ..counting import accounting_in, add_accounting_option
from ..diagnostics import Diagnostic, Failure, suggestion
from ..evaluation.report import fidelity_csv, summary, table_csv
from ..evaluation.running import evaluate
from ..evaluation.searching import mapping_files, search_tables, searched_csv
from ..evaluation.spec import Spec
from ..evaluation.spec_yaml import SpecError, parse_spec
from ..evaluation.sweep import load_sweep, run_sweep, sweep_csv
from ..evaluation.sweep_spec import Sweep
from ..figures.fusemax import figures
from ..figures.png import to_png
from ..figures.svg import Drawing
from ..figures.sweep import sweep_figure
from ..output import check_folder, write_bytes
from ..simulation import told_at

PACKAGED = ("fusemax",)
"""Evaluations that come with einfold: folders of `examples` with an `evaluation.yaml`."""

FIDELITY, FIGURES, SEARCHED = "fidelity", "figures", "searched"
"""The table of both fidelities; the folder in DIR for figures, where the evaluation has the tables that they show; that for mappings found anew."""

REFERENCE = "EINFOLD_REFERENCE"
"""The environment variable that names a folder of published tables, unless --reference does."""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=f"{', '.join(PACKAGED)}, or a YAML file that describes an evaluation")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder for tables and summary; made if it is not there")
    parser.add_argument("--fidelity", choices=("event", "analytic"), default="event", help="times by events (default) or by bounds")
    add_accounting_option(parser)
    parser.add_argument("--reference", metavar="DIR", help=f"published tables to compare with (default: ${REFERENCE}, if set)")
    parser.add_argument("--search", action="store_true", help="find the mappings of searched tables anew; DIR gets them, and searched.csv")
    parser.add_argument("--json", action="store_true", help="print one JSON object: the points, the folder and its files")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), metavar="N", help="processes (default: 2, or the cores there are)")


def run(args: Namespace) -> int:
    spec = load_spec(args.name)
    out = Path(args.out)
    if args.jobs < 1:
        raise Failure(Diagnostic("error", f"{args.jobs} processes; at least 1 is needed", "--jobs"))
    accounting_in(args.accounting)
    check_folder(args.out)
    sweeps = _sweeps(spec)
    reference = _reference(args.reference)
    spec, found = search_tables(spec) if args.search else (spec, [])
    tables = evaluate(spec, fidelity=args.fidelity, accounting=args.accounting, jobs=args.jobs)
    written = {f"{name}.csv": table_csv(rows) for name, rows in tables.items()}
    written[f"{FIDELITY}.csv"] = fidelity_csv(tables)
    written["summary.md"] = summary(spec, tables, args.fidelity, args.accounting, reference)
    if found:
        written["searched.csv"] = searched_csv(found)
        written |= {f"{SEARCHED}/{name}": text for name, text in mapping_files(found).items()}
    drawn = figures(spec, tables, reference)
    for sweep in sweeps:
        swept = run_sweep(sweep, spec, fidelity=args.fidelity, jobs=args.jobs)
        written[f"{sweep.name}.csv"] = sweep_csv(sweep, swept)
        if sweep.figure is not None:
            drawn[sweep.figure] = sweep_figure(sweep, swept)
    contents = {name: text.encode("utf-8") for name, text in written.items()} | _figure_files(drawn)
    try:
        for folder in dict.fromkeys(str(Path(name).parent) for name in contents):
            (out / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(Diagnostic("error", f"cannot be made: {error.strerror}", str(out))) from error
    for name, data in contents.items():
        write_bytes(str(out / name), data)
    points = sum(map(len, tables.values()))
    if args.json:
        print(json.dumps({"name": spec.name, "points": points, "folder": str(out), "files": sorted(contents), "first": "summary.md"}, indent=2))
    else:
        print(f"{spec.name}: {points} points; {len(contents)} files in {out}, to be read first: {out / 'summary.md'}")
    return 0


def _sweeps(spec: Spec) -> list[Sweep]:
    """The sweeps of an evaluation. Raises `Failure`, also where two results would be called the same."""
    sweeps = [load_sweep(name, spec) for name in spec.sweeps]
    names = [*spec.tables, FIDELITY, *(s.name for s in sweeps)]
    if (twice := next((s.name for s in sweeps if names.count(s.name) > 1), None)) is not None:
        raise Failure(Diagnostic("error", f"two results are called '{twice}'", f"evaluation '{spec.name}'"))
    return sweeps


def _figure_files(drawn: Mapping[str, Drawing]) -> dict[str, bytes]:
    """Path in DIR -> contents: SVG and PNG."""
    vectors = {f"{FIGURES}/{name}.svg": drawing.render().encode("utf-8") for name, drawing in drawn.items()}
    return vectors | {f"{FIGURES}/{name}.png": to_png(drawing) for name, drawing in drawn.items()}


def load_spec(name: str) -> Spec:
    """An evaluation by name or path. Raises `Failure`."""
    if name in PACKAGED:
        path = Path(str(files("einfold.examples") / name / "evaluation.yaml"))
    else:
        path = Path(name)
        if path.suffix not in (".yaml", ".yml"):
            raise Failure(Diagnostic("error", f"unknown evaluation '{name}'{suggestion(name, PACKAGED)}; a file's name ends in .yaml", "evaluate"))
    try:
        return parse_spec(path.read_text(encoding="utf-8"), str(path), path.parent)
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(Diagnostic("error", f"cannot be read: {getattr(error, 'strerror', None) or 'not a text file'}", str(path))) from error
    except SpecError as error:
        raise Failure(told_at(str(error), str(path))) from error


def _reference(given: str | None) -> Path | None:
    if given is not None and not Path(given).is_dir():
        raise Failure(Diagnostic("error", "no such folder", given))
    named = given or os.environ.get(REFERENCE)
    return Path(named) if named and Path(named).is_dir() else None
