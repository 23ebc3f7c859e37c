"""`einfold check FILE...`: read and verify files of IR; says what is wrong with each, or how many operations it holds."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from ..diagnostics import Failure
from ..loading import load_module, new_context


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file of IR; '-' is standard input")
    parser.add_argument("--json", action="store_true", help="print a JSON array with an object for each file")


def run(args: Namespace) -> int:
    ctx = new_context()
    code = 0
    found: list[dict[str, object]] = []
    for path in args.files:
        try:
            module = load_module(path, ctx)
        except Failure as failure:
            for diagnostic in failure.diagnostics:
                print(diagnostic, file=sys.stderr)
            code = max(code, failure.exit_code)
            found.append({"file": path, "valid": False, "errors": [diagnostic.header for diagnostic in failure.diagnostics]})
        else:
            count = sum(1 for _ in module.walk()) - 1
            found.append({"file": path, "valid": True, "operations": count})
            if not args.json:
                print(f"{path}: valid, {count} operation{'' if count == 1 else 's'}")
    if args.json:
        print(json.dumps(found, indent=2))
    return code
