"""`einfold machines`: the machines that come with einfold, and those of plug-ins."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ...backend.machine_yaml import load_machine, machine_names
from ...plugins import machines
from ..machine_told import HEAD, Overview, table
from ..terminal import Table, show


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON array")


def run(args: Namespace) -> int:
    found = [Overview(name, load_machine(name)) for name in (*machine_names(), *machines())]
    if args.json:
        print(json.dumps([m.to_json() for m in found], indent=2))
    else:
        show([Table(HEAD, [m.cells for m in found], table([HEAD, *(m.cells for m in found)]))])
    return 0
