"""What `einsum-one-pass` can make of a rank, in a line."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp

from ...passes.derivation_report import report


def derived_told(module: ModuleOp, cascade: str, rank: str) -> str | None:
    """Derive the fewest passes; None where that fails, which is for the command line to tell."""
    try:
        found = report(module, cascade, rank)
    except Exception:  # whatever it is, an editor's hover is no place for it
        return None
    return f"`einsum-one-pass` makes it {found.passes} ({found.verdict.kind}: {found.verdict.why})"
