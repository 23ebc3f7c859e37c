"""A roofline told: as plain data, and as text with tables."""

from __future__ import annotations

from .roofline import LENGTHS, Form, Roof
from .terminal import Part, Table


def roofline_json(roof: Roof, forms: list[Form], rank: str | None) -> dict[str, object]:
    """The roof, the forms and their footprints, as plain data."""
    told = [
        {
            "form": f.name,
            "pipeline": f.pipeline,
            "passes": f.passes,
            "refused": f.refused,
            "operations": f.operations if f.refused is None else None,
            "bytes": f.traffic if f.refused is None else None,
            "seconds": f.seconds if f.refused is None else None,
            "intensity": f.intensity,
            "operations_per_s": f.rate,
            "roof_operations_per_s": None if f.intensity is None else roof.at(f.intensity),
            "critical": f.critical or None,
            "kernels": f.kernels,
        }
        for f in forms
    ]
    footprints = {f.name: {str(n): b for n, b in (f.footprint or {}).items()} for f in forms}
    peak = {"operations_per_s": roof.operations, "macs_per_s": roof.macs, "bytes_per_s": roof.bandwidth, "ridge": roof.ridge}
    return {"roof": peak, "rank": rank, "forms": told, "footprint_bytes": footprints}


FORM_HEAD = ("form", "passes", "operations/byte", "T op/s", "of roof", "time", "critical")


def roofline_parts(roof: Roof, forms: list[Form], rank: str | None) -> list[Part]:
    """The same as text and tables."""
    bandwidth = "no bandwidth off the chip stated" if roof.bandwidth is None else f"{roof.bandwidth / 1e9:,.1f} GB/s off the chip"
    ridge = "" if roof.ridge is None else f", ridge at {roof.ridge:,.1f} operations a byte"
    head = f"roof: {roof.operations / 1e12:,.3f} T operations/s ({roof.macs / 1e12:,.3f} T MAC/s), {bandwidth}{ridge}"
    rows = [_row(roof, f) for f in forms]
    lines = [_line(FORM_HEAD), *(_line(row) for row in rows)]
    parts: list[Part] = [head, "", Table(FORM_HEAD, [(*row, *[""] * (len(FORM_HEAD) - len(row))) for row in rows], lines, frozenset(range(1, 6)))]
    held = [f for f in forms if f.footprint]
    if held and rank is not None:
        kept = [(f.name, *(f"{(f.footprint or {})[n]:,}" if n in (f.footprint or {}) else "-" for n in LENGTHS)) for f in held]
        named = ("form", *(f"{n:,}" for n in LENGTHS))
        told = [f"  {row[0]:<12}" + "".join(f"{cell:>12}" for cell in row[1:]) for row in (named, *kept)]
        parts += ["", f"bytes on the chip for one fiber of {rank}, by its length", Table(named, kept, told, frozenset(range(1, len(named))))]
    return parts


def _row(roof: Roof, f: Form) -> tuple[str, ...]:
    """The cells of one form; those that it has none of are left out at the end."""
    passes = "" if f.passes is None else str(f.passes)
    if f.refused is not None:
        return f.name, passes, f"not lowered: {f.refused}"
    if f.intensity is None or f.rate is None:
        return f.name, passes, "touches no memory"
    share = 100 * f.rate / roof.at(f.intensity)
    return f.name, passes, f"{f.intensity:,.2f}", f"{f.rate / 1e12:,.3f}", f"{share:.2f}%", f"{1e3 * f.seconds:.6g} ms", f.critical


def _line(row: tuple[str, ...]) -> str:
    name, passes, *rest = row
    start = f"  {name:<12}{passes:>7}"
    if len(rest) == 1:
        return f"{start}  {rest[0]}"
    intensity, rate, share, time, critical = rest
    return f"{start}{intensity:>17}{rate:>10}{share:>9}  {time:>12}  {critical}"
