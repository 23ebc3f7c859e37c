"""The largest number for which something holds, found by asking about few of them."""

from __future__ import annotations

from collections.abc import Callable


def largest(most: int, holds: Callable[[int], bool]) -> int:
    """The largest number in 0 .. most for which `holds`, which holds up to some number and not beyond; -1 if for none."""
    if holds(most):
        return most
    low, high = -1, 0
    while high < most and holds(high):
        low, high = high, 2 * high + 1
    high = min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
