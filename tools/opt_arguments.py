"""The options that `einfold-opt` has beyond xDSL's driver; `driver/spelling.py` has the other ways to spell them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence

from ..analysis.remarks import REMARK_KINDS
from .driver.ir_options import add_ir_options
from .expected import EXTENTS
from .plugin_option import add_plugin_option
from .reading import INPUT_LIMIT_MIB
from .source import CHUNK_SEPARATOR

REMARK_CHOICES = (*REMARK_KINDS, "all", "none")

PLUGIN_OPTION = re.compile(r"--?load-(?:pass-|dialect-)?plugin(?==|$)")


def plugin_files(arguments: Sequence[str]) -> list[str]:
    """The files after `--load-plugin`: needed before the other options can be checked, because they add to what those may name."""
    early = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    add_plugin_option(early)
    try:
        return early.parse_known_args([PLUGIN_OPTION.sub("--load-plugin", word) for word in arguments])[0].load_plugin
    except argparse.ArgumentError:
        return []  # told by the full parser


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


def truth(text: str) -> bool:
    known = {"true": True, "false": False, "1": True, "0": False}
    if text not in known:
        raise argparse.ArgumentTypeError(f"'{text}' is neither true nor false")
    return known[text]


def add_arguments(parser: argparse.ArgumentParser, passes: Iterable[str] = ()) -> None:
    """Add einfold's options, and say of xDSL's what is different here; `passes` are those to name in the help."""
    add_plugin_option(parser)
    named = ", ".join(passes)
    _change(
        parser, "passes", f"passes, joined by commas, with options in braces: 'cse,einsum-one-pass{{rank=m}}'; --list-passes lists all: {named}, ..."
    )
    group = parser.add_argument_group("passes", "also as options of their own, as in mlir-opt: --NAME, or --NAME='option=value ...'")
    group.add_argument(
        "--pass-pipeline", metavar="PIPELINE", help="the same as -p: passes and their options, 'builtin.module(...)' around them or not"
    )
    group.add_argument("--run-reproducer", action="store_true", help="run the pipeline that the input, a reproducer, names itself")
    group.add_argument("--dump-pass-pipeline", action="store_true", help="print the pipeline with all options to standard error before running it")
    group.add_argument("--verify-each", type=truth, default=True, metavar="BOOL", help="verify the IR after each pass, not the last only (true)")
    group.add_argument("--verify-roundtrip", action="store_true", help="fail unless what is printed, pretty and generic, reads back as the same IR")
    group.add_argument("--timing", action="store_true", help="print where the time went to standard error")
    group.add_argument("--pass-statistics", action="store_true", help="print what each pass counted to standard error")
    remarks = parser.add_argument_group("remarks and errors")
    remarks.add_argument(
        "--remarks",
        type=shown_remarks,
        default=frozenset(("missed", "analysis")),
        metavar="KINDS",
        help=f"which remarks of passes to show: {', '.join(REMARK_CHOICES)}, joined by commas (default: missed,analysis)",
    )
    remarks.add_argument("--remarks-output", metavar="FILE", help="write those remarks to a file, a JSON object a line ('-': standard output)")
    remarks.add_argument("--crash-dir", default=".", metavar="DIR", help="where the reproducer of a crashed pass is written (default: here)")
    remarks.add_argument("--crash-reproducer", metavar="FILE", help="write the reproducer of a pass that crashes or refuses to this file")
    remarks.add_argument(
        "--input-limit",
        type=positive_mib,
        default=float(INPUT_LIMIT_MIB),
        metavar="MIB",
        help=f"refuse inputs larger than this (default: {INPUT_LIMIT_MIB})",
    )
    lists = parser.add_argument_group("lists")
    lists.add_argument("--show-dialects", action="store_true", help="list the dialects that are known and exit")
    lists.add_argument("--list-passes", action="store_true", help="list the passes that are known, with their options, and exit")
    lists.add_argument("--list-targets", action="store_true", help="list the targets that are known and exit")
    lists.add_argument("--list-importers", action="store_true", help="list what is read besides MLIR and exit")
    add_ir_options(parser)
    _add_instead(parser)
    _change(parser, "parsing_diagnostics", "the same as --verify-diagnostics")
    _change(parser, "print_between_passes", "the same as --print-ir-after-all")
    _change(parser, "time_passes", "the same as --timing")
    frontend = _change(parser, "frontend", "how the input is read (also --from): mlir or an importer; by default, as its name ends")
    frontend.choices, frontend.metavar = None, "NAME"


def _add_instead(parser: argparse.ArgumentParser) -> None:
    """Options that take a value here, instead of xDSL's of those names; `spelling.WITHOUT_VALUE` has what they mean without one."""
    parser.conflict_handler = "resolve"
    group = parser.add_argument_group("tests", "what --verify-diagnostics and --split-input-file mean alone: all, and '// -----'")
    told = "check diagnostics against the input's 'expected-error {{...}}' comments, fail if they differ; only-expected: others may come as well"
    group.add_argument("--verify-diagnostics", choices=EXTENTS, help=told)
    told = "process the parts between lines that read so for themselves"
    group.add_argument("--split-input-file", metavar="LINE", help=told)
    group.add_argument("--output-split-marker", default=CHUNK_SEPARATOR, metavar="LINE", help="the line between their outputs")
    parser.conflict_handler = "error"


def _change(parser: argparse.ArgumentParser, dest: str, text: str) -> argparse.Action:
    action = next(a for a in actions_of(parser) if a.dest == dest)
    action.help = text
    return action


def actions_of(parser: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    """The options of a parser, for which argparse has no public list."""
    return parser._actions  # pyright: ignore[reportPrivateUsage]


def option_names(parser: argparse.ArgumentParser) -> frozenset[str]:
    """Every spelling that a parser knows itself."""
    return frozenset(name for action in actions_of(parser) for name in action.option_strings)
