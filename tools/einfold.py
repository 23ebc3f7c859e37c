"""`einfold`: the front door. It knows the names of the subcommands; each is imported when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from .cli import USAGE, ArgumentParser, guarded
from .commands import COMMANDS
from .diagnostics import Diagnostic, Failure, suggestion
from .plugin_option import add_plugin_option

DESCRIPTION = "Turns a cascade of Einsums into as few passes over its data as the mathematics allows, places it on a machine and simulates that."


def top_parser() -> ArgumentParser:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {command.help}" for name, command in COMMANDS.items())
    parser = ArgumentParser(
        prog="einfold",
        usage="einfold COMMAND ...",
        description=DESCRIPTION,
        epilog=f"commands:\n{listed}\n\n'einfold COMMAND --help' tells a command's options; 'einfold-opt' runs passes over a file.",
    )
    parser.add_argument("--version", action="version", version=f"einfold {version('einfold')} on xdsl {version('xdsl')}")
    return parser


def unknown(name: str) -> str:
    """What to say of a command that there is not, and what may have been meant."""
    if os.path.isfile(name):
        return f"'{name}' is a file, not a command; to ask about it: einfold passes {name}"
    return f"unknown command '{name}'{suggestion(name, COMMANDS)} (einfold --help lists them)"


def dispatch(arguments: list[str]) -> int:
    """Run the subcommand that comes first. Raises `Failure`."""
    if not arguments:
        from .commands.overview import overview
        from .terminal import coloured

        print(overview(bold=coloured()))
        return 0
    if arguments[0].startswith("-"):
        parser = top_parser()
        parser.parse_args(arguments)
        parser.print_help()
        return 0
    name, *rest = arguments
    if name == "help":  # as git and others have it
        return dispatch([*rest[:1], "--help"])
    command = COMMANDS.get(name)
    if command is None:
        raise Failure(Diagnostic("error", unknown(name), "einfold"), exit_code=USAGE)
    module = command.load()
    parser = ArgumentParser(prog=f"einfold {name}", description=module.__doc__)
    module.configure(parser)
    add_plugin_option(parser)
    args = parser.parse_args(parser.checked(rest))
    if args.load_plugin:
        from .plugins import use_plugin_files

        use_plugin_files(args.load_plugin)
        try:
            return module.run(args)
        finally:
            use_plugin_files(())
    return module.run(args)


def main(args: Sequence[str] | None = None) -> int:
    """The command `einfold`."""
    arguments = list(sys.argv[1:] if args is None else args)
    return guarded(lambda: _watched(arguments))


def _watched(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        return dispatch(arguments)
    from .progress import watched

    with watched(f"einfold {arguments[0]}"):
        return dispatch(arguments)


if __name__ == "__main__":
    sys.exit(main())
