"""Tiles: the part of a tensor that a kernel has at hand in one iteration, and how an Einsum reads its element out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.ir import SSAValue

from ..algebra.affine import Affine, Comparison, extent
from ..algebra.strided import Stride, Strides, indices, strides_in
from ..dialects.accel_attrs import When
from ..dialects.einsum_attrs import Keep, Merge, Split
from .flow import Known, Unfit
from .nest import Nest
from .program import Tensor


@dataclass(frozen=True, slots=True)
class Dim:
    """A dimension of a tensor as a tile has it: the coordinates along `strides` from `base` (of loops) on, each stride a dimension of the
    tile; no strides: that coordinate only, and the tile has no such dimension."""

    base: Affine
    strides: Strides


@dataclass(eq=False, slots=True)
class Tile:
    """A tile that a task makes or a state holds; `value` once it is made."""

    dims: tuple[Dim, ...]
    value: SSAValue | None = None


@dataclass(eq=False, slots=True)
class Load:
    """A tile to be loaded, cut out at `subscripts`; `readers` are the conditions under which it is read."""

    tensor: Tensor
    subscripts: tuple[Affine, ...]
    dims: tuple[Dim, ...]
    readers: list[When] = field(default_factory=list[When])
    value: SSAValue | None = None


def dims_of(subscripts: Sequence[Affine], nest: Nest) -> tuple[Dim, ...]:
    """What subscripts over loops and tile ranks reach in one iteration."""
    found: list[Dim] = []
    for subscript in subscripts:
        inner = Affine.of((r, c) for r, c in subscript.terms if r in nest.tiles)
        low, _ = inner.bounds(nest.tiles)
        found.append(Dim(subscript - inner + Affine((), low), strides_in(inner, nest.tiles)))
    return tuple(found)


def shape_of(dims: Sequence[Dim]) -> list[int]:
    """The shape of a tile."""
    return [stride.size for dim in dims for stride in dim.strides]


def result_dims(out: Sequence[Affine], shape: Sequence[int], nest: Nest) -> tuple[Dim, ...]:
    """The dimensions of the tile that an Einsum makes: a plain rank's tile, or the whole dimension where the subscript is not plain."""
    found: list[Dim] = []
    for subscript, size in zip(out, shape, strict=True):
        at = subscript.substitute(nest.at)
        if subscript.plain is not None:
            found += dims_of((at,), nest)
        elif all(r in nest.tiles for r in at.ranks):
            found.append(Dim(Affine(), (Stride(1, size),)))
        else:
            raise Unfit(f"the result subscript '{subscript}' would be cut into tiles")
    return tuple(found)


def read_index(subscripts: Sequence[Affine], dims: Sequence[Dim], nest: Nest, where: Sequence[Comparison], name: str) -> tuple[Affine, ...]:
    """The subscripts by which a tile is read, given those of its tensor. Raises `Unfit` if the element is not in the tile."""
    found: list[Affine] = []
    for subscript, dim in zip(subscripts, dims, strict=True):
        offset = subscript - dim.base
        if not dim.strides:
            if offset != Affine():
                raise Unfit(f"%{name} is read at '{subscript}', but the tile at hand is the one at '{dim.base}'")
            continue
        along = indices(offset, dim.strides, nest.sizes)
        if along is None or not all(_lies(index, stride, nest, where) for index, stride in zip(along, dim.strides, strict=True)):
            raise Unfit(f"%{name} is read at '{subscript}', which lies in another tile than {_told(dim)}")
        found += along
    return tuple(found)


def _lies(index: Affine, stride: Stride, nest: Nest, where: Sequence[Comparison]) -> bool:
    low, high = extent(index, nest.sizes, where)
    return low >= 0 and high < stride.size


def _told(dim: Dim) -> str:
    steps = [f"{s.size} at steps of {s.step}" for s in dim.strides[:-1]]
    last = dim.strides[-1]
    behind = f"the {last.size - 1} coordinates behind it" + (f" at steps of {last.step}" if last.step > 1 else "")
    return " and ".join([f"'{dim.base}'", behind, *steps])


def through_views(tensor: Tensor, subscripts: tuple[Affine, ...], nest: Nest, sizes: Mapping[str, int]) -> tuple[Tensor, tuple[Affine, ...]]:
    """The tensor whose data a view shows, and where in it an element of the view lies."""
    while tensor.source is not None:
        rest = list(subscripts)
        inner: list[Affine] = []
        for dimension in tensor.regroup:
            match dimension:
                case Keep():
                    inner.append(rest.pop(0))
                case Split(_, parts):
                    whole = Affine()
                    for part in parts:
                        whole = whole * sizes[part] + rest.pop(0)
                    inner.append(whole)
                case Merge(parts, _):
                    inner += _taken_apart(rest.pop(0), [sizes[p] for p in parts], nest, tensor.name)
        tensor, subscripts = tensor.source, tuple(inner)
    return tensor, subscripts


def _taken_apart(subscript: Affine, sizes: Sequence[int], nest: Nest, name: str) -> list[Affine]:
    """A coordinate of merged dimensions as the coordinates of its parts, outermost first."""
    parts: list[Affine] = []
    for size in reversed(sizes[1:]):
        inner = Affine.of(((r, c) for r, c in subscript.terms if c % size), subscript.const % size)
        low, high = inner.bounds(nest.sizes)
        if low < 0 or high >= size:
            raise Unfit(f"the view %{name} merges dimensions, and its tiles do not lie on their borders")
        outer = subscript - inner
        parts.insert(0, inner)
        subscript = Affine.of(((r, c // size) for r, c in outer.terms), outer.const // size)
    return [subscript, *parts]


def when_of(known: Mapping[str, Known], nest: Nest) -> When:
    """The iterations in which a value is made: at a loop's first coordinate where it serves all of them and can be kept, at its last
    where it is complete only then."""
    first: list[str] = []
    last: list[str] = []
    inside = 1
    for loop in reversed(nest.loops):
        match known[loop.rank]:
            case "last":
                last.insert(0, loop.name)
            case "once" if inside == 1 or loop.keeps:
                first.insert(0, loop.name)
            case _:
                inside *= loop.trips
    return When(tuple(first), tuple(last))


def stored_when(known: Mapping[str, Known], nest: Nest) -> When:
    """The iterations in which a value is stored: once, wherever it does not vary."""
    first = tuple(loop.name for loop in nest.loops if known[loop.rank] == "once")
    return When(first, tuple(loop.name for loop in nest.loops if known[loop.rank] == "last"))


def loaded_when(load: Load, nest: Nest, *, anew: bool = False) -> When:
    """The iterations in which a tile is loaded: as `when_of`, from the loops that its place depends on and those its readers wait for.

    One that is loaded `anew` each time is kept over no loop.
    """
    varies = {r for s in load.subscripts for r in s.ranks}
    first: list[str] = []
    last: list[str] = []
    inside = 1
    for loop in reversed(nest.loops):
        if all(loop.name in reader.last for reader in load.readers):
            last.insert(0, loop.name)
        elif anew:
            if all(loop.name in reader.first for reader in load.readers):
                first.insert(0, loop.name)
        elif loop.name not in varies and (inside == 1 or loop.keeps):
            first.insert(0, loop.name)
        else:
            inside *= loop.trips
    return When(tuple(first), tuple(last))
