"""How many points a CPU second `einfold explore` runs, by what changes from point to point, and what sharing steps among points is worth.

Each row is a sweep of attention over 16K tokens in this process. `apart` runs every point as if it were the only one, file and all; `together`
reads, rewrites, lowers and simulates once what points share. The numbers are compared to be the same.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from einfold.tools.exploring.exploration import explore, here
from einfold.tools.exploring.grid import points_of
from einfold.tools.exploring.points import Job, Outcome, Point
from einfold.tools.exploring.running import Explorer
from einfold.tools.exploring.store import Store
from einfold.tools.exploring.sweep_file import parse_sweep

ROOT = Path(__file__).parents[1]

RANKS = ("b", "h", "p", "m", "e", "f")

SWEEPS: Mapping[str, tuple[str, float, float]] = {
    "energies": ("arrays.pe2d.energy_pj.mac", 1, 20),
    "clock": ("clock_hz", 500e6, 1e9),
    "bandwidth": ("memories.dram.bandwidth_bytes_per_s", 1e11, 1e12),
    "buffer": ("memories.buffer.capacity_bytes", 262144, 16777216),
    "lanes": ("arrays.pe1d.cols", 8, 256),
    "array": ("arrays.pe2d.rows", 8, 256),
    "length": ("set.m", 512, 16384),
}
"""What changes -> the axis, from, to."""


def points(axis: str, start: float, end: float, count: int, job: Job) -> list[Point]:
    values = [start + (end - start) * k / max(1, count - 1) for k in range(count)]
    listed = ", ".join(str(round(v)) if axis.split(".")[-1] in ("m", "rows", "cols") else repr(float(v)) for v in values)
    fixed = ", ".join(f"{rank}: 16384" for rank in ("set.p", "set.m") if rank != axis)
    text = f"name: x\nmachine: fusemax-cloud\nfixed: {{{fixed}}}\naxes: {{{axis}: [{listed}]}}\n"
    return points_of(parse_sweep(text, "x.yaml", RANKS), job)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=32, help="of a row (default: 32)")
    parser.add_argument("--apart", type=int, default=8, help="points of a row to run apart (default: 8)")
    parser.add_argument("--workers", default="1,2", help="numbers of processes to run the example sweep with (default: 1,2); may be empty")
    args = parser.parse_args(arguments)
    path = ROOT / "examples" / "attention.mlir"
    job = Job(str(path), path.read_text(encoding="utf-8"))
    Explorer(job)
    print("| what changes | points | together, points a CPU second | apart | simulated | lowered |\n|---|---|---|---|---|---|")
    for name, (axis, start, end) in SWEEPS.items():
        found = points(axis, start, end, args.points, job)
        begin = time.process_time()
        explorer = Explorer(job)
        outcomes = [explorer.outcome(p.digest, p.inputs) for p in found]
        together = len(found) / (time.process_time() - begin)
        some = found[:: max(1, len(found) // args.apart)][: args.apart]
        begin = time.process_time()
        alone = [Explorer(job).outcome(p.digest, p.inputs) for p in some]
        apart = len(some) / (time.process_time() - begin)
        if [_numbers(outcomes[p.index]) for p in some] != [_numbers(o) for o in alone]:
            raise SystemExit(f"{name}: points run apart come out otherwise")
        print(f"| {name} | {len(found)} | {together:.0f} | {apart:.1f} | {explorer.timed.made} | {explorer.lowered.made} |")
    sweep_path = ROOT / "examples" / "exploring" / "fusemax-sizes.yaml"
    sweep = parse_sweep(sweep_path.read_text(encoding="utf-8"), str(sweep_path), RANKS)
    for workers in (int(w) for w in args.workers.split(",") if w):
        with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "results.sqlite") as store:
            begin = time.perf_counter()
            count = len(explore(job, points_of(sweep, job), store, here(workers)).rows)
            taken = time.perf_counter() - begin
        print(f"\n{sweep.name}: {count} points in {taken:.2f} s by {workers} processes, start included: {count / taken:.0f} a second")


def _numbers(outcome: Outcome) -> tuple[str, Mapping[str, float | None]]:
    return outcome.status, outcome.numbers


if __name__ == "__main__":
    main()
