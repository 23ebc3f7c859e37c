"""`einfold tour`: attention from three passes to one, proved equal, placed on FuseMax's machine and simulated."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from importlib.resources import files

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import PassFailedException

from ...analysis import remarks
from ...analysis.passes_over import count_passes
from ...analysis.resize import resize
from ...backend.simulate import simulate
from ...dialects.einsum import CascadeOp
from ...interpreter.arguments import random_inputs
from ...interpreter.cascade import run_cascade
from ...passes.einsum_defer import EinsumDefer
from ...passes.einsum_one_pass import EinsumOnePass
from ...passes.einsum_online import EinsumOnline
from ...passes.places import passes_over
from ..default_pipeline import default_passes
from ..diagnostics import Diagnostic, Failure
from ..loading import load_module, new_context
from ..running import to_text

MACHINE = "fusemax-cloud"
SMALL = {"b": 1, "h": 2, "p": 40, "m": 50, "e": 16, "f": 16}
TILE = 16


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--tokens", type=int, default=1024, metavar="N", help="queries and keys in the simulation (default: 1024)")


def run(args: Namespace) -> int:
    tokens: int = args.tokens
    if not 1 <= tokens <= 2**40:
        raise Failure(Diagnostic("error", f"--tokens {tokens}: from 1 to 2^40", "einfold tour"))
    ctx = new_context()
    path = str(files("einfold.examples") / "attention.mlir")
    written = load_module(path, ctx)
    print("Attention as written (examples/attention.mlir), FuseMax's Cascade 4:\n")
    print("\n".join(f"  {line.strip()}" for line in to_text(written).splitlines() if "einsum.compute" in line))
    _passes(ctx, written)
    _values(ctx, written)
    return _simulate(ctx, written, tokens)


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def rewritten(ctx: Context, module: ModuleOp, *passes: ModulePass) -> ModuleOp:
    clone = module.clone()
    for current in passes:
        current.apply(ctx, clone)
    clone.verify()
    return clone


def _passes(ctx: Context, written: ModuleOp) -> None:
    print("\nPasses over the keys, m:\n")
    print(f"  as written        {passes_over(cascade_of(written), 'm')}")
    for reason in count_passes(cascade_of(written), ["m"])["m"].reasons:
        print(f"                      {reason.message}")
    for current in (EinsumDefer(), EinsumOnline(), EinsumOnePass()):
        print(f"  {current.name:<17} {passes_over(cascade_of(rewritten(ctx, written, current)), 'm')}")
    with remarks.collect() as made:
        rewritten(ctx, written, EinsumOnePass())
    for remark in made:
        print(f"                      {remark.message}")


def _values(ctx: Context, written: ModuleOp) -> None:
    small = written.clone()
    resize(small, SMALL)
    arrays = random_inputs(cascade_of(small), 0, dtype="f64")
    expected = run_cascade(cascade_of(small), arrays, dtype="f64")
    made = run_cascade(cascade_of(rewritten(ctx, small, EinsumOnePass(size=TILE))), arrays, dtype="f64")
    error = max(float(np.max(np.abs(a - b))) for a, b in zip(made, expected, strict=True))
    print(f"\nThe same values: at p = {SMALL['p']}, m = {SMALL['m']} in tiles of {TILE}, the results differ by at most {error:.1e} in f64.")
    if not error < 1e-9:
        raise Failure(Diagnostic("error", f"the one-pass form differs from the cascade by {error:.1e}", "einfold tour"), exit_code=2)


def _simulate(ctx: Context, written: ModuleOp, tokens: int) -> int:
    resize(written, {"p": tokens, "m": tokens})
    try:
        for current in default_passes(MACHINE):
            current.apply(ctx, written)
        written.verify()
    except PassFailedException as error:
        raise Failure(Diagnostic("error", str(error), "einfold tour")) from error
    print(f"\nOn {MACHINE} (batch 64, 12 heads, {tokens} queries and keys):\n")
    print(simulate(written).render())
    sys.stdout.flush()
    return 0
