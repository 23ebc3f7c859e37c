"""What fuzz targets have in common: running a tool, and when it is at fault."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from einfold.tools import einfold as front_door
from einfold.tools.diagnostics import Failure


class Fault(Exception):
    """einfold is at fault."""


def failing(body: Callable[[], object]) -> None:
    """Run a body that may refuse its input."""
    try:
        body()
    except Failure as failure:
        if failure.exit_code != 1:
            raise Fault(str(failure)) from failure


def command(*arguments: str, main: Callable[[list[str]], int] = front_door.main) -> None:
    """Run a tool, which may refuse its input in lines that say so."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch.dict(os.environ, EINFOLD_TRACEBACK="1"):
        try:
            code = main(list(arguments))
        except SystemExit as error:  # a command line that cannot be understood
            code = 1 if error.code else 0
    if code not in (0, 1) or "Traceback" in err.getvalue() or (code == 1 and "error: " not in err.getvalue()):
        raise Fault(f"exit code {code}: {err.getvalue()}")


def in_file(name: str, data: bytes, use: Callable[[str], object]) -> None:
    """Hand the bytes over as a file; nothing else may appear beside it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        use(str(path))
        if [p.name for p in Path(folder).iterdir() if p.name != "__pycache__"] != [name]:
            raise Fault("a file was written that nobody asked for")
