"""How fast the optimizer is: parse + pipeline + print of transformer-like cascades, against xDSL's own parse + print of the same text.

Cascades of 10, 100, 1,000 and 5,000 Einsums (attention layers, one after another) are timed in one process, with repetitions of the
two measurements in turn, so that a machine that slows down slows both. The table gives medians, their ratio, and the growth of each
from the row before: a growth near that of the Einsums is linear.

    python benchmarks/opt_speed.py
    python benchmarks/opt_speed.py --pipeline einsum-cse,einsum-dce --sizes 100,1000
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from io import StringIO

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.passes import ModulePass
from xdsl.printer import Printer

from einfold.analysis.passes_over import count_passes
from einfold.dialects.einsum import CascadeOp
from einfold.tools.loading import new_context
from einfold.tools.parsing import parse_source
from einfold.tools.pipeline import build
from einfold.tools.plugins import installed_universe
from einfold.tools.source import Source

LAYER = """\
  %Q{n} = einsum.compute [p, e] = %X{x}[p, d] * %WQ[d, e] reduce add(d)
  %K{n} = einsum.compute [m, e] = %X{x}[m, d] * %WK[d, e] reduce add(d)
  %V{n} = einsum.compute [m, f] = %X{x}[m, d] * %WV[d, f] reduce add(d)
  %S{n} = einsum.compute [m, p] = %Q{n}[p, e] * %K{n}[m, e] reduce add(e) where m <= p
  %GM{n} = einsum.compute [p] = %S{n}[m, p] reduce max(m) where m <= p
  %SN{n} = einsum.compute [m, p] = exp(%S{n}[m, p] - %GM{n}[p]) where m <= p
  %SD{n} = einsum.compute [p] = %SN{n}[m, p] reduce add(m)
  %A{n} = einsum.compute [m, p] = %SN{n}[m, p] / %SD{n}[p]
  %AV{n} = einsum.compute [p, f] = %A{n}[m, p] * %V{n}[m, f] reduce add(m)
  %X{n} = einsum.compute [p, d] = %X{x}[p, d] + %AV{n}[p, f] * %WO[f, d] reduce add(f)
"""

EINSUMS_PER_LAYER = 10


def cascade_text(einsums: int) -> str:
    """A cascade of at least one layer and about that many Einsums."""
    layers = max(1, einsums // EINSUMS_PER_LAYER)
    body = "".join(LAYER.format(n=f"l{i + 1}", x="" if i == 0 else f"l{i}") for i in range(layers))
    arguments = "%X[p, d], %WQ[d, e], %WK[d, e], %WV[d, f], %WO[f, d]"
    head = f"einsum.cascade @layers ranks {{p = 1024, m = 1024, d = 512, e = 64, f = 64}} ({arguments}) -> [p, d] : f32 {{\n"
    return f"{head}{body}  einsum.return %Xl{layers}[p, d]\n}}\n"


def printed(module: ModuleOp) -> str:
    stream = StringIO()
    Printer(stream=stream).print_op(module)
    return stream.getvalue()


def seconds(body: Callable[[], object]) -> float:
    begin = time.perf_counter()
    body()
    return time.perf_counter() - begin


def optimize(text: str, ctx: Context, passes: tuple[ModulePass, ...]) -> str:
    module = parse_source(Source("layers.mlir", text), ctx)
    for current in passes:
        current.apply(ctx, module)
    return printed(module)


def count(module: ModuleOp) -> None:
    for op in module.walk():
        if isinstance(op, CascadeOp):
            count_passes(op)


def measure(einsums: int, passes: tuple[ModulePass, ...], repetitions: int) -> tuple[float, float, float]:
    """Medians in seconds: ours, xDSL's parse + print, and the pass count over all ranks."""
    text, ctx = cascade_text(einsums), new_context()
    ours: list[float] = []
    theirs: list[float] = []
    counted: list[float] = []
    module = Parser(ctx, text).parse_module()
    for _ in range(repetitions):
        theirs.append(seconds(lambda: printed(Parser(ctx, text).parse_module())))
        ours.append(seconds(lambda: optimize(text, ctx, passes)))
        counted.append(seconds(lambda: count(module)))
    return statistics.median(ours), statistics.median(theirs), statistics.median(counted)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", default="einsum-one-pass", help="passes to run, as einfold-opt -p takes them")
    parser.add_argument("--sizes", default="10,100,1000,5000", help="numbers of Einsums")
    parser.add_argument("--repetitions", type=int, default=3, help="at least so many, more for small cascades")
    args = parser.parse_args()
    passes = build(args.pipeline, "--pipeline", "pass", installed_universe().all_passes)
    measure(10, passes, 1)  # imports and caches
    print(f"pipeline: {args.pipeline}")
    print(f"{'Einsums':>8} {'opt s':>9} {'xdsl s':>9} {'ratio':>6} {'growth':>7} {'xdsl growth':>12} {'all passes counted s':>21}")
    before: tuple[float, float] | None = None
    for size in map(int, args.sizes.split(",")):
        ours, theirs, counted = measure(size, passes, max(args.repetitions, min(50, 3000 // size)))
        growth = ("", "") if before is None else (f"{ours / before[0]:.1f}x", f"{theirs / before[1]:.1f}x")
        print(f"{size:>8} {ours:>9.3f} {theirs:>9.3f} {ours / theirs:>6.2f} {growth[0]:>7} {growth[1]:>12} {counted:>21.3f}", flush=True)
        before = ours, theirs
    return 0


if __name__ == "__main__":
    sys.exit(main())
