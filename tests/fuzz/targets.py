"""What is fuzzed: every way in which a file of somebody else's gets in. A target takes bytes and raises only where einfold is at fault.

Bad input ends as `Failure`, which is exit code 1; anything else (another exception, another exit code, a traceback) is a finding, as is a hang of
more than 10 seconds or more than 2 GiB of memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from faults import Fault, command, failing, in_file
from made_plugins import plugin_made
from used import edge, explored, machine_used, mapping_used, options, shown

from einfold.analysis import remarks
from einfold.analysis.passes_over import count_passes
from einfold.backend.accounting import AccountingError, load_accounting
from einfold.backend.mapping_yaml import MappingError, load_mapping
from einfold.dialects.einsum import CascadeOp
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.tools import opt as driver
from einfold.tools.commands.evaluate import load_spec
from einfold.tools.diagnostics import Failure
from einfold.tools.evaluation.sweep import load_sweep
from einfold.tools.loading import new_context
from einfold.tools.lsp.checking import check
from einfold.tools.lsp.hovering import Hoverer
from einfold.tools.lsp.outline import Outline
from einfold.tools.parsing import parse_source
from einfold.tools.pipeline import build
from einfold.tools.plugins import installed_universe
from einfold.tools.running import Runner, to_text
from einfold.tools.source import Source
from einfold.tools.verifying import verify_module

ROOT = Path(__file__).parents[2]

SMALL = """einsum.cascade @c ranks {p = 2, m = 3} (%A[p, m], %B[m] : i32) -> [p] : f32 {
  %S = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %S[p]
}
"""


def text(data: bytes) -> None:
    """IR: read, verified, printed and read again; what passes over it there are, and the fewest."""
    source = Source("fuzz.mlir", data.decode("utf-8", "replace"))
    ctx = new_context()

    def body() -> None:
        module = parse_source(source, ctx)
        verify_module(module, source)
        printed = to_text(module)
        try:
            again = to_text(parse_source(Source("printed", printed), ctx))
        except Failure as failure:
            raise Fault(f"printed text cannot be read: {failure}\n{printed}") from failure
        if again != printed:
            raise Fault(f"printed text reads differently:\n{printed}\n{again}")
        for op in module.walk():
            if isinstance(op, CascadeOp):
                count_passes(op)
        with tempfile.TemporaryDirectory() as folder, remarks.collect():
            Runner(ctx, [EinsumOnePass()], crash_dir=folder).run(module, source)

    failing(body)


def editor(data: bytes) -> None:
    """A text as an editor has it: checked, and asked about at places all over it."""
    shown = data.decode("utf-8", "replace")
    outline = Outline(shown)
    checked = check(shown, outline)
    hoverer = Hoverer(outline, checked)
    for offset in range(0, len(shown), max(1, len(shown) // 50)):
        hoverer.at(offset)


def machine(data: bytes) -> None:
    in_file("fuzz.yaml", data, lambda path: (command("machine", path), command("machine", path, "--json")))


def mapping(data: bytes) -> None:
    def read(path: str) -> None:
        with suppress(MappingError):
            load_mapping(path)

    in_file("fuzz.yaml", data, read)


def accounting(data: bytes) -> None:
    def read(path: str) -> None:
        with suppress(AccountingError):
            load_accounting(path)

    in_file("fuzz.yaml", data, read)


def evaluation(data: bytes) -> None:
    in_file("fuzz.yaml", data, lambda path: failing(lambda: load_spec(path)))


def sweep(data: bytes) -> None:
    spec = load_spec("fusemax")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "fuzz.yaml").write_bytes(data)
        moved = type(spec)(**{**vars(spec), "folder": Path(folder)})
        failing(lambda: load_sweep("fuzz.yaml", moved))


def certificate(data: bytes) -> None:
    in_file("fuzz.json", data, lambda path: command("check-certificate", path))


def arrays(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "small.mlir").write_text(SMALL)
        in_file("fuzz.npz", data, lambda path: command("eval", str(Path(folder) / "small.mlir"), "--inputs", path, "--seed", "1"))


def plugin(data: bytes) -> None:
    """A plug-in is code, so this is for written ones (the corpus), not for random ones."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "small.mlir").write_text(SMALL)
        small = str(Path(folder) / "small.mlir")
        in_file("fuzz_plugin.py", data, lambda path: command(small, "--load-plugin", path, main=driver.main))


def pipeline(data: bytes) -> None:
    failing(lambda: build(data.decode("utf-8", "replace"), "<passes>", "pass", installed_universe().all_passes))


FUNCTIONS = (text, editor, edge, shown, machine, machine_used, mapping, mapping_used, accounting, evaluation, sweep, explored, certificate, arrays, pipeline, options, plugin, plugin_made)  # fmt: skip

TARGETS: Mapping[str, Callable[[bytes], None]] = {f.__name__.replace("_", "-"): f for f in FUNCTIONS}
"""Name -> target."""

NOT_RANDOM = frozenset({"plugin"})
"""Targets that random bytes are not for."""

SEEDS: Mapping[str, tuple[str, ...]] = {
    "text": ("examples/*.mlir", "benchmarks/cascades/*.mlir"),
    "editor": ("examples/*.mlir",),
    "shown": ("examples/*.mlir",),
    "machine": ("backend/machines/*.yaml",),
    "machine-used": ("backend/machines/*.yaml",),
    "mapping-used": ("examples/fusemax/scheduled.yaml", "examples/fusemax/searched.yaml", "examples/fusemax/*stream.yaml"),
    "explored": ("examples/exploring/*.yaml",),
    "mapping": ("examples/fusemax/flat-*.yaml", "examples/fusemax/*linear*.yaml", "examples/fusemax/cascade.yaml"),
    "accounting": ("backend/accountings/*.yaml",),
    "evaluation": ("examples/fusemax/evaluation.yaml",),
    "sweep": ("examples/fusemax/pareto.yaml",),
}
"""Target -> files to begin with, in the repository."""
