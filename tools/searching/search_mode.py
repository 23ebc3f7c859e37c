"""`einfold explore FILE --machine NAME`: search the form, the arrays and the schedule of one cascade on one machine."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from shlex import quote

from xdsl.dialects.builtin import ModuleOp

from ...backend.machine import Machine
from ...backend.mapping_text import mapping_text
from ...dialects.accel_machine import MachineOp
from ...dialects.einsum import CascadeOp
from ...lowering.machine_lookup import machines_of
from ...search.judge import OBJECTIVES, kernels_of
from ...search.scheduling import solvers
from ...search.search import NothingFits, Options, search
from ..choosing import choose_cascade
from ..diagnostics import Diagnostic, Failure
from ..loading import load_module, new_context
from ..output import check_writable, write_text
from ..progress import doing
from ..resizing import add_sizes_option, apply_sizes
from ..simulation import machine_named, only
from .told import comment, lines, to_json

BUDGET_SECONDS = 30.0


def configure(parser: ArgumentParser) -> None:
    """The options of a search, beside FILE, --machine, --cascade and --json."""
    add_sizes_option(parser)
    parser.add_argument("--objective", choices=OBJECTIVES, default="latency", help="what to make small (default: latency)")
    parser.add_argument("--budget", metavar="SECONDS", default=f"{BUDGET_SECONDS:g}s", help="when to try nothing new, e.g. 30s (the default)")
    parser.add_argument("--solver", choices=("auto", "list", "cp-sat"), default="auto", help="cp-sat needs einfold[search]; list is built in")
    parser.add_argument("--no-contract", action="store_true", help="keep products and sums apart where storing the product rounds")
    parser.add_argument("--emit", metavar="FILE", help="write the kernels that were found, as accel IR")
    parser.add_argument("--keep", metavar="FILE", help="write the mapping that was found, as YAML for --mapping")


def run(args: Namespace) -> int:
    """Search, print, write. Raises `Failure`."""
    if args.figure is not None:
        raise Failure(Diagnostic("error", "is for a curve: give --buffers SIZES as well", "--figure"))
    options = options_of(args)
    check_writable(args.emit, args.keep)
    module, cascade, symbol, machine = loaded(args)
    try:
        found = search(module, machine, options, doing)
    except NothingFits as error:
        raise Failure(Diagnostic("error", f"cascade '@{cascade.sym_name.data}' has no kernels on '@{symbol}': {error}", args.file)) from error
    if args.emit is not None:
        found.mark(kernels_of(found.best))
        write_text(args.emit, str(found.best.kernels) + "\n")
    if args.keep is not None:
        name = f"{cascade.sym_name.data}-{args.objective}"
        write_text(args.keep, mapping_text(replace(found.best.candidate.mapping, name=name), comment(found, command_of(args))))
    if args.json:
        print(json.dumps({"cascade": cascade.sym_name.data, "ranks": _sizes(cascade), "machine": symbol, **to_json(found, args.objective)}, indent=2))
    else:
        print(f"cascade @{cascade.sym_name.data} on @{symbol}: {', '.join(f'{r} = {s}' for r, s in _sizes(cascade).items())}")
        print("\n".join(lines(found, args.objective)))
        if args.solver == "auto" and "cp-sat" not in solvers():
            print(f"{args.file}: note: scheduled by the built-in list scheduler; einfold[search] brings OR-Tools' CP-SAT", file=sys.stderr)
    return 0


def options_of(args: Namespace, budget: str | None = None) -> Options:
    """What the options of a command say of a search; `budget` instead of theirs. Raises `Failure`."""
    return Options(args.objective, _seconds(budget or args.budget), _solver(args.solver), not args.no_contract)


def loaded(args: Namespace) -> tuple[ModuleOp, CascadeOp, str, Machine]:
    """The module of a command with one cascade and one machine, that cascade, the machine's name, and what it says. Raises `Failure`."""
    module = load_module(args.file, new_context())
    cascade = only(module, choose_cascade(module, args.cascade, args.file))
    apply_sizes(module, args.set, args.file)
    symbol = machine_named(module, args.machine, args.file)
    for other in [op for op in module.walk() if isinstance(op, MachineOp) and op.sym_name.data != symbol]:
        other.detach()
    return module, cascade, symbol, Machine.from_op(machines_of(module)[symbol])


def command_of(args: Namespace) -> str:
    """The command that finds the same again."""
    machine = f" --machine {quote(args.machine)}" if args.machine else ""
    cascade = f" --cascade {quote(args.cascade)}" if args.cascade else ""
    sizes = f" --set {','.join(args.set)}" if args.set else ""
    rest = "".join(
        text
        for text, given in (
            (f" --objective {args.objective}", args.objective != "latency"),
            (f" --solver {args.solver}", args.solver != "auto"),
            (" --no-contract", args.no_contract),
        )
        if given
    )
    return f"einfold explore {quote(args.file)}{machine}{cascade}{sizes}{rest}"


def _sizes(cascade: CascadeOp) -> dict[str, int]:
    return cascade.sizes


def _seconds(text: str) -> float:
    number = text.removesuffix("s")
    try:
        seconds = float(number)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e9:
        raise Failure(Diagnostic("error", f"'{text}' is no time; write seconds, like 30s", "--budget"))
    return seconds


def _solver(name: str) -> str | None:
    if name != "auto" and name not in solvers():
        raise Failure(Diagnostic("error", "cp-sat needs OR-Tools; install einfold[search], or take --solver list", "--solver"))
    return None if name == "auto" else name
