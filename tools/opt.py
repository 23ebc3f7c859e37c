"""`einfold-opt`: MLIR text in, passes, MLIR text out, in the manner of `mlir-opt`.

It is xDSL's driver with the dialects, passes and targets of every installed universe, plug-in files, and diagnostics.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import shlex
import sys
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import IO, ClassVar

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass, PassPipeline
from xdsl.targets.mlir import MLIRTarget
from xdsl.universe import Universe
from xdsl.utils.exceptions import DiagnosticException, ShrinkException
from xdsl.utils.target import Target
from xdsl.xdsl_opt_main import xDSLOptMain

from ..analysis import remarks
from .cli import ArgumentParser, guarded
from .diagnostics import Diagnostic, Failure, at_location
from .loading import context_of
from .opt_arguments import add_arguments, plugin_files
from .output import write_text
from .parsing import parse_source
from .pipeline import build
from .plugins import extended, installed_universe
from .reading import STDIN_NAME, read_source
from .running import CRASH_EXIT_CODE, Runner, report_times, to_text
from .source import CHUNK_SEPARATOR, Source

NOTHING = re.compile(r"(?://[^\n]*+|\s++)*+")
"""White space and comments."""


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one chunk: its output unless it failed, what there is to tell, and the exit code that follows."""

    output: str | None
    diagnostics: tuple[Diagnostic, ...]
    exit_code: int = 0


class EinfoldOptMain(xDSLOptMain):
    """xDSL's driver in two steps: the command line is read and checked first, then each chunk of the input for itself."""

    version_format: ClassVar[str] = "einfold-opt on xdsl {xdsl_version}"

    universe: Universe
    target: Target
    runner: Runner
    _shown: str = ""

    def __init__(self, description: str = "Runs passes over IR.", args: Sequence[str] | None = None):
        """Read and check the command line; `args` None means the process's own. Raises `Failure`."""
        arguments = list(sys.argv[1:] if args is None else args)
        self.universe = extended(installed_universe(), plugin_files(arguments))
        self.available_frontends, self.available_passes, self.available_targets = {}, {}, {}
        self.register_all_dialects()
        self.register_all_frontends()
        self.register_all_passes()
        self.register_all_targets()
        parser = ArgumentParser(prog="einfold-opt", description=description)
        self.register_all_arguments(parser)
        self.args = parser.parse_args(arguments)
        self.ctx.allow_unregistered = self.args.allow_unregistered_dialect
        self.setup_pipeline()
        self.setup_target()

    def register_all_dialects(self) -> None:
        self.ctx = context_of(self.universe)

    def register_all_frontends(self) -> None:
        def read_mlir(stream: IO[bytes]) -> ModuleOp:
            return self._parse(Source(self.get_input_name(), stream.read().decode("utf-8")))

        self.available_frontends["mlir"] = read_mlir

    def register_all_passes(self) -> None:
        self.available_passes.update(self.universe.all_passes)

    def register_all_targets(self) -> None:
        self.available_targets.update(self.universe.all_targets)

    def register_all_arguments(self, arg_parser: argparse.ArgumentParser) -> None:
        super().register_all_arguments(arg_parser)
        add_arguments(arg_parser)

    def setup_pipeline(self) -> None:
        passes = build(self.args.passes, "<passes>", "pass", self.available_passes)
        self.pipeline = PassPipeline(passes)
        tool = " ".join(["einfold-opt", *(f"--load-plugin {shlex.quote(f)}" for f in self.args.load_plugin)])
        self.runner = Runner(self.ctx, passes, not self.args.disable_verify, self.args.crash_dir, tool, self._show_ir)

    def setup_target(self) -> None:
        targets = build(self.args.target, "<target>", "target", self.universe.all_targets)
        if len(targets) != 1:
            raise Failure(Diagnostic("error", f"one target is written, {len(targets)} are given", "<target>"))
        self.target = targets[0]
        if isinstance(self.target, MLIRTarget):
            self.target = dataclasses.replace(
                self.target,
                print_generic_format=self.args.print_op_generic,
                print_properties_as_attributes=self.args.print_no_properties,
                print_debuginfo=self.args.print_debuginfo,
                syntax_highlight=self.args.syntax_highlight,
            )

    def get_input_name(self) -> str:
        return self.args.input_file or STDIN_NAME

    def run(self) -> None:
        """Process the input; leaves by `SystemExit` if that fails."""
        if code := self.execute():
            sys.exit(code)

    def execute(self) -> int:
        """Process the input and return the exit code: 0, 1 for bad input, 2 for a pass that crashed. Raises `Failure`."""
        from .listing import asked_for

        if (listed := asked_for(vars(self.args), self.universe)) is not None:
            write_text(self.args.output_file, listed)
            return 0
        source = read_source(self.args.input_file, self.args.input_limit)
        if self.args.dump_pass_pipeline:
            print(",".join(str(p.spec(include_default=True)) for p in self.runner.passes), file=sys.stderr)
        if not self.args.shrink:
            return self._process_all(source)
        try:
            self._process_all(source)
        except ShrinkException:
            print("Success, can shrink")
            return 0
        print("Failure, can't shrink")
        return 1

    def _process_all(self, source: Source) -> int:
        frontend = self._frontend()
        chunks = source.chunks() if self.args.split_input_file else (source,)
        outputs: list[str] = []
        code = 0
        for chunk in chunks:
            if len(chunks) > 1 and NOTHING.fullmatch(chunk.text):
                continue
            outcome = self._process(chunk, frontend)
            if self.args.verify_diagnostics or self.args.parsing_diagnostics:
                outcome = _against_expected(chunk, outcome)
            for diagnostic in outcome.diagnostics:
                print(diagnostic, file=sys.stderr)
            code = max(code, outcome.exit_code)
            if outcome.output is not None:
                outputs.append(outcome.output)
        if self.args.time_passes:
            report_times(self.runner)
        if code == 0 or self.args.output_file is None:
            write_text(self.args.output_file, f"{CHUNK_SEPARATOR}\n".join(outputs))
        return code

    def _frontend(self) -> str:
        name = self.args.input_file or ""
        chosen = self.args.frontend or os.path.splitext(name)[1].removeprefix(".") or "mlir"
        if chosen not in self.available_frontends:
            known = ", ".join(f".{f}" for f in self.available_frontends)
            raise Failure(Diagnostic("error", f"files named '.{chosen}' are not known (known: {known}); -f chooses a frontend", name))
        return chosen

    def _process(self, chunk: Source, frontend: str) -> Outcome:
        with remarks.collect() as found:
            try:
                output, failure = self._transform(chunk, frontend), None
            except Failure as error:
                output, failure = None, error
        told = tuple(
            at_location(r.location, f"{r.message} [{r.kind}: {r.pass_name}]", chunk, severity="remark") for r in found if r.kind in self.args.remarks
        )
        return Outcome(output, told) if failure is None else Outcome(None, told + failure.diagnostics, failure.exit_code)

    def _transform(self, chunk: Source, frontend: str) -> str:
        module = self._parse(chunk) if frontend == "mlir" else self.available_frontends[frontend](BytesIO(chunk.text.encode()))
        if self.args.print_ir_after_change:
            self._shown = to_text(module)
        self.runner.run(module, chunk)
        if self.args.verify_roundtrip:
            from .roundtrip import verify_roundtrip

            verify_roundtrip(module, self.ctx, chunk.name)
        return self._emit(module, chunk)

    def _parse(self, chunk: Source) -> ModuleOp:
        return parse_source(chunk, self.ctx, implicit_module=not self.args.no_implicit_module)

    def _emit(self, module: ModuleOp, chunk: Source) -> str:
        stream = StringIO()
        try:
            self.target.emit(self.ctx, module, stream)
        except DiagnosticException as error:
            raise Failure(Diagnostic("error", f"target '{self.target.name}': {error}", chunk.name)) from error
        except RecursionError as error:
            raise Failure(Diagnostic("error", "nested too deeply to be printed", chunk.name)) from error
        except Exception as error:
            message = f"target '{self.target.name}' crashed: {type(error).__name__}: {error}"
            raise Failure(Diagnostic("error", message, chunk.name), exit_code=CRASH_EXIT_CODE) from error
        return stream.getvalue()

    def _show_ir(self, previous: ModulePass, module: ModuleOp) -> None:
        """Print the IR after a pass if that was asked for."""
        if self.args.print_between_passes or self.args.print_ir_after_change:
            text = to_text(module)
            if self.args.print_between_passes or text != self._shown:
                print(f"// IR after {previous.name}:\n{text}", file=sys.stderr)
            self._shown = text


def _against_expected(chunk: Source, outcome: Outcome) -> Outcome:
    from .expected import check_expected

    differences = check_expected(chunk, outcome.diagnostics)
    return Outcome(outcome.output, differences, 1 if differences else 0)


def main(args: Sequence[str] | None = None) -> int:
    """The command `einfold-opt`."""
    return guarded(lambda: EinfoldOptMain(args=args).execute())


if __name__ == "__main__":
    sys.exit(main())
