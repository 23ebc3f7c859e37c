"""How long the search takes against the number of Einsums in the cascade: attention layers with their projections, one after another.

Processor seconds in one process, by what takes them: making the forms, looking at each in its tiles (placed, lowered, bounded), then picking the best
(assigned, scheduled, simulated). `growth` is a row's total by that of the row before it; a growth near that of the Einsums is linear.
The simulated cycles by those of one layer say that the search finds the same schedule for each layer.

    python benchmarks/search_speed.py
    python benchmarks/search_speed.py --layers 1,2,4,8 --machine fusemax-edge --list
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from opt_speed import EINSUMS_PER_LAYER, cascade_text

from einfold.backend.machine import Machine
from einfold.lowering.machine_lookup import machines_of
from einfold.search.forms import forms_of
from einfold.search.picking import Picking, look, pick
from einfold.search.scheduling import solvers
from einfold.tools.loading import new_context
from einfold.tools.parsing import parse_source
from einfold.tools.simulation import machine_named
from einfold.tools.source import Source

T = TypeVar("T")


def timed(body: Callable[[], T]) -> tuple[T, float]:
    begin = time.process_time()
    made = body()
    return made, time.process_time() - begin


def measured(layers: int, machine: str, solver: str) -> tuple[list[float], int, int, float]:
    """Seconds of the three parts, how many forms and candidates there were, and the cycles of the best."""
    module = parse_source(Source("layers.mlir", cascade_text(layers * EINSUMS_PER_LAYER)), new_context())
    symbol = machine_named(module, machine, "layers.mlir")
    described = Machine.from_op(machines_of(module)[symbol])
    forms, making = timed(lambda: forms_of(module, described))
    looked, looking = timed(lambda: look(forms, described, "latency", math.inf))
    picked, picking = timed(lambda: pick(looked.judged, described, Picking("latency", 1e-3, solvers()[solver], math.inf)))
    cycles = math.nan if picked is None else picked.best.result.cycles
    return [making, looking, picking], len(forms), len(looked.judged), cycles


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", default="1,2,4", help=f"layers of {EINSUMS_PER_LAYER} Einsums each (default: 1,2,4)")
    parser.add_argument("--machine", default="fusemax-cloud")
    parser.add_argument("--list", action="store_true", help="the built-in scheduler instead of the best at hand")
    args = parser.parse_args(arguments)
    solver = "list" if args.list else list(solvers())[-1]
    head = ("Einsums", "forms", "candidates", "forms s", "bounds s", "schedules s", "total s", "growth", "s an Einsum", "cycles / layer 1's")
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    before = first = 0.0
    for layers in map(int, args.layers.split(",")):
        parts, forms, candidates, cycles = measured(layers, args.machine, solver)
        total, einsums = sum(parts), layers * EINSUMS_PER_LAYER
        first = first or cycles / layers
        row = [str(einsums), str(forms), str(candidates), *(f"{p:.2f}" for p in (*parts, total))]
        row += [f"{total / before:.2f}" if before else "-", f"{total / einsums:.3f}", f"{cycles / first:.3f}"]
        print(f"| {' | '.join(row)} |", flush=True)
        before = total


if __name__ == "__main__":
    main()
