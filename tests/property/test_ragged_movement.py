"""Splits that do not divide: what a blocked product moves and does, against listing every element of every turn of every iteration."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser

from einfold.backend.simulate import simulate
from einfold.dialects.accel import Accel
from einfold.dialects.einsum import Einsum

ROWS, COLS = 3, 2
OF = {"a": "ik", "b": "kj", "c": "ij"}


@dataclass(frozen=True)
class Blocked:
    """C[i, j] = A[i, k] B[k, j] in tiles: loops and turns outermost first; where A and B go; whether sums stay in the buffer."""

    sizes: dict[str, int]
    tiles: dict[str, int]
    loops: tuple[str, ...]
    turns: tuple[str, ...]
    homes: dict[str, str]
    continued: bool

    @property
    def trips(self) -> dict[str, int]:
        return {r: -(-self.sizes[r] // self.tiles[r]) for r in self.loops}

    def text(self) -> str:
        at = {r: f"{self.tiles[r]} * {r}1 + {r}" for r in "ijk"}
        nest = ", ".join(f"{r}1 = {n}" for r, n in self.trips.items())
        tiles = ", ".join(f"{r} = {n}" for r, n in self.tiles.items())
        shape = {t: "[" + ", ".join(str(self.sizes[r]) for r in ranks) + "]" for t, ranks in OF.items()}
        state, onto, update, last = "", "", "", ""
        if self.continued:
            state, onto, update, last = "%s = accel.state [i, j] over k1 init 0", "onto %s ", "accel.update %s = %c", "at last(k1) "
        return f"""
        accel.machine @toy clock 1000 word 1 {{
          accel.memory @dram offchip
          accel.memory @buffer
          accel.array @x [{ROWS}, {COLS}] ops {{mac = 1, add = 1}}
        }}
        accel.kernel @product on @toy nest {{{nest}}} tiles {{{tiles}}} (%A{shape["a"]}, %B{shape["b"]}) -> (%C{shape["c"]}) : f64 {{
          %a = accel.load %A[{at["i"]}, {at["k"]}] to @{self.homes["a"]} copies 8
          %b = accel.load %B[{at["k"]}, {at["j"]}] to @{self.homes["b"]} copies 8
          {state}
          %c = accel.task [i, j] = %a[i, k] * %b[k, j] reduce add(k) {onto}on @x rows [i] cols [j] in @buffer order [{", ".join(self.turns)}] copies 99
          {update}
          accel.store %c to %C[{at["i"]}, {at["j"]}] {last}stage 1
        }}"""

    def enumerated(self) -> tuple[Counter[tuple[str, str]], int, int]:
        """Words by memory and way, MACs, and cycles of the array, element by element."""
        moved: Counter[tuple[str, str]] = Counter()
        macs = cycles = 0
        for point in product(*(range(n) for n in self.trips.values())):
            at = dict(zip(self.loops, point, strict=True))
            here = {r: range(at[r] * self.tiles[r], min(self.sizes[r], (at[r] + 1) * self.tiles[r])) for r in "ijk"}
            for tensor in "ab":
                if self.homes[tensor] == "buffer":
                    moved["dram", "read"] += len(list(product(*(here[r] for r in OF[tensor]))))
                    moved["buffer", "write"] += len(list(product(*(here[r] for r in OF[tensor]))))
            width = {"i": ROWS, "j": COLS, "k": 1}
            folds = {r: [here[r][n : n + width[r]] for n in range(0, len(here[r]), width[r])] for r in "ijk"}
            before: dict[str, set[tuple[int, ...]]] = {}
            written: set[tuple[int, ...]] = set()
            for turn in product(*(folds[r] for r in self.turns)):
                now = dict(zip(self.turns, turn, strict=True))
                cycles += 1
                macs += len(list(product(*now.values())))
                for tensor, ranks in OF.items():
                    needed = set(product(*(now[r] for r in ranks)))
                    if needed == before.get(tensor):
                        continue
                    before[tensor] = needed
                    if tensor != "c":
                        moved["buffer" if self.homes[tensor] == "buffer" else "dram", "read"] += len(needed)
                        continue
                    moved["buffer", "write"] += len(needed)
                    continues = self.continued and at["k"] > 0
                    moved["buffer", "read"] += len(needed) if continues else len(needed & written)
                    written |= needed
            if not self.continued or at["k"] == self.trips["k"] - 1:
                moved["buffer", "read"] += len(here["i"]) * len(here["j"])
                moved["dram", "write"] += len(here["i"]) * len(here["j"])
        return moved, macs, cycles


@st.composite
def blocked(draw: st.DrawFn) -> Blocked:
    sizes = {r: draw(st.integers(1, 9)) for r in "ijk"}
    tiles = {r: draw(st.integers(1, 5)) for r in "ijk"}
    continued = draw(st.booleans())
    loops = (*draw(st.permutations("ij")), "k") if continued else tuple(draw(st.permutations("ijk")))
    homes = {t: draw(st.sampled_from(["buffer", "x"])) for t in "ab"}
    return Blocked(sizes, tiles, loops, tuple(draw(st.permutations("ijk"))), homes, continued)


@settings(max_examples=200, deadline=None)
@given(blocked())
def test_a_blocked_product_moves_what_there_is(kernel: Blocked) -> None:
    context = Context()
    for dialect in (Builtin, Accel, Einsum):
        context.load_dialect(dialect)
    module: ModuleOp = Parser(context, kernel.text()).parse_module()
    module.verify()
    result = simulate(module)
    moved, macs, cycles = kernel.enumerated()
    assert {(m, way): n for m, ways in result.moved.items() for way, n in ways.items() if n} == {k: n for k, n in moved.items() if n}
    (task,) = (c for c in result.counts if c.name == "c")
    assert task.operations == {"mac": macs}
    assert result.busy["x"]["c"] == cycles
