"""One query against a long cache, on machines with more and more bandwidth: what a loop over tiles takes, and what parts side by side do.

Every row is a search over the same forms, once without those that split the rank and once with those alone, both on the same machine but for
the bandwidth of its off-chip memory. `bound` is what no schedule of any of these forms can beat.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from einfold.backend.machine import Machine
from einfold.lowering.machine_lookup import machines_of
from einfold.search.forms import Form, forms_of
from einfold.search.picking import Picked, Picking, least_of, look, pick
from einfold.search.scheduling import solvers
from einfold.tools.loading import load_module, new_context
from einfold.tools.resizing import apply_sizes
from einfold.tools.simulation import machine_named

ROOT = Path(__file__).parents[1]
ATTENTION, VOCABULARY = "examples/attention.mlir", "benchmarks/cascades/02-log-sum-exp.mlir"


QUERIES = ((16, 1), (16, 2), (4, 8), (16, 8), (64, 8))
"""Queries, and times the bandwidth."""


@dataclass(frozen=True)
class Row:
    """A cascade at some sizes on a machine whose off-chip bandwidth is so many times its own."""

    told: str
    file: str
    sizes: str
    machine: str
    times: float = 1


ROWS = [
    *(
        Row(f"attention, 1 query, {keys} keys", ATTENTION, f"b=1,h=1,p=1,m={size}", machine, times)
        for machine, keys, size, factors in (
            ("fusemax-cloud", "64K", 65536, (1, 2, 4, 8, 16, 32)),
            ("fusemax-edge", "64K", 65536, (1, 8, 32)),
            ("tpu-v4-like", "64K", 65536, (1, 8, 32)),
        )
        for times in factors
    ),
    *(Row(f"attention, {n} queries, 64K keys", ATTENTION, f"b=1,h=1,p={n},m=65536", "fusemax-cloud", t) for n, t in QUERIES),
    *(Row("log-sum-exp of 1 row of 128K", VOCABULARY, "p=1,m=131072", machine) for machine in ("fusemax-cloud", "fusemax-edge", "tpu-v4-like")),
]


def measured(row: Row) -> tuple[float, float, float, str]:
    """Cycles of the best form that loops, of the best that splits, the bound, and the pipeline of the best."""
    module = load_module(str(ROOT / row.file), new_context())
    apply_sizes(module, [row.sizes], row.file)
    symbol = machine_named(module, row.machine, row.file)
    for memory in machines_of(module)[symbol].memories.values():
        if memory.offchip is not None and memory.bandwidth is not None:
            memory.properties["bandwidth"] = type(memory.bandwidth)(memory.bandwidth.data * row.times)
    machine = Machine.from_op(machines_of(module)[symbol])
    forms = forms_of(module, machine)
    loops, parts = (best(own, machine) for own in ([f for f in forms if not splits(f)], [f for f in forms if splits(f)]))
    cycles = [math.inf if found is None else found.best.result.cycles for found in (loops, parts)]
    chosen = min((f for f in (loops, parts) if f is not None), key=lambda f: f.best.result.cycles)
    return cycles[0], cycles[1], min(least_of(f).cycles for f in forms), chosen.best.candidate.form.pipeline


def splits(form: Form) -> bool:
    return 'form="split"' in form.pipeline


def best(forms: Sequence[Form], machine: Machine) -> Picked | None:
    solver = list(solvers().values())[-1]
    return pick(look(forms, machine, "latency", math.inf).judged, machine, Picking("latency", 1e-3, solver, math.inf))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help="only the last so many rows")
    args = parser.parse_args(arguments)
    print("| cascade | machine | bandwidth | loop, cycles | split, cycles | bound | loop / split | best |\n|---|---|---|---|---|---|---|---|")
    for row in ROWS[-args.rows if args.rows else 0 :]:
        loop, split, bound, pipeline = measured(row)
        told = f"| {row.told} | {row.machine} | {row.times:g} x | {loop:,.0f} | {split:,.0f} | {bound:,.0f} | {loop / split:.2f} |"
        print(f"{told} `{pipeline}` |", flush=True)


if __name__ == "__main__":
    main()
