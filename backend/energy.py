"""Energy: what a kernel's operations do, times what the machine's tables say of each action, by component; and what no table knows.

An action is a scalar operation or a register access of an array, or a read or write of one row of a memory. A memory that moves a part of
a row is charged for that part: rows are filled on average. Leakage, clocks and networks are in no table and in no sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .accounting import Accounting
from .machine import Machine
from .result import TaskCounts

NO_FIGURE, LEFT_OUT = "the machine's tables have no figure", "left out by the accounting"
REGISTERS = "registers"
"""An array's register files are a component of their own: `pe2d registers`."""


@dataclass(frozen=True)
class Uncounted:
    """Actions that a sum lacks, how many (of a memory: bytes), and why."""

    component: str
    action: str
    times: int
    reason: str


@dataclass(frozen=True)
class Energy:
    """pJ by component and action; what is left uncounted."""

    accounting: str
    actions: Mapping[str, Mapping[str, float]]
    uncounted: tuple[Uncounted, ...] = ()

    @property
    def by(self) -> dict[str, float]:
        """Component -> pJ."""
        return {component: sum(actions.values()) for component, actions in self.actions.items()}

    @property
    def total(self) -> float:
        """pJ of all components."""
        return sum(self.by.values())

    def __add__(self, other: Energy) -> Energy:
        actions = {c: dict(a) for c, a in self.actions.items()}
        for component, more in other.actions.items():
            known = actions.setdefault(component, {})
            for action, pj in more.items():
                known[action] = known.get(action, 0.0) + pj
        times: Counter[tuple[str, str, str]] = Counter()
        for each in (*self.uncounted, *other.uncounted):
            times[each.component, each.action, each.reason] += each.times
        return Energy(self.accounting, actions, tuple(Uncounted(c, a, n, r) for (c, a, r), n in times.items()))

    def to_json(self) -> dict[str, object]:
        """`total_pj`; `by`: component -> pJ; `actions`: component -> action -> pJ; `uncounted`: what the sum lacks."""
        return {
            "accounting": self.accounting,
            "total_pj": self.total,
            "by": self.by,
            "actions": {component: dict(actions) for component, actions in self.actions.items()},
            "uncounted": [{"component": u.component, "action": u.action, "times": u.times, "reason": u.reason} for u in self.uncounted],
        }


def energy_of(counts: Sequence[TaskCounts], machine: Machine, accounting: Accounting, more: Mapping[str, Sequence[str]] | None = None) -> Energy:
    """The energy of counted operations on a machine. `more`: component -> actions to leave out besides the accounting's own, if it allows that."""
    out = {c: set(actions) for c, actions in accounting.leaves_out.items()}
    for component, actions in (more or {}).items() if accounting.per_table else ():
        out.setdefault(component, set()).update(actions)
    found: dict[str, dict[str, float]] = {}
    lacking: list[Uncounted] = []
    for action in _actions(counts, machine, accounting):
        if action.name in out.get(action.part, ()):
            lacking.append(Uncounted(action.component, action.name, action.times, LEFT_OUT))
        elif action.pj is None:
            lacking.append(Uncounted(action.component, action.name, action.times, NO_FIGURE))
        elif action.charged:
            found.setdefault(action.component, {})[action.name] = float(action.charged) * action.pj
    return Energy(accounting.name, found, tuple(lacking))


def read_back(counts: Sequence[TaskCounts], names: Collection[str], memories: Collection[str]) -> list[TaskCounts]:
    """Counts in which what some operations write to `memories` is read from there once more. Raises `KeyError` for an operation that is not there."""
    lacking = [name for name in names if all(c.name != name for c in counts)]
    if lacking:
        raise KeyError(lacking[0])
    return [_with_reads(c, memories) if c.name in names else c for c in counts]


def _with_reads(count: TaskCounts, memories: Collection[str]) -> TaskCounts:
    again = {m: {**ways, "read": ways.get("read", 0) + ways.get("write", 0)} for m, ways in count.moved.items() if m in memories}
    return replace(count, moved={**count.moved, **again})


@dataclass(frozen=True)
class _Action:
    """An action that happens `times` times (bytes, of a memory) and is charged `charged` times (rows); `part` is the array or memory."""

    part: str
    component: str
    name: str
    times: int
    charged: int | Fraction
    pj: int | float | None


def _actions(counts: Sequence[TaskCounts], machine: Machine, accounting: Accounting) -> Iterator[_Action]:
    """All that happens, component after component, each action once."""
    for memory in machine.memories:
        row = Fraction(memory.row or machine.word)
        for way in ("read", "write"):
            moved = sum(c.moved.get(memory.name, {}).get(way, 0) for c in counts)
            if moved:
                yield _Action(memory.name, memory.name, way, moved, moved / row, memory.energy.get(way))
    for array in machine.arrays:
        own = [c for c in counts if c.resource == array.name]
        times: Counter[str] = Counter()
        for count in own:
            times.update(count.operations)
        for op, many in times.items():
            yield _Action(array.name, array.name, op, many, many, array.energy.get(op))
        for way in ("read", "write"):
            many = sum(c.registers.get(way, 0) for c in own)
            charged = {"all": Fraction(many), "one": Fraction(many, array.rows * array.cols), "none": Fraction(0)}[accounting.register_files]
            if many:
                yield _Action(array.name, f"{array.name} {REGISTERS}", f"register_{way}", many, charged, array.energy.get(f"register_{way}"))
