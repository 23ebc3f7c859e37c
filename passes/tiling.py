"""The loop over tiles of a rank, as data: its ranks, the accumulators it carries, what its body has emitted already."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from xdsl.ir import SSAValue

from ..algebra.affine import Affine, Comparison
from ..algebra.derivation import Accumulator
from ..algebra.expr import Access, Expr
from .chains import Link


@dataclass(frozen=True)
class Tiling:
    """The chain's rank of `size`, walked in tiles of `tile`: `outer` numbers the tiles, `inner` the elements of one."""

    rank: str
    size: int
    outer: str
    inner: str
    tile: int

    @property
    def coordinate(self) -> Affine:
        return Affine.rank(self.outer) * self.tile + Affine.rank(self.inner)

    @property
    def ragged(self) -> tuple[Comparison, ...]:
        """The filter that keeps the last tile inside the rank."""
        return () if self.size % self.tile == 0 else (Comparison(self.coordinate, "<", Affine((), self.size)),)


@dataclass
class State:
    """One accumulator in the loop: its dimensions, its block argument and the value it takes next."""

    link: Link
    accumulator: Accumulator
    out: tuple[Affine, ...]
    argument: SSAValue
    next: SSAValue | None = None


@dataclass
class Sharing:
    """How often a sub-expression occurs among all that the loop computes; what it was emitted as."""

    occurs: Counter[Expr] = field(default_factory=Counter[Expr])
    emitted: dict[tuple[Expr, tuple[Comparison, ...]], Access] = field(default_factory=dict[tuple[Expr, tuple[Comparison, ...]], Access])
