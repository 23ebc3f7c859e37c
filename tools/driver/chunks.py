"""One chunk of the input on its way: read, through the passes, written; what there is to tell of it, and the exit code that follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException
from xdsl.utils.target import Target

from ...analysis import remarks
from ...plugins.foreign import described
from ..diagnostics import Diagnostic, Failure, at_location
from ..running import CRASH_EXIT_CODE, Runner
from ..source import Source

if TYPE_CHECKING:
    from ...analysis.remarks import Remark


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one chunk: its output unless it failed, what there is to tell, and the exit code that follows."""

    output: str | None
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int = 0


@dataclass
class Processor:
    """Takes chunks through the passes.

    `parse` reads a chunk; `shown` are the kinds of remarks to tell; `check_expected` to which extent diagnostics must be those that a chunk
    expects. `parsing` and `printing` add up seconds; `remarks` are those told so far.
    """

    ctx: Context
    runner: Runner
    target: Target
    parse: Callable[[Source], ModuleOp]
    shown: frozenset[str]
    roundtrip: bool = False
    check_expected: str | None = None
    parsing: float = 0.0
    printing: float = 0.0
    remarks: list[Remark] = field(default_factory=list["Remark"])

    def process(self, chunk: Source) -> Outcome:
        with remarks.collect() as found:
            try:
                output, failure = self._transform(chunk), None
            except Failure as error:
                output, failure = None, error
        shown = [r for r in found if r.kind in self.shown]
        self.remarks += shown
        told = tuple(at_location(r.location, f"{r.message} [{r.kind}: {r.pass_name}]", chunk, severity="remark") for r in shown)
        outcome = Outcome(output, told) if failure is None else Outcome(None, told + failure.diagnostics, failure.exit_code)
        return outcome if self.check_expected is None else _against_expected(chunk, outcome, self.check_expected)

    def _transform(self, chunk: Source) -> str:
        begin = time.perf_counter()
        module = self.parse(chunk)
        self.parsing += time.perf_counter() - begin
        self.runner.run(module, chunk)
        begin = time.perf_counter()
        if self.roundtrip:
            from ..roundtrip import verify_roundtrip

            verify_roundtrip(module, self.ctx, chunk.name)
        text = emitted(self.target, self.ctx, module, chunk)
        self.printing += time.perf_counter() - begin
        return text


def emitted(target: Target, ctx: Context, module: ModuleOp, chunk: Source) -> str:
    """The module as a target writes it. Raises `Failure`."""
    stream = StringIO()
    try:
        target.emit(ctx, module, stream)
    except Failure:
        raise
    except DiagnosticException as error:
        located = error.location if isinstance(error, remarks.LocatedPassFailure) else module.location
        raise Failure(at_location(located, f"target '{target.name}': {error}", chunk)) from error
    except RecursionError as error:
        raise Failure(Diagnostic("error", "nested too deeply to be printed", chunk.name)) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = f"target '{target.name}' crashed: {described(error)}"
        raise Failure(Diagnostic("error", message, chunk.name), exit_code=CRASH_EXIT_CODE) from error
    return stream.getvalue()


def _against_expected(chunk: Source, outcome: Outcome, extent: str) -> Outcome:
    from ..expected import check_expected

    differences: Iterable[Diagnostic] = check_expected(chunk, outcome.diagnostics, extent)
    return Outcome(outcome.output, tuple(differences), 1 if differences else 0)
