"""When each Einsum can run among the traversals of one rank: the data flow behind `passes_over.py`.

Fix a rank R. A *phase* is one traversal of R's coordinates that the Einsums in it share. For an Einsum E and an operand T:

* T keeps R and E reads it along its own traversal: E may run in T's phase. "Along" means that at R's first coordinate E does not
  yet need T's last element: a window or a lag is a delay, not a traversal.
* T depends on a whole fiber of R (a reduction over R, a state after an iterate over R, a fiber read against its order): if E
  traverses R it runs in a later phase, else it is an epilogue of the same one.
* An iterate over R traverses R once, all of its body in one phase: its states are read at the running coordinate.
* In the body of an iterate over another rank, phases are those of one generation.

*Fibers* are identified through to the source: a value computed from a fiber along R is that fiber, read again or recomputed. If it
has lost the other ranks of R's family (`LM[m1, p] = max(m0)` of a tiled m) it is a *summary* of the fiber and counts apart.

Only steps that R reaches are visited, in program order, so that a rank costs what it touches. Sets of fibers are bit sets.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..dialects.einsum import ComputeOp, IterateOp, ViewOp, YieldOp
from ..dialects.einsum_attrs import Keep, Merge, Split, SubscriptsAttr
from ..dialects.einsum_scope import tensor_of
from .einsums import Program, Read, Step
from .pass_visits import Known, Need, Visit
from .tiles import Tiles, mixed_radix


@dataclass
class PassFlow:
    """The data flow of one rank; `run` fills `visits`, in program order, and `known`."""

    program: Program
    tiles: Tiles
    rank: str
    visits: list[Visit] = field(default_factory=list[Visit])
    known: dict[SSAValue, Known] = field(default_factory=dict[SSAValue, Known])
    fibers: list[SSAValue] = field(default_factory=list[SSAValue])

    def __post_init__(self) -> None:
        self.aliases = self.tiles.aliases(self.rank)
        self.inner = self.tiles.family(self.rank) - self.aliases
        self.floors: dict[int, int] = {}
        self._bit: dict[SSAValue, int] = {}
        self._waiting: list[int] = []
        self._queued: set[int] = set()

    def run(self) -> PassFlow:
        """Each Einsum in the first phase that it can be in, but all of one traversal of whole fibers in the last of theirs."""
        while True:
            self._walk()
            floors: dict[int, int] = {}
            for visit in self.visits:
                if not visit.late and (visit.full or not visit.summary):
                    floors[visit.at] = max(floors.get(visit.at, 0), visit.phase)
            if all(v.late or v.phase == floors[v.at] for v in self.visits if v.full or not v.summary):
                return self
            self.floors = floors
            self.visits.clear()
            self.known.clear()

    def _walk(self) -> None:
        self._waiting.clear()
        self._queued.clear()
        steps = self.program.steps
        seeds = [i for name in self.aliases for i in self.program.traversing.get(name, ())]
        last = max(seeds, default=-1)
        self._queue((*seeds, *(i for name in self.aliases for i in self.program.starting.get(name, ()))))
        done = -1
        while self._waiting and self._waiting[0] <= last:
            index = heapq.heappop(self._waiting)
            if index > done:
                self._step(steps[index])
                if not steps[index].ranks.isdisjoint(self.aliases):
                    done = steps[index].end  # of an iterate over R, which was visited as one traversal

    def _queue(self, indices: Iterable[int]) -> None:
        for index in indices:
            if index not in self._queued:
                self._queued.add(index)
                heapq.heappush(self._waiting, index)

    def _set(self, value: SSAValue, known: Known | None) -> None:
        if known is not None and (known.phase or known.kept is not None):
            self.known[value] = known
            self._queue(self.program.readers.get(value, ()))

    def _step(self, step: Step) -> None:
        match step.op:
            case ComputeOp():
                self._compute(step, step.op)
            case ViewOp():
                self._set(step.op.result, self._viewed(step.op))
            case IterateOp() if step.op.rank.data in self.aliases:
                self._iterate_along(step, step.op)
            case IterateOp():
                self._enter_generation(step.op)
            case YieldOp():
                self._leave_generation(step.op)
            case _:
                pass

    def _compute(self, step: Step, op: ComputeOp) -> None:
        if step.ranks.isdisjoint(self.aliases):
            read = [known for r in step.reads if (known := self.known.get(r.value)) is not None]
            at, late = max(((known.at, known.late) for known in read), default=(0, False))
            for result in op.results_:
                self._set(result, Known(max((known.phase for known in read), default=0), at=at, late=late))
            return
        visit = self._visit(step, [(step, r) for r in step.reads], (step,))
        known = Known(visit.phase, at=visit.at, late=visit.late)
        if any(not self.aliases.isdisjoint(s.ranks) for s in op.out.data):
            full, summary = visit.full, visit.summary
            own = 0 if full | summary else self._fiber(op.results_[0])
            if not self.inner.isdisjoint(step.reduced):
                full, summary = 0, full | summary | own
            else:
                full |= own
            known = replace(known, kept=op.out.data, full=full, summary=summary & ~full)
        for result in op.results_:
            self._set(result, known)

    def _iterate_along(self, step: Step, op: IterateOp) -> None:
        """An iterate over R: one traversal, at the phase that all it captures allows."""
        members = [s for s in self.program.steps[step.index + 1 : step.end] if isinstance(s.op, ComputeOp)]
        visit = self._visit(step, self.program.captured(step), members)
        count = len(op.states)
        for result in op.results_[:count]:
            self._set(result, Known(visit.phase, cause="final after iterating over", at=visit.at, late=visit.late))
        full = visit.full or (0 if visit.summary else self._fiber(op.results_[0]))
        for result, subscripts in zip(op.results_[count:], op.yield_op.subscripts.data[count:], strict=True):
            kept = (Affine.rank(op.rank.data), *subscripts.data)
            self._set(result, Known(visit.phase, kept, full, visit.summary, at=visit.at, late=visit.late))

    def _enter_generation(self, op: IterateOp) -> None:
        inits = iter(op.inits)
        for argument, init, state in zip(op.body.block.args, op.init, op.states, strict=True):
            if isinstance(init, SubscriptsAttr):
                self._set(argument, self.known.get(next(inits)))
            elif op.rank.data in self.inner and any(not self.aliases.isdisjoint(s.ranks) for s in state.data):
                self._set(argument, Known(0, state.data, summary=self._fiber(argument)))  # one element for all coordinates of the inner rank

    def _leave_generation(self, op: YieldOp) -> None:
        iterate = op.parent_op()
        if not isinstance(iterate, IterateOp):
            return
        outer = Affine.rank(iterate.rank.data)
        for position, (value, result) in enumerate(zip([*op.states, *op.collected], iterate.results_, strict=True)):
            known = self.known.get(value)
            if known is not None and known.kept is not None and position >= len(op.states):
                known = replace(known, kept=(outer, *known.kept))
            elif known is not None and known.kept is not None and iterate.rank.data in self.inner:
                known = replace(known, full=0, summary=known.full | known.summary)
            self._set(result, known)

    def _visit(self, step: Step, reads: Sequence[tuple[Step, Read]], members: Sequence[Step]) -> Visit:
        needs = tuple(n for s, r in reads if (n := self._need(s, r)) is not None)
        full, summary, along = 0, 0, dict[Read, None]()
        for _, read in reads:
            if any(not self.aliases.isdisjoint(s.ranks) for s in read.subscripts):
                along[read] = None
                known = self.known.get(read.value)
                if known is None or known.kept is None:
                    full |= self._fiber(self.program.root[read.value])
                else:
                    full, summary = full | known.full, summary | known.summary
        at, late = self._traversal(needs, whole=full != 0 or summary == 0)
        phase = max(max((n.phase for n in needs), default=1), 1, 0 if late else self.floors.get(at, 0))
        visit = Visit(step, phase, needs, full, summary, tuple(r for _, r in reads), tuple(along), tuple(members), at, late)
        self.visits.append(visit)
        return visit

    @staticmethod
    def _traversal(needs: Sequence[Need], whole: bool) -> tuple[int, bool]:
        """The first traversal of whole fibers that an Einsum can be part of or, if it reads summaries only, the last one that it is after."""
        if whole:
            return max((n.of.at + (n.cause is not None or n.of.late) for n in needs), default=1) or 1, False
        return max(((n.of.at, n.cause is not None or n.of.late) for n in needs), default=(1, False))

    def _need(self, step: Step, read: Read) -> Need | None:
        known = self.known.get(read.value)
        if known is None:
            return None
        if known.kept is None:
            return Need(known.phase + 1, read, step, known, known.cause)
        if self._runs_along(known.kept, read):
            return Need(known.phase, read, step, known)
        return Need(known.phase + 1, read, step, known, "read ahead of its traversal of")

    def _runs_along(self, kept: tuple[Affine, ...], read: Read) -> bool:
        """Whether a reader at R's first coordinate needs less than the whole fiber."""
        if kept == read.subscripts:
            return True
        shape = tensor_of(read.value).get_shape()
        for written, subscript, size in zip(kept, read.subscripts, shape, strict=True):
            if written == subscript or self.aliases.isdisjoint(written.ranks):
                continue
            start = {r: 1 if r in self.aliases else self.program.sizes[r] for r in subscript.ranks}
            if subscript.bounds(start)[1] >= size - 1:
                return False
        return True

    def _viewed(self, op: ViewOp) -> Known | None:
        """A view keeps the fibers; where a tiling renames the ranks that a dimension was written by, the new names stand for it."""
        known = self.known.get(op.source)
        if known is None or known.kept is None:
            return known
        written, kept = iter(known.kept), list[Affine]()
        in_order = True
        for dimension in op.regroup.data:
            if isinstance(dimension, Keep):
                kept.append(next(written))
                continue
            count = len(dimension.parts) if isinstance(dimension, Merge) else 1
            in_order &= all(self._counts_up(next(written)) for _ in range(count))
            kept.extend(map(Affine.rank, dimension.parts if isinstance(dimension, Split) else (dimension.rank,)))
        if not in_order or all(self.aliases.isdisjoint(s.ranks) for s in kept):
            return replace(known, kept=None, full=0, summary=0, cause="read ahead of its traversal of")
        return replace(known, kept=tuple(kept), cause="reduced over")

    def _counts_up(self, written: Affine) -> bool:
        if any(coefficient < 0 for _, coefficient in written.terms):
            return False
        return written.plain is not None or mixed_radix(written, self.program.sizes) is not None

    def _fiber(self, value: SSAValue) -> int:
        number = self._bit.setdefault(value, len(self.fibers))
        if number == len(self.fibers):
            self.fibers.append(value)
        return 1 << number
