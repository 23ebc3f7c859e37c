"""`einfold-opt`: MLIR text in, passes, MLIR text out, in the manner of `mlir-opt`.

It is xDSL's driver with the dialects, passes and targets of every installed universe, plug-in files, importers, and diagnostics.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import shlex
import sys
import time
from collections.abc import Sequence
from typing import IO, ClassVar

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import PassPipeline
from xdsl.targets.mlir import MLIRTarget
from xdsl.universe import XDSL_UNIVERSE, Universe
from xdsl.utils.exceptions import ShrinkException
from xdsl.utils.target import Target
from xdsl.xdsl_opt_main import xDSLOptMain

from .cli import ArgumentParser, guarded
from .diagnostics import Diagnostic, Failure
from .driver.chunks import Processor
from .driver.ir_options import wanted_ir
from .driver.spelling import respelled
from .expected import ALL
from .importing import MLIR, chosen_importer, imported
from .loading import context_of
from .opt_arguments import add_arguments, option_names, plugin_files
from .output import check_writable, write_text
from .parsing import parse_source
from .pipeline import build
from .plugins import installed_universe, use_plugin_files
from .reading import STDIN_NAME, read_source
from .running import Instrument, Runner, pipeline_text
from .source import Source

NOTHING = re.compile(r"(?://[^\n]*+|\s++)*+")
"""White space and comments."""


class EinfoldOptMain(xDSLOptMain):
    """xDSL's driver in two steps: the command line is read and checked first, then each chunk of the input for itself."""

    version_format: ClassVar[str] = "einfold-opt on xdsl {xdsl_version}"

    universe: Universe
    target: Target
    runner: Runner
    instruments: list[Instrument]

    def __init__(self, description: str = "Runs passes over IR.", args: Sequence[str] | None = None):
        """Read and check the command line; `args` None means the process's own. Raises `Failure`."""
        arguments = list(sys.argv[1:] if args is None else args)
        use_plugin_files(plugin_files(arguments))
        self.universe = installed_universe()
        self.available_frontends, self.available_passes, self.available_targets = {}, {}, {}
        self.register_all_dialects()
        self.register_all_frontends()
        self.register_all_passes()
        self.register_all_targets()
        parser = ArgumentParser(prog="einfold-opt", description=description)
        self.register_all_arguments(parser)
        self.args = parser.parse_args(parser.checked(respelled(arguments, option_names(parser), self.universe.all_passes)))
        self.ctx.allow_unregistered = self.args.allow_unregistered_dialect
        self.setup_pipeline()
        self.setup_target()

    def register_all_dialects(self) -> None:
        self.ctx = context_of(self.universe)

    def register_all_frontends(self) -> None:
        def read_mlir(stream: IO[bytes]) -> ModuleOp:
            return self._parse(Source(self.get_input_name(), stream.read().decode("utf-8")))

        self.available_frontends[MLIR] = read_mlir

    def register_all_passes(self) -> None:
        self.available_passes.update(self.universe.all_passes)

    def register_all_targets(self) -> None:
        self.available_targets.update(self.universe.all_targets)

    def register_all_arguments(self, arg_parser: argparse.ArgumentParser) -> None:
        super().register_all_arguments(arg_parser)
        add_arguments(arg_parser, [name for name in self.available_passes if name not in XDSL_UNIVERSE.all_passes])

    def setup_pipeline(self) -> None:
        if sum(1 for given in (self.args.passes, self.args.pass_pipeline, self.args.run_reproducer) if given) > 1:
            raise Failure(Diagnostic("error", "give one of -p, --pass-pipeline and --run-reproducer", "einfold-opt"))
        self._use_pipeline(self.args.passes or self.args.pass_pipeline or "")

    def _use_pipeline(self, text: str) -> None:
        passes = build(text, "<passes>", "pass", self.available_passes)
        self.pipeline = PassPipeline(passes)
        self.instruments = []
        self.runner = Runner(
            self.ctx,
            passes,
            not self.args.disable_verify,
            self.args.crash_dir,
            " ".join(["einfold-opt", *(f"--load-plugin {shlex.quote(f)}" for f in self.args.load_plugin)]),
            self.instruments,
            self.args.verify_each,
            self.args.crash_reproducer,
            counted={} if self.args.pass_statistics else None,
        )
        if not self.args.run_reproducer or text:
            self._add_instruments()

    def _add_instruments(self) -> None:
        wanted = wanted_ir(self.args, [p.name for p in self.runner.passes])
        if not wanted.nothing:
            from .driver.ir_printing import IRPrinter

            self.instruments.append(IRPrinter(wanted, self.args.print_op_generic))
        if self.args.pass_statistics:
            from .driver.reports import OperationCounter

            self.instruments.append(OperationCounter(self.runner.passes))

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
        """Process the input and return the exit code: 0, 1 for bad input, 3 for a pass that crashed. Raises `Failure`."""
        from .listing import asked_for

        if (listed := asked_for(vars(self.args), self.universe)) is not None:
            write_text(self.args.output_file, listed)
            return 0
        check_writable(self.args.output_file, self.args.remarks_output)
        source = read_source(self.args.input_file, self.args.input_limit)
        if self.args.run_reproducer:
            from .driver.reproducing import reproducer_pipeline

            self._use_pipeline(reproducer_pipeline(source))
        if self.args.dump_pass_pipeline:
            print(f"builtin.module({pipeline_text(self.runner.passes, include_default=True)})", file=sys.stderr)
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
        begin = time.perf_counter()
        importer = chosen_importer(self.args.frontend, self.args.input_file)
        processor = Processor(
            self.ctx,
            self.runner,
            self.target,
            self._parse if importer is None else lambda chunk: imported(importer, chunk, self.ctx),
            self.args.remarks,
            self.args.verify_roundtrip,
            self.args.verify_diagnostics or (ALL if self.args.parsing_diagnostics else None),
        )
        marker: str | None = self.args.split_input_file
        chunks = (source,) if marker is None else source.chunks(marker)
        outputs: list[str] = []
        code = 0
        for chunk in chunks:
            if len(chunks) > 1 and NOTHING.fullmatch(chunk.text):
                continue
            outcome = processor.process(chunk)
            for diagnostic in outcome.diagnostics:
                print(diagnostic, file=sys.stderr)
            code = max(code, outcome.exit_code)
            if outcome.output is not None:
                outputs.append(outcome.output)
        if code == 0 or self.args.output_file is None:
            write_text(self.args.output_file, f"{self.args.output_split_marker}\n".join(outputs))
        self._report(processor, time.perf_counter() - begin)
        return code

    def _report(self, processor: Processor, seconds: float) -> None:
        """What was asked for beside the output: remarks in a file, statistics, times."""
        if self.args.remarks_output is not None:
            from .driver.remark_lines import remark_lines

            write_text(self.args.remarks_output, remark_lines(processor.remarks))
        if self.args.pass_statistics or self.args.timing or self.args.time_passes:
            from .driver.reports import OperationCounter, statistics_report, timing_report

            counted = next((i.counts for i in self.instruments if isinstance(i, OperationCounter)), None)
            if counted is not None:
                print(statistics_report(self.runner, counted), file=sys.stderr)
            if self.args.timing or self.args.time_passes:
                print(timing_report(self.runner, processor.parsing, processor.printing, seconds), file=sys.stderr)

    def _parse(self, chunk: Source) -> ModuleOp:
        return parse_source(chunk, self.ctx, implicit_module=not self.args.no_implicit_module)


def main(args: Sequence[str] | None = None) -> int:
    """The command `einfold-opt`."""
    try:
        return guarded(lambda: EinfoldOptMain(args=args).execute())
    finally:
        use_plugin_files(())  # what was in use was for this run


if __name__ == "__main__":
    sys.exit(main())
