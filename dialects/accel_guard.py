"""`if` clauses: iterations in which an operation of a kernel does nothing, because a filter leaves nothing for it to do.

A task whose result is the next value of a state may be left out where the state would stay as it is; its result is then the state's tile, of which
nothing is moved. Other operations may be left out where nobody reads what they make. Both are checked here: the first by proof
(`algebra/unchanged.py`), the second read by read: `accel.task ... if m1 <= p1` is legal under a causal mask because of what the kernel computes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING

from xdsl.ir import SSAValue
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine, Comparison, project
from ..algebra.expr import Apply, walk
from ..algebra.unchanged import Carried, Made, Step
from .accel_body import LoadOp, StateOp
from .accel_checks import named
from .accel_move import MoveOp
from .accel_nest import Read, Scheduled, all_reads, scheduled, states
from .accel_task import TaskOp

if TYPE_CHECKING:
    from .accel import KernelOp


def check_guards(kernel: KernelOp) -> None:
    """Raise `VerifyException` for the first `if` clause that leaves out something which is needed."""
    guarded = [op for op in scheduled(kernel) if op.guard_]
    if not guarded:
        return
    updated = {value: state for state, value in states(kernel).items()}
    reads = all_reads(kernel)
    for op in guarded:
        result = next(r for r in op.results)
        for condition in conditions(op.guard_):
            if result in updated:
                if updated[result] not in kept_states(kernel, condition):
                    state = named(updated[result].result)
                    raise VerifyException(f"{named(result)} is left out unless {told(condition)}, but nothing shows that {state} then stays as it is")
                continue
            for read in (r for r in reads if r.producer is op):
                if not _idle(read, condition, conditions(read.reader.guard_), kernel.loops):
                    raise VerifyException(f"{named(result)} is left out unless {told(condition)}, but {_reader(read)} reads it all the same")


def _reader(read: Read) -> str:
    return named(read.reader.results[0]) if read.reader.results else f"the store of {named(read.value)}"


def conditions(guard: Sequence[Comparison]) -> tuple[Affine, ...]:
    """A guard as affine expressions of loops, of which none may be negative."""
    return tuple(e for c in guard for e in c.nonnegative())


def told(condition: Affine) -> str:
    """A condition as one would write it: what is subtracted stands on the other side."""
    return str(comparison_of(condition))


def comparison_of(condition: Affine) -> Comparison:
    """The comparison that says that an expression is not negative, with positive factors on both sides."""
    less = Affine.of(((r, -c) for r, c in condition.terms if c < 0), max(0, -condition.const))
    more = Affine.of(((r, c) for r, c in condition.terms if c > 0), max(0, condition.const))
    return Comparison(less, "<=", more)


def tight(condition: Affine) -> Affine:
    """The same condition on integers with the smallest factors: `256 p - 256 m + 255 >= 0` is `p - m >= 0`."""
    factor = gcd(*(c for _, c in condition.terms))
    return condition if factor < 2 else Affine.of(((r, c // factor) for r, c in condition.terms), condition.const // factor)


def implies(one: Affine, other: Affine, loops: Mapping[str, int]) -> bool:
    """Whether `other >= 0` wherever `one >= 0`, as far as their difference tells."""
    return (other - one).bounds(loops)[0] >= 0


def _idle(read: Read, condition: Affine, own: Iterable[Affine], loops: Mapping[str, int]) -> bool:
    """Whether a reader with conditions of its `own` does nothing wherever what it reads was not made, since `condition` did not hold there."""
    when = read.producer.when_
    fixed = {r: Affine((), 0) for r in when.first} | {r: Affine((), loops[r] - 1) for r in when.last}
    return read.carried is None and any(implies(c, condition.substitute(fixed), loops) for c in own)


def relaxed(condition: Affine, op: Scheduled, kernel: KernelOp) -> Affine:
    """What must hold where `op` makes something if `condition` holds in any iteration that reads it: the loops that it stands before may be
    anywhere."""
    free = {r: kernel.loops[r] for r in op.when_.first}
    inner = Affine.of((r, c) for r, c in condition.terms if r in free)
    return tight(condition - inner + Affine((), inner.bounds(free)[1]))


def tile_conditions(op: Scheduled, kernel: KernelOp) -> tuple[Affine, ...]:
    """What has to hold of the loops' coordinates for a task's filter to leave a point of its tile; of that what some iteration breaks."""
    if not isinstance(op, TaskOp) or op.where is None:
        return ()
    return visited_outside(op.where.data, tuple(kernel.tiles.sizes.items()), tuple(kernel.loops.items()))


@lru_cache(maxsize=1024)
def visited_outside(where: tuple[Comparison, ...], inner: tuple[tuple[str, int], ...], outer: tuple[tuple[str, int], ...]) -> tuple[Affine, ...]:
    """The conditions on outer ranks without which a filter holds nowhere inside, those that always hold left out; ranks with their sizes."""
    inside, outside = dict(inner), dict(outer)
    projected = project(where, inside, inside | outside)
    if projected is not None:
        return tuple(tight(e) for c in projected for e in c.nonnegative())
    found: list[Affine] = []
    for e in conditions(where):
        part = Affine.of((r, c) for r, c in e.terms if r in inside)
        left = e - part + Affine((), part.bounds(inside)[1])
        if left.bounds(outside)[0] < 0:
            found.append(tight(left))
    return tuple(found)


def kept_states(kernel: KernelOp, condition: Affine) -> frozenset[StateOp]:
    """The states that an iteration leaves as they are, provably, where `condition` does not hold: tasks whose filters ask for it see no point."""
    nothing = frozenset(
        op.results_[0]
        for op in scheduled(kernel)
        if isinstance(op, TaskOp) and any(implies(c, condition, kernel.loops) for c in tile_conditions(op, kernel))
    )
    if not nothing:
        return frozenset()
    names, kept = _Names(), set[StateOp]()
    for state, value in states(kernel).items():
        maker = value.owner
        if isinstance(maker, TaskOp) and len(maker.results_) == 1 and state.initial is None:
            made, carried = _step(kernel, maker, names)
            stays = _unchanged(made, carried, frozenset(map(names.of, nothing)))
            if names.of(state.result) in stays:
                kept.add(state)
    return frozenset(kept)


class _Names:
    """A name for every value, which need not have one of its own."""

    def __init__(self) -> None:
        self.known: dict[SSAValue, str] = {}

    def of(self, value: SSAValue) -> str:
        return self.known.setdefault(value, f"v{len(self.known)}")


def _step(kernel: KernelOp, target: TaskOp, names: _Names) -> tuple[tuple[Made, ...], tuple[Carried, ...]]:
    """What is made in each iteration in which `target` is, as the proof wants it; tiles from other iterations have a name and nothing else."""
    first, last, updates = set(target.when_.first), set(target.when_.last), states(kernel)
    made: list[Made] = []
    for op in scheduled(kernel):
        if isinstance(op, TaskOp) and first.issuperset(op.when_.first) and last.issuperset(op.when_.last):
            operands = tuple(names.of(_source(v)) for v in op.operands_)
            reduce = tuple(r.op for r in op.reduce.data) if op.reduce is not None else ()
            onto = None if op.onto_ is None else operands[op.onto_]
            empty = op.empty.data if op.empty is not None else None
            merges = any(isinstance(e, Apply) and e.merge != "pass-through" for e in walk(op.map.data))
            opaque = op.where is not None or (merges and any(_may_lack(v, updates) for v in op.operands_))
            made.append(Made(names.of(op.results_[0]), op.out.data, op.map.data, operands, reduce, empty, onto, opaque))
    carried: list[Carried] = []
    for state, value in updates.items():
        number = None if state.init is None or state.initial is not None else state.init.data
        carried.append(Carried(names.of(state.result), names.of(value), number))
    return tuple(made), tuple(carried)


def _source(value: SSAValue) -> SSAValue:
    """The tile that was moved, where one was."""
    while isinstance(value.owner, MoveOp):
        value = value.owner.source
    return value


def _may_lack(value: SSAValue, updates: Mapping[StateOp, SSAValue]) -> bool:
    """Whether elements of a tile may be absent, because it declares an empty value; a state has that of what updates it."""
    owner = _source(value).owner
    if isinstance(owner, StateOp):
        owner = _source(updates[owner]).owner if owner in updates else owner
    return not isinstance(owner, LoadOp | TaskOp) or owner.empty is not None


@lru_cache(maxsize=1024)
def _unchanged(made: tuple[Made, ...], carried: tuple[Carried, ...], nothing: frozenset[str]) -> frozenset[str]:
    return frozenset(s.name for s in Step(made, carried).unchanged(nothing))


def guards_for(kernel: KernelOp) -> dict[Scheduled, list[Affine]]:
    """Operation -> every condition without which it need not run: it would leave its state as it is, or make what nobody reads."""
    loops, order = kernel.loops, scheduled(kernel)
    wanted = dict.fromkeys(c for op in order for c in tile_conditions(op, kernel))
    updated = {value: state for state, value in states(kernel).items()}
    readers: dict[Scheduled, list[Read]] = {}
    for read in all_reads(kernel):
        readers.setdefault(read.producer, []).append(read)
    found: dict[Scheduled, list[Affine]] = {}
    for condition in wanted:
        kept, idle = kept_states(kernel, condition), dict[Scheduled, Affine]()
        for op in reversed(order):
            own = relaxed(condition, op, kernel)
            if not op.results or own.bounds(loops)[0] >= 0:
                continue
            if any(r in updated for r in op.results):
                needless = len(op.results) == 1 and updated[op.results[0]] in kept
            else:
                reads = readers.get(op, [])
                needless = bool(reads) and all(r.reader in idle and _idle(r, own, [idle[r.reader]], loops) for r in reads)
            if needless:
                idle[op] = own
                found.setdefault(op, []).append(own)
    return found
