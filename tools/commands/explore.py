"""`einfold explore FILE --sweep SWEEP.yaml --out DIR`: what a cascade costs over a space of machines, sizes, passes and mappings.

Every point takes the path of `einfold simulate`. Results are kept in DIR/results.sqlite as they come, so that a run that was interrupted or killed
goes on where it was; points that cannot work are kept with the reason. DIR gets the Pareto front as tables and figures.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..diagnostics import Diagnostic, Failure
from ..exploring import sweep_mode


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR with an einsum cascade; '-' is standard input")
    parser.add_argument("--machine", metavar="NAME", help="a machine's name or YAML file, in place of the sweep's")
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    sweep_mode.configure(parser)


def run(args: Namespace) -> int:
    if args.sweep is None:
        raise Failure(Diagnostic("error", "give --sweep FILE, a YAML file that says what to explore (docs/exploration.md)", "einfold explore"))
    return sweep_mode.run(args)
