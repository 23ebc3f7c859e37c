"""What a pass-reducing rewrite wants, and what the algebra told it on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..algebra.derivation import Derived, Options, Refusal
from ..analysis import remarks
from ..dialects.einsum import CascadeOp
from ..dialects.notation import nearest
from .links import Chain, Link
from .tiling import LOOP, OutputForm

Record = dict[str, tuple[Link, Derived | Refusal]]
"""What the algebra said of each reduction, by its name, the first time it was asked."""


@dataclass(frozen=True)
class Plan:
    """What a rewrite wants: its name in remarks, the ranks to look at (all if none), the tile, and which links of a chain to take."""

    name: str
    rank: str | None
    tile: int | None
    candidates: Callable[[Chain], list[list[Link]]]
    accepts: Callable[[Derived], bool]
    options: Options
    rounds: int | None = None
    record: Record | None = None
    form: OutputForm = LOOP


def checked_rank(cascade: CascadeOp, rank: str | None, name: str) -> str | None:
    """The rank option, if the cascade has such a rank."""
    if rank is not None and rank not in cascade.sizes:
        remarks.fail(cascade, f"{name}: cascade '@{cascade.sym_name.data}' has no rank '{rank}'{nearest(rank, list(cascade.sizes))}")
    return rank
