"""`einfold machine NAME`: one machine as a block diagram and a table; NAME is one that comes with einfold, or a YAML file."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ...backend.area import area_of
from ...backend.machine_yaml import MachineError, load_machine
from ..components import add_components_option, components_in, figures_parts, replaced
from ..diagnostics import Failure
from ..figures.blocks import block_diagram
from ..figures.blocks_svg import blocks_figure
from ..figures.saving import check_figure, write_figure
from ..machine_told import HEAD, Overview, action_table, area_lines, description, table
from ..simulation import told_at
from ..terminal import Part, Table, show


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a machine's name ('einfold machines' lists them) or YAML file")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with the keys of the YAML file")
    add_components_option(parser)
    parser.add_argument("--svg", metavar="FILE", help="draw the block diagram, too: a file whose name ends in .svg or .png")


def run(args: Namespace) -> int:
    name: str = args.name
    check_figure(args.svg)
    try:
        machine = load_machine(name)
    except MachineError as error:
        raise Failure(told_at(str(error), name)) from error
    components = components_in(args.components)
    machine, figures = replaced(machine, components)
    if args.svg is not None:
        write_figure(args.svg, blocks_figure(machine))
    if args.json:
        overview = {k: v for k, v in Overview(name, machine).to_json().items() if k.startswith(("peak", "buffer", "dram"))}
        compared = {"components": [f.to_json() for f in figures]} if components is not None else {}
        print(json.dumps({**description(machine), **overview, "area": area_of(machine).to_json(), **compared}, indent=2))
        return 0
    cells = Overview(name, machine).cells
    actions = action_table(machine)
    lines: list[Part] = [Table(HEAD, [cells], table([HEAD, cells])), "", *block_diagram(machine), "", actions, "", *area_lines(machine)]
    if components is not None:
        lines += ["", *figures_parts(figures, components.source)]
    parts = [("", machine.source), *((p.name, p.source) for p in (*machine.memories, *machine.arrays))]
    sources = [f"source{' of ' + part if part else ''}: {told}" for part, told in parts if told]
    show([*lines, "", *sources] if sources else lines)
    return 0
