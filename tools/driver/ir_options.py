"""The options that ask for the IR around passes, named as mlir-opt names them without its `--mlir-`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ..diagnostics import Diagnostic, Failure, suggestion

if TYPE_CHECKING:
    from .ir_printing import Passes, Wanted


def add_ir_options(parser: ArgumentParser) -> None:
    ir = parser.add_argument_group("printing IR", "to standard error, around passes; mlir-opt's --mlir-print-ir-... are the same")
    for when in ("before", "after"):
        # argparse would take `=NAMES` for optional only with the next word as well; `driver/spelling.py` sees to that
        help = f"print the IR {when} these passes (names joined by commas; all without '=NAMES')"
        ir.add_argument(f"--print-ir-{when}", action="append", default=[], metavar="NAMES", help=help)
        ir.add_argument(f"--print-ir-{when}-all", action="store_true", help=f"print the IR {when} each pass")
    ir.add_argument("--print-ir-after-change", action="store_true", help="print the IR after a pass only if it changed it; alone, for every pass")
    ir.add_argument("--print-ir-after-failure", action="store_true", help="print the IR after a pass that failed; alone, only that")
    ir.add_argument(
        "--print-ir-diff",
        choices=("auto", "always", "never"),
        default="auto",
        help="show IR after passes as what they changed (default: auto, on a terminal; coloured there unless NO_COLOR is set)",
    )


def wanted_ir(args: Namespace, passes: Collection[str]) -> Wanted:
    """What the options ask for. Raises `Failure` for a name that is no pass of the pipeline."""
    from .ir_printing import ALL, Wanted

    before: Passes = ALL if args.print_ir_before_all else _names(args.print_ir_before, passes)
    after: Passes = ALL if args.print_ir_after_all or args.print_between_passes else _names(args.print_ir_after, passes)
    if args.print_ir_after_change and after == frozenset():
        after = ALL
    return Wanted(before, after, args.print_ir_after_change, args.print_ir_after_failure, args.print_ir_diff)


def _names(given: Sequence[str], passes: Collection[str]) -> frozenset[str]:
    names = [name.strip() for text in given for name in text.split(",")]
    if unknown := [n for n in names if n not in passes]:
        message = f"cannot print IR around '{unknown[0]}': it is not in the pipeline{suggestion(unknown[0], passes)}"
        raise Failure(Diagnostic("error", message, "einfold-opt"))
    return frozenset(names)
