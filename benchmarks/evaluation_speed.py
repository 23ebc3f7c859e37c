"""How long the FuseMax evaluation takes: as a process, its peak memory, and per point by table and by length (by number of Einsums: `chain_speed`).

The time of a point is that of reading, rewriting, placing, lowering, verifying and simulating it alone, with nothing shared.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

from einfold.backend.simulate import simulate
from einfold.tools.commands.evaluate import load_spec
from einfold.tools.evaluation.points import lowered, mapping_of
from einfold.tools.evaluation.spec import Spec


def seconds(run: Callable[[], object], repetitions: int) -> float:
    """The shortest of some runs."""
    best = float("inf")
    for _ in range(repetitions):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best


def process() -> tuple[float, float, float]:
    """Seconds, seconds of processors and MiB of `einfold evaluate fusemax`, as a process and its children."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "einfold.tools.einfold", "evaluate", "fusemax", "--out", folder]
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def point(spec: Spec, table: str, model: str, length: str) -> Callable[[], object]:
    description = spec.tables[table]
    mapping, sizes = mapping_of(spec.case(description, model, length), spec.folder), spec.sizes(description, model, length)
    return lambda: simulate(lowered(spec, description, mapping, sizes).module)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--model", default="BERT")
    parser.add_argument("--no-process", action="store_true", help="points only")
    args = parser.parse_args(arguments)
    spec = load_spec("fusemax")
    if not args.no_process:
        taken, busy, memory = process()
        print(f"einfold evaluate fusemax: {taken:.2f} s, {busy:.2f} s of processors, at most {memory:.0f} MiB in a process")
    print(f"\nmilliseconds a point, {args.model}\n\n| table | {' | '.join(spec.lengths)} | simulated cycles a second at the last |")
    print("|---" * (len(spec.lengths) + 2) + "|")
    for table in spec.tables:
        taken = [seconds(point(spec, table, args.model, length), args.repetitions) for length in spec.lengths]
        description = spec.tables[table]
        last = list(spec.lengths)[-1]
        case = spec.case(description, args.model, last)
        cycles = simulate(lowered(spec, description, mapping_of(case, spec.folder), spec.sizes(description, args.model, last)).module).cycles
        print(f"| {table} | {' | '.join(f'{1000 * t:.0f}' for t in taken)} | {cycles / taken[-1]:.1e} |")


if __name__ == "__main__":
    main()
