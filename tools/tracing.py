"""The option `--trace FILE`: simulated kernels as a Chrome trace."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from ..backend.simulate import Fidelity
from ..backend.timeline import timeline_of
from ..backend.trace import trace_text
from ..dialects.accel import KernelOp
from .diagnostics import Diagnostic, Failure
from .output import write_text

MOST_RUNS = 20_000
"""Runs of operations in a trace, about, over all kernels: some 10 MB."""


def write_trace(path: str, module: ModuleOp, fidelity: Fidelity = "event") -> None:
    """Write the trace of a module's kernels, which have been simulated. Raises `Failure`."""
    if fidelity != "event":
        raise Failure(Diagnostic("error", "there is no timeline without events; leave out --fidelity analytic", "--trace"))
    kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
    write_text(path, trace_text([timeline_of(k, MOST_RUNS // len(kernels)) for k in kernels]))
