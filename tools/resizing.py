"""The option `--set m=4096,p=4096` of the subcommands: other rank sizes than the file's."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp

from ..analysis.resize import ResizeError, resize
from .diagnostics import Diagnostic, Failure
from .reading import STDIN_NAME
from .source import Source, known_source
from .verifying import verify_module


def add_sizes_option(parser: ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="RANK=SIZE,...", help="other sizes for ranks, e.g. m=4096,p=4096")


def parse_sizes(texts: Sequence[str]) -> dict[str, int]:
    """Rank -> size from `m=4096,p=4096`. Raises `Failure`."""
    sizes: dict[str, int] = {}
    for text in (t for many in texts for t in many.split(",")):
        name, equals, number = text.partition("=")
        if not equals or not name.strip() or not number.strip().lstrip("-").isdecimal() or len(number) > 20:
            message = f"--set takes RANK=SIZE, not '{text}'; sizes are whole numbers, as in m=4096,p=4096"
            raise Failure(Diagnostic("error", message, "einfold"))
        sizes[name.strip()] = int(number)
    return sizes


def apply_sizes(module: ModuleOp, texts: Sequence[str], file: str) -> None:
    """Resize the module's cascades and verify them again. Raises `Failure`."""
    sizes = parse_sizes(texts)
    if not sizes:
        return
    try:
        resize(module, sizes)
    except ResizeError as error:
        raise Failure(Diagnostic("error", f"--set: {error}", "einfold")) from error
    name = STDIN_NAME if file == "-" else file
    verify_module(module, known_source(name) or Source(name, ""))
