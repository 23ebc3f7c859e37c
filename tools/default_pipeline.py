"""What `einfold simulate` and the tour do to a cascade before it is simulated: fewest passes, placed, lowered, pipelined."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xdsl.passes import ModulePass

from ..backend.einsum_place import EinsumPlace
from ..backend.machine_yaml import load_machine
from ..lowering.lower_einsum_to_accel import LowerEinsumToAccel
from ..passes.einsum_dce import EinsumDcePass
from ..passes.einsum_one_pass import EinsumOnePass

NO_TILES: Mapping[str, int] = MappingProxyType({})


def rewriting_passes(side: int | None, tiles: Mapping[str, int] = NO_TILES) -> tuple[ModulePass, ...]:
    """From the cascade as written to the fewest passes, in tiles of `side` coordinates, or of those that `tiles` gives for a rank."""
    own = (EinsumOnePass(rank=rank, size=size) for rank, size in tiles.items())
    return (*own, EinsumOnePass(size=side), EinsumDcePass())


def default_passes(machine: str) -> tuple[ModulePass, ...]:
    """The default pipeline on a machine, by its name or the path of its YAML file. Raises `MachineError`."""
    side = max((a.rows for a in load_machine(machine).arrays if a.rows > 1), default=None)
    return (*rewriting_passes(side), EinsumPlace(machine=machine), LowerEinsumToAccel())
