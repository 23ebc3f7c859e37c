"""What a report is made of: a run as the options of `einfold simulate` describe it, and further ones that differ from it in some.

`--run 'NAME: --machine fusemax-edge --set m=4096'` is one more run: the options of the first, save for those that it states itself.
"""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..cli import ArgumentParser as Parser
from ..counting import add_accounting_option
from ..diagnostics import Diagnostic, Failure
from ..resizing import add_sizes_option

TOOL = "einfold report"

MOST_RUNS = 12
"""Runs that a page compares at most."""


@dataclass(frozen=True)
class Settings:
    """One run; the fields are the options of `einfold simulate` of the same names."""

    label: str
    file: str
    machine: str | None = None
    set: tuple[str, ...] = ()
    cascade: str | None = None
    pipeline: str | None = None
    tile: tuple[str, ...] = ()
    mapping: str | None = None
    no_overlap: bool = False
    accounting: str = "full"

    @property
    def command(self) -> str:
        """The command line that simulates the same."""
        words = ["einfold", "simulate", self.file, *_valued(self), *(["--no-overlap"] if self.no_overlap else [])]
        return shlex.join(words)


def _valued(run: Settings) -> Iterator[str]:
    given: list[tuple[str, str | None]] = [("--machine", run.machine), *(("--set", s) for s in run.set), ("--cascade", run.cascade)]
    given += [("--pipeline", run.pipeline), *(("--tile", t) for t in run.tile), ("--mapping", run.mapping)]
    given += [("--accounting", run.accounting if run.accounting != "full" else None)]
    for option, value in given:
        if value is not None:
            yield from (option, value)


def add_run_options(parser: ArgumentParser) -> None:
    """The options of `einfold simulate` that say what is run."""
    parser.add_argument("--machine", metavar="NAME", help="a machine's name or YAML file (default: the machine in the file; none: no simulation)")
    add_sizes_option(parser)
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    told = "passes to rewrite with, instead of those to the fewest passes; may be empty"
    parser.add_argument("-p", "--pipeline", metavar="PASSES", help=told)
    parser.add_argument("--tile", action="append", default=[], metavar="RANK=SIZE,...", help="tiles of your own choice, e.g. m=512,p=128")
    parser.add_argument("--mapping", metavar="FILE", help="a YAML file that states places, tiles, loops, stages; see docs/evaluation.md")
    parser.add_argument("--no-overlap", action="store_true", help="no software pipeline: all tasks of a tile in one stage, one copy of it")
    add_accounting_option(parser)


def settings_in(args: Namespace) -> list[Settings]:
    """The first run and those of `--run`. Raises `Failure`."""
    texts: list[str] = args.run_
    first = _from(args, args.label or "", args.file)
    runs = [first, *(_further(first, text) for text in texts)]
    if len(runs) > MOST_RUNS:
        raise Failure(Diagnostic("error", f"{len(runs)} runs; a page compares at most {MOST_RUNS}", TOOL))
    named = [r if r.label else replace(r, label=_label(r, first)) for r in runs]
    return [replace(r, label=_unlike(r.label, [n.label for n in named[:i]])) for i, r in enumerate(named)]


def _unlike(label: str, taken: Sequence[str]) -> str:
    names = (label, *(f"{label} ({i})" for i in range(2, MOST_RUNS + 2)))
    return next(n for n in names if n not in taken)


def _from(args: Namespace, label: str, file: str) -> Settings:
    given: dict[str, Any] = vars(args)
    return Settings(
        label,
        file,
        given["machine"],
        tuple(given["set"]),
        given["cascade"],
        given["pipeline"],
        tuple(given["tile"]),
        given["mapping"],
        given["no_overlap"],
        given["accounting"],
    )


def _further(first: Settings, text: str) -> Settings:
    """The first run with the options that the text of a `--run` states. `--set` and `--tile` add to those of the first, and win over them."""
    label, options = _split(text)
    try:
        words = shlex.split(options)
    except ValueError as error:
        raise Failure(Diagnostic("error", f"--run '{text}': {str(error).lower()}", TOOL)) from error
    parser = Parser(prog=f"{TOOL}: --run '{text}'", usage="NAME: [FILE] [options of einfold simulate]")
    parser.add_argument("file", nargs="?", default=first.file)
    add_run_options(parser)
    same = {"machine": first.machine, "cascade": first.cascade, "pipeline": first.pipeline, "mapping": first.mapping}
    parser.set_defaults(**same, no_overlap=first.no_overlap, accounting=first.accounting)
    args = parser.parse_args(parser.checked(words))
    own = _from(args, label, args.file)
    return replace(own, set=_both(first.set, own.set), tile=_both(first.tile, own.tile))


def _both(first: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """`RANK=SIZE` texts, each rank once, with the size that is stated last."""
    found: dict[str, str] = {}
    for text in (t for many in (*first, *own) for t in many.split(",")):
        found[text.partition("=")[0].strip()] = text
    return (",".join(found.values()),) if found else ()


def _split(text: str) -> tuple[str, str]:
    """`NAME: options`; a text that begins with an option or a file has no name."""
    label, colon, options = text.partition(":")
    if not colon or label.strip().startswith("-") or "=" in label:
        return "", text
    return label.strip(), options


def _label(run: Settings, first: Settings) -> str:
    """What a run without a name is called: its file and machine, or in what it differs from the first."""
    if run is first:
        return " on ".join(filter(None, (Path(run.file).stem or run.file, run.machine and Path(run.machine).stem)))
    differing = [
        Path(run.file).stem if run.file != first.file else "",
        f"on {Path(run.machine).stem}" if run.machine is not None and run.machine != first.machine else "",
        ",".join(run.set) if run.set != first.set else "",
        run.cascade if run.cascade is not None and run.cascade != first.cascade else "",
        (run.pipeline or "as written") if run.pipeline is not None and run.pipeline != first.pipeline else "",
        ",".join(run.tile) if run.tile != first.tile else "",
        Path(run.mapping).stem if run.mapping is not None and run.mapping != first.mapping else "",
        "no overlap" if run.no_overlap and not first.no_overlap else "",
    ]
    return ", ".join(filter(None, differing)) or "the same again"
