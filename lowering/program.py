"""A cascade as the lowering sees it: Einsums over named tensors, iterations with what they carry, and nothing else.

Views become a way of reading, a reduction in several steps may be taken apart, and tensors have names that no two share: kernels
hand tensors to one another by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Attribute

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Access, Expr, accesses
from ..dialects.einsum_attrs import Regroup
from ..dialects.notation import Reduction
from .placed import Place


@dataclass(eq=False, slots=True)
class Tensor:
    """A tensor; `empty` is the value it declares to stand for nothing. A view is data of `source`, regrouped as `regroup` says."""

    name: str
    element: Attribute
    shape: tuple[int, ...]
    empty: int | float | None = None
    source: Tensor | None = None
    regroup: tuple[Regroup, ...] = ()


@dataclass(eq=False, slots=True)
class Einsum:
    """One Einsum. In `map`, the tensor of an access is its position in `operands`.

    `within` is the iteration in whose body it stands. `pinned`: its result is the next state, so it runs in every generation. `laws` are
    those of its last reduction.
    """

    results: tuple[Tensor, ...]
    out: tuple[Affine, ...]
    map: Expr
    operands: tuple[Tensor, ...]
    place: Place
    location: LocationAttr
    reduce: tuple[Reduction, ...] = ()
    where: tuple[Comparison, ...] = ()
    empty: int | float | None = None
    within: Iteration | None = None
    pinned: bool = False
    laws: frozenset[str] = frozenset(("associative", "commutative"))

    @property
    def name(self) -> str:
        return self.results[0].name

    @property
    def reduced(self) -> tuple[str, ...]:
        return tuple(r for reduction in self.reduce for r in reduction.ranks)

    @property
    def ranks(self) -> tuple[str, ...]:
        """The iteration space: the result's ranks, then those reduced."""
        return tuple(dict.fromkeys([*(r for s in self.out for r in s.ranks), *self.reduced]))

    @property
    def reads(self) -> Iterator[tuple[Tensor, tuple[Affine, ...]]]:
        return ((self.operands[a.tensor], a.subscripts) for a in accesses(self.map))


@dataclass(eq=False, slots=True)
class Carried:
    """A tensor that an iteration hands from one generation to the next: `state` in the body, `result` behind the iteration.

    It starts as a number or a tensor; `value` is what the body makes of it. All have the dimensions `subscripts`.
    """

    state: Tensor
    subscripts: tuple[Affine, ...]
    initial: int | float | Tensor
    result: Tensor
    value: Tensor | None = None


@dataclass(eq=False, slots=True)
class Collected:
    """A tensor of the body that is kept from every generation, in `result`, with the iterative rank as the first dimension."""

    value: Tensor
    result: Tensor


@dataclass(eq=False, slots=True)
class Iteration:
    """An iterative rank: Einsums that run once per coordinate, in order, on the state of the generation before."""

    rank: str
    location: LocationAttr
    carried: list[Carried] = field(default_factory=list[Carried])
    collected: list[Collected] = field(default_factory=list[Collected])
    body: list[Einsum] = field(default_factory=list[Einsum])


Unit: TypeAlias = Einsum | Iteration
"""What is lowered in one piece."""


@dataclass(slots=True)
class Program:
    """A cascade: its units in order, its inputs and what it returns, the sizes of its ranks, its usual element type."""

    name: str
    sizes: dict[str, int]
    element: Attribute
    inputs: list[Tensor]
    units: list[Unit]
    returns: list[Tensor]


def einsums_of(unit: Unit) -> list[Einsum]:
    return unit.body if isinstance(unit, Iteration) else [unit]


def made_by(unit: Unit) -> list[Tensor]:
    """The tensors that exist behind a unit because of it."""
    if isinstance(unit, Einsum):
        return list(unit.results)
    return [c.result for c in unit.carried] + [c.result for c in unit.collected]


def read_by(unit: Unit) -> list[Tensor]:
    """The tensors from outside that a unit reads, views followed to their source; repeats included."""
    inside: set[Tensor] = set()
    read: list[Tensor] = []
    if isinstance(unit, Iteration):
        inside.update(c.state for c in unit.carried)
        inside.update(t for e in unit.body for t in e.results)
        read += [c.initial for c in unit.carried if isinstance(c.initial, Tensor)]
    read += [t for e in einsums_of(unit) for t in e.operands]
    return [t for t in map(base_of, read) if t not in inside]


def base_of(tensor: Tensor) -> Tensor:
    """The tensor whose data a view shows."""
    while tensor.source is not None:
        tensor = tensor.source
    return tensor


def copy_map(tensor: Tensor, subscripts: tuple[Affine, ...]) -> tuple[Expr, tuple[Tensor, ...]]:
    """The map, and its operands, of an Einsum that copies a tensor."""
    return Access(0, subscripts), (tensor,)
