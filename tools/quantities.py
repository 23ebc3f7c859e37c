"""Quantities with units that suit their size, for people."""

from __future__ import annotations


def byte_count(count: int | float) -> str:
    """Bytes: `16 MiB`, `512 KiB`."""
    for unit, size in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:,.4g} {unit}"
    return f"{count:,g} B"


def scaled(value: int | float, unit: str) -> str:
    """A quantity in a unit with a prefix: `61.6 TMAC/s`, `940 MHz`."""
    for prefix, size in (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:,.4g} {prefix}{unit}"
    return f"{value:,.4g} {unit}"


def rate(bandwidth: int | float) -> str:
    """Bytes per second, with powers of ten: `429.5 GB/s`."""
    return scaled(bandwidth, "B/s")
