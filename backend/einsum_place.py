"""`einsum-place`: say which array of a machine runs each Einsum, and how large tiles are.

The rules are in `lowering/placement.py` and know no machine; this is where a machine's name becomes its description.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.exceptions import PassFailedException

from ..analysis import remarks, statistics
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp
from ..dialects.einsum_attrs import MAX_SIZE
from ..dialects.notation import nearest
from ..lowering.machine_lookup import machines_of
from ..lowering.placement import place_cascade
from .machine_yaml import MachineError, load_machine


@dataclass(frozen=True)
class EinsumPlace(ModulePass):
    """Annotate every Einsum with its array and the ranks over its rows and columns, and every cascade with its machine and tiles."""

    name = "einsum-place"

    machine: str | None = None
    """The name of a machine in the module or among those that come with einfold, or the path of a YAML file; if not given, the one
    machine of the module."""
    tiles: tuple[str, ...] = ()
    """Tiles that are decided already, as texts like `"p=128"`."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = machine_for(op, self.machine)
        cascades = [o for o in op.walk() if isinstance(o, CascadeOp)]
        tiles = parse_tiles(self.tiles, {r for c in cascades for r in c.sizes})
        statistics.count("cascades placed", len(cascades))
        for cascade in cascades:
            place_cascade(cascade, machine, {r: t for r, t in tiles.items() if r in cascade.sizes})


def parse_tiles(texts: Iterable[str], ranks: Collection[str]) -> dict[str, int]:
    """Rank -> tile from texts like `p=128`. Raises `PassFailedException` for an unknown rank or what is not a size."""
    tiles: dict[str, int] = {}
    for text in texts:
        rank, _, size = (part.strip() for part in text.partition("="))
        if rank not in ranks:
            raise PassFailedException(f"tile '{text}': unknown rank '{rank}'{nearest(rank, sorted(ranks))}")
        if not (size.isascii() and size.isdecimal()) or not 1 <= int(size[:20]) <= MAX_SIZE:
            raise PassFailedException(f"tile '{text}': a tile is written RANK=SIZE, with a size from 1 to 2^40")
        tiles[rank] = int(size)
    return tiles


def machine_for(module: ModuleOp, name: str | None) -> MachineOp:
    """The machine called `name`, put into the module if it is not there. Raises `PassFailedException` if there is none."""
    known = machines_of(module)
    if name is None:
        if len(known) != 1:
            told = f"has {len(known)} machines: {', '.join(f'@{n}' for n in known)}" if known else "has no machine"
            raise PassFailedException(f"the module {told}; name one with machine=NAME")
        return next(iter(known.values()))
    if name in known:
        return known[name]
    try:
        loaded = load_machine(name).to_op()
    except MachineError as error:
        raise PassFailedException(str(error)) from error
    found = known.get(loaded.sym_name.data)
    if found is not None:
        if not found.is_structurally_equivalent(loaded):
            remarks.fail(found, f"the module has another machine '@{loaded.sym_name.data}' than the one called '{name}'")
        return found
    Rewriter.insert_op(loaded, InsertPoint.at_start(module.body.block))
    return loaded
