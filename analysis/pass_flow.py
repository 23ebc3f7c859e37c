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
from dataclasses import dataclass, field
from typing import Literal

from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..dialects.einsum import ComputeOp, IterateOp, ViewOp, YieldOp
from ..dialects.einsum_attrs import Keep, Merge, Split, SubscriptsAttr
from ..dialects.einsum_scope import tensor_of
from .einsums import Program, Read, Step
from .tiles import Tiles, mixed_radix

Cause = Literal["reduced over", "final after iterating over", "read ahead of its traversal of"]
"""Why a tensor depends on a whole fiber; the rank's name follows."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a tensor with respect to R.

    `phase` must have ended before the whole tensor is known, 0 if it does not depend on a fiber. A tensor that keeps R has the
    subscripts it was written by (`kept`), and the fibers it is (`full`) or summarises (`summary`), as bit sets.
    """

    phase: int
    kept: tuple[Affine, ...] | None = None
    full: int = 0
    summary: int = 0
    cause: Cause = "reduced over"


@dataclass(frozen=True, slots=True)
class Need:
    """That an Einsum cannot run before `phase` because of `read`; `cause` is set where the read starts a phase."""

    phase: int
    read: Read
    step: Step
    cause: Cause | None = None


@dataclass(slots=True)
class Visit:
    """An Einsum (or an iterate, with the Einsums in it as members) that traverses R.

    `reads` are the tensors made outside it that it reads, `along` those of them that are read along R, `full` and `summary` the
    fibers they are, as bit sets.
    """

    step: Step
    phase: int
    needs: tuple[Need, ...]
    full: int
    summary: int
    reads: tuple[Read, ...]
    along: tuple[Read, ...]
    members: tuple[Step, ...]


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
        self._bit: dict[SSAValue, int] = {}
        self._waiting: list[int] = []
        self._queued: set[int] = set()

    def run(self) -> PassFlow:
        steps = self.program.steps
        seeds = [i for name in self.aliases for i in self.program.traversing.get(name, ())]
        last = max(seeds, default=-1)
        self._queue(seeds)
        done = -1
        while self._waiting and self._waiting[0] <= last:
            index = heapq.heappop(self._waiting)
            if index > done:
                self._step(steps[index])
                if not steps[index].ranks.isdisjoint(self.aliases):
                    done = steps[index].end  # of an iterate over R, which was visited as one traversal
        return self

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
            phase = max((self._complete(r) for r in step.reads), default=0)
            for result in op.results_:
                self._set(result, Known(phase))
            return
        visit = self._visit(step, [(step, r) for r in step.reads], (step,))
        known = Known(visit.phase)
        if any(not self.aliases.isdisjoint(s.ranks) for s in op.out.data):
            full, summary = visit.full, visit.summary
            if not self.inner.isdisjoint(step.reduced):
                full, summary = 0, full | summary
            full = full or (0 if summary else self._fiber(op.results_[0]))
            known = Known(visit.phase, op.out.data, full, summary & ~full)
        for result in op.results_:
            self._set(result, known)

    def _iterate_along(self, step: Step, op: IterateOp) -> None:
        """An iterate over R: one traversal, at the phase that all it captures allows."""
        members = [s for s in self.program.steps[step.index + 1 : step.end] if isinstance(s.op, ComputeOp)]
        visit = self._visit(step, self.program.captured(step), members)
        count = len(op.states)
        for result in op.results_[:count]:
            self._set(result, Known(visit.phase, cause="final after iterating over"))
        full = visit.full or (0 if visit.summary else self._fiber(op.results_[0]))
        for result, subscripts in zip(op.results_[count:], op.yield_op.subscripts.data[count:], strict=True):
            self._set(result, Known(visit.phase, (Affine.rank(op.rank.data), *subscripts.data), full, visit.summary))

    def _enter_generation(self, op: IterateOp) -> None:
        inits = iter(op.inits)
        for argument, init in zip(op.body.block.args, op.init, strict=True):
            if isinstance(init, SubscriptsAttr):
                self._set(argument, self.known.get(next(inits)))

    def _leave_generation(self, op: YieldOp) -> None:
        iterate = op.parent_op()
        if not isinstance(iterate, IterateOp):
            return
        outer = Affine.rank(iterate.rank.data)
        for position, (value, result) in enumerate(zip([*op.states, *op.collected], iterate.results_, strict=True)):
            known = self.known.get(value)
            if known is not None and known.kept is not None and position >= len(op.states):
                known = Known(known.phase, (outer, *known.kept), known.full, known.summary)
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
        phase = max((n.phase for n in needs), default=1)
        visit = Visit(step, max(phase, 1), needs, full, summary, tuple(r for _, r in reads), tuple(along), tuple(members))
        self.visits.append(visit)
        return visit

    def _need(self, step: Step, read: Read) -> Need | None:
        known = self.known.get(read.value)
        if known is None:
            return None
        if known.kept is None:
            return Need(known.phase + 1, read, step, known.cause)
        if self._runs_along(known.kept, read):
            return Need(known.phase, read, step)
        return Need(known.phase + 1, read, step, "read ahead of its traversal of")

    def _complete(self, read: Read) -> int:
        known = self.known.get(read.value)
        return 0 if known is None else known.phase

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
            return Known(known.phase, cause="read ahead of its traversal of")
        return Known(known.phase, tuple(kept), known.full, known.summary)

    def _counts_up(self, written: Affine) -> bool:
        if any(coefficient < 0 for _, coefficient in written.terms):
            return False
        return written.plain is not None or mixed_radix(written, self.program.sizes) is not None

    def _fiber(self, value: SSAValue) -> int:
        number = self._bit.setdefault(value, len(self.fibers))
        if number == len(self.fibers):
            self.fibers.append(value)
        return 1 << number
