"""`einfold explore FILE --machine NAME`: find a form, the arrays and a schedule for a cascade on a machine, and say how far from optimal they are."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ..searching import search_mode


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR with an einsum cascade; '-' is standard input")
    parser.add_argument("--machine", metavar="NAME", help="a machine's name or YAML file (default: the machine in the file)")
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    search_mode.configure(parser)


def run(args: Namespace) -> int:
    return search_mode.run(args)
