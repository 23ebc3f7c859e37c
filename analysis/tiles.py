"""Which ranks are tiles of which: `m` and `(m1, m0)` name one fiber at two grains, and the structure of the cascade says so.

`m` is tiled by `(m1, m0)` where a dimension `m` is read as `256 * m1 + m0` with m0 of size 256 (a mixed-radix number), or where a
view splits or merges it so. No name means anything by itself. Nor does a declaration: if one Einsum traverses both m1 and the rank
that the dimension was declared by (queries p and keys m1 of the same tokens), they are different loops over that dimension.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..dialects.einsum import CascadeOp, ComputeOp, ViewOp
from ..dialects.einsum_attrs import Merge, Split
from .einsums import Program

Tiling = tuple[str | None, tuple[str, ...]]
"""A rank (None where only its parts are named) and its parts, outermost first."""


def mixed_radix(subscript: Affine, sizes: Mapping[str, int]) -> tuple[str, ...] | None:
    """The ranks of `s0 * s1 * a + s1 * b + c`, outermost first, if they count through a dimension without overlap or gap.

    Up or down, from any start: a fiber that is read in reverse or with a lag is traversed in tiles all the same.
    """
    if len(subscript.terms) < 2:
        return None
    direction = 1 if subscript.terms[0][1] > 0 else -1
    inwards = sorted(((coefficient * direction, rank) for rank, coefficient in subscript.terms), reverse=True)
    reach = 1
    for coefficient, rank in reversed(inwards):
        if coefficient != reach:
            return None
        reach *= sizes[rank]
    return tuple(rank for _, rank in inwards)


class Tiles:
    """The tilings of a cascade: `aliases` says which ranks traverse a rank's fibers, `family` which ranks are parts of one fiber."""

    def __init__(self, program: Program, stated: Iterable[Sequence[str]] = ()):
        """`stated` lists ranks that tile one dimension, outermost first, where the cascade's inputs come tiled already."""
        found = dict.fromkeys(_tilings(program))
        self.tilings = dict.fromkeys((None, parts) if whole is None or _apart(program, whole, parts) else (whole, parts) for whole, parts in found)
        self.tilings.update(((None, tuple(parts)), None) for parts in stated)
        self._above: dict[str, list[str]] = {}
        self._outermost: dict[str, list[str]] = {}
        self._root: dict[str, str] = {}
        for whole, parts in self.tilings:
            if whole is not None:
                self._outermost.setdefault(whole, []).append(parts[0])
                for part in parts:
                    self._above.setdefault(part, []).append(whole)
            names = parts if whole is None else (whole, *parts)
            for name in names:
                self._root[self._find(name)] = self._find(names[0])

    def _find(self, rank: str) -> str:
        while (above := self._root.get(rank, rank)) != rank:
            rank = above
        return rank

    def aliases(self, rank: str) -> frozenset[str]:
        """Ranks whose traversal is a traversal of `rank`: itself, what it is a part of, and its own outermost parts."""
        return frozenset((rank, *_closure(rank, self._above), *_closure(rank, self._outermost)))

    def family(self, rank: str) -> frozenset[str]:
        """All ranks that are connected with `rank` by tilings."""
        root = self._find(rank)
        return frozenset((rank, *(r for r in self._root if self._find(r) == root)))


def _closure(rank: str, edges: Mapping[str, Sequence[str]]) -> list[str]:
    found: dict[str, None] = {}
    waiting = list(edges.get(rank, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(edges.get(name, ()))
    return list(found)


def _tilings(program: Program) -> Iterator[Tiling]:
    sizes = program.sizes
    for step in program.steps:
        op = step.op
        if isinstance(op, ViewOp):
            yield from ((d.rank, d.parts) for d in op.regroup.data if isinstance(d, Split | Merge) and len(d.parts) > 1)
        elif isinstance(op, ComputeOp):
            for subscript in op.out.data:
                if len(subscript.terms) > 1 and (parts := mixed_radix(subscript, sizes)) is not None:
                    yield None, parts
            for read in step.reads:
                for position, subscript in enumerate(read.subscripts):
                    if len(subscript.terms) > 1 and (parts := mixed_radix(subscript, sizes)) is not None:
                        yield _declared(program.cascade, read.value, position), parts


def _apart(program: Program, whole: str, parts: Sequence[str]) -> bool:
    """Whether some Einsum runs over a rank and its supposed parts at once, which makes them different loops."""
    for rank, others in ((whole, parts), *((part, (whole,)) for part in parts)):
        for index in program.traversing.get(rank, ()):
            step = program.steps[index]
            if not step.ranks.union(step.within).isdisjoint(others):
                return True
    return False


def _declared(cascade: CascadeOp, value: SSAValue, position: int) -> str | None:
    """The rank by which a dimension of a tensor was declared or computed, if that is one plain rank."""
    owner = value.owner
    if isinstance(owner, ComputeOp):
        return owner.out.data[position].plain
    if owner is cascade.body.block:
        return cascade.inputs.data[cascade.body.block.args.index(value)].data[position].plain
    return None
