"""`einfold tour`: attention from three passes to one, proved equal, placed on FuseMax's machine and simulated."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from importlib.resources import files

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import PassFailedException

from ...analysis import remarks
from ...analysis.passes_over import count_passes
from ...analysis.resize import resize
from ...backend.result import SimulationResult
from ...backend.simulate import simulate
from ...dialects.einsum import CascadeOp
from ...interpreter.arguments import random_inputs
from ...interpreter.cascade import run_cascade
from ...passes.einsum_defer import EinsumDefer
from ...passes.einsum_one_pass import EinsumOnePass
from ...passes.einsum_online import EinsumOnline
from ...passes.places import passes_over
from ..cli import INTERNAL_ERROR
from ..default_pipeline import default_passes
from ..diagnostics import Diagnostic, Failure
from ..loading import load_module, new_context
from ..running import to_text
from ..simulation_tables import result_parts
from ..terminal import show

MACHINE = "fusemax-cloud"
SMALL = {"b": 1, "h": 2, "p": 40, "m": 50, "e": 16, "f": 16}
TILE = 16

LARGEST_DEVIATION = 1e-9
"""Between both forms in f64; more than rounding would be a wrong rewrite."""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--tokens", type=int, default=1024, metavar="N", help="queries and keys in the simulation (default: 1024)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: Namespace) -> int:
    tokens: int = args.tokens
    if not 1 <= tokens <= 2**40:
        raise Failure(Diagnostic("error", f"--tokens {tokens}: from 1 to 2^40", "einfold tour"))

    def tell(text: str) -> None:
        if not args.json:
            print(text, flush=True)

    ctx = new_context()
    path = str(files("einfold.examples") / "attention.mlir")
    written = load_module(path, ctx)
    einsums = [line.strip() for line in to_text(written).splitlines() if "einsum.compute" in line]
    tell("Attention as written ('einfold examples attention' prints the file), FuseMax's Cascade 4:\n")
    tell("\n".join(f"  {line}" for line in einsums))
    passes = list(_passes(ctx, written))
    tell("\nPasses over the keys, m:\n")
    for name, count, reasons in passes:
        tell("\n".join([f"  {name:<17} {count}", *(f"                      {reason}" for reason in reasons)]))
    error = _deviation(ctx, written)
    tell(f"\nThe same values: at p = {SMALL['p']}, m = {SMALL['m']} in tiles of {TILE}, the results differ by at most {error:.1e} in f64.")
    if not error < LARGEST_DEVIATION:
        raise Failure(Diagnostic("error", f"the one-pass form differs from the cascade by {error:.1e}", "einfold tour"), exit_code=INTERNAL_ERROR)
    result = _simulated(ctx, written, tokens)
    tell(f"\nOn {MACHINE} (batch 64, 12 heads, {tokens} queries and keys):\n")
    if args.json:
        told = [{"form": name, "passes": count, "says": list(reasons)} for name, count, reasons in passes]
        simulation: dict[str, object] = {"machine": MACHINE, "tokens": tokens, **result.to_json()}
        print(json.dumps({"einsums": einsums, "rank": "m", "forms": told, "largest_deviation": error, "simulation": simulation}, indent=2))
    else:
        show(result_parts(result))
        print("\nNext: 'einfold passes FILE' asks the same of your own cascade, 'einfold' alone shows all commands.")
    return 0


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def rewritten(ctx: Context, module: ModuleOp, *passes: ModulePass) -> ModuleOp:
    clone = module.clone()
    for current in passes:
        current.apply(ctx, clone)
    clone.verify()
    return clone


def _passes(ctx: Context, written: ModuleOp) -> Iterator[tuple[str, int, Sequence[str]]]:
    """A form, its passes over m, and what is to be said of it."""
    yield "as written", passes_over(cascade_of(written), "m"), [r.message for r in count_passes(cascade_of(written), ["m"])["m"].reasons]
    for current in (EinsumDefer(), EinsumOnline(), EinsumOnePass()):
        with remarks.collect() as made:
            module = rewritten(ctx, written, current)
        told = [r.message for r in made] if isinstance(current, EinsumOnePass) else []
        yield current.name, passes_over(cascade_of(module), "m"), told


def _deviation(ctx: Context, written: ModuleOp) -> float:
    """The largest difference between the cascade and its one-pass form, both evaluated in f64 at small sizes."""
    small = written.clone()
    resize(small, SMALL)
    arrays = random_inputs(cascade_of(small), 0, dtype="f64")
    expected = run_cascade(cascade_of(small), arrays, dtype="f64")
    made = run_cascade(cascade_of(rewritten(ctx, small, EinsumOnePass(size=TILE))), arrays, dtype="f64")
    return max(float(np.max(np.abs(a - b))) for a, b in zip(made, expected, strict=True))


def _simulated(ctx: Context, written: ModuleOp, tokens: int) -> SimulationResult:
    resize(written, {"p": tokens, "m": tokens})
    try:
        for current in default_passes(MACHINE):
            current.apply(ctx, written)
        written.verify()
    except PassFailedException as error:
        raise Failure(Diagnostic("error", str(error), "einfold tour")) from error
    return simulate(written)
