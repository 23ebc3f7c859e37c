"""How many passes a cascade makes over each rank, why, and what must stay between them (FuseMax, arXiv 2406.10491, section 3).

A *pass* over a fiber of rank R is one traversal of all its elements; a later traversal of the same fiber is a pass more. Einsums
that can share a traversal of R form a *phase* (`pass_flow.py` says when they can). From this:

* passes of a fiber = the number of phases that read it; passes(R) = the largest over R's fibers, 1 if R is traversed at all.
* pass of an Einsum = how many phases, up to its own, have read the fiber it reads. An Einsum that reads what nobody has read
  (`Z = Y * C` after a reduction) is of a later phase and of pass 1: it is not a second pass over anything. The same holds for the
  second layer of a network, whose fibers are new.
* An iterate over R is one pass. In the body of an iterate over another rank, passes are those of one generation (`within`).
* A fiber's *summary*, one element per tile, traversed again is no pass over the fiber; `summary_passes` counts those.

The count is of the cascade as it is written: views, filters and splits change nothing, algebra is not applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..dialects.einsum import CascadeOp
from ..dialects.einsum_attrs import subscripts_text
from ..dialects.notation import nearest
from .einsums import Program, place
from .footprint import Footprint, shape_symbols
from .pass_flow import PassFlow
from .pass_live import live_between, phase_reads
from .pass_numbers import PassNumbers, bits
from .tiles import Tiles


@dataclass(frozen=True, slots=True)
class NewPass:
    """Why an Einsum cannot share the phase before: it needs `operands` (as written, `GM[p]`), which depend on whole fibers.

    `pass_` is the Einsum's pass, 1 if it reads fibers that nobody has read; `again` names the fibers it reads again. `summary` is
    set where it reads summaries of them only.
    """

    einsum: str
    phase: int
    pass_: int
    operands: tuple[str, ...]
    causes: tuple[str, ...]
    again: tuple[str, ...]
    summary: bool
    location: str | None

    @property
    def message(self) -> str:
        needs = " and ".join(f"{o}, {c}" for o, c in zip(self.operands, self.causes, strict=True))
        rank = self.causes[0].rsplit(" ", 1)[-1]
        if not self.again:
            return f"{self.einsum} waits for phase {self.phase} over {rank}: it needs {needs}; it reads no fiber again"
        over = f"summaries along {rank}" if self.summary else rank
        later = "" if self.phase == self.pass_ else f" (phase {self.phase})"
        return f"{self.einsum} starts pass {self.pass_} over {over}{later}: it needs {needs}"

    def __str__(self) -> str:
        return self.message if self.location is None else f"{self.message} ({self.location})"


@dataclass(frozen=True, slots=True)
class Live:
    """What is kept from phase `before` to the next one: tensors that keep the rank, and instead of them the fibers to read again.

    `results` are tensors that have lost the rank, made by then and read after.
    """

    before: int
    kept: Footprint
    recompute_from: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankPasses:
    """The passes over one rank.

    einsums: Einsum -> its pass, for those that traverse the rank and read a fiber (or make one). phase_of: Einsum -> phase, for all
    that traverse it. reads: phase -> tensors that its Einsums read and do not make in it. fibers: source fiber -> the phases that
    read it. summaries: tensor -> the phases that traverse it as a summary. live: per boundary between phases. within: iterative
    ranks, of one generation of which the passes are.
    """

    rank: str
    size: int
    passes: int
    phases: int
    summary_passes: int
    einsums: Mapping[str, int]
    phase_of: Mapping[str, int]
    reads: Mapping[int, tuple[str, ...]]
    fibers: Mapping[str, tuple[int, ...]]
    summaries: Mapping[str, tuple[int, ...]]
    live: tuple[Live, ...]
    reasons: tuple[NewPass, ...]
    within: tuple[str, ...]


def count_passes(cascade: CascadeOp, ranks: Sequence[str] | None = None, tiles: Iterable[Sequence[str]] = ()) -> dict[str, RankPasses]:
    """Rank -> its passes, for the ranks named, or for all that some Einsum traverses, in the order they are declared.

    `tiles` lists ranks that tile one dimension, outermost first, where the cascade does not show it (inputs that come tiled).
    Raises ValueError for a rank that the cascade does not declare, or does not traverse.
    """
    program = Program(cascade)
    return PassCounter(program, tiles).count(ranks)


class PassCounter:
    """Counts passes in a program that has been read already."""

    def __init__(self, program: Program, tiles: Iterable[Sequence[str]] = ()):
        self.program = program
        stated = [tuple(parts) for parts in tiles]
        for rank in (r for parts in stated for r in parts):
            self._check_declared(rank)
        self.tiles = Tiles(program, stated)
        self.symbols = shape_symbols(program.sizes)

    def _check_declared(self, rank: str) -> None:
        if rank not in self.program.sizes:
            name = self.program.cascade.sym_name.data
            raise ValueError(f"cascade '@{name}' has no rank '{rank}'{nearest(rank, list(self.program.sizes))}")

    def count(self, ranks: Sequence[str] | None = None) -> dict[str, RankPasses]:
        for rank in ranks or ():
            self._check_declared(rank)
        found = {rank: self.count_rank(rank) for rank in (self.program.sizes if ranks is None else ranks)}
        for rank in ranks or ():
            if found[rank] is None:
                raise ValueError(f"no Einsum of cascade '@{self.program.cascade.sym_name.data}' traverses rank '{rank}'")
        return {rank: passes for rank, passes in found.items() if passes is not None}

    def flow(self, rank: str) -> PassFlow:
        return PassFlow(self.program, self.tiles, rank).run()

    def count_rank(self, rank: str) -> RankPasses | None:
        """The passes over a rank that the cascade declares; None if no Einsum traverses it."""
        flow = self.flow(rank)
        if not flow.visits:
            return None
        program, names = self.program, self.program.names
        numbers = PassNumbers(flow.visits)
        einsums: dict[str, int] = {}
        phase_of: dict[str, int] = {}
        within: dict[str, None] = {}
        for visit in flow.visits:
            for member in visit.members:
                phase_of[program.name(member)] = visit.phase
                if visit.full or not visit.summary:
                    einsums[program.name(member)] = numbers.of(visit)
            within.update((r, None) for r in visit.step.within)
        summaries: dict[str, dict[int, None]] = {}
        for visit in flow.visits:
            for read in visit.along:
                known = flow.known.get(read.value)
                if known is not None and known.summary:
                    summaries.setdefault(names[read.value], {})[visit.phase] = None
        return RankPasses(
            rank=rank,
            size=program.sizes[rank],
            passes=max(1, numbers.passes),
            phases=max(v.phase for v in flow.visits),
            summary_passes=numbers.summary_passes,
            einsums=einsums,
            phase_of=phase_of,
            reads=phase_reads(flow),
            fibers={names[v]: phases for v, phases in zip(flow.fibers, numbers.phases(len(flow.fibers)), strict=True) if phases},
            summaries={name: tuple(sorted(phases)) for name, phases in summaries.items()},
            live=tuple(Live(*found) for found in live_between(flow, self.symbols)),
            reasons=tuple(self._reasons(flow, numbers)),
            within=tuple(within),
        )

    def _reasons(self, flow: PassFlow, numbers: PassNumbers) -> Iterable[NewPass]:
        for visit in flow.visits:
            first = max((n.phase for n in visit.needs), default=0)  # it may wait longer, for others of its pass
            late = [n for n in visit.needs if n.phase == first > 1]
            starts = [n for n in late if n.cause is not None]
            if not starts or len(starts) != len(late):
                continue
            again = (visit.full | visit.summary) & numbers.read_before(visit.phase)
            member = starts[0].step if starts[0].step.op.results else visit.step
            yield NewPass(
                self.program.name(member),
                visit.phase,
                numbers.of(visit),
                tuple(f"{self.program.names[n.read.value]}{subscripts_text(n.read.subscripts)}" for n in starts),
                tuple(f"{n.cause} {flow.rank}" for n in starts),
                tuple(self.program.names[flow.fibers[bit]] for bit in bits(again)),
                visit.full == 0 and visit.summary != 0,
                place(member.op),
            )
