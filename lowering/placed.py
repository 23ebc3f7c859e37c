"""Where a cascade's Einsums run, as attributes of the IR: what `einsum-place` writes and the lowering reads.

An Einsum has `array`, the ranks spread over that array's `rows` and `cols`, and
what a mapping adds; the cascade has its `machine` and the tile of each rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from xdsl.dialects.builtin import ArrayAttr, StringAttr, SymbolRefAttr, UnitAttr
from xdsl.ir import Attribute

from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_attrs import NumberAttr, RanksAttr

ARRAY, ROWS, COLS, MACHINE, TILES = "array", "rows", "cols", "machine", "tiles"
ORDER, TAPS, COST, DELAY, IN_PLACE = "order", "taps", "cost", "delay", "in_place"
"""Names of the attributes."""


@dataclass(frozen=True, slots=True)
class Place:
    """An array, and the ranks whose coordinates are spread over its rows and columns.

    What a mapping may add is as in `accel.task`: the order of turns, tensors that are read in passing, cycles of a point and of latency,
    and whether a reduction over several tiles continues in the array's accumulators instead of in tasks of its own.
    """

    array: str
    rows: tuple[str, ...] = ()
    cols: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    taps: tuple[str, ...] = ()
    cost: int | float | None = None
    delay: int | float | None = None
    in_place: bool = False


def set_place(op: ComputeOp, place: Place) -> None:
    op.attributes[ARRAY] = SymbolRefAttr(place.array)
    for name, ranks in ((ROWS, place.rows), (COLS, place.cols), (ORDER, place.order), (TAPS, place.taps)):
        if ranks:
            op.attributes[name] = ArrayAttr(map(StringAttr, ranks))
        else:
            op.attributes.pop(name, None)
    if place.in_place:
        op.attributes[IN_PLACE] = UnitAttr()
    else:
        op.attributes.pop(IN_PLACE, None)
    for name, number in ((COST, place.cost), (DELAY, place.delay)):
        if number is not None:
            op.attributes[name] = NumberAttr(number)
        else:
            op.attributes.pop(name, None)


def place_of(op: ComputeOp) -> Place | None:
    """Where an Einsum runs; None if nobody has said so."""
    array = op.attributes.get(ARRAY)
    if not isinstance(array, SymbolRefAttr):
        return None
    rows, cols, order, taps = (_names(op, name) for name in (ROWS, COLS, ORDER, TAPS))
    return Place(array.string_value(), rows, cols, order, taps, _number(op, COST), _number(op, DELAY), IN_PLACE in op.attributes)


def _names(op: ComputeOp, name: str) -> tuple[str, ...]:
    attr = op.attributes.get(name)
    if not isinstance(attr, ArrayAttr):
        return ()
    return tuple(a.data for a in cast("ArrayAttr[Attribute]", attr) if isinstance(a, StringAttr))


def _number(op: ComputeOp, name: str) -> int | float | None:
    attr = op.attributes.get(name)
    return attr.data if isinstance(attr, NumberAttr) else None


def set_machine(op: CascadeOp, machine: str, tiles: Mapping[str, int]) -> None:
    """`tiles`: rank -> how many of its coordinates one tile has."""
    op.attributes[MACHINE] = SymbolRefAttr(machine)
    op.attributes[TILES] = RanksAttr(tuple(tiles.items()))


def machine_of(op: CascadeOp) -> str | None:
    """The machine that a cascade is placed on; None if it is not placed."""
    machine = op.attributes.get(MACHINE)
    return machine.string_value() if isinstance(machine, SymbolRefAttr) else None


def tiles_of(op: CascadeOp) -> dict[str, int]:
    """Rank -> tile; a rank that is not named is taken whole."""
    tiles = op.attributes.get(TILES)
    stated = tiles.sizes if isinstance(tiles, RanksAttr) else {}
    return {rank: min(stated.get(rank, size), size) for rank, size in op.sizes.items()}
