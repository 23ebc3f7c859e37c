"""What einfold's own command lines print, run in this process: the pages show outputs, not what somebody once copied."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Printed:
    """How a command ended: its exit code, standard output and standard error."""

    code: int
    output: str
    errors: str


class PageError(Exception):
    """A page cannot be made: what it shows does not run, or something has no description."""


def run_in(folder: Path, main: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> Printed:
    """Run a `main(args)` as if called in `folder`."""
    output, errors = StringIO(), StringIO()
    before = os.environ.get("NO_COLOR")
    os.environ["NO_COLOR"] = "1"
    try:
        with chdir(folder), redirect_stdout(output), redirect_stderr(errors):
            code = main(arguments)
    finally:
        if before is None:
            del os.environ["NO_COLOR"]
    return Printed(code, output.getvalue(), errors.getvalue())


def rewritten(text: str, pipeline: str | None, *options: str) -> Printed:
    """`einfold-opt FILE -p PIPELINE` over a text, without remarks. Raises `PageError` if that fails."""
    from ..opt import main

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "example.mlir").write_text(text, encoding="utf-8")
        passes = [] if pipeline is None else ["-p", pipeline]
        printed = run_in(folder, main, ["example.mlir", *passes, "--remarks=none", *options])
    if printed.code != 0:
        raise PageError(f"einfold-opt -p '{pipeline}' ends with {printed.code}: {printed.errors.strip()}")
    return printed


def without_module(text: str) -> str:
    """Printed IR without the module around it."""
    lines = text.strip("\n").splitlines()
    if not lines or lines[0] != "builtin.module {":
        return text
    return "\n".join(line.removeprefix("  ") for line in lines[1:-1])
