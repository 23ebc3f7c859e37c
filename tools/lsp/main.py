"""The command `einfold-lsp`: a language server on standard input and output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version

from ..cli import ArgumentParser, guarded
from ..diagnostics import Diagnostic, Failure

DESCRIPTION = "A language server for IR, on standard input and output: diagnostics, hover, definitions, symbols. Editors start it; see editors/."


def run(arguments: list[str]) -> int:
    """Serve until the editor goes. Raises `Failure` where what it needs is not installed."""
    parser = ArgumentParser(prog="einfold-lsp", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"einfold-lsp {version('einfold')}")
    parser.add_argument("--stdio", action="store_true", help="standard input and output, as always; for editors that say so")
    parser.parse_args(arguments)
    try:
        from .server import make_server
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package not in ("pygls", "lsprotocol"):
            raise
        raise Failure(Diagnostic("error", f"needs the package '{package}': pip install 'einfold[lsp]'", "einfold-lsp")) from error
    out, sys.stdout = sys.stdout.buffer, sys.stderr  # what anything prints is not to get between the messages
    make_server().start_io(stdout=out)
    return 0


def main(args: Sequence[str] | None = None) -> int:
    """The command `einfold-lsp`."""
    return guarded(lambda: run(list(sys.argv[1:] if args is None else args)))


if __name__ == "__main__":
    sys.exit(main())
