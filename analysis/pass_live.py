"""What the phases over a rank read and what stays between two of them: the live footprint that goes with a pass count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xdsl.ir import SSAValue

from .footprint import Footprint, footprint
from .pass_flow import PassFlow
from .pass_numbers import bits


def phase_reads(flow: PassFlow) -> dict[int, tuple[str, ...]]:
    """Phase -> the tensors that its Einsums read and that no Einsum of the phase makes along the rank."""
    found: dict[int, dict[str, None]] = {}
    for visit in flow.visits:
        for value in (r.value for r in visit.reads):
            known = flow.known.get(value)
            if known is None or known.kept is None or known.phase < visit.phase:
                found.setdefault(visit.phase, {})[flow.program.names[value]] = None
    return {phase: tuple(names) for phase, names in sorted(found.items())}


def live_between(flow: PassFlow, symbols: Mapping[str, str]) -> Iterator[tuple[int, Footprint, tuple[str, ...], tuple[str, ...]]]:
    """Per boundary after a phase: the phase, tensors kept along the rank, fibers to read again instead, results needed later."""
    names, defined = flow.program.names, flow.program.defined
    last = _last_reads(flow)
    starting: dict[int, list[SSAValue]] = {}
    for value in sorted(last, key=lambda v: defined[v]):
        known = flow.known.get(value)
        if known is not None and known.phase < last[value]:
            starting.setdefault(known.phase, []).append(value)
    current: dict[SSAValue, None] = {}
    for phase in range(1, max(v.phase for v in flow.visits)):
        current.update((v, None) for v in starting.get(phase, ()))
        current = {v: None for v in current if last[v] > phase}
        kept = {v: subscripts for v in current if (subscripts := flow.known[v].kept) is not None}
        again = 0
        for value in kept:
            again |= flow.known[value].full | flow.known[value].summary
        results = tuple(names[v] for v in current if flow.known[v].kept is None)
        yield phase, footprint(kept, names, symbols), tuple(names[flow.fibers[bit]] for bit in bits(again)), results


def _last_reads(flow: PassFlow) -> dict[SSAValue, int]:
    """Tensor -> the last phase that reads it, itself or through a view."""
    last: dict[SSAValue, int] = {}
    for visit in flow.visits:
        for read in visit.reads:
            value = flow.program.root[read.value]
            last[value] = max(last.get(value, 0), visit.phase)
    return last
