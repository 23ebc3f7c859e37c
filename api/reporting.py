"""`Module.report`: the page that `einfold report` writes, by the command itself, so that both are always the same."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ..tools.cli import ArgumentParser
from ..tools.commands import COMMANDS
from ..tools.diagnostics import Failure
from ..tools.output import write_bytes
from ..tools.running import to_text
from .answers import Report
from .errors import wrong
from .held import Held

COMMAND = "report"

STRANGE = re.compile(r"[^\w.-]+", re.ASCII)
"""What a file's name should not hold."""


SPELLINGS = {"sizes": "set", "tiles": "tile"}
"""Argument -> the option that the command line has for it."""

Option: TypeAlias = str | int | bool | Sequence[str] | Mapping[str, int] | None


def report(held: Held, path: str | os.PathLike[str] | None, options: Mapping[str, Option]) -> Report:
    """The page of a module, written to `path` if given. Raises `Failure`."""
    command = COMMANDS.get(COMMAND)
    if command is None:
        raise wrong(COMMAND, "this einfold has no command 'report'")
    with tempfile.TemporaryDirectory(prefix="einfold-") as folder:
        page = Path(folder) / "report.html"
        module = command.load()
        parser = ArgumentParser(prog="einfold report")
        module.configure(parser)
        ir = Path(folder) / f"{STRANGE.sub('_', Path(held.name).stem)[:80] or 'module'}.mlir"
        ir.write_text(to_text(held.ir), encoding="utf-8")
        try:
            args = parser.parse_args([str(ir), "-o", str(page), *arguments(options)])
            code = module.run(args)
        except SystemExit as error:
            raise wrong(COMMAND, f"it does not take these options: {', '.join(options)}") from error
        except Failure as failure:
            raise Failure(*(replace(d, file=held.name) if d.file == str(ir) else d for d in failure.diagnostics)) from failure
        if code != 0 or not page.is_file():
            raise wrong(COMMAND, f"no page was written (exit code {code})")
        data = page.read_bytes()
    if path is not None:
        write_bytes(os.fspath(path), data)
    return Report(data.decode("utf-8"), None if path is None else os.fspath(path))


def arguments(options: Mapping[str, Option]) -> list[str]:
    """`machine="x", sizes={"m": 4}, no_overlap=True` as `--machine=x --set=m=4 --no-overlap`; a list gives an option several times."""
    found: list[str] = []
    for name, value in options.items():
        option = f"--{SPELLINGS.get(name, name).replace('_', '-')}"
        if isinstance(value, Mapping):
            found.append(f"{option}={','.join(f'{k}={v}' for k, v in value.items())}")
        elif value is True:
            found.append(option)
        elif value is not None and value is not False:
            found += [f"{option}={v}" for v in ((value,) if isinstance(value, str | int) else value)]
    return found
