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
from ..terminal import Part, Table, show


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
        found = {"cascade": cascade.sym_name.data, "ranks": cascade.sizes, "machine": name, **_json(roof, forms, rank)}
        print(json.dumps(found, indent=2))
    elif args.output != "-":
        show([f"{title}: {', '.join(f'{r} = {n}' for r, n in cascade.sizes.items())}", *_parts(roof, forms, rank)])
    return 0


def _json(roof: Roof, forms: list[Form], rank: str | None) -> dict[str, object]:
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


def _parts(roof: Roof, forms: list[Form], rank: str | None) -> list[Part]:
    bandwidth = "no bandwidth off the chip stated" if roof.bandwidth is None else f"{roof.bandwidth / 1e9:,.1f} GB/s off the chip"
    ridge = "" if roof.ridge is None else f", ridge at {roof.ridge:,.1f} operations a byte"
    head = f"roof: {roof.operations / 1e12:,.3f} T operations/s ({roof.macs / 1e12:,.3f} T MAC/s), {bandwidth}{ridge}"
    rows = [_row(roof, f) for f in forms]
    lines = [_line(FORM_HEAD), *(_line(row) for row in rows)]
    parts: list[Part] = [head, "", Table(FORM_HEAD, [(*row, *[""] * (len(FORM_HEAD) - len(row))) for row in rows], lines, frozenset(range(1, 6)))]
    held = [f for f in forms if f.footprint]
    if held and rank is not None:
        kept = [(f.name, *(f"{(f.footprint or {})[n]:,}" if n in (f.footprint or {}) else "-" for n in LENGTHS)) for f in held]
        named = ("form", *(f"{n:,}" for n in LENGTHS))
        told = [f"  {row[0]:<12}" + "".join(f"{cell:>12}" for cell in row[1:]) for row in (named, *kept)]
        parts += ["", f"bytes on the chip for one fiber of {rank}, by its length", Table(named, kept, told, frozenset(range(1, len(named))))]
    return parts


FORM_HEAD = ("form", "passes", "operations/byte", "T op/s", "of roof", "time", "critical")


def _row(roof: Roof, f: Form) -> tuple[str, ...]:
    """The cells of one form; those that it has none of are left out at the end."""
    passes = "" if f.passes is None else str(f.passes)
    if f.refused is not None:
        return f.name, passes, f"not lowered: {f.refused}"
    if f.intensity is None or f.rate is None:
        return f.name, passes, "touches no memory"
    share = 100 * f.rate / roof.at(f.intensity)
    return f.name, passes, f"{f.intensity:,.2f}", f"{f.rate / 1e12:,.3f}", f"{share:.2f}%", f"{1e3 * f.seconds:.6g} ms", f.critical


def _line(row: tuple[str, ...]) -> str:
    name, passes, *rest = row
    start = f"  {name:<12}{passes:>7}"
    if len(rest) == 1:
        return f"{start}  {rest[0]}"
    intensity, rate, share, time, critical = rest
    return f"{start}{intensity:>17}{rate:>10}{share:>9}  {time:>12}  {critical}"
