"""`einfold new-pass NAME`: write a working pass and its lit test, to start from.

NAME is as `-p` will have it, `square-powers`. Nothing that is there already is overwritten.
"""

from __future__ import annotations

import json
import re
import shlex
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..diagnostics import Diagnostic, Failure
from ..driver.skeleton import CONFIGURATION, files, module_name
from ..output import write_text

NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
LONGEST = 80
LIT_CONFIGURATION = "lit.cfg.py"


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the pass's name: words of lower-case letters and digits, joined by '-'")
    parser.add_argument("--dir", metavar="DIR", default=".", help="where to write, made if it is missing (default: here)")
    parser.add_argument("--json", action="store_true", help="print one JSON object: the files, and the commands to run and test")


def run(args: Namespace) -> int:
    folder, name = Path(args.dir), str(args.name)
    _check_name(name)
    made = files(name)
    if not any((parent / LIT_CONFIGURATION).exists() for parent in (folder.absolute(), *folder.absolute().parents)):
        made[LIT_CONFIGURATION] = CONFIGURATION
    for file in made:
        if (folder / file).exists():
            raise Failure(Diagnostic("error", "exists already; it is not overwritten", str(folder / file)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(Diagnostic("error", f"cannot be made: {error.strerror}", str(folder))) from error
    for file, text in made.items():
        write_text(str(folder / file), text)
    python, test = folder / f"{module_name(name)}.py", folder / f"{name}.mlir"
    written, runs = [str(folder / file) for file in made], f"einfold-opt {_word(test)} --load-plugin {_word(python)} -p {name}"
    tests = f"lit -v {_word(test)}"
    if args.json:
        print(json.dumps({"files": written, "run": runs, "test": tests}, indent=2))
    else:
        print(f"wrote {', '.join(written)}\n\nrun it:   {runs}\ntest it:  {tests}        (pip install lit filecheck)")
    return 0


def _word(path: Path) -> str:
    return shlex.quote(str(path))


def _check_name(name: str) -> None:
    if len(name) > LONGEST or not NAME.fullmatch(name):
        message = f"'{name[:LONGEST]}' cannot be a pass's name; those are words of lower-case letters and digits joined by '-', as in 'square-powers'"
        raise Failure(Diagnostic("error", message, "einfold new-pass"))
    from ..plugins import installed_universe

    if name in installed_universe().all_passes:
        raise Failure(Diagnostic("error", f"there is a pass '{name}' already", "einfold new-pass"))
