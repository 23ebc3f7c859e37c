"""How long `einfold simulate` takes against the number of Einsums: chains of four kinds, as they are and through the passes to the fewest passes.

Each row is one kind of chain; the last column is the time of the largest number over that of the smallest, for each Einsum: 1 is linear. Times are
processor seconds of one process that has already simulated a chain, so that neither imports nor other processes count.
"""

from __future__ import annotations

import argparse
import gc
import io
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from einfold.tools.einfold import main as main_of_einfold

CHAINS = (10, 20, 40, 80, 160, 320, 640)
"""Numbers of Einsums in a chain."""


def maps(einsums: int) -> str:
    """One map after another over the same ranks: one kernel."""
    lines = [f"%X{i + 1} = einsum.compute [m, p] = exp(%X{i}[m, p] - {i + 1})" for i in range(einsums)]
    return _cascade({"m": 16384, "p": 16384}, ["%X0[m, p]"], lines, f"%X{einsums}[m, p]")


def products(einsums: int) -> str:
    """Products with weights and maps in turn, as in a multilayer perceptron: a kernel for every product."""
    lines, arguments, here, there = list[str](), ["%X0[m, e]"], "e", "f"
    for i in range(einsums):
        if i % 2:
            lines.append(f"%X{i + 1} = einsum.compute [m, {here}] = max(%X{i}[m, {here}], 0)")
        else:
            arguments.append(f"%W{i}[{here}, {there}]")
            lines.append(f"%X{i + 1} = einsum.compute [m, {there}] = %X{i}[m, {here}] * %W{i}[{here}, {there}] reduce add({here})")
            here, there = there, here
    return _cascade({"m": 16384, "e": 1024, "f": 1024}, arguments, lines, f"%X{einsums}[m, {here}]")


def sums(einsums: int) -> str:
    """Reductions of one input, side by side in one kernel, and the sum of their results."""
    half = einsums // 2
    lines = [f"%S{i} = einsum.compute [p] = exp(%X[m, p] - {i}) reduce add(m)" for i in range(half)]
    lines += ["%T0 = einsum.compute [p] = %S0[p]", *(f"%T{i} = einsum.compute [p] = %T{i - 1}[p] + %S{min(i, half - 1)}[p]" for i in range(1, half))]
    return _cascade({"m": 16384, "p": 16384}, ["%X[m, p]"], lines, f"%T{half - 1}[p]")


def norms(einsums: int) -> str:
    """Reductions and what divides by them, each behind the one before: a kernel for every two."""
    lines = list[str]()
    for i in range(einsums // 2):
        lines.append(f"%S{i} = einsum.compute [p] = %X{i}[m, p] * %X{i}[m, p] reduce add(m)")
        lines.append(f"%X{i + 1} = einsum.compute [m, p] = %X{i}[m, p] / %S{i}[p]")
    return _cascade({"m": 16384, "p": 16384}, ["%X0[m, p]"], lines, f"%X{einsums // 2}[m, p]")


def _cascade(sizes: Mapping[str, int], arguments: Sequence[str], lines: Sequence[str], result: str) -> str:
    ranks, out = ", ".join(f"{r} = {s}" for r, s in sizes.items()), result[result.index("[") :]
    head = f"einsum.cascade @chain ranks {{{ranks}}} ({', '.join(arguments)}) -> {out} : f16 {{"
    return "\n".join([head, *(f"  {line}" for line in lines), f"  einsum.return {result}", "}", ""])


KINDS: Mapping[str, Callable[[int], str]] = {"maps": maps, "products": products, "sums": sums, "norms": norms}


def seconds(path: Path, pipeline: str | None, repetitions: int) -> float:
    """The shortest of some simulations, in seconds of the processor."""
    options = [] if pipeline is None else ["--pipeline", pipeline]
    best = float("inf")
    for _ in range(repetitions):
        gc.collect()
        begin = time.process_time()
        with redirect_stdout(io.StringIO()):
            code = main_of_einfold(["simulate", str(path), "--machine", "fusemax-cloud", *options])
        best = min(best, time.process_time() - begin)
        if code:
            raise SystemExit(f"{path.name} cannot be simulated")
    return best


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--einsums", default=",".join(map(str, CHAINS)), help="numbers of Einsums (default: %(default)s)")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds of chains (default: %(default)s)")
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--rewritten", action="store_true", help="through the passes to the fewest passes, too")
    args = parser.parse_args(arguments)
    numbers = [int(n) for n in args.einsums.split(",")]
    print(f"milliseconds of a chain by its number of Einsums\n\n| chain | {' | '.join(map(str, numbers))} | growth for each |")
    print("|---" * (len(numbers) + 2) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for pipeline in ("", None) if args.rewritten else ("",):
            for kind in args.kinds.split(","):
                taken = list[float]()
                for number in numbers:
                    path = Path(folder) / f"{kind}{number}.mlir"
                    path.write_text(KINDS[kind](number), encoding="utf-8")
                    if not taken:
                        seconds(path, pipeline, 1)
                    taken.append(seconds(path, pipeline, args.repetitions))
                growth = taken[-1] / taken[0] * numbers[0] / numbers[-1]
                name = kind if pipeline is not None else f"{kind}, rewritten"
                print(f"| {name} | {' | '.join(f'{1000 * t:.0f}' for t in taken)} | {growth:.2f} |", flush=True)


if __name__ == "__main__":
    main()
