"""`einfold explore FILE`: search one design, or sweep many.

`--machine NAME` finds a form, the arrays and a schedule for a cascade on a machine, and says how far from optimal they are. With `--buffers SIZES` it
does so at several sizes of the on-chip buffer and for each number of passes, as a table and a curve.

`--sweep SWEEP.yaml --out DIR` simulates a cascade over a space of machines, sizes, passes and mappings. Results are kept in DIR/results.sqlite as
they come, so that a run that was interrupted or killed goes on where it was. DIR gets the Pareto front as tables and figures.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..diagnostics import Diagnostic, Failure
from ..exploring import sweep_mode
from ..searching import buffers_mode, search_mode

SEARCH_ONLY = ("set", "objective", "budget", "solver", "no_contract", "emit", "keep", "buffers", "figure")
SWEEP_ONLY = ("out", "objectives", "workers", "dask")
"""Options that one mode has and the other does not."""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR with an einsum cascade; '-' is standard input")
    parser.add_argument("--machine", metavar="NAME", help="a machine's name or YAML file (default: the machine in the file, or the sweep's)")
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    search_mode.configure(parser)
    buffers_mode.configure(parser)
    sweep_mode.configure(parser)
    parser.set_defaults(unless_given={option: parser.get_default(option) for option in (*SEARCH_ONLY, *SWEEP_ONLY)})


def run(args: Namespace) -> int:
    sweeps = args.sweep is not None
    for option in SEARCH_ONLY if sweeps else SWEEP_ONLY:
        if getattr(args, option) != args.unless_given[option]:
            told = "is for a search, without --sweep; a sweep's file says all of it" if sweeps else "is for a sweep: give --sweep FILE as well"
            raise Failure(Diagnostic("error", told, f"--{option.replace('_', '-')}"))
    if sweeps:
        return sweep_mode.run(args)
    return buffers_mode.run(args) if args.buffers is not None else search_mode.run(args)
