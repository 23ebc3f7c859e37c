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
from ..figures.roofline import roofline_svg
from ..loading import load_module, new_context
from ..output import write_text
from ..reading import STDIN_NAME
from ..resizing import add_sizes_option, apply_sizes
from ..roofline import LENGTHS, Form, Roof, forms_of, most_passed
from ..simulation import machine_named, only
from ..source import Source, known_source


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR with an einsum.cascade; '-' is standard input")
    parser.add_argument("--machine", metavar="NAME", help="a machine's name or YAML file (default: the machine in the file)")
    add_sizes_option(parser)
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    parser.add_argument("--rank", metavar="RANK", help="the rank of passes and footprints (default: the one with the most passes)")
    parser.add_argument("-o", "--output", metavar="FILE.svg", help="draw it, too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: Namespace) -> int:
    file: str = args.file
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
        write_text(args.output, roofline_svg(title, roof, forms, rank))
    if args.json:
        found = {"cascade": cascade.sym_name.data, "ranks": cascade.sizes, "machine": name, **to_json(roof, forms, rank)}
        print(json.dumps(found, indent=2))
    elif args.output != "-":
        print("\n".join([f"{title}: {', '.join(f'{r} = {n}' for r, n in cascade.sizes.items())}", *_lines(roof, forms, rank)]))
    return 0


def to_json(roof: Roof, forms: list[Form], rank: str | None) -> dict[str, object]:
    """The roof, each form's place under it, and footprints by length."""
    told = [
        {
            "form": f.name,
            "pipeline": f.pipeline,
            "passes": f.passes,
            "refused": f.refused,
            "operations": f.operations if f.refused is None else None,
            "bytes": f.traffic if f.refused is None else None,
            "seconds": f.seconds if f.refused is None else None,
            "intensity": f.intensity,
            "operations_per_s": f.rate,
            "roof_operations_per_s": None if f.intensity is None else roof.at(f.intensity),
            "critical": f.critical or None,
            "kernels": f.kernels,
        }
        for f in forms
    ]
    footprints = {f.name: {str(n): b for n, b in (f.footprint or {}).items()} for f in forms}
    peak = {"operations_per_s": roof.operations, "macs_per_s": roof.macs, "bytes_per_s": roof.bandwidth, "ridge": roof.ridge}
    return {"roof": peak, "rank": rank, "forms": told, "footprint_bytes": footprints}


def _lines(roof: Roof, forms: list[Form], rank: str | None) -> list[str]:
    bandwidth = "no bandwidth off the chip stated" if roof.bandwidth is None else f"{roof.bandwidth / 1e9:,.1f} GB/s off the chip"
    ridge = "" if roof.ridge is None else f", ridge at {roof.ridge:,.1f} operations a byte"
    lines = [f"roof: {roof.operations / 1e12:,.3f} T operations/s ({roof.macs / 1e12:,.3f} T MAC/s), {bandwidth}{ridge}", ""]
    lines.append(f"  {'form':<12}{'passes':>7}{'operations/byte':>17}{'T op/s':>10}{'of roof':>9}  {'time':>12}  critical")
    for f in forms:
        passes = "" if f.passes is None else str(f.passes)
        if f.refused is not None:
            lines.append(f"  {f.name:<12}{passes:>7}  not lowered: {f.refused}")
        elif f.intensity is None or f.rate is None:
            lines.append(f"  {f.name:<12}{passes:>7}  touches no memory")
        else:
            share = 100 * f.rate / roof.at(f.intensity)
            time = f"{1e3 * f.seconds:.6g} ms"
            lines.append(f"  {f.name:<12}{passes:>7}{f.intensity:>17,.2f}{f.rate / 1e12:>10,.3f}{share:>8.2f}%  {time:>12}  {f.critical}")
    held = [f for f in forms if f.footprint]
    if held and rank is not None:
        lines += ["", f"bytes on the chip for one fiber of {rank}, by its length", f"  {'form':<12}" + "".join(f"{n:>12,}" for n in LENGTHS)]
        for f in held:
            known = f.footprint or {}
            lines.append(f"  {f.name:<12}" + "".join(f"{known[n]:>12,}" if n in known else f"{'-':>12}" for n in LENGTHS))
    return lines
