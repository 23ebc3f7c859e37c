"""How a rank is walked, as data: parts that stand side by side, tiles of a part one after the other, elements of a tile.

The ranks made for that have the walked rank's name and a number: m2 numbers the parts, m1 the tiles, m0 the elements of a tile. Each of
the three may be missing: no parts is a loop, no tiles is one tile per part, no elements a loop over single elements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..algebra.affine import Affine, Comparison

DEFAULT_PARTS = 8


@dataclass(frozen=True)
class Tiling:
    """The chain's rank of `size`, in `parts` numbered by `part`, each of `count` tiles numbered by `outer`, of `tile` elements numbered by `inner`.

    A rank walked element by element is its own `outer`, and has no `inner`. `levels`, if there, are the ranks that number what is left after
    each level but the last of merging the parts in pairs.
    """

    rank: str
    size: int
    outer: str | None
    inner: str | None
    tile: int
    part: str | None = None
    parts: int = 1
    levels: tuple[str, ...] | None = None

    @property
    def count(self) -> int:
        """Tiles of one part."""
        return -(-self.size // (self.parts * self.tile))

    @property
    def lead(self) -> tuple[Affine, ...]:
        """The subscript that chooses a part, in front of all others."""
        return () if self.part is None else (Affine.rank(self.part),)

    @property
    def local(self) -> tuple[Affine, ...]:
        """What stands for the rank in tensors that hold one tile (of every part)."""
        return (*self.lead, *(() if self.inner is None else (Affine.rank(self.inner),)))

    @property
    def first(self) -> Affine:
        """The rank's coordinate in the first tile of a part."""
        return self._start(Affine((), 0))

    @property
    def coordinate(self) -> Affine:
        """The rank's coordinate."""
        return self._start(Affine((), 0) if self.outer is None else Affine.rank(self.outer))

    def _start(self, tile: Affine) -> Affine:
        found = Affine((), 0) if self.part is None else Affine.rank(self.part) * (self.count * self.tile)
        found = found + tile * self.tile
        return found if self.inner is None else found + Affine.rank(self.inner)

    @property
    def ragged(self) -> tuple[Comparison, ...]:
        """The filter that keeps the last tile inside the rank."""
        return () if self.size == self.parts * self.count * self.tile else (Comparison(self.coordinate, "<", Affine((), self.size)),)

    @property
    def new_ranks(self) -> dict[str, int]:
        """The ranks that this introduces, with their sizes."""
        found = {self.part: self.parts, self.outer: self.count, self.inner: self.tile}
        found |= {level: self.parts >> (i + 1) for i, level in enumerate(self.levels or ())}
        return {name: size for name, size in found.items() if name is not None and name != self.rank}


@dataclass(frozen=True)
class OutputForm:
    """How a chain that is rebased is written.

    * `loop`: one loop over tiles; `sequential`: one over elements.
    * `split`: parts of the rank side by side, each with its own summaries, then one merge of all parts (split-K); a part longer than a
      tile is a loop over its tiles.
    * `tree`: the same, with parts merged in pairs, level by level; their number is a power of two.
    """

    kind: str = "loop"
    parts: int | None = None

    def tiling(self, rank: str, size: int, tile: int | None, sizes: Mapping[str, int]) -> Tiling:
        """The walk over a rank of `size`, with names that no rank of another size in `sizes` has."""
        if self.kind == "sequential":
            return Tiling(rank, size, rank, None, 1)
        parts = min(DEFAULT_PARTS if self.parts is None else self.parts, size) if self.merges else 1
        if self.kind == "tree":
            parts = 1 << (parts.bit_length() - 1)
        longest = -(-size // parts)
        if self.kind == "split":
            parts = -(-size // longest)  # no part is empty
        tile = min(default_tile(longest) if tile is None else tile, longest)
        mark = ""
        while True:
            found = self._named(rank, size, tile, parts, mark)
            if all(sizes.get(name, extent) == extent for name, extent in found.new_ranks.items()):
                return found
            mark += "_"

    def _named(self, rank: str, size: int, tile: int, parts: int, mark: str) -> Tiling:
        """The walk, with ranks' names that end in `mark`; without a loop where each of several parts is one tile."""
        names = [f"{rank}{number}{mark}" for number in range(3 + parts.bit_length())]
        levels = tuple(names[3 : parts.bit_length() + 1]) if self.kind == "tree" and parts > 1 else None
        part = names[2] if self.merges else None
        found = Tiling(rank, size, names[1], names[0], tile, part, parts, levels)
        return replace(found, outer=None) if self.merges and found.count == 1 else found

    @property
    def wrong(self) -> str | None:
        """What is wrong with the number of parts, if something is."""
        if self.parts is None:
            return None
        if not self.merges:
            return f"parts={self.parts} is for form=split or form=tree"
        if self.parts < 1:
            return f"parts={self.parts}: there is at least one part"
        if self.kind == "tree" and self.parts & (self.parts - 1):
            return f"parts={self.parts}: a tree merges a power of two of them"
        return None

    @property
    def merges(self) -> bool:
        return self.kind in ("split", "tree")


LOOP = OutputForm()
SEQUENTIAL = OutputForm("sequential")


def default_tile(size: int) -> int:
    """256, an array's side; for a rank shorter than four such tiles, a quarter of it, so that there is a loop to speak of."""
    return 256 if size >= 1024 else max(1, size // 4)
