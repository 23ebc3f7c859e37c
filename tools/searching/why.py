"""Why one number of passes was chosen and not another, in words: what limits the other one, and how much more of that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...search.contenders import CLOSE, Contender
from ...search.judge import Objective
from ..quantities import byte_count

WAITING = 0.05
"""Share of the time from which waiting is worth a word."""

MEASURES: Mapping[Objective, str] = {"latency": "cycles", "energy": "energy", "edp": "energy x cycles", "area": "area"}


def passes_line(rank: str, chosen: Contender, others: Sequence[Contender], offchip: str, objective: Objective) -> str:
    """One line: the best number of passes over a rank with what limits it, then each other number with its reason."""
    head = f"{_passes(chosen.passes)} over {rank}: {chosen.cycles:,.0f} cycles, limited by {chosen.critical}"
    return "; ".join([head, *against(chosen, others, offchip, objective)])


def against(chosen: Contender, others: Sequence[Contender], offchip: str, objective: Objective) -> list[str]:
    """A text for each other number of passes: how much worse it is at its best, and why. `offchip` names the memory."""
    return [
        f"{_passes(o.passes)}: {_worse(chosen, o, objective)}, limited by {o.critical}: {_why(chosen, o, offchip)}"
        for o in others
        if o.passes != chosen.passes
    ]


def _passes(passes: int) -> str:
    return f"{passes} pass" if passes == 1 else f"{passes} passes"


def _worse(chosen: Contender, other: Contender, objective: Objective) -> str:
    more = other.score / chosen.score - 1 if chosen.score else 0.0
    share = f"{100 * more:+.1f} % {MEASURES[objective]}"
    if abs(more) <= CLOSE:
        energy = 100 * (other.energy / chosen.energy - 1) if chosen.energy else 0.0
        share = f"within {100 * CLOSE:g} %" + (f", {energy:+.1f} % energy" if abs(energy) >= 0.05 else "")
    return f"{'' if other.exact else 'at least '}{other.cycles:,.0f} cycles ({share})"


def _why(chosen: Contender, other: Contender, offchip: str) -> str:
    """The bytes where the off-chip memory limits, the array's work where an array does; and operations, where they differ."""
    told: list[str] = []
    if other.critical == offchip:
        told.append(f"{byte_count(other.offchip)} moved, {_more(other.offchip, chosen.offchip, byte_count(abs(other.offchip - chosen.offchip)))}")
    else:
        own = chosen.busy.get(other.critical, 0.0)
        busy = other.busy.get(other.critical, 0.0)
        told.append(f"busy {_times(busy, own)}" if own else "which the best one leaves idle")
        if other.offchip != chosen.offchip:
            told.append(f"{byte_count(abs(other.offchip - chosen.offchip))} {'more' if other.offchip > chosen.offchip else 'fewer'} moved")
    waiting = 1 - other.busy.get(other.critical, 0.0) / other.cycles if other.exact and other.cycles else 0.0
    if waiting >= WAITING:
        told.append(f"which waits {100 * waiting:.0f} % of the time")
    change = other.operations / chosen.operations - 1 if chosen.operations else 0.0
    if abs(change) >= 0.005:
        told.append(f"{100 * abs(change):.0f} % {'more' if change > 0 else 'fewer'} operations")
    return ", ".join(told)


def _more(there: int, here: int, apart: str) -> str:
    return "as many as the best" if there == here else f"{apart} {'more' if there > here else 'fewer'}"


def _times(busy: float, own: float) -> str:
    ratio = busy / own
    return "as long as in the best" if abs(ratio - 1) < CLOSE else f"{ratio:.3g} times as long"


def contender_json(contender: Contender) -> dict[str, object]:
    """The best of one number of passes as plain data."""
    return {
        "passes": contender.passes,
        "pipeline": contender.pipeline,
        "tiles": dict(contender.tiles),
        "cycles": contender.cycles,
        "simulated": contender.exact,
        "energy_pj": contender.energy,
        "bytes_off_chip": contender.offchip,
        "operations": contender.operations,
        "limited_by": contender.critical,
    }
