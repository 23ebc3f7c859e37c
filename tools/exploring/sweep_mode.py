"""`einfold explore FILE --sweep SWEEP.yaml --out DIR`: from the command's options to the files in DIR."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from ...backend.machine import Machine
from ...backend.machine_yaml import MachineError, load_machine
from ...dialects.einsum import CascadeOp
from ...lowering.machine_lookup import machines_of
from ..choosing import choose_cascade
from ..diagnostics import Diagnostic, Failure, suggestion
from ..figures.front import front_figures
from ..figures.png import available, to_png
from ..loading import new_context
from ..output import write_bytes
from ..parsing import parse_source
from ..reading import read_source
from ..simulation import told_at
from ..source import Source
from ..verifying import verify_module
from .cluster import run_on_cluster
from .exploration import Execute, Explored, explore, here
from .front import OBJECTIVES, USUAL
from .grid import points_of
from .points import Job, Point
from .report import Findings, findings, points_csv, render, to_json
from .store import FILE, Store
from .sweep_file import Sweep, SweepError, parse_sweep


def configure(parser: ArgumentParser) -> None:
    """The options of this mode."""
    parser.add_argument("--sweep", metavar="SWEEP.yaml", help="axes over machine, sizes, passes and mappings; see docs/exploration.md")
    parser.add_argument("--out", metavar="DIR", help="of a sweep: the folder for results, which a later run goes on from; made if it is not there")
    told = f"of a sweep's front: some of {', '.join(OBJECTIVES)} (default: {','.join(USUAL)})"
    parser.add_argument("--objectives", metavar="NAMES", help=told)
    parser.add_argument("--workers", type=int, metavar="N", help="processes of a sweep (default: the cores there are; 0: this process alone)")
    parser.add_argument("--dask", metavar="ADDRESS", help="run a sweep on the Dask cluster whose scheduler is there, e.g. tcp://10.0.0.1:8786")


def run(args: Namespace) -> int:
    """Run what `configure` and the command's own options ask for: FILE, --machine, --cascade, --json. Raises `Failure`."""
    objectives = _objectives(args.objectives)
    execute = _execute(args.workers, args.dask)
    source = read_source(args.file)
    cascade, own = _read(source, args.cascade)
    sweep = _load(args.sweep, cascade, own, args.machine)
    job = Job(source.name, source.text, args.cascade, sweep.fidelity, sweep.accounting)
    points = points_of(sweep, job)
    out = _folder(args.out)
    with Store(out / FILE) as store:
        explored = _explored(job, points, store, execute)
    found = findings(sweep, explored, objectives)
    files = _write(out, found)
    if args.json:
        print(json.dumps({**to_json(found), "reused": explored.reused, "files": files}, indent=2))
    else:
        print(f"{render(found)}\n\n{len(files)} files in {out}, to be read first: {out / 'pareto.csv'}")
    for note in sweep.notes:
        print(f"{args.sweep}: note: {note}", file=sys.stderr)
    return 0 if explored.count("done") else 1


def _explored(job: Job, points: list[Point], store: Store, execute: Execute) -> Explored:
    try:
        return explore(job, points, store, execute)
    except KeyboardInterrupt:
        kept = len(store.get({p.digest for p in points}, failed=False))
        print(f"interrupted: {kept} of {len(points)} points are kept in {store.path}; the same command goes on from there", file=sys.stderr)
        raise


def _objectives(text: str | None) -> list[str]:
    names = list(USUAL) if text is None else [n.strip() for n in text.split(",")]
    for name in names:
        if name not in OBJECTIVES:
            raise Failure(
                Diagnostic(
                    "error", f"unknown objective '{name}'{suggestion(name, OBJECTIVES) or '; there are ' + ', '.join(OBJECTIVES)}", "--objectives"
                )
            )
        if names.count(name) > 1:
            raise Failure(Diagnostic("error", f"'{name}' is named twice", "--objectives"))
    return names


def _execute(workers: int | None, address: str | None) -> Execute:
    if address is not None:
        if workers is not None:
            raise Failure(Diagnostic("error", "a cluster has its own number of workers; leave --workers out", "--dask"))
        return lambda job, chunks, run: run_on_cluster(job, chunks, run, address)
    if workers is not None and not 0 <= workers <= MOST_WORKERS:
        raise Failure(Diagnostic("error", f"{workers} processes; from 0 to {MOST_WORKERS} are possible", "--workers"))
    return here(cores() if workers is None else workers)


MOST_WORKERS = 1024


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(source: Source, name: str | None) -> tuple[CascadeOp, dict[str, Machine]]:
    """The cascade of a file, and the machines in it. Raises `Failure`."""
    module = parse_source(source, new_context())
    verify_module(module, source)
    return choose_cascade(module, name, source.name), {n: Machine.from_op(op) for n, op in machines_of(module).items()}


def _load(path: str, cascade: CascadeOp, own: Mapping[str, Machine], machine: str | None) -> Sweep:
    """A sweep from its file. `machine`: what --machine names. Raises `Failure`."""
    known = dict(own)
    if machine is not None and machine not in known:
        try:
            known[machine] = load_machine(machine)
        except MachineError as error:
            raise Failure(told_at(str(error), "--machine")) from error
    try:
        return parse_sweep(read_source(path).text, path, tuple(cascade.sizes), machine, known)
    except SweepError as error:
        raise Failure(told_at(str(error), path)) from error


def _folder(name: str | None) -> Path:
    if name is None:
        raise Failure(Diagnostic("error", "a sweep needs --out DIR, the folder for its results", "einfold explore"))
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(Diagnostic("error", f"cannot be made: {error.strerror}", name)) from error
    return Path(name)


def _write(out: Path, found: Findings) -> list[str]:
    """Write tables and figures; their names. Each file is written whole or not at all."""
    contents: dict[str, bytes] = {
        "points.csv": points_csv(found).encode(),
        "pareto.csv": points_csv(found, only_front=True).encode(),
        "pareto.json": (json.dumps(to_json(found), indent=2) + "\n").encode(),
    }
    for name, drawing in front_figures(found).items():
        contents[f"{name}.svg"] = drawing.render().encode()
        if available():
            contents[f"{name}.png"] = to_png(drawing)
    for name, data in contents.items():
        write_bytes(str(out / name), data)
    return [FILE, *contents]
