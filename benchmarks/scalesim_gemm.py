"""Cycles of matrix products on a systolic array: einfold's simulator against SCALE-Sim, over 50 shapes and three dataflows.

einfold's side is `einfold simulate` on `scalesim/gemm.mlir` with `scalesim/machine.yaml` and one mapping per dataflow. Filling and draining
the array is nothing that the simulator knows by itself: the mappings state it (`latency_cycles`), and that folds follow one another
(`stages`). What each statement is worth is told by leaving it out. How many operands the array reads is compared, too; no statement
gives that. SCALE-Sim runs in a virtual environment of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from statistics import median
from typing import cast

from einfold.analysis.resize import resize
from einfold.backend.machine_yaml import load_machine
from einfold.backend.simulate import simulate
from einfold.lowering.mapping import CascadeMapping, loop_rank
from einfold.tools.loading import load_module, new_context
from einfold.tools.simulation import Wanted, lower, machine_named, mapping_in
from einfold.tools.source import Source
from einfold.tools.verifying import verify_module

HERE = Path(__file__).resolve().parent / "scalesim"
GEMM, MACHINE, RUNNER = str(HERE / "gemm.mlir"), str(HERE / "machine.yaml"), str(HERE / "runner.py")
ARRAY, WORD = load_machine(MACHINE).arrays[0], load_machine(MACHINE).word
PACKAGES = ("scalesim==3.0.0", "numpy<2", "pandas<3")

DATAFLOWS = {"output-stationary": "os", "weight-stationary": "ws", "input-stationary": "is"}
"""einfold's mapping -> SCALE-Sim's name."""

SIDES = (1, 7, 16, 24, 31, 32, 33, 48, 64, 70, 96, 127, 128, 200, 256, 384, 512)
"""Sizes of a side: less than the array, ragged, and whole multiples of its 32."""

Shape = tuple[int, int, int]
"""m, n, k."""


HEADER = "median error | 90 % within | largest | apart |\n|---|---|---|---|---|---|"


def shapes() -> list[Shape]:
    """50 different shapes, the same in every run: each size about equally often on each side, and the largest product last."""
    many = len(SIDES)
    mixed = [(SIDES[i % many], SIDES[(3 * i + 4 * (i // many) + 5) % many], SIDES[(5 * i + 7 * (i // many) + 11) % many]) for i in range(49)]
    return [*mixed, (512, 512, 512)]


def _unfenced(mapping: CascadeMapping) -> CascadeMapping:
    return replace(mapping, kernels=tuple(replace(kernel, stages=()) for kernel in mapping.kernels))


def _unfilled(mapping: CascadeMapping) -> CascadeMapping:
    return replace(_unfenced(mapping), einsums={name: replace(stated, delay=0) for name, stated in mapping.einsums.items()})


def _in_one_task(mapping: CascadeMapping) -> CascadeMapping:
    """All folds in one task, in the order of the loops; the rank that has none is innermost."""
    (kernel,), whole = mapping.kernels, dict.fromkeys("mnk")
    looped = [loop_rank(loop, whole) for loop in kernel.loops]
    order = tuple(rank for rank in (*looped, *(r for r in whole if r not in looped)) if rank is not None)
    einsums = {name: replace(stated, order=order, in_place=False) for name, stated in mapping.einsums.items()}
    return replace(mapping, kernels=(replace(kernel, tiles=whole, loops=(), stages=()),), einsums=einsums)


STATED, TOGETHER = "as in the files", "all folds in one task"

FORMS: Mapping[str, Callable[[CascadeMapping], CascadeMapping]] = {
    STATED: lambda mapping: mapping,
    "without stages": _unfenced,
    TOGETHER: _in_one_task,
    "without stages and latency": _unfilled,
}
"""What is used of the mappings; with all folds in one task, the array is filled once."""


@dataclass(frozen=True)
class Run:
    """A product simulated: its cycles, the seconds that took, and how many elements of A and B the array reads from the buffer."""

    cycles: float
    seconds: float
    reads: float


def einfold_run(dataflow: str, shape: Shape, form: str = STATED) -> Run:
    """One product in einfold: read, placed by the mapping, lowered, verified, simulated."""
    begin = time.perf_counter()
    context = new_context()
    module = load_module(GEMM, context)
    resize(module, dict(zip("mnk", shape, strict=True)))
    source = Source(GEMM, "")
    mapping = FORMS[form](mapping_in(str(HERE / f"{dataflow}.yaml")))
    lower(context, module, source, Wanted(machine_named(module, MACHINE, GEMM), "", (), True, mapping, verify=False))
    verify_module(module, source)
    result = simulate(module)
    seconds = time.perf_counter() - begin
    moved = next(counts.moved["buffer"] for counts in result.counts if counts.resource == ARRAY.name)
    # Sums that are continued are read as often as they are written but for the first time; SCALE-Sim does not count reading them.
    sums = max(0, moved["write"] - WORD * shape[0] * shape[1])
    return Run(result.cycles, seconds, (moved["read"] - sums) / WORD)


def scalesim_runs(python: str, points: Sequence[tuple[str, Shape]]) -> list[Run]:
    """The same products in SCALE-Sim, run by the interpreter that has it. Exits with what went wrong."""
    asked = json.dumps([[DATAFLOWS[dataflow], *shape, ARRAY.rows, ARRAY.cols] for dataflow, shape in points])
    try:
        done = subprocess.run([python, RUNNER], input=asked, capture_output=True, text=True)
    except OSError as error:
        sys.exit(f"error: cannot run '{python}': {error.strerror}")
    if done.returncode:
        said = [*done.stderr.strip().splitlines(), "nothing was said"]
        sys.exit(f"error: SCALE-Sim does not run with '{python}': {said[-2 if len(said) > 1 else 0]}")
    found = [cast("dict[str, float]", json.loads(line)) for line in done.stdout.splitlines()]
    if stalled := [point for point, run in zip(points, found, strict=True) if run["stalls"]]:
        sys.exit(f"error: SCALE-Sim stalls for its memory at {stalled[0]}; the comparison is of arrays only")
    return [Run(run["cycles"], run["seconds"], run["reads"]) for run in found]


def environment(folder: Path) -> str:
    """The interpreter of a virtual environment with SCALE-Sim in it, made if it is not there. Exits if the packages cannot be had."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], capture_output=True, text=True)
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [done.stderr.strip()]
        sys.exit(f"error: SCALE-Sim ({', '.join(PACKAGES)}) cannot be installed here, so there is nothing to compare with: {last[-1]}")
    return str(python)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of them does not exceed."""
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]


def spread(title: str, ours: Sequence[float], theirs: Sequence[float]) -> str:
    """A row of a table: of the relative errors the signed median and sizes, and how far the values lie apart, least and most."""
    errors = [a / b - 1 for a, b in zip(ours, theirs, strict=True)]
    sizes, apart = [abs(e) for e in errors], [a - b for a, b in zip(ours, theirs, strict=True)]
    return f"| {title} | {median(errors):+.2%} | {quantile(sizes, 0.9):.2%} | {max(sizes):.2%} | {min(apart):+,.0f} to {max(apart):+,.0f} |"


def whole(shape: Shape) -> bool:
    """Whether no fold of the shape is ragged: each side fits into the array, or fills it some times."""
    return all(side <= ARRAY.rows or side % ARRAY.rows == 0 for side in shape)


def reads(dataflow: str, ours: Mapping[str, Sequence[Run]], theirs: Sequence[Run]) -> str:
    """Rows of the table of reads: with folds as in the files, for shapes without ragged ones and with some; and with all in one task."""
    rows: list[str] = []
    for form, title, wanted in ((STATED, "none ragged", (True,)), (STATED, "some ragged", (False,)), (TOGETHER, "any", (True, False))):
        pairs = [(a.reads, b.reads) for shape, a, b in zip(shapes(), ours[form], theirs, strict=False) if whole(shape) in wanted]
        if pairs:
            rows.append(spread(f"{dataflow} | {form} | {len(pairs)}, {title}", *zip(*pairs, strict=True)))
    return "\n".join(rows)


def timed(title: str, runs: Sequence[Run]) -> str:
    seconds = [run.seconds for run in runs]
    return f"| {title} | {median(seconds):.3f} | {quantile(seconds, 0.9):.3f} | {max(seconds):.2f} | {sum(seconds):.1f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--scalesim-python", metavar="PATH", help="an interpreter that has SCALE-Sim")
    where.add_argument("--venv", metavar="FOLDER", type=Path, help="make a virtual environment with SCALE-Sim there (default: one for this run)")
    parser.add_argument("--shapes", type=int, default=50, metavar="N", help="only the first so many of the 50 shapes")
    args = parser.parse_args(arguments)
    if not 1 <= args.shapes <= 50:
        parser.error("--shapes takes 1 to 50")
    points = [(dataflow, shape) for dataflow in DATAFLOWS for shape in shapes()[: args.shapes]]
    with tempfile.TemporaryDirectory() as folder:
        python = args.scalesim_python or environment(args.venv or Path(folder))
        theirs = scalesim_runs(python, points)
    einfold_run(*points[0])  # the first run also reads what later ones find in memory
    parts = {dataflow: slice(number * args.shapes, (number + 1) * args.shapes) for number, dataflow in enumerate(DATAFLOWS)}
    print(f"cycles\n\n| dataflow | mapping | {HEADER}")
    ours = {form: [einfold_run(dataflow, shape, form) for dataflow, shape in points] for form in FORMS}
    for form, runs in ours.items():
        for dataflow, part in parts.items():
            print(spread(f"{dataflow} | {form}", [r.cycles for r in runs[part]], [r.cycles for r in theirs[part]]))
    print(f"\nelements of A and B that the array reads\n\n| dataflow | mapping | folds | {HEADER}---|")
    for dataflow, part in parts.items():
        print(reads(dataflow, {form: runs[part] for form, runs in ours.items()}, theirs[part]))
    print(f"\nseconds a run, {len(points)} runs\n\n| tool | median | 90 % within | longest | all |\n|---|---|---|---|---|")
    print("\n".join((timed("SCALE-Sim", theirs), timed("einfold", ours[STATED]))))


if __name__ == "__main__":
    main()
