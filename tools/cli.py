"""What every command line of einfold shares: how it ends, and how it speaks of options it does not know."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from .diagnostics import Failure, suggestion

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 + SIGINT."""

BROKEN_PIPE = 141
"""Exit code when the reader of our output went away: 128 + SIGPIPE."""

INTERNAL_ERROR = 2
"""Exit code when einfold itself is at fault, as for a pass that crashes."""

TRACEBACK_VARIABLE = "EINFOLD_TRACEBACK"
"""Environment variable: if set, internal errors end in Python's traceback."""


class ArgumentParser(argparse.ArgumentParser):
    """argparse with one-line errors, exit code 1, the nearest option, and texts laid out as written."""

    def __init__(self, *, prog: str, description: str | None = None, usage: str | None = None, epilog: str | None = None):
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(prog=prog, description=description, usage=usage, epilog=epilog, formatter_class=formatter, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message and unknown.startswith("-"):
            word = unknown.split()[0].split("=")[0]
            message = f"unknown option '{word}'{suggestion(word, (o for a in self._actions for o in a.option_strings))}"
        self.exit(1, f"{self.prog}: error: {' '.join(message.split())}\n")


def guarded(body: Callable[[], int]) -> int:
    """Run a tool's body and turn every way it may end into an exit code, without a traceback for what users do."""
    try:
        code = body()
        sys.stdout.flush()
        return code
    except Failure as failure:
        for diagnostic in failure.diagnostics:
            print(diagnostic, file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # What is still buffered must not be flushed into the closed pipe when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        print(f"error: internal error: {type(error).__name__}: {error} ({where}); {TRACEBACK_VARIABLE}=1 shows the traceback", file=sys.stderr)
        return INTERNAL_ERROR
