"""Running passes one by one, with diagnostics: a pass that refuses is the input's fault, a pass that crashes is its own.

A crash leaves a reproducer: the IR just before the pass, and the command that runs it.
"""

from __future__ import annotations

import shlex
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects.builtin import UNKNOWN_LOC, ModuleOp
from xdsl.passes import ModulePass
from xdsl.printer import Printer
from xdsl.utils.arg_spec import ArgSpec, ParameterType
from xdsl.utils.exceptions import DiagnosticException, PassFailedException, ShrinkException, VerifyException

from ..analysis import remarks, statistics
from ..plugins.foreign import described
from .diagnostics import Diagnostic, Failure, at_location
from .output import write_text
from .parsing import parse_source
from .source import Source
from .verifying import verify_module

CRASH_EXIT_CODE = 3

CONFIGURATION = "// configuration: "
"""How the line of a reproducer begins that `--run-reproducer` takes its pipeline from."""


class Instrument:
    """Called around each pass; `failed` instead of `after` for one that refuses or crashes. Does nothing by itself."""

    def before(self, current: ModulePass, module: ModuleOp) -> None: ...

    def after(self, current: ModulePass, module: ModuleOp) -> None: ...

    def failed(self, current: ModulePass, module: ModuleOp) -> None: ...


@dataclass(frozen=True)
class Runner:
    """Passes in order, over one module after another.

    `verify`: check the IR before the first pass, and after each one (`verify_each`) or the last. `crash_dir` is where reproducers go, unless
    `reproducer` names the file; that one is written for a pass that refuses as well. `seconds` and `counted`, if it is given, collect the time and
    the statistics of each pass, in order, over all modules; `verify_seconds` the time of verification.
    """

    ctx: Context
    passes: Sequence[ModulePass]
    verify: bool = True
    crash_dir: str = "."
    tool: str = "einfold-opt"
    instruments: Sequence[Instrument] = ()
    verify_each: bool = True
    reproducer: str | None = None
    seconds: dict[int, float] = field(default_factory=dict[int, float])
    counted: dict[int, Counter[str]] | None = None
    verify_seconds: list[float] = field(default_factory=list[float])

    def run(self, module: ModuleOp, source: Source) -> None:
        """Rewrite `module`, which was read from `source`. Raises `Failure`."""
        self._verify(module, source)
        for index, current in enumerate(self.passes):
            for instrument in self.instruments:
                instrument.before(current, module)
            begin, verified = time.perf_counter(), sum(self.verify_seconds)
            try:
                self._apply(index, module, source)
            except Failure:
                for instrument in self.instruments:
                    instrument.failed(current, module)
                raise
            spent = time.perf_counter() - begin - (sum(self.verify_seconds) - verified)
            self.seconds[index] = self.seconds.get(index, 0.0) + spent
            for instrument in self.instruments:
                instrument.after(current, module)

    def _verify(self, module: ModuleOp, source: Source, before: str = "") -> None:
        if self.verify:
            begin = time.perf_counter()
            try:
                verify_module(module, source, before=before)
            finally:
                self.verify_seconds.append(time.perf_counter() - begin)

    def _apply(self, index: int, module: ModuleOp, source: Source) -> None:
        current = self.passes[index]
        try:
            if self.counted is None:
                current.apply(self.ctx, module)
            else:
                with statistics.collect() as counted:
                    current.apply(self.ctx, module)
                self.counted.setdefault(index, Counter()).update(counted)
        except ShrinkException:
            raise
        except VerifyException as error:  # the pass built something that cannot be: not the input's fault
            raise self._crash(index, source, error, _crash_message(current, error, source)) from error
        except DiagnosticException as error:
            told = str(error) if isinstance(error, PassFailedException) else f"{type(error).__name__}: {error}"
            location = error.location if isinstance(error, remarks.LocatedPassFailure) else UNKNOWN_LOC
            refused = at_location(location, f"pass '{current.name}': {told}", source)
            raise Failure(refused, *([] if self.reproducer is None else [self._reproducer(index, source, error)])) from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._crash(index, source, error, _crash_message(current, error, source)) from error
        if self.verify_each or index == len(self.passes) - 1:
            made = f"pass '{current.name}' made invalid IR: " if self.verify_each else "the passes made invalid IR: "
            try:
                self._verify(module, source, made)
            except Failure as failure:
                raise self._crash(index, source, failure, *failure.diagnostics) from failure

    def _crash(self, index: int, source: Source, error: BaseException, *diagnostics: Diagnostic) -> Failure:
        return Failure(*diagnostics, self._reproducer(index, source, error), exit_code=CRASH_EXIT_CODE)

    def _reproducer(self, index: int, source: Source, error: BaseException) -> Diagnostic:
        """Write a reproducer for the pass at `index`; a note that names it."""
        text, passes = self._ir_before(index, source)
        path = Path(self.reproducer) if self.reproducer is not None else _free_path(Path(self.crash_dir), self.passes[index].name)
        pipeline = pipeline_text(passes)
        reason = "".join(traceback.format_exception(error))
        command = f"{self.tool} -p {shlex.quote(pipeline)}"
        header = [
            f"// Reproduce with: {command} {path.name}",
            f"{CONFIGURATION}--pass-pipeline={shlex.quote(f'builtin.module({pipeline})')}",
            *(f"// {line}" for line in reason.splitlines()),
        ]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(str(path), "\n".join([*header, text]))
        except OSError as unmade:
            return Diagnostic("note", f"no reproducer: {unmade.strerror}", str(path))
        except Failure as unwritten:
            return Diagnostic("note", f"no reproducer: {unwritten.diagnostics[0].message}", str(path))
        return Diagnostic("note", f"reproducer written; run: {command} {path}", str(path))

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


def _crash_message(current: ModulePass, error: BaseException, source: Source) -> Diagnostic:
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    what = "recursed too deeply" if isinstance(error, RecursionError) else f"crashed: {described(error)}"
    return Diagnostic("error", f"pass '{current.name}' {what}{where}", source.name)


def _free_path(directory: Path, name: str) -> Path:
    candidates = (directory / f"{name}.crash{number or ''}.mlir" for number in range(1000))
    return next((p for p in candidates if not p.exists()), directory / f"{name}.crash.mlir")


def to_text(module: ModuleOp, *, generic: bool = False) -> str:
    """The module as MLIR text."""
    stream = StringIO()
    Printer(stream=stream, print_generic_format=generic).print_op(module)
    return stream.getvalue() + "\n"


def pipeline_text(passes: Sequence[ModulePass], *, include_default: bool = False) -> str:
    """A pipeline as `-p` reads it, with the options that are not as they would be, or with all."""
    return ",".join(_element_text(p.spec(include_default=include_default)) for p in passes)


def _element_text(spec: ArgSpec) -> str:
    options = [f"{name}={','.join(map(_value_text, values))}" if values else name for name, values in spec.parameters.items()]
    return f"{spec.name}{{{' '.join(options)}}}" if options else spec.name


def _value_text(value: ParameterType) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            escaped = "".join(f"\\{c}" if c in '"\\' else {"\n": "\\n", "\t": "\\t"}.get(c, c) for c in value)
            return f'"{escaped}"'
        case _:
            return str(value)
