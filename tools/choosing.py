"""Which cascade of a file a subcommand works on."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from ..dialects.einsum import CascadeOp
from .diagnostics import Diagnostic, Failure, suggestion


def choose_cascade(module: ModuleOp, name: str | None, file: str) -> CascadeOp:
    """The cascade asked for, or the only one. Raises `Failure` with the nearest name."""
    known = {op.sym_name.data: op for op in module.walk() if isinstance(op, CascadeOp)}
    if not known:
        raise Failure(Diagnostic("error", "no einsum.cascade in it", file))
    if name is None:
        if len(known) > 1:
            listed = ", ".join(f"@{n}" for n in known)
            raise Failure(Diagnostic("error", f"{len(known)} cascades in it ({listed}); choose one with --cascade", file))
        return next(iter(known.values()))
    wanted = name.removeprefix("@")
    if wanted not in known:
        raise Failure(Diagnostic("error", f"no cascade '@{wanted}'{suggestion('@' + wanted, (f'@{n}' for n in known))}", file))
    return known[wanted]
