"""`Module.report`: the page that `einfold report` writes, by the command itself, so that both are always the same."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..tools.cli import ArgumentParser
from ..tools.commands import COMMANDS
from ..tools.output import write_bytes
from ..tools.running import to_text
from .answers import Report
from .errors import wrong
from .held import Held

COMMAND = "report"

STRANGE = re.compile(r"[^\w.-]+", re.ASCII)
"""What a file's name should not hold."""


def report(held: Held, path: str | os.PathLike[str] | None, options: Mapping[str, str | int | bool | None]) -> Report:
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
            args = parser.parse_args([str(ir), "-o", str(page), *_arguments(options)])
        except SystemExit as error:
            raise wrong(COMMAND, f"unknown option among {', '.join(options)}") from error
        if (code := module.run(args)) != 0 or not page.is_file():
            raise wrong(COMMAND, f"no page was written (exit code {code})")
        data = page.read_bytes()
    if path is not None:
        write_bytes(os.fspath(path), data)
    return Report(data.decode("utf-8"), None if path is None else os.fspath(path))


def _arguments(options: Mapping[str, str | int | bool | None]) -> list[str]:
    """`machine="x", no_overlap=True` as `--machine=x --no-overlap`."""
    given = {f"--{name.replace('_', '-')}": value for name, value in options.items() if value is not None and value is not False}
    return [name if value is True else f"{name}={value}" for name, value in given.items()]
