"""`einfold report FILE -o report.html`: one page about a cascade and what becomes of it, to be read offline in a browser.

Equations and graph, the IR after each pass, passes and proofs, the placement on the machine, the timeline, utilisation, roofline, energy and
bounds. With `--run` several runs stand side by side.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ..output import check_writable, write_text
from ..report.settings import add_run_options, settings_in


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR: einsum cascades, or accel kernels; '-' is standard input")
    parser.add_argument("-o", "--output", metavar="FILE", default="report.html", help="where to write (default: report.html; '-': standard output)")
    add_run_options(parser)
    told = "one more run to compare with: the options above, with those that it states itself in their place (may be given several times)"
    parser.add_argument("--run", action="append", default=[], dest="run_", metavar="'NAME: OPTIONS'", help=told)
    parser.add_argument("--label", metavar="NAME", help="what the first run is called (default: its file and machine)")
    parser.add_argument("--rank", metavar="RANK", help="the rank whose passes colour the graph at first (default: the one with most passes)")
    parser.add_argument("--trace", metavar="FILE", help="also write the first run's timeline in the Chrome trace format")
    parser.add_argument("--json", action="store_true", help="write the page's data as JSON instead of the page")


def run(args: Namespace) -> int:
    check_writable(None if args.json and args.output == "report.html" else args.output, args.trace)
    settings = settings_in(args)
    from ..report.making import made  # after the options are known to be good: it brings much in

    page = made(settings, args.rank)
    text = json.dumps(page.document, indent=2) + "\n" if args.json else page.html
    if args.trace is not None:
        write_text(args.trace, page.trace)
    write_text("-" if args.json and args.output == "report.html" else args.output, text)
    return 0
