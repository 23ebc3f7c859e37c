"""The whole FuseMax evaluation, run once for all tests of a process."""

from __future__ import annotations

from functools import cache

from einfold.tools.commands.evaluate import load_spec
from einfold.tools.evaluation.running import Row, evaluate


@cache
def tables() -> dict[str, dict[tuple[str, str], Row]]:
    """Table -> (model, length) -> row."""
    found = evaluate(load_spec("fusemax"), accounting="artifact", jobs=2)
    return {table: {(row.model, row.length): row for row in rows} for table, rows in found.items()}
