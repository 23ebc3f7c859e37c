"""The command lines, as their own `--help` tells them."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

from ..cli import ArgumentParser
from ..commands import COMMANDS
from .markdown import fence, table

WIDTH = 110
"""Columns of the help texts."""

HEAD = """\
# The commands

*Made from the commands' own help.*

`einfold COMMAND --help` prints the same. How commands end is on the page of [exit codes](../exit-codes.md).
"""


def commands_page() -> str:
    """The page of `einfold`'s subcommands."""
    lines = [HEAD, *table(["command", "what it does"], ([f"[`{name}`](#{name})", c.help] for name, c in COMMANDS.items())), ""]
    with _columns(WIDTH):
        for name, command in COMMANDS.items():
            module = command.load()
            parser = ArgumentParser(prog=f"einfold {name}", description=module.__doc__)
            module.configure(parser)
            lines += [f"## {name}", "", *fence("text", parser.format_help()), ""]
    return "\n".join(lines)


@contextmanager
def _columns(width: int) -> Generator[None]:
    """argparse wraps by the environment's COLUMNS."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
