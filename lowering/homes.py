"""Where the tiles of a kernel may live."""

from __future__ import annotations

from dataclasses import dataclass

from ..dialects.accel_machine import MachineOp
from .mapping import DEFAULT, CascadeMapping, Keep
from .program import Tensor, base_of


@dataclass(frozen=True)
class Homes:
    """Where tiles live: the machine, its memory for tiles, and what a mapping says of some tensors."""

    machine: MachineOp
    memory: str
    mapping: CascadeMapping = DEFAULT

    def keep(self, tensor: Tensor) -> Keep | None:
        return self.mapping.tensor(base_of(tensor).name).keep
