"""`einfold examples [NAME]`: the cascades that come with einfold; with a name, the file itself, to save, change and run."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from importlib.resources import files

from ..diagnostics import Diagnostic, Failure, suggestion
from ..machine_told import table
from ..output import write_text
from ..terminal import Table, show

HEAD = ("example", "what it shows")


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="print this one (default: list them all)")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it (default: standard output)")
    parser.add_argument("--json", action="store_true", help="print JSON: a list of names with what they show, or one with its text")


def run(args: Namespace) -> int:
    found = packaged()
    name: str | None = args.name
    if name is None:
        if args.output is not None:
            raise Failure(Diagnostic("error", "needs the NAME of an example", "--output"))
        listed = [(each, about(text)) for each, text in found.items()]
        if args.json:
            print(json.dumps([{"name": each, "about": told} for each, told in listed], indent=2))
        else:
            show([Table(HEAD, listed, table([HEAD, *listed]))])
        return 0
    name = name.removesuffix(".mlir")
    if name not in found:
        raise Failure(Diagnostic("error", f"no example '{name}'{suggestion(name, found)} (einfold examples lists them)", "einfold examples"))
    text = found[name]
    write_text(args.output, json.dumps({"name": name, "about": about(text), "text": text}, indent=2) + "\n" if args.json else text)
    return 0


def packaged() -> dict[str, str]:
    """Name -> text of every example, by name."""
    folder = files("einfold.examples")
    found = {file.name.removesuffix(".mlir"): file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".mlir")}
    return dict(sorted(found.items()))


def about(text: str) -> str:
    """The first sentence of the comment that a file begins with."""
    comment: list[str] = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        comment.append(line.removeprefix("//").strip())
    told = " ".join(" ".join(comment).split())
    first, stop, _ = told.partition(". ")
    return first + "." if stop else told
