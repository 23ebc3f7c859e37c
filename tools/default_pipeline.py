"""What `einfold simulate` and the tour do to a cascade before it is simulated: fewest passes, placed, lowered, pipelined."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xdsl.passes import ModulePass

from ..backend.einsum_place import EinsumPlace
from ..backend.machine import Machine
from ..backend.machine_yaml import load_machine
from ..lowering.lower_einsum_to_accel import LowerEinsumToAccel
from ..passes.einsum_dce import EinsumDcePass
from ..passes.einsum_one_pass import EinsumOnePass

NO_TILES: Mapping[str, int] = MappingProxyType({})


def rewriting_passes(side: int | None, tiles: Mapping[str, int] = NO_TILES) -> tuple[ModulePass, ...]:
    """From the cascade as written to the fewest passes, in tiles of `side` coordinates, or of those that `tiles` gives for a rank."""
    own = (EinsumOnePass(rank=rank, size=size) for rank, size in tiles.items())
    return (*own, EinsumOnePass(size=side), EinsumDcePass())


def tile_side(machine: Machine) -> int | None:
    """How many coordinates of a rank the tiles to rewrite with have: the rows of the machine's largest array, halved until a tile over rows and
    columns would fit into the memory of the chip, so that what is read with it comes in tiles of more than single coordinates, too. None if no
    array has several rows."""
    array = max((a for a in machine.arrays if a.rows > 1), key=lambda a: a.rows, default=None)
    if array is None:
        return None
    room = max((m.capacity or float("inf") for m in machine.memories if not m.offchip), default=float("inf"))
    side = array.rows
    while side > 1 and side * array.cols * machine.word > room:
        side = -(-side // 2)
    return side


def default_passes(machine: str) -> tuple[ModulePass, ...]:
    """The default pipeline on a machine, by its name or the path of its YAML file. Raises `MachineError`."""
    return (*rewriting_passes(tile_side(load_machine(machine))), EinsumPlace(machine=machine), LowerEinsumToAccel())
