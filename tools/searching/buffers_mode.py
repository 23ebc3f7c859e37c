"""`einfold explore FILE --buffers SIZES`: the best of each number of passes at several sizes of the on-chip buffer."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace

from ...search.buffers import Curve, curve
from ...search.search import NothingFits
from ..diagnostics import Diagnostic, Failure
from ..figures.buffers import buffers_figure
from ..figures.saving import check_figure, write_figure
from ..progress import doing
from .buffers_told import curve_json, curve_lines
from .search_mode import BUDGET_SECONDS, loaded, options_of

CURVE_SECONDS = 60.0
"""When a curve looks at no further size, unless the user says otherwise."""

AROUND = "auto"
_SIZE = re.compile(r"(\d+(?:\.\d+)?) *(?:([KMGT])(?:i?B)?|B)?", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
MOST_SIZES = 64


def configure(parser: ArgumentParser) -> None:
    """The options of a curve, beside those of a search."""
    parser.add_argument(
        "--buffers",
        metavar="SIZES",
        help="each number of passes at these sizes of the on-chip buffer, e.g. 64K,1M,16M; auto: around the machine's own",
    )
    parser.add_argument("--figure", metavar="FILE", help="with --buffers: draw the curve, too: a file whose name ends in .svg or .png")


def run(args: Namespace) -> int:
    """Search at each size, print, draw. Raises `Failure`."""
    for option in ("emit", "keep"):
        if getattr(args, option) is not None:
            raise Failure(Diagnostic("error", "is for one search, without --buffers", f"--{option}"))
    if args.figure is not None:
        check_figure(args.figure)
    sizes = None if args.buffers.strip().lower() == AROUND else sizes_of(args.buffers)
    budget = f"{CURVE_SECONDS:g}" if args.budget == f"{BUDGET_SECONDS:g}s" else None
    options = options_of(args, budget)
    module, cascade, symbol, machine = loaded(args)
    name = cascade.sym_name.data
    try:
        found: Curve = curve(module, machine, options, sizes, doing)
    except NothingFits as error:
        raise Failure(Diagnostic("error", f"cascade '@{name}' has no curve on '@{symbol}': {error}", args.file)) from error
    offchip = next(m.name for m in machine.memories if m.offchip)
    title = f"@{name} on @{symbol}"
    if args.figure is not None:
        write_figure(args.figure, buffers_figure(title, found, options.objective))
    if args.json:
        print(json.dumps({"cascade": name, "ranks": cascade.sizes, "machine": symbol, **curve_json(found, offchip, options.objective)}, indent=2))
    elif args.figure != "-":
        print(f"cascade {title}: {', '.join(f'{r} = {s}' for r, s in cascade.sizes.items())}")
        print("\n".join(curve_lines(found, offchip, options.objective)))
    return 0


def sizes_of(text: str) -> list[int]:
    """Sizes in bytes from a list such as `64K, 1.5M,4096`. Raises `Failure` for what is none."""
    found: list[int] = []
    for each in text.split(","):
        read = _SIZE.fullmatch(each.strip())
        size = float(read[1]) * _UNITS[(read[2] or "").upper()] if read is not None else 0
        if not 1 <= size < 2**60:
            raise Failure(Diagnostic("error", f"'{each.strip()}' is no size; write bytes, like 4096, 64K or 16M, or {AROUND}", "--buffers"))
        found.append(round(size))
    if len(set(found)) > MOST_SIZES:
        raise Failure(Diagnostic("error", f"{len(set(found))} sizes; a curve has {MOST_SIZES} at most", "--buffers"))
    return found
