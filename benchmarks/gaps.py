"""How far from optimal the search's schedules may be, and why, on every machine that comes with einfold: `python benchmarks/gaps.py`.

A row is a cascade of the examples, a column a machine. What is above 5 % has its reason below the table. `--only attention,causal`,
`--machines fusemax-cloud` and `--budget 60` narrow it; `--out FILE` writes the page as well.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from einfold.backend.machine import Machine
from einfold.backend.machine_yaml import machine_names
from einfold.lowering.machine_lookup import machines_of
from einfold.search.gaps import Gap, gap_of
from einfold.search.search import NothingFits, Options, search
from einfold.tools.loading import load_module, new_context
from einfold.tools.resizing import apply_sizes
from einfold.tools.simulation import machine_named

EXAMPLES = Path(__file__).parents[1] / "examples"
WORTH_A_REASON = 0.05
"""The gap above which its reason is told."""

CASCADES: dict[str, tuple[str, str]] = {
    "attention": ("attention.mlir", ""),
    "grouped queries": ("gqa.mlir", ""),
    "latent attention": ("mla.mlir", ""),
    "causal, 1K": ("causal.mlir", ""),
    "causal, 16K": ("causal.mlir", "b=1,p=16384,m=16384"),
    "sliding window, 1K": ("sliding.mlir", ""),
    "sliding window, 16K": ("sliding.mlir", "b=1,p=16384,m=16384"),
    "sink": ("sink.mlir", ""),
    "softmax": ("softmax.mlir", "p=65536"),
    "layer norm": ("layernorm.mlir", "p=65536"),
    "RMS norm and product": ("rmsnorm-gemm.mlir", ""),
    "decode, one query": ("attention.mlir", "p=1,m=65536"),
    "encoder block": ("encoder.mlir", ""),
    "decoder block": ("decoder.mlir", ""),
}
"""Row -> example and sizes."""


@dataclass(frozen=True)
class Cell:
    """A cascade on a machine: its gap, None if it has no kernels there, and the seconds that the search took."""

    gap: Gap | None
    seconds: float
    refused: str = ""

    def __str__(self) -> str:
        return "none" if self.gap is None else f"{100 * self.gap.total:.1f} %"


def measured(file: str, sizes: str, machine: str, budget: float) -> Cell:
    path = str(EXAMPLES / file)
    module = load_module(path, new_context())
    if sizes:
        apply_sizes(module, [sizes], path)
    symbol = machine_named(module, machine, path)
    start = time.perf_counter()
    try:
        found = search(module, Machine.from_op(machines_of(module)[symbol]), Options(budget=budget))
    except NothingFits as error:
        return Cell(None, time.perf_counter() - start, str(error))
    return Cell(gap_of(found), time.perf_counter() - start)


def page(cells: dict[str, dict[str, Cell]], machines: list[str]) -> str:
    """The table and its reasons, in Markdown."""
    lines = [f"| | {' | '.join(machines)} |", f"|---{'|---' * len(machines)}|"]
    lines += [f"| {name} | {' | '.join(str(row[m]) for m in machines)} |" for name, row in cells.items()]
    lines += ["", f"Above {100 * WORTH_A_REASON:.0f} %:", ""]
    for name, row in cells.items():
        for machine, cell in row.items():
            if cell.gap is None:
                lines.append(f"* {name}, {machine}: {cell.refused}.")
            elif cell.gap.total > WORTH_A_REASON:
                lines.append(f"* {name}, {machine}: {cell.gap.reason}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", default=",".join(CASCADES), help="rows, by a part of their names")
    parser.add_argument("--machines", default=",".join(machine_names()))
    parser.add_argument("--budget", type=float, default=30.0, help="seconds a search")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    machines = str(args.machines).split(",")
    parts = str(args.only).split(",")
    chosen = {name: given for name, given in CASCADES.items() if any(part in name for part in parts)}
    cells: dict[str, dict[str, Cell]] = {}
    for name, (file, sizes) in chosen.items():
        for machine in machines:
            cell = measured(file, sizes, machine, args.budget)
            cells.setdefault(name, {})[machine] = cell
            print(f"{name} on {machine}: {cell}, {cell.seconds:.1f} s", cell.gap.reason if cell.gap else cell.refused, file=sys.stderr, flush=True)
    text = page(cells, machines)
    print(text, end="")
    if args.out is not None:
        args.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
