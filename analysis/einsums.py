"""A cascade as a list of steps, read once for every question that is asked about it.

Operations come in program order, an iterate before its body and the body's `einsum.yield` after it, so that one loop over the
list is a walk of the data flow. Nothing of the size of a tensor is ever made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.dialects.builtin import FileLineColLoc
from xdsl.ir import Block, Operation, SSAValue

from ..algebra.affine import Affine
from ..algebra.expr import accesses
from ..dialects.einsum import CascadeOp, ComputeOp, IterateOp, ReturnOp, ViewOp, YieldOp
from ..dialects.einsum_attrs import SubscriptsAttr

StepOp: TypeAlias = ComputeOp | ViewOp | IterateOp | YieldOp | ReturnOp


@dataclass(frozen=True, slots=True)
class Read:
    """A tensor and the subscripts it is read by."""

    value: SSAValue
    subscripts: tuple[Affine, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a cascade.

    `ranks` are those it traverses (an iterate: its own), `reduced` those it reduces. `end` is the position of an iterate's
    `einsum.yield`, else its own. `within` are the iterative ranks around it, outermost first.
    """

    index: int
    end: int
    op: StepOp
    ranks: frozenset[str]
    reduced: frozenset[str]
    reads: tuple[Read, ...]
    within: tuple[str, ...]


class Program:
    """The steps of a cascade, with who defines and who reads each tensor, and a name for every tensor."""

    def __init__(self, cascade: CascadeOp):
        self.cascade = cascade
        self.sizes: Mapping[str, int] = cascade.sizes
        self.steps: list[Step] = []
        self.index: dict[Operation, int] = {}
        self.defined: dict[SSAValue, int] = {}
        self.root: dict[SSAValue, SSAValue] = {}
        self.readers: dict[SSAValue, list[int]] = {}
        self.traversing: dict[str, list[int]] = {}
        self.starting: dict[str, list[int]] = {}
        self.names = tensor_names(cascade)
        self._read_block(cascade.body.block, -1, ())
        for step in self.steps:
            for value in dict.fromkeys(r.value for r in step.reads):
                self.readers.setdefault(value, []).append(step.index)
            for rank in step.ranks:
                self.traversing.setdefault(rank, []).append(step.index)
            if isinstance(step.op, IterateOp):
                for rank in _states_from_numbers(step.op):
                    self.starting.setdefault(rank, []).append(step.index)

    def _read_block(self, block: Block, at: int, within: tuple[str, ...]) -> None:
        """Append the steps of a block whose arguments are defined by the step `at` (-1: the cascade itself)."""
        for argument in block.args:
            self.defined[argument] = at
            self.root[argument] = argument
        for op in block.ops:
            index = len(self.steps)
            if isinstance(op, IterateOp):
                self.steps.append(_iterate_step(op, index, index, within))
                self._read_block(op.body.block, index, (*within, op.rank.data))
                self.steps[index] = _iterate_step(op, index, len(self.steps) - 1, within)
            elif isinstance(op, ComputeOp):
                self.steps.append(_compute_step(op, index, within))
            elif isinstance(op, ViewOp | YieldOp | ReturnOp):
                self.steps.append(Step(index, index, op, frozenset(), frozenset(), _plain_reads(op), within))
            else:
                continue
            self.index[op] = index
            for result in op.results:
                self.defined[result] = len(self.steps) - 1
                self.root[result] = self.root[op.source] if isinstance(op, ViewOp) else result

    def captured(self, iterate: Step) -> list[tuple[Step, Read]]:
        """What an iterate reads of the tensors defined before it: initial values, and reads in its body."""
        inside = self.steps[iterate.index : iterate.end + 1]
        return [(step, read) for step in inside for read in step.reads if self.defined[read.value] < iterate.index]

    def name(self, step: Step) -> str:
        """The Einsum's name: its first result's."""
        return self.names[step.op.results[0]] if step.op.results else step.op.name


def reduced_ranks(op: ComputeOp) -> frozenset[str]:
    return frozenset(r for reduction in (op.reduce.data if op.reduce is not None else ()) for r in reduction.ranks)


def traversed_ranks(op: ComputeOp) -> frozenset[str]:
    """The ranks of an Einsum's iteration space: those its result keeps and those it reduces (iterative ranks around it are neither)."""
    return reduced_ranks(op).union(r for s in op.out.data for r in s.ranks)


def _compute_step(op: ComputeOp, index: int, within: tuple[str, ...]) -> Step:
    reads = tuple(dict.fromkeys(Read(op.operands_[a.tensor], a.subscripts) for a in accesses(op.map.data)))
    return Step(index, index, op, traversed_ranks(op), reduced_ranks(op), reads, within)


def _iterate_step(op: IterateOp, index: int, end: int, within: tuple[str, ...]) -> Step:
    given = [s for s, init in zip(op.states, op.init, strict=True) if isinstance(init, SubscriptsAttr)]
    reads = tuple(Read(v, s.data) for v, s in zip(op.inits, given, strict=True))
    return Step(index, end, op, frozenset((op.rank.data,)), frozenset(), reads, within)


def _states_from_numbers(op: IterateOp) -> dict[str, None]:
    """The ranks of states that hold a number everywhere at first (an ordered set)."""
    states = [state for state, init in zip(op.states, op.init, strict=True) if not isinstance(init, SubscriptsAttr)]
    return {r: None for state in states for s in state.data for r in s.ranks}


def _plain_reads(op: ViewOp | YieldOp | ReturnOp) -> tuple[Read, ...]:
    if isinstance(op, ViewOp):
        return (Read(op.source, SubscriptsAttr.of_ranks(op.regroup.source_ranks).data),)
    values = [*op.states, *op.collected] if isinstance(op, YieldOp) else op.values
    reads = [Read(v, s.data) for v, s in zip(values, op.subscripts, strict=True)]
    if isinstance(op, YieldOp) and op.until is not None:
        reads += [Read(op.guarded[a.tensor], a.subscripts) for a in accesses(op.until.data)]
    return tuple(reads)


def tensor_names(cascade: CascadeOp) -> dict[SSAValue, str]:
    """A name for every tensor: its SSA name, with a number behind it where that is taken or missing."""
    names: dict[SSAValue, str] = {}
    count: dict[str, int] = {}
    for value in _values(cascade):
        hint = value.name_hint or "einsum"
        number = count.get(hint, 0 if value.name_hint else 1)
        name = hint if number == 0 else f"{hint}_{number}"
        while name in count:
            number += 1
            name = f"{hint}_{number}"
        count[hint], names[value] = number + 1, name
        count.setdefault(name, 1)
    return names


def _values(cascade: CascadeOp) -> Iterable[SSAValue]:
    yield from cascade.body.block.args
    for op in cascade.body.walk():
        yield from op.results
        if isinstance(op, IterateOp):
            yield from op.body.block.args


def place(op: Operation) -> str | None:
    """`file:line` of an operation that knows its place."""
    location = op.location
    return f"{location.filename.data}:{location.line.data}" if isinstance(location, FileLineColLoc) else None
