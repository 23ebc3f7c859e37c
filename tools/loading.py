"""Reading a file of IR for the subcommands of `einfold`: read, parse, verify, with the diagnostics of `einfold-opt`."""

from __future__ import annotations

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.universe import Universe

from .importing import imported, importer_of
from .parsing import parse_source
from .plugins import installed_universe
from .reading import INPUT_LIMIT_MIB, read_source
from .verifying import verify_module


def context_of(universe: Universe, *, allow_unregistered: bool = False) -> Context:
    """A context in which the dialects of a universe are registered, to be imported when first met."""
    ctx = Context(allow_unregistered=allow_unregistered)
    for name, factory in universe.all_dialects.items():
        ctx.register_dialect(name, factory)
    return ctx


def new_context() -> Context:
    """A context with the dialects of every installed universe, xDSL's and einfold's among them."""
    return context_of(installed_universe())


def load_module(path: str | None, ctx: Context, limit_mib: float = INPUT_LIMIT_MIB) -> ModuleOp:
    """The verified module in a file (None or `-`: standard input); its operations know their places. Raises `Failure`.

    A file whose suffix an importer reads (`.edge`) is imported; any other is MLIR.
    """
    source = read_source(path, limit_mib)
    importer = importer_of(path)
    module = parse_source(source, ctx) if importer is None else imported(importer, source, ctx)
    verify_module(module, source)
    return module
