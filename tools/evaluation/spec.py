"""What `einfold evaluate` runs: models and lengths, and per table a cascade, passes, a machine and mappings.

Nothing here or in `running.py` knows a configuration: they differ in files only, which `spec_yaml.py` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...lowering.mapping import CascadeMapping

if TYPE_CHECKING:
    from ...search.judge import Objective

LENGTH = "length"
"""The parameter that is not a model's but the point's."""


@dataclass(frozen=True)
class Case:
    """The mapping of some points of a table: a file, or None for what einfold decides. Empty: all models, all lengths.

    What a search has found is no file: `mapping`, and the passes that it goes with, instead of the table's.
    """

    file: str | None = None
    models: tuple[str, ...] = ()
    lengths: tuple[str, ...] = ()
    spill: Mapping[str, int | float] = field(default_factory=dict[str, "int | float"])
    mapping: CascadeMapping | None = None
    pipeline: str | None = None

    def covers(self, model: str, length: str) -> bool:
        return (not self.models or model in self.models) and (not self.lengths or length in self.lengths)


@dataclass(frozen=True)
class Search:
    """How `--search` finds a table's form and mappings anew; see `search/search.py` for what each option means."""

    objective: Objective = "latency"
    contract: bool = True


@dataclass(frozen=True)
class ReadBack:
    """Operations whose results the artifact reads from the chip's memories once more, at some points. Empty: all models, all lengths."""

    of: tuple[str, ...]
    models: tuple[str, ...] = ()
    lengths: tuple[str, ...] = ()

    def covers(self, model: str, length: str) -> bool:
        return (not self.models or model in self.models) and (not self.lengths or length in self.lengths)


@dataclass(frozen=True)
class Table:
    """One table, with a row for each model and length.

    `ranks`: rank -> the parameters whose product is its size. `columns`: column -> array, or array and Einsum, whose utilisation it shows.
    `uncounted`: array -> operations whose energy the artifact's accounting leaves out; `read_back`: what it counts besides. `pipeline`: passes
    before placement; None: those to the fewest passes. `search`: how the mappings were found, of a table whose mappings a search did find.
    """

    cascade: str
    machine: str
    ranks: Mapping[str, tuple[str, ...]]
    pipeline: str | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    uncounted: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    read_back: tuple[ReadBack, ...] = ()
    cases: tuple[Case, ...] = (Case(),)
    search: Search | None = None


@dataclass(frozen=True)
class Headline:
    """A mean over all points: of a column of `mean`, or of the sum over tables `over` divided by that over tables `under`."""

    name: str
    column: str
    published: float | None = None
    mean: str | None = None
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """An evaluation. Paths in it are relative to `folder`; `sweeps` are files, see `sweep_spec.py`; `notes` go into the summary, a paragraph each."""

    name: str
    models: Mapping[str, Mapping[str, int]]
    lengths: Mapping[str, int]
    tables: Mapping[str, Table]
    headlines: tuple[Headline, ...] = ()
    sweeps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str | None = None
    folder: Path = Path()

    def sizes(self, table: Table, model: str, length: str) -> dict[str, int]:
        """Rank -> size at a point."""
        known = {**self.models[model], LENGTH: self.lengths[length]}
        found: dict[str, int] = {}
        for rank, factors in table.ranks.items():
            size = 1
            for factor in factors:
                size *= known[factor]
            found[rank] = size
        return found

    def case(self, table: Table, model: str, length: str) -> Case:
        """The first case that covers a point."""
        return next(c for c in table.cases if c.covers(model, length))

    @property
    def points(self) -> list[tuple[str, str]]:
        """Model and length of every row."""
        return [(m, n) for m in self.models for n in self.lengths]
