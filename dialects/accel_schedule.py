"""When an operation of a kernel runs: the iterations, the stage, the turn, the copies of its result; as properties and as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import IntAttr
from xdsl.ir import Attribute, Operation
from xdsl.irdl import IRDLOperation
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent

from ..algebra.affine import Comparison
from . import notation
from .accel_attrs import When, WhenAttr
from .einsum_attrs import FilterAttr


def in_kernel() -> tuple[HasParent]:
    from .accel import KernelOp  # the kernel is defined in terms of what stands in it

    return (HasParent(KernelOp),)


class ScheduledOp(IRDLOperation):
    """What loads, tasks and stores have in common: when they run, and in which stage of the software pipeline."""

    @property
    def when_(self) -> When:
        """Where in the nest the operation runs."""
        when = self.properties.get("when")
        return when.data if isinstance(when, WhenAttr) else When()

    @property
    def stage_(self) -> int:
        """How many epochs after its iteration has begun the operation runs."""
        return _integer(self, "stage", 0)

    @property
    def turn_(self) -> int:
        """What orders the operations of an epoch before stages do."""
        return _integer(self, "turn", 0)

    @property
    def guard_(self) -> tuple[Comparison, ...]:
        """What has to hold of the loops' coordinates for the operation to do anything, see `accel_guard.py`; () if it always runs."""
        guard = self.properties.get("guard")
        return guard.data if isinstance(guard, FilterAttr) else ()

    @property
    def copies_(self) -> int:
        """How many tiles the result's storage holds."""
        return _integer(self, "copies", 1)


def _integer(op: Operation, name: str, default: int) -> int:
    value = op.properties.get(name)
    return default if value is None else cast(IntAttr[int], value).data


def schedule_properties(when: WhenAttr | None, stage: int, turn: int, guard: Sequence[Comparison] = ()) -> dict[str, Attribute | None]:
    """The properties that say when; defaults are left out, so that equal schedules are equal IR."""
    numbers = {"stage": IntAttr(stage) if stage else None, "turn": IntAttr(turn) if turn else None}
    return {"when": when, "guard": FilterAttr(tuple(guard)) if guard else None, **numbers}


def copies_property(copies: int) -> IntAttr | None:
    return IntAttr(copies) if copies != 1 else None


class ScheduleReader:
    """`copies N`, `at first(...) last(...)`, `if a <= b and ...`, `stage N`, `turn N`: read in any order, printed in this one."""

    def __init__(self):
        self.numbers = {"copies": 1, "stage": 0, "turn": 0}
        self.when: WhenAttr | None = None
        self.guard: tuple[Comparison, ...] = ()
        self._seen: set[str] = set()

    def read(self, parser: Parser) -> bool:
        """Read one clause if one comes next."""
        for clause in ("at", "if", *self.numbers):
            if clause not in self._seen and parser.parse_optional_keyword(clause) is not None:
                self._seen.add(clause)
                if clause == "at":
                    self.when = WhenAttr(WhenAttr.parse_when(parser))
                elif clause == "if":
                    self.guard = notation.parse_filter(parser)
                else:
                    self.numbers[clause] = parser.parse_integer(allow_boolean=False)
                return True
        return False


def print_schedule(printer: Printer, op: ScheduledOp) -> None:
    if op.copies_ != 1:
        printer.print_string(f" copies {op.copies_}")
    if op.when_.loops:
        printer.print_string(f" at {op.when_}")
    if op.guard_:
        printer.print_string(f" if {' and '.join(map(str, op.guard_))}")
    if op.stage_:
        printer.print_string(f" stage {op.stage_}")
    if op.turn_:
        printer.print_string(f" turn {op.turn_}")
