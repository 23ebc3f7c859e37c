"""What was measured of two forms' accuracy, as `einfold passes --numerics` says it: JSON, and a table with a verdict for each result."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .inputs import described
from .measuring import SEEDS, Errors, Measured, Numerics

HOW = "every Einsum's result is rounded to the type, f16 and bf16 are summed in f32"
NO_WORSE = "no worse than as written"


def to_json(found: Numerics | None) -> dict[str, object]:
    """`numerics`: one entry per result, type and kind of input; `measured_at`: the sizes, and how. Empty where nothing could be measured."""
    if found is None:
        return {"numerics": [], "measured_at": {}}
    at: dict[str, object] = {"sizes": dict(found.sizes), "inputs": len(SEEDS), "arithmetic": HOW}
    return {"numerics": [_entry(m) for m in found.measured], "measured_at": at}


def _entry(m: Measured) -> dict[str, object]:
    by = m.worse_by
    return {
        "result": m.result,
        "type": m.type,
        "regime": m.regime.name,
        "level": m.level,
        "values": m.values,
        "reference": m.reference,
        "relative": m.relative,
        "as_written": {"error": m.written.error, "not_finite": m.written.lost},
        "derived": {"error": m.derived.error, "not_finite": m.derived.lost},
        "worse": by is not None,
        "worse_by": by if by is not None and math.isfinite(by) else None,
        "verdict": NO_WORSE if by is None else how_much_worse(m),
    }


def to_lines(found: Numerics | None) -> Iterator[str]:
    """The table, and a verdict for each result."""
    if found is None:
        yield "accuracy was not measured: the cascade cannot be made small"
        return
    yield f"accuracy at {described(found.sizes)}: {HOW}; largest error / largest exact value of {len(SEEDS)} inputs"
    rows = [("result", "type", "inputs", "as written", "derived")]
    rows += [(m.result, m.type, m.regime.text(m.level), _cell(m, m.written), _cell(m, m.derived)) for m in found.measured]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    yield from ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    for result in dict.fromkeys(m.result for m in found.measured):
        yield f"{result}: {verdict([m for m in found.measured if m.result == result])}"


def _cell(m: Measured, errors: Errors) -> str:
    if not m.values:
        return "no value"
    if errors.lost:
        return f"{errors.lost} of {m.values} not finite"
    if m.regime.criterion == "finite" or errors.error is None:
        return "finite"
    return f"{errors.error:.1e}" + ("" if m.relative else " (of 0)")


def verdict(measured: list[Measured]) -> str:
    """One sentence for all that was measured of a result: the worst of its errors, and where it alone is not finite."""
    lost = [m for m in measured if m.worse_by == math.inf]
    worse = [m for m in measured if m.worse_by not in (None, math.inf)]
    parts = [how_much_worse(max(worse, key=lambda m: m.worse_by or 0.0))] if worse else []
    if lost:
        parts.append(f"not finite where as written it is ({'; '.join(map(_where, lost))})")
    return "; ".join(parts) if parts else NO_WORSE


def how_much_worse(m: Measured) -> str:
    by = m.worse_by
    return f"{by:.3g} times worse ({_where(m)})" if by is not None and math.isfinite(by) else f"not finite where as written it is ({_where(m)})"


def _where(m: Measured) -> str:
    return f"{m.type} at {m.regime.text(m.level)}"
