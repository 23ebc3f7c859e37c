"""Running passes one by one, with diagnostics: a pass that refuses is the input's fault, a pass that crashes is its own.

A crash leaves a reproducer: the IR just before the pass, and the command that runs it.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects.builtin import UNKNOWN_LOC, ModuleOp
from xdsl.passes import ModulePass
from xdsl.printer import Printer
from xdsl.utils.exceptions import DiagnosticException, PassFailedException, ShrinkException, VerifyException

from ..analysis import remarks
from .diagnostics import Diagnostic, Failure, at_location
from .output import write_text
from .parsing import parse_source
from .source import Source
from .verifying import verify_module

CRASH_EXIT_CODE = 3

Observer = Callable[[ModulePass, ModuleOp], None]
"""Called after each pass."""


@dataclass(frozen=True)
class Runner:
    """Passes in order, over one module after another.

    `crash_dir` is where reproducers go; `seconds` collects the time of each pass, in order, over all modules.
    """

    ctx: Context
    passes: Sequence[ModulePass]
    verify: bool = True
    crash_dir: str = "."
    tool: str = "einfold-opt"
    after: Observer | None = None
    seconds: dict[int, float] = field(default_factory=dict[int, float])

    def run(self, module: ModuleOp, source: Source) -> None:
        """Rewrite `module`, which was read from `source`. Raises `Failure`."""
        if self.verify:
            verify_module(module, source)
        for index, current in enumerate(self.passes):
            begin = time.perf_counter()
            self._apply(index, module, source)
            self.seconds[index] = self.seconds.get(index, 0.0) + time.perf_counter() - begin
            if self.after is not None:
                self.after(current, module)

    def _apply(self, index: int, module: ModuleOp, source: Source) -> None:
        current = self.passes[index]
        try:
            current.apply(self.ctx, module)
        except ShrinkException:
            raise
        except VerifyException as error:  # the pass built something that cannot be: not the input's fault
            raise self._crash(index, source, error, _crash_message(current, error, source)) from error
        except DiagnosticException as error:
            told = str(error) if isinstance(error, PassFailedException) else f"{type(error).__name__}: {error}"
            location = error.location if isinstance(error, remarks.LocatedPassFailure) else UNKNOWN_LOC
            raise Failure(at_location(location, f"pass '{current.name}': {told}", source)) from error
        except Exception as error:
            raise self._crash(index, source, error, _crash_message(current, error, source)) from error
        if self.verify:
            try:
                verify_module(module, source, before=f"pass '{current.name}' made invalid IR: ")
            except Failure as failure:
                raise self._crash(index, source, failure, *failure.diagnostics) from failure

    def _crash(self, index: int, source: Source, error: Exception, *diagnostics: Diagnostic) -> Failure:
        return Failure(*diagnostics, self._reproducer(index, source, error), exit_code=CRASH_EXIT_CODE)

    def _reproducer(self, index: int, source: Source, error: Exception) -> Diagnostic:
        """Write a reproducer for the pass at `index`; a note that names it."""
        text, passes = self._ir_before(index, source)
        path = _free_path(Path(self.crash_dir), self.passes[index].name)
        pipeline = ",".join(map(str, passes))
        reason = "".join(traceback.format_exception(error))
        header = [f"// Reproduce with: {self.tool} -p '{pipeline}' {path.name}", *(f"// {line}" for line in reason.splitlines())]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(str(path), "\n".join([*header, text]))
        except OSError as unmade:
            return Diagnostic("note", f"no reproducer: {unmade.strerror}", str(path))
        except Failure as unwritten:
            return Diagnostic("note", f"no reproducer: {unwritten.diagnostics[0].message}", str(path))
        return Diagnostic("note", f"reproducer written; run: {self.tool} -p '{pipeline}' {path}", str(path))

    def _ir_before(self, index: int, source: Source) -> tuple[str, Sequence[ModulePass]]:
        """The IR before the pass at `index` and the passes left to run, made anew; the source and all passes if that fails."""
        try:
            with remarks.collect():
                module = parse_source(source, self.ctx)
                for earlier in self.passes[:index]:
                    earlier.apply(self.ctx, module)
            return to_text(module), self.passes[index : index + 1]
        except Exception:
            return source.text, self.passes[: index + 1]


def _crash_message(current: ModulePass, error: Exception, source: Source) -> Diagnostic:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    what = "recursed too deeply" if isinstance(error, RecursionError) else f"crashed: {type(error).__name__}: {error}"
    return Diagnostic("error", f"pass '{current.name}' {what}{where}", source.name)


def _free_path(directory: Path, name: str) -> Path:
    candidates = (directory / f"{name}.crash{number or ''}.mlir" for number in range(1000))
    return next((p for p in candidates if not p.exists()), directory / f"{name}.crash.mlir")


def to_text(module: ModuleOp, *, generic: bool = False) -> str:
    """The module as MLIR text."""
    stream = StringIO()
    Printer(stream=stream, print_generic_format=generic).print_op(module)
    return stream.getvalue() + "\n"


def report_times(runner: Runner) -> None:
    """Print the seconds spent in each pass to standard error."""
    for index, current in enumerate(runner.passes):
        print(f"{runner.seconds.get(index, 0.0):10.4f} s  {current.name}", file=sys.stderr)
