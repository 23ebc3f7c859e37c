"""Kernels to look at in time: examples lowered for a machine."""

from pathlib import Path

from einfold.dialects.accel import KernelOp
from einfold.tools.choosing import choose_cascade
from einfold.tools.loading import load_module, new_context
from einfold.tools.resizing import apply_sizes
from einfold.tools.simulation import Wanted, lower, machine_named, only
from einfold.tools.source import known_source

ROOT = Path(__file__).parents[1]


def kernels(file: str, machine: str, *sizes: str, overlap: bool = True) -> list[KernelOp]:
    path, ctx = str(ROOT / file), new_context()
    module = load_module(path, ctx)
    only(module, choose_cascade(module, None, path))
    apply_sizes(module, sizes, path)
    source = known_source(path)
    assert source is not None
    lower(ctx, module, source, Wanted(machine_named(module, machine, path), None, (), overlap))
    return [op for op in module.walk() if isinstance(op, KernelOp)]
