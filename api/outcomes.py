"""What computing and simulating return: arrays by name, a simulation with its energy and bounds, a machine with its diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from .display import heading, listed, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..backend.bounds import Bound
    from ..backend.energy import Energy
    from ..backend.machine import Array, Machine, Memory
    from ..backend.result import SimulationResult, TaskSpan
    from ..tools.values_check import ValuesCheck
    from .module import Module


@dataclass(frozen=True, eq=False)
class Values(Sequence["NDArray[Any]"]):
    """What a cascade returns, in order; by position, or by the name that the tensor has in the cascade.

    >>> import einfold
    >>> found = einfold.example("softmax").resize(p=2, m=3).eval(seed=1)
    >>> found.names, found[0].shape, bool(abs(found["A"].sum() - 2) < 1e-6)
    (('A',), (2, 3), True)
    """

    cascade: str
    names: tuple[str, ...]
    arrays: tuple[NDArray[Any], ...]
    inputs: Mapping[str, NDArray[Any]] = field(repr=False)

    @overload
    def __getitem__(self, index: int | str) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[NDArray[Any], ...]: ...
    def __getitem__(self, index: int | str | slice) -> NDArray[Any] | tuple[NDArray[Any], ...]:
        if isinstance(index, str):
            if index not in self.names:
                raise KeyError(f"no result '{index}'; there are {', '.join(self.names)}")
            return self.arrays[self.names.index(index)]
        return self.arrays[index]

    def __len__(self) -> int:
        return len(self.arrays)

    def __str__(self) -> str:
        from ..tools.commands.eval import describe

        return "\n".join(f"{name}: {describe(array)}" for name, array in zip(self.names, self.arrays, strict=True))

    def _repr_html_(self) -> str:
        from ..tools.commands.eval import describe

        rows = [(name, describe(array)) for name, array in zip(self.names, self.arrays, strict=True)]
        return heading(f"results of @{self.cascade}") + table(("tensor", "values"), rows)


@dataclass(frozen=True)
class Simulation:
    """What a cascade costs on a machine. `result` is the whole tree; cycles, seconds, shares of cycles, bytes and pJ are at hand.

    `kernels` is the lowered module, `notes` what the mapper says, `checked` how far the kernels' values are from the reference, if asked.
    """

    machine: str
    result: SimulationResult
    energy: Energy
    bounds: tuple[Bound, ...]
    kernels: Module = field(repr=False)
    notes: tuple[str, ...] = ()
    checked: ValuesCheck | None = None
    data: Mapping[str, object] = field(repr=False, default_factory=dict[str, object])

    @property
    def cycles(self) -> float:
        return self.result.cycles

    @property
    def seconds(self) -> float:
        return self.result.seconds

    @property
    def utilisation(self) -> dict[str, dict[str, float]]:
        """Resource -> "total" and each operation's share of the cycles."""
        return self.result.utilisation

    @property
    def critical(self) -> str:
        """The busiest resource."""
        return self.result.critical

    @property
    def bytes(self) -> Mapping[str, Mapping[str, int]]:
        """Memory -> bytes "read" and "write"."""
        return self.result.moved

    @property
    def timeline(self) -> tuple[TaskSpan, ...]:
        """The first operations in time, if `timeline=` asked for them."""
        return self.result.timeline or tuple(s for k in self.result.kernels for s in k.timeline)

    def to_json(self) -> dict[str, object]:
        """As `einfold simulate --json` has it."""
        return dict(self.data)

    def __str__(self) -> str:
        from ..tools.counting import energy_lines

        return "\n".join([self.result.render(), "", *energy_lines(self.energy)])

    def _repr_html_(self) -> str:
        from ..tools.counting import joules

        shares = [(r, f"{100 * s['total']:.1f} %", ", ".join(f"{t} {100 * v:.1f} %" for t, v in s.items() if t != "total"))
                  for r, s in self.utilisation.items()]  # fmt: skip
        moved = [(m, f"{w.get('read', 0):,}", f"{w.get('write', 0):,}") for m, w in self.bytes.items()]
        told = f"{self.cycles:,.0f} cycles on @{self.machine}, {self.seconds:.4g} s, {joules(self.energy.total)}; busiest: {self.critical}"
        return (
            heading(told)
            + table(("resource", "busy", "operations"), shares)
            + table(("memory", "bytes read", "bytes written"), moved)
            + listed(self.notes)
        )


@dataclass(frozen=True)
class MachineView:
    """A machine under the name by which it was asked for; in a notebook, its block diagram."""

    name: str
    machine: Machine

    @property
    def clock(self) -> float:
        """Hz."""
        return float(self.machine.clock)

    @property
    def arrays(self) -> tuple[Array, ...]:
        return self.machine.arrays

    @property
    def memories(self) -> tuple[Memory, ...]:
        return self.machine.memories

    def to_json(self) -> dict[str, object]:
        """With the keys of the YAML file."""
        from ..tools.machine_told import description

        return description(self.machine)

    def __str__(self) -> str:
        from ..tools.figures.blocks import block_diagram

        return "\n".join(block_diagram(self.machine))

    def _repr_html_(self) -> str:
        from ..tools.figures.blocks_svg import blocks_svg

        return blocks_svg(self.machine)
