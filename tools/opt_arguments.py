"""The options that `einfold-opt` has beyond xDSL's driver."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..analysis.remarks import REMARK_KINDS
from .reading import INPUT_LIMIT_MIB

REMARK_CHOICES = (*REMARK_KINDS, "all", "none")


def plugin_files(arguments: Sequence[str]) -> list[str]:
    """The files after `--load-plugin`: needed before the other options can be checked, because they add to what those may name."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    _add_plugin_option(early)
    try:
        return early.parse_known_args(arguments)[0].load_plugin
    except argparse.ArgumentError:
        return []  # told by the full parser


def _add_plugin_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--load-plugin",
        action="append",
        default=[],
        metavar="FILE.py",
        help="take passes, dialects and targets from a Python file: what it defines at its top level, or a Universe; may be repeated",
    )


def shown_remarks(text: str) -> frozenset[str]:
    """The kinds of remarks in `--remarks=missed,applied`."""
    kinds = {word.strip() for word in text.split(",")}
    if unknown := sorted(kinds.difference(REMARK_CHOICES)):
        raise argparse.ArgumentTypeError(f"unknown kind '{unknown[0]}' (known: {', '.join(REMARK_CHOICES)})")
    return frozenset(REMARK_KINDS) if "all" in kinds else frozenset(kinds - {"none"})


def positive_mib(text: str) -> float:
    """A size in MiB, above 0 and at most 2^20."""
    try:
        size = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of MiB") from None
    if not 0 < size <= 2**20:
        raise argparse.ArgumentTypeError(f"{text} MiB is not between 0 and 2^20")
    return size


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add einfold's options, and say of xDSL's what is different here."""
    _add_plugin_option(parser)
    parser.add_argument(
        "--remarks",
        type=shown_remarks,
        default=frozenset(("missed", "analysis")),
        metavar="KINDS",
        help=f"which remarks of passes to show: {', '.join(REMARK_CHOICES)}, joined by commas (default: missed,analysis)",
    )
    parser.add_argument("--crash-dir", default=".", metavar="DIR", help="where the reproducer of a crashed pass is written (default: here)")
    parser.add_argument(
        "--input-limit",
        type=positive_mib,
        default=float(INPUT_LIMIT_MIB),
        metavar="MIB",
        help=f"refuse inputs larger than this (default: {INPUT_LIMIT_MIB})",
    )
    parser.add_argument("--print-ir-after-change", action="store_true", help="print the IR after each pass that changed it, to standard error")
    parser.add_argument("--verify-roundtrip", action="store_true", help="fail unless what is printed, pretty and generic, reads back as the same IR")
    parser.add_argument("--dump-pass-pipeline", action="store_true", help="print the pipeline with all options to standard error before running it")
    parser.add_argument("--show-dialects", action="store_true", help="list the dialects that are known and exit")
    parser.add_argument("--list-passes", action="store_true", help="list the passes that are known, with their options, and exit")
    parser.add_argument("--list-targets", action="store_true", help="list the targets that are known and exit")
    _set_help(parser, "verify_diagnostics", "check the diagnostics against the input's 'expected-error {{...}}' comments; fail if they differ")
    _set_help(parser, "parsing_diagnostics", "the same as --verify-diagnostics")
    _set_help(parser, "print_between_passes", "print the IR after each pass, to standard error")
    _set_help(parser, "time_passes", "print the time of each pass to standard error")


def _set_help(parser: argparse.ArgumentParser, dest: str, text: str) -> None:
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage]
        if action.dest == dest:
            action.help = text
