"""A mapping: what a user says about how a cascade runs on a machine, where placement and scheduling are not to decide.

Everything is optional, names are the cascade's (Einsums by their result, ranks, tensors) and the machine's (arrays, memories), and
nothing here knows any of them. `backend/mapping_yaml.py` reads mappings from files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Keep: TypeAlias = Literal["on-chip", "reload", "stream", "off-chip", "off-chip-stream"]
"""Where a tensor's tiles live.

`on-chip`: in the memory of the chip; `reload`: there, but loaded anew in every iteration; `stream`: nowhere, read from the off-chip memory
whenever a task asks. What a kernel makes may go through the off-chip memory, and come back to the memory of the chip (`off-chip`) or
stream from there to the array that reads it (`off-chip-stream`).
"""

Overlap: TypeAlias = Literal["auto", "resources", "none"]
"""What runs beside what: as the lowering decides; a stage for each change of resource, so that all arrays and moves are busy at once; or
all tasks of a tile in one stage."""

FIT = None
"""As a block: as many tiles as fit."""


@dataclass(frozen=True, slots=True)
class EinsumMapping:
    """Where and how one Einsum runs; None is left to placement. See `accel.task` for `order`, `cost` and `delay`; `taps` are tensors.

    `in_place`: a reduction over several tiles continues in the accumulators of the array that made the first part.
    """

    array: str | None = None
    rows: tuple[str, ...] | None = None
    cols: tuple[str, ...] | None = None
    order: tuple[str, ...] = ()
    taps: tuple[str, ...] = ()
    cost: int | float | None = None
    delay: int | float | None = None
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class TensorMapping:
    """Where a tensor's tiles live (None: decided by reuse), and the loops for each of whose coordinates a tile is held."""

    keep: Keep | None = None
    hold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """When a task runs: `stage` epochs after its iteration has begun, and within an epoch in the order of `turn`."""

    stage: int = 0
    turn: int = 0


@dataclass(frozen=True)
class KernelMapping:
    """One kernel. `einsums`: those it runs (none named: all that share loops). `tiles`: rank -> coordinates of a tile, None for all.

    `loops`: outermost first, each rank once (`m1`, or `b` if its tile is one coordinate) or twice (`p2`, `p1`: blocks, tiles in a block);
    empty: as the lowering orders them. `blocks`: rank -> at most so many tiles in a block, None for as many as fit. `stages`: Einsums
    between barriers. `spill`: memory -> share, see `accel.kernel`. `budget`: memory -> bytes that blocks may fill, instead of its capacity.
    `schedule`: task -> when it runs, for all tasks of a kernel or none; loads and stores keep their distance from them.
    """

    einsums: tuple[str, ...] = ()
    tiles: Mapping[str, int | None] = field(default_factory=dict[str, "int | None"])
    loops: tuple[str, ...] = ()
    blocks: Mapping[str, int | None] = field(default_factory=dict[str, "int | None"])
    stages: tuple[tuple[str, ...], ...] = ()
    overlap: Overlap = "auto"
    spill: Mapping[str, int | float] = field(default_factory=dict[str, "int | float"])
    budget: Mapping[str, int | float] = field(default_factory=dict[str, "int | float"])
    schedule: Mapping[str, Slot] = field(default_factory=dict[str, Slot])


ANY = KernelMapping()
"""A kernel of which nothing is stated."""


@dataclass(frozen=True)
class CascadeMapping:
    """A mapping of a whole cascade: its kernels one after another, its Einsums and tensors by name."""

    name: str = "default"
    kernels: tuple[KernelMapping, ...] = (ANY,)
    einsums: Mapping[str, EinsumMapping] = field(default_factory=dict[str, EinsumMapping])
    tensors: Mapping[str, TensorMapping] = field(default_factory=dict[str, TensorMapping])
    source: str | None = None

    def tensor(self, name: str) -> TensorMapping:
        return self.tensors.get(name, _PLAIN)

    @property
    def names(self) -> Iterable[str]:
        """Every Einsum that is named somewhere."""
        yield from self.einsums
        for kernel in self.kernels:
            yield from kernel.einsums
            for stage in kernel.stages:
                yield from stage


_PLAIN = TensorMapping()

DEFAULT = CascadeMapping()
"""Nothing stated."""


def tiles_in(kernel: KernelMapping, tiles: Mapping[str, int], sizes: Mapping[str, int]) -> dict[str, int]:
    """Rank -> tile in a kernel: as it states them, else as in `tiles`; never more than there is."""
    stated = {r: sizes[r] if t is None else min(t, sizes[r]) for r, t in kernel.tiles.items() if r in sizes}
    return {r: stated.get(r, tiles.get(r, size)) for r, size in sizes.items()}


def loop_rank(loop: str, ranks: Iterable[str]) -> str | None:
    """The rank that a loop's name stands for: the name itself, or without the digit at its end."""
    known = set(ranks)
    if loop in known:
        return loop
    return loop[:-1] if loop[-1:].isdigit() and loop[:-1] in known else None
