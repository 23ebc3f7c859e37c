"""What every command line of einfold shares: how it ends, and how it speaks of options it does not know.

The exit codes are part of the interface; docs/exit-codes.md says what each means, and a unit test compares that page with this file.
"""

from __future__ import annotations

import _thread
import argparse
import errno
import gc
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from .diagnostics import Failure, suggestion

BAD_INPUT = 1
"""Exit code when what was given is wrong, or a check that was asked for fails: files, IR, machines, sizes, certificates."""

USAGE = 2
"""Exit code when the command line itself cannot be understood; nothing has been read then."""

INTERNAL_ERROR = 3
"""Exit code when einfold, or a pass, is at fault: a crash, or a result that turns out wrong."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 + SIGINT."""

BROKEN_PIPE = 141
"""Exit code when the reader of our output went away: 128 + SIGPIPE."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What writing to standard output may fail with when the place that it leads to takes no more."""

TRACEBACK_VARIABLE = "EINFOLD_TRACEBACK"
"""Environment variable: if set, internal errors end in Python's traceback."""


class ArgumentParser(argparse.ArgumentParser):
    """argparse with one-line errors, the nearest option, and texts laid out as written."""

    def __init__(self, *, prog: str, description: str | None = None, usage: str | None = None, epilog: str | None = None):
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(prog=prog, description=description, usage=usage, epilog=epilog, formatter_class=formatter, allow_abbrev=False)

    def checked(self, words: Sequence[str]) -> Sequence[str]:
        """The words of a command line, for `parse_args`; ends here for `--option=--`, whose value argparse would take for a list of none."""
        for word in words:
            if word == "--":
                break
            if word.startswith("--") and word.endswith("=--"):
                self.error(f"argument {word[:-3]}: expected one argument")
        return words

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message and unknown.startswith("-"):
            word = unknown.split()[0].split("=")[0]
            message = f"unknown option '{word}'{suggestion(word, (o for a in self._actions for o in a.option_strings))}"
        self.exit(USAGE, f"{self.prog}: error: {' '.join(message.split())}\n")


def guarded(body: Callable[[], int]) -> int:
    """Run a tool's body and turn every way it may end into an exit code, without a traceback for what users do."""
    for stream in (sys.stdout, sys.stderr):
        if callable(reconfigure := getattr(stream, "reconfigure", None)):
            reconfigure(errors="replace")  # a box of ? where the terminal's encoding has no lines, instead of nothing at all
    hook, sys.unraisablehook = sys.unraisablehook, _again(sys.unraisablehook)
    try:
        try:
            code = body()
        except SystemExit:  # --help, --version and usage errors end so
            _flush()
            raise
        _flush()
        return code
    except Failure as failure:
        for diagnostic in failure.diagnostics:
            print(diagnostic, file=sys.stderr)
        return failure.exit_code
    except KeyboardInterrupt as stopped:
        _forget(stopped)
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_output()
        return BROKEN_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
            _give_up_output()
            print(f"standard output: error: cannot be written: {error.strerror}", file=sys.stderr)
            return BAD_INPUT
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
        print(f"error: internal error: {type(error).__name__}: {error} ({where}); {TRACEBACK_VARIABLE}=1 shows the traceback", file=sys.stderr)
        return INTERNAL_ERROR
    finally:
        sys.unraisablehook = hook


def _flush() -> None:
    print(end="", flush=True)  # does nothing where standard output was closed from the start


def _again(hook: Callable[[sys.UnraisableHookArgs], object]) -> Callable[[sys.UnraisableHookArgs], object]:
    """A hook for Ctrl-C that comes while an object is on its way out, where Python would print it and go on: it comes again."""

    def called(unraisable: sys.UnraisableHookArgs) -> object:
        if unraisable.exc_type is not KeyboardInterrupt:
            return hook(unraisable)
        # From another thread and a moment later: raised in here, it would be swallowed as well.
        return threading.Timer(0.01, _thread.interrupt_main).start()

    return called


def _forget(stopped: KeyboardInterrupt) -> None:
    """Let go of what was interrupted: objects that were half made may complain while they go, and nobody wants to read that."""
    sys.unraisablehook = lambda unraisable: None
    stopped.__traceback__ = stopped.__context__ = stopped.__cause__ = None
    gc.collect()


def _give_up_output() -> None:
    """What is still buffered must not be flushed into the closed pipe when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
