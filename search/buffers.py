"""The search at several sizes of the on-chip buffer, each number of passes by itself: recompute against store, as a curve.

The forms of a cascade are the same at each size, and so are most of their kernels: a larger buffer changes nothing for kernels that do not fill
a smaller one. Sizes are looked at from the largest down, and what still fits is not lowered, simulated or scheduled again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from ..analysis import remarks
from ..backend.machine import Machine
from ..backend.simulate import Fidelity
from ..dialects.accel_checks import machine_of
from ..dialects.accel_legal import held_in
from ..dialects.einsum import CascadeOp
from ..dialects.einsum_attrs import NumberAttr
from ..lowering.placed import tiles_of
from ..lowering.placement import place_cascade
from ..lowering.tile_sizes import on_chip_memory
from ..passes.places import most_passed, passes_over
from .checker import violations
from .contenders import Contender, least
from .forms import Form, forms_of
from .judge import Candidate, Judged, Refused, judge, kernels_of
from .picking import Picked, Picking, look, pick
from .scheduling import solvers
from .search import IllegalSchedule, NothingFits, Options

MOST_IMPROVED = 2
"""Candidates of each number of passes in which Einsums are moved between arrays, those with the best bounds."""

LARGER, SMALLER = 4, 512
"""From how many times the machine's own size to which part of it a curve goes."""


@dataclass(frozen=True)
class Point:
    """One size in bytes: the best of each number of passes, fewest first, and why others have none, in one line."""

    capacity: int
    contenders: tuple[Contender, ...]
    refused: Mapping[int, str]

    @property
    def chosen(self) -> Contender:
        return least(self.contenders)


@dataclass(frozen=True)
class Curve:
    """Points by size, smallest first, over one `rank`; `memory` and its own size. `smallest`: whether no form fits into half of the first one;
    `complete`: whether the budget sufficed."""

    rank: str
    memory: str
    own: int
    points: tuple[Point, ...]
    smallest: bool
    complete: bool


def sizes_around(own: int) -> Iterator[int]:
    """Powers of two, largest first, around a size."""
    size = 1 << (LARGER * own - 1).bit_length()
    while size >= max(1, own // SMALLER):
        yield size
        size //= 2


def curve(
    module: ModuleOp, machine: Machine, options: Options, sizes: Iterable[int] | None = None, progress: Callable[[str], None] = lambda told: None
) -> Curve:
    """The best of each number of passes over the rank that is traversed most often, at `sizes` in bytes; None: powers of two from four times the
    machine's own size down to the smallest that any form fits into, or a 512th of its own. The module stays as it is.

    Raises `NothingFits` where no size has kernels, there is no pass to count, or the machine states no size of its buffer.
    """
    deadline = time.monotonic() + options.budget
    forms = forms_of(module, machine, contract=options.contract, deadline=deadline, smaller=True)
    rank = most_passed(next(op for op in module.walk() if isinstance(op, CascadeOp)))
    memory = on_chip_memory(forms[0].machine) if forms else None
    if rank is None or memory is None or memory.capacity is None:
        raise NothingFits("no rank is reduced" if rank is None else "the machine states no capacity of a memory on the chip")
    name, own = memory.sym_name.data, int(memory.capacity.data)
    maker = _Maker(forms, machine, options, name, rank, deadline)
    points: list[Point] = []
    complete, ended = True, False
    for size in sizes_around(own) if sizes is None else sorted(set(sizes), reverse=True):
        if points and time.monotonic() > deadline:
            complete = False
            break
        progress(f"{size:,} bytes of @{name}")
        points.append(maker.point(size))
        if sizes is None and not points[-1].contenders:
            ended = True
            break
    if not any(p.contenders for p in points):
        raise NothingFits(next((r for p in points for r in p.refused.values()), "no size of the buffer has kernels"))
    return Curve(rank, name, own, tuple(reversed(points[:-1] if ended else points)), ended, complete)


class _Maker:
    """Makes points of a curve, largest first."""

    def __init__(self, forms: Sequence[Form], machine: Machine, options: Options, memory: str, rank: str, deadline: float):
        self.machine, self.options, self.memory = machine, options, memory
        self.families: dict[int, list[Form]] = {}
        for form in forms:
            self.families.setdefault(passes_over(form.cascade, rank), []).append(form)
        known = solvers()
        solver = cache(known[options.solver or list(known)[-1]])
        self.picking = Picking(options.objective, options.tolerance, solver, deadline, MOST_IMPROVED)
        self.judging = Remembering(memory)
        self.checked: set[str] = set()

    def point(self, capacity: int) -> Point:
        """The best of each number of passes with a buffer of so many bytes."""
        machine = with_capacity(self.machine, self.memory, capacity)
        found: list[Contender] = []
        refused: dict[int, str] = {}
        for passes, forms in sorted(self.families.items()):
            own = [_resized(form, self.memory, capacity) for form in forms]
            looked = look(own, machine, self.options.objective, self.picking.deadline, self.judging)
            picked = pick(looked.judged, machine, self.picking, judging=self.judging) if looked.judged else None
            if picked is not None:
                self._check(picked)
                found.append(Contender.of(picked.best, passes, self.options.objective))
            elif looked.refused:
                refused[passes] = looked.refused[0].reason
        return Point(capacity, tuple(found), refused)

    def _check(self, picked: Picked) -> None:
        """Raise `IllegalSchedule` if kernels that are not known yet break their schedule."""
        for kernel in kernels_of(picked.best):
            text = str(kernel)
            if text not in self.checked and (wrong := violations(kernel)):
                raise IllegalSchedule(f"kernel '@{kernel.sym_name.data}': {wrong[0]}")
            self.checked.add(text)


def with_capacity(machine: Machine, memory: str, capacity: int) -> Machine:
    """A machine with another size of one memory; areas and energies stay as they are stated."""
    return replace(machine, memories=tuple(replace(m, capacity=capacity) if m.name == memory else m for m in machine.memories))


def _resized(form: Form, memory: str, capacity: int) -> Form:
    made = Form(form.passes, form.module.clone())
    made.machine.memories[memory].properties["capacity"] = NumberAttr(capacity)
    return made


class Remembering:
    """Judges candidates on machines that differ in the size of one memory, and knows again what a smaller size does not change.

    The lowering's choices that depend on the size (tiles, blocks, copies, what shares a kernel) each take the most that fits. Kernels that were made
    for a size and hold no more than a smaller one are therefore those that it would get, if placement cuts its tiles alike.
    """

    def __init__(self, memory: str):
        self.memory = memory
        self._known: dict[tuple[object, ...], list[tuple[float, float, Judged]]] = {}
        self.made = 0
        """Candidates that were built and simulated."""

    def __call__(self, candidate: Candidate, machine: Machine, fidelity: Fidelity = "event") -> Judged | Refused:
        capacity = next(m.capacity for m in machine.memories if m.name == self.memory) or 0
        key = candidate.form.pipeline, repr(candidate.mapping), fidelity, _tiles(candidate)
        for held, at, known in self._known.get(key, ()):
            if held <= capacity <= at:
                return replace(known, candidate=candidate)
        self.made += 1
        found = judge(candidate, machine, fidelity)
        if isinstance(found, Judged):
            held = max((held_in(k, machine_of(k)).get(self.memory, 0.0) for k in found.lowered.kernels), default=0.0)
            self._known.setdefault(key, []).append((held, capacity, found))
        return found


def _tiles(candidate: Candidate) -> tuple[tuple[str, int], ...] | None:
    """The tiles that placement cuts; None if it refuses the candidate."""
    form = Form(candidate.form.passes, candidate.form.module.clone())
    cascade = form.cascade
    try:
        with remarks.collect():
            place_cascade(cascade, form.machine, None, candidate.mapping)
    except DiagnosticException:
        return None
    return tuple(tiles_of(cascade).items())
