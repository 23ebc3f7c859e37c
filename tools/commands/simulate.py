"""`einfold simulate FILE`: what a cascade, or a kernel, costs on a machine.

A cascade is first rewritten to the fewest passes, placed on the machine and lowered to kernels; kernels are simulated as they are.
Times follow from tiles, dependences and the machine's description; no size is too large, since steady states are extrapolated.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from ...analysis import remarks
from ...backend.machine import Machine
from ...backend.result import SimulationResult
from ...backend.simulate import Fidelity, simulate
from ...dialects.accel import KernelOp
from ...dialects.einsum import CascadeOp
from ...lowering.machine_lookup import machines_of
from ..bounding import bounds_in, bounds_json
from ..choosing import choose_cascade
from ..components import add_components_option, components_in, energies_told, figures_parts, replaced_all
from ..counting import accounting_in, add_accounting_option, energy_in, machines_in_order
from ..diagnostics import Diagnostic, Failure
from ..figures.saving import check_figure, write_figure
from ..loading import load_module, new_context
from ..output import check_writable
from ..reading import STDIN_NAME
from ..resizing import add_sizes_option, apply_sizes
from ..roofline import Roof, forms_of, most_passed
from ..roofline_told import roofline_json, roofline_parts
from ..simulation import Wanted, lower, machine_named, mapping_in, only
from ..simulation_tables import bounds_parts, energy_parts, result_parts
from ..source import Source, known_source
from ..terminal import Part, show
from ..tracing import write_trace
from ..verifying import verify_module


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR: einsum cascades, or accel kernels; '-' is standard input")
    parser.add_argument("--machine", metavar="NAME", help="a machine's name or YAML file (default: the machine in the file)")
    add_sizes_option(parser)
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    parser.add_argument("--pipeline", metavar="PASSES", help="passes to rewrite with, instead of those to the fewest passes; may be empty")
    parser.add_argument("--tile", action="append", default=[], metavar="RANK=SIZE,...", help="tiles of your own choice, e.g. m=512,p=128")
    parser.add_argument("--mapping", metavar="FILE", help="a YAML file that states places, tiles, loops, stages; see docs/evaluation.md")
    parser.add_argument("--no-overlap", action="store_true", help="no software pipeline: all tasks of a tile in one stage, one copy of it")
    parser.add_argument("--fidelity", choices=("event", "analytic"), default="event", help="times by events (default), or by bounds only")
    add_accounting_option(parser)
    add_components_option(parser)
    parser.add_argument("--roofline", metavar="FILE", help="also draw and tell the roofline of the cascade's forms: a file that ends in .svg or .png")
    parser.add_argument("--values", action="store_true", help="also run the kernels in values and compare with the reference interpreter")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random inputs for --values (default: 0)")
    parser.add_argument("--trace", metavar="FILE", help="write the timeline in the Chrome trace format, as Perfetto opens it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: Namespace) -> int:
    check_writable(args.trace)
    check_figure(args.roofline)
    file: str = args.file
    accounting, components = accounting_in(args.accounting), components_in(args.components)
    ctx = new_context()
    module = load_module(file, ctx)
    source = known_source(STDIN_NAME if file == "-" else file) or Source(file, "")
    found: dict[str, object] = {}
    lines, told = list[str](), list[Part]()
    with remarks.collect() as made:
        if any(isinstance(op, CascadeOp) for op in module.walk()):
            cascade = only(module, choose_cascade(module, args.cascade, file))
            apply_sizes(module, args.set, file)
            machine = machine_named(module, args.machine, file)
            found |= {"cascade": cascade.sym_name.data, "ranks": cascade.sizes, "machine": machine}
            lines.append(f"cascade @{cascade.sym_name.data} on @{machine}: {_sizes(cascade.sizes)}")
            original = module.clone() if args.values else None
            if args.roofline is not None:
                title = f"@{cascade.sym_name.data} on @{machine}"
                told, forms = _roofline(args.roofline, title, module, ctx, source, machine)
                found["roofline"] = forms
            wanted = Wanted(machine, args.pipeline, tuple(args.tile), not args.no_overlap, mapping_in(args.mapping))
            lowered = lower(ctx, module, source, wanted)
            verify_module(module, source)
            if original is not None:
                from ..values_check import check_values  # brings NumPy in

                checked = check_values(original, module, lowered, args.seed, file)
                found["values"] = checked.to_json()
                lines.append(checked.told)
        else:
            _refuse_options(args, file)
    notes = [r.message for r in made if r.kind == "analysis"]
    result = _simulated(module, file, args.fidelity)
    machines = machines_in_order(module)
    energy, bounds = energy_in(result, machines, accounting), bounds_in(result, machines)
    compared = list[Part]()
    if components is not None:
        by_tables = energy
        others, figures = replaced_all(machines, components)
        energy = energy_in(result, others, accounting)
        compared = ["", *figures_parts(figures, components.source), "", energies_told(by_tables, energy, components.source)]
        found |= {"components": [f.to_json() for f in figures], "energy_by_tables": by_tables.to_json()}
    if args.trace is not None:
        write_trace(args.trace, module, args.fidelity)
    if args.json:
        found |= {"notes": notes, "kernels_in_order": _kernels(module), **result.to_json()}
        print(json.dumps({**found, "energy": energy.to_json(), "bounds": bounds_json(bounds, result.cycles)}, indent=2))
    else:
        costs = ["", *energy_parts(energy), *compared, "", *bounds_parts(bounds, result.cycles)]
        show([*lines, *_mapping(module), "", *result_parts(result), *costs, *([""] if told else []), *told])
        for note in notes:
            print(f"{file}: note: {note}", file=sys.stderr)
    return 0


def _roofline(path: str, title: str, module: ModuleOp, ctx: Context, source: Source, machine: str) -> tuple[list[Part], dict[str, object]]:
    """Draw the roofline of a module's cascade; its text and data."""
    from ..figures.roofline import roofline_figure

    rank = most_passed(module)
    roof, forms = Roof.of(Machine.from_op(machines_of(module)[machine])), forms_of(ctx, module, source, machine, rank)
    write_figure(path, roofline_figure(title, roof, forms, rank))
    return roofline_parts(roof, forms, rank), roofline_json(roof, forms, rank)


def _refuse_options(args: Namespace, file: str) -> None:
    """Options that need a cascade, where there are kernels only."""
    options = ("machine", "set", "cascade", "pipeline", "tile", "mapping", "no_overlap", "values", "roofline")
    given = next((f"--{o.replace('_', '-')}" for o in options if getattr(args, o) not in (None, [], False)), None)
    if given is not None:
        raise Failure(Diagnostic("error", f"{given} needs an einsum.cascade; there is none in it", file))


def _simulated(module: ModuleOp, file: str, fidelity: Fidelity) -> SimulationResult:
    try:
        return simulate(module, fidelity=fidelity)
    except DiagnosticException as error:
        raise Failure(Diagnostic("error", str(error).splitlines()[0], file)) from error


def _sizes(sizes: dict[str, int]) -> str:
    return ", ".join(f"{rank} = {size}" for rank, size in sizes.items())


def _kernels(module: ModuleOp) -> list[dict[str, object]]:
    kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
    return [{"name": k.sym_name.data, "loops": k.loops, "tiles": k.tiles.sizes} for k in kernels]


def _mapping(module: ModuleOp) -> list[str]:
    """The loops and tiles of each kernel, as the field writes a mapping."""
    found: list[str] = []
    for kernel in (op for op in module.walk() if isinstance(op, KernelOp)):
        loops = ", ".join(f"{n} < {t}" for n, t in kernel.loops.items()) or "nothing"
        found.append(f"kernel @{kernel.sym_name.data}: for {loops}; tiles {_sizes(kernel.tiles.sizes)}")
    return found
