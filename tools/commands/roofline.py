"""`einfold roofline FILE --machine NAME`: a cascade's forms against what a machine attains at most.

The cascade as written, its online form and its one-pass form are lowered and simulated as `einfold simulate` does it. Operations are scalar
operations of all arrays; bytes are those at the off-chip memory. Footprints are bytes that must stay on the chip for one fiber of the rank.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ...backend.machine import Machine
from ...lowering.machine_lookup import machines_of
from ..choosing import choose_cascade
from ..diagnostics import Diagnostic, Failure, suggestion
from ..figures.roofline import roofline_figure
from ..figures.saving import check_figure, write_figure
from ..loading import load_module, new_context
from ..reading import STDIN_NAME
from ..resizing import add_sizes_option, apply_sizes
from ..roofline import Roof, forms_of, most_passed
from ..roofline_told import roofline_json, roofline_parts
from ..simulation import machine_named, only
from ..source import Source, known_source
from ..terminal import show


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR with an einsum.cascade; '-' is standard input")
    parser.add_argument("--machine", metavar="NAME", help="a machine's name or YAML file (default: the machine in the file)")
    add_sizes_option(parser)
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    parser.add_argument("--rank", metavar="RANK", help="the rank of passes and footprints (default: the one with the most passes)")
    parser.add_argument("-o", "--output", metavar="FILE", help="draw it, too: a file whose name ends in .svg or .png")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: Namespace) -> int:
    file: str = args.file
    check_figure(args.output)
    ctx = new_context()
    module = load_module(file, ctx)
    source = known_source(STDIN_NAME if file == "-" else file) or Source(file, "")
    cascade = only(module, choose_cascade(module, args.cascade, file))
    apply_sizes(module, args.set, file)
    if args.rank is not None and args.rank not in cascade.sizes:
        message = f"@{cascade.sym_name.data} has no rank '{args.rank}'{suggestion(args.rank, cascade.sizes)}"
        raise Failure(Diagnostic("error", message, "--rank"))
    name = machine_named(module, args.machine, file)
    rank: str | None = args.rank if args.rank is not None else most_passed(module)
    roof = Roof.of(Machine.from_op(machines_of(module)[name]))
    forms = forms_of(ctx, module, source, name, rank)
    title = f"@{cascade.sym_name.data} on @{name}"
    if args.output is not None:
        write_figure(args.output, roofline_figure(title, roof, forms, rank))
    if args.json:
        found = {"cascade": cascade.sym_name.data, "ranks": cascade.sizes, "machine": name, **roofline_json(roof, forms, rank)}
        print(json.dumps(found, indent=2))
    elif args.output != "-":
        show([f"{title}: {', '.join(f'{r} = {n}' for r, n in cascade.sizes.items())}", *roofline_parts(roof, forms, rank)])
    return 0
