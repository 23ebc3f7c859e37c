"""A roofline told: as plain data and as lines of text."""

from __future__ import annotations

from .roofline import LENGTHS, Form, Roof


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


def roofline_lines(roof: Roof, forms: list[Form], rank: str | None) -> list[str]:
    """The same as lines of text."""
    bandwidth = "no bandwidth off the chip stated" if roof.bandwidth is None else f"{roof.bandwidth / 1e9:,.1f} GB/s off the chip"
    ridge = "" if roof.ridge is None else f", ridge at {roof.ridge:,.1f} operations a byte"
    lines = [f"roof: {roof.operations / 1e12:,.3f} T operations/s ({roof.macs / 1e12:,.3f} T MAC/s), {bandwidth}{ridge}", ""]
    lines.append(f"  {'form':<12}{'passes':>7}{'operations/byte':>17}{'T op/s':>10}{'of roof':>9}  {'time':>12}  critical")
    for f in forms:
        passes = "" if f.passes is None else str(f.passes)
        if f.refused is not None:
            lines.append(f"  {f.name:<12}{passes:>7}  not lowered: {f.refused}")
        elif f.intensity is None or f.rate is None:
            lines.append(f"  {f.name:<12}{passes:>7}  touches no memory")
        else:
            share = 100 * f.rate / roof.at(f.intensity)
            time = f"{1e3 * f.seconds:.6g} ms"
            lines.append(f"  {f.name:<12}{passes:>7}{f.intensity:>17,.2f}{f.rate / 1e12:>10,.3f}{share:>8.2f}%  {time:>12}  {f.critical}")
    held = [f for f in forms if f.footprint]
    if held and rank is not None:
        lines += ["", f"bytes on the chip for one fiber of {rank}, by its length", f"  {'form':<12}" + "".join(f"{n:>12,}" for n in LENGTHS)]
        for f in held:
            known = f.footprint or {}
            lines.append(f"  {f.name:<12}" + "".join(f"{known[n]:>12,}" if n in known else f"{'-':>12}" for n in LENGTHS))
    return lines
