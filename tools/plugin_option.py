"""`--load-plugin`, which every command has."""

from __future__ import annotations

from argparse import ArgumentParser


def add_plugin_option(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--load-plugin",
        action="append",
        default=[],
        metavar="FILE.py",
        help="take passes, dialects, targets, operators, machines and importers from a Python file, which is run; may be repeated",
    )
