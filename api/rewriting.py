"""The verbs that make another module: passes, other sizes, IR made by hand; and writing one out."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xdsl.passes import ModulePass

from ..analysis import remarks
from ..analysis.resize import ResizeError, resize
from ..tools.diagnostics import at_location
from ..tools.output import write_text
from ..tools.pipeline import build
from ..tools.plugins import installed_universe
from ..tools.running import Runner, to_text
from ..tools.source import Source
from ..tools.verifying import verify_module
from .answers import Remark
from .errors import wrong
from .held import Held

TOOL = "einfold-opt"

CRASHES = "einfold-crashes"
"""Folder among the temporary files for reproducers of passes that crash."""


def run(held: Held, pipeline: str | ModulePass | Iterable[ModulePass]) -> tuple[Held, tuple[Remark, ...]]:
    """The module after some passes, and their remarks. Raises `Failure`."""
    made = held.with_ir(held.ir.clone())
    with remarks.collect() as found:
        runner(held, passes(pipeline)).run(made.ir, running_source(held))
    return made, told(found, held)


def runner(held: Held, pipeline: Sequence[ModulePass]) -> Runner:
    return Runner(held.ctx, pipeline, crash_dir=str(Path(tempfile.gettempdir()) / CRASHES), tool=TOOL)


def running_source(held: Held) -> Source:
    """What a reproducer is made from: the source, or the text of a module that is no longer what its source says."""
    held.remembered()
    return Source(f"{held.name} (rewritten)", to_text(held.ir)) if held.rewritten else held.source


def passes(pipeline: str | ModulePass | Iterable[ModulePass]) -> tuple[ModulePass, ...]:
    """Passes from the text of a pipeline, or given as they are. Raises `Failure`."""
    if isinstance(pipeline, str):
        return build(pipeline, "<pipeline>", "pass", installed_universe().all_passes)
    return (pipeline,) if isinstance(pipeline, ModulePass) else tuple(pipeline)


def one_pass(options: Mapping[str, str | int | None]) -> tuple[ModulePass, ...]:
    """`einsum-one-pass` with options, checked as those of a pipeline's text are. Raises `Failure`."""
    given = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in options.items() if value is not None)
    return build(f"einsum-one-pass{{{given}}}", "reduce", "pass", installed_universe().all_passes)


def told(found: Iterable[remarks.Remark], held: Held) -> tuple[Remark, ...]:
    """Remarks with their places as files, lines and columns."""
    places = [(r, at_location(r.location, r.message, held.source)) for r in found]
    return tuple(Remark(r.kind, r.pass_name, r.message, d.file, d.line, None if d.line is None else d.column) for r, d in places)


def resized(held: Held, sizes: Mapping[str, int]) -> Held:
    """The module with other rank sizes, verified. Raises `Failure`."""
    for rank, size in sizes.items():
        if isinstance(size, bool) or not hasattr(size, "__index__"):
            raise wrong("sizes", f"rank '{rank}' is given {size!r}, not a whole number")
    made = held.with_ir(held.ir.clone())
    try:
        resize(made.ir, {rank: int(size) for rank, size in sizes.items()})
    except ResizeError as error:
        raise wrong("sizes", str(error)) from error
    return verified(made)


def verified(held: Held) -> Held:
    """The same, verified. Raises `Failure`."""
    verify_module(held.ir, held.remembered())
    return held


def saved(held: Held, path: str | os.PathLike[str]) -> Path:
    """Write the text. Raises `Failure`."""
    write_text(os.path.abspath(path), to_text(held.ir))
    return Path(path)
