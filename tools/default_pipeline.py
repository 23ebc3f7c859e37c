"""What `einfold simulate` and the tour do to a cascade before it is simulated: fewest passes, placed, lowered, pipelined."""

from __future__ import annotations

from xdsl.passes import ModulePass

from ..backend.einsum_place import EinsumPlace
from ..lowering.lower_einsum_to_accel import LowerEinsumToAccel
from ..passes.einsum_dce import EinsumDcePass
from ..passes.einsum_one_pass import EinsumOnePass


def default_passes(machine: str) -> tuple[ModulePass, ...]:
    """The default pipeline on a machine, by its name or the path of its YAML file."""
    return (EinsumOnePass(), EinsumDcePass(), EinsumPlace(machine=machine), LowerEinsumToAccel())
