"""What a task moves, against enumeration: every turn's elements are listed, and fetched unless they are those of the turn before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import VerifyException

from einfold.algebra.affine import Affine
from einfold.backend.movement import Turn, boxes, fetched, repeats, turns_of
from einfold.backend.simulate import simulate
from einfold.dialects.accel import Accel
from einfold.dialects.einsum import Einsum

RANKS = "ijkl"


def coordinates(turns: Sequence[Turn]) -> Iterator[dict[str, range]]:
    """Rank -> the coordinates that are at work, turn by turn."""
    for at in product(*(range(t.trips) for t in turns)):
        yield {t.rank: range(i * t.width, min(t.size, (i + 1) * t.width)) for t, i in zip(turns, at, strict=True)}


def enumerated(subscripts: Sequence[Affine], turns: Sequence[Turn]) -> int:
    """Elements fetched, by listing every point of every turn."""
    before: object = None
    count = 0
    for active in coordinates(turns):
        points = product(*active.values())
        needed = {tuple(sum(c * dict(zip(active, p, strict=True))[r] for r, c in s.terms) + s.const for s in subscripts) for p in points}
        # A sum of ranks counts as new whenever one of them moves on, even where the sum is the same.
        now = needed, [active[r] for s in subscripts if len(s.terms) > 1 for r in s.ranks]
        if now != before:
            count += len(needed)
        before = now
    return count


@st.composite
def tasks(draw: st.DrawFn) -> tuple[list[Turn], list[Affine]]:
    """Turns in some order, and subscripts over distinct ranks: plain, with constants, or sums of two ranks."""
    ranks = draw(st.permutations(RANKS))
    turns = [Turn(r, size := draw(st.integers(1, 5)), draw(st.integers(1, size))) for r in ranks]
    used = draw(st.lists(st.sampled_from(RANKS), unique=True, max_size=4))
    subscripts: list[Affine] = []
    while used:
        first = used.pop()
        if used and draw(st.booleans()):
            subscripts.append(Affine.of([(first, 1), (used.pop(), 1)], draw(st.integers(0, 2))))
        else:
            subscripts.append(Affine.of([(first, draw(st.sampled_from([1, 1, 2])))], draw(st.integers(0, 2))))
    return turns, subscripts


@settings(max_examples=300, deadline=None)
@given(tasks())
def test_fetches_are_those_of_enumeration(task: tuple[list[Turn], list[Affine]]) -> None:
    turns, subscripts = task
    assert fetched(subscripts, turns) == enumerated(subscripts, turns)


@pytest.mark.parametrize(
    ("order", "a", "b", "c"),
    [
        # C[i, j] += A[i, k] B[k, j], each one an element at a time: what a textbook says of stationarity.
        ("ijk", 2 * 3 * 4, 2 * 3 * 4, 6),  # output-stationary
        ("ikj", 2 * 4, 2 * 3 * 4, 2 * 3 * 4),  # A stays
        ("kji", 2 * 3 * 4, 3 * 4, 2 * 3 * 4),  # B stays
    ],
)
def test_stationarity(order: str, a: int, b: int, c: int) -> None:
    sizes = {"i": 2, "j": 3, "k": 4}
    turns = [Turn(r, sizes[r]) for r in order]
    at = {r: Affine.rank(r) for r in order}
    assert [fetched((at[x], at[y]), turns) for x, y in ("ik", "kj", "ij")] == [a, b, c]


def test_rows_and_columns_multicast_and_fold() -> None:
    turns = turns_of("mpe", ["m"], ["p"], (4, 4), {"m": 10, "p": 4, "e": 3})
    assert turns == [Turn("m", 10, 4), Turn("p", 4, 4), Turn("e", 3, 1)]
    m, p, e = map(Affine.rank, "mpe")
    assert fetched((p, e), turns) == 3 * 12, "queries are read for each of the three folds of the keys"
    assert fetched((m, e), turns) == 30, "the ragged fold has two keys only"
    assert repeats({"m"}, turns) == 1
    assert boxes((m, p), turns) == 40


def test_several_ranks_over_one_side() -> None:
    assert [t.width for t in turns_of("abc", ["a", "b"], ["c"], (6, 2), {"a": 5, "b": 3, "c": 4})] == [2, 3, 2]


MACHINE = """
accel.machine @toy clock 1000 word 1 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @x [4, 4] ops {mac = 1, max = 1}
}
"""


def moved(body: str, tiles: str = "m = 10, p = 4, e = 3", spill: str = "") -> dict[str, dict[str, int]]:
    context = Context()
    for dialect in (Builtin, Accel, Einsum):
        context.load_dialect(dialect)
    kernel = f"accel.kernel @k on @toy nest {{b = 2}} tiles {{{tiles}}} {spill} (%Q[2, 4, 3], %K[10, 3]) -> (%S[2, 10, 4]) : f64 {{\n{body}\n}}"
    module: ModuleOp = Parser(context, MACHINE + kernel).parse_module()
    module.verify()
    return {m: dict(ways) for m, ways in simulate(module).moved.items()}


LOADS = "%q = accel.load %Q[b, p, e] to @{q} copies 2\n%k = accel.load %K[m, e] to @{k} copies 2 {keep}\n"
TASK = "%s = accel.task [m, p] = %q[p, e] * %k[m, e] reduce add(e) on @x rows [m] cols [p] in @buffer copies 2 {clauses} stage 1\n"
STORE = "accel.store %s to %S[b, m, p] stage 2"


def test_what_is_kept_and_what_streams() -> None:
    kept = moved(LOADS.format(q="buffer", k="buffer", keep="at first(b)") + TASK.format(clauses="") + STORE)
    assert kept["dram"] == {"read": 2 * 12 + 30, "write": 2 * 40}
    assert kept["buffer"] == {"read": 2 * (3 * 12 + 30 + 40), "write": 2 * 12 + 30 + 2 * 40}
    streamed = moved(LOADS.format(q="x", k="x", keep="") + TASK.format(clauses="") + STORE)
    assert streamed["dram"] == {"read": 2 * (3 * 12 + 30), "write": 2 * 40}
    assert streamed["buffer"] == {"read": 2 * 40, "write": 2 * 40}


def test_what_streams_is_read_where_it_is_loaded() -> None:
    with pytest.raises(VerifyException, match="which streams, in another iteration than it is loaded in"):
        moved(LOADS.format(q="buffer", k="x", keep="at first(b)") + TASK.format(clauses=""))


def test_partial_sums_that_leave_the_array() -> None:
    body = LOADS.format(q="buffer", k="buffer", keep="") + TASK.format(clauses="order [e, m]")
    buffer = moved(body)["buffer"]
    # For each of three coordinates of e: 4 queries (kept over the folds of m), 10 keys, and 40 sums, read back but the first time.
    assert buffer == {"read": 2 * (3 * 4 + 3 * 10 + 2 * 40), "write": 2 * (12 + 30 + 3 * 40)}


def test_a_tapped_operand_asks_no_memory() -> None:
    body = (
        LOADS.format(q="buffer", k="buffer", keep="")
        + TASK.format(clauses="")
        + "%g = accel.task [p] = %s[m, p] reduce max(m) on @x rows [m] cols [p] {} stage 1"
    )
    assert moved(body.format(""))["buffer"]["read"] - moved(body.format("taps [0]"))["buffer"]["read"] == 2 * 40


def test_an_intermediate_through_the_off_chip_memory() -> None:
    task = TASK.replace("in @buffer ", "").format(clauses="")
    body = (
        LOADS.format(q="buffer", k="buffer", keep="at first(b)")
        + task
        + """
    %away = accel.move %s to @dram copies 2 stage 2
    %back = accel.move %away to @buffer copies 2 stage 3
    %g = accel.task [p] = %back[m, p] reduce max(m) on @x rows [m] cols [p] stage 4
    """
    )
    found = moved(body.replace("copies 2 stage 1", "copies 3 stage 1"))
    assert found["dram"] == {"read": 2 * 12 + 30 + 2 * 40, "write": 2 * 40}


def test_a_share_of_an_overbooked_buffer_goes_off_the_chip() -> None:
    body = (
        LOADS.format(q="x", k="x", keep="") + TASK.format(clauses="") + "%g = accel.task [p] = %s[m, p] reduce max(m) on @x rows [m] cols [p] stage 1"
    )
    whole, spilled = moved(body), moved(body, spill="spill {buffer = 0.25}")
    assert {way: spilled["dram"][way] - whole["dram"][way] for way in ("read", "write")} == {"read": 20, "write": 20}
    assert spilled["buffer"] == {"read": 60, "write": 60}


@pytest.mark.parametrize(
    ("clauses", "spill", "reason"),
    [
        ("taps [2]", "", "the task taps operand 2, but has 2"),
        ("order [z]", "", "unknown rank 'z'"),
        ("cost 0", "", "cost is 0; it must be a positive number"),
        ("cost inf", "", "cost is inf; it must be a positive number"),
        ("delay -1", "", "delay is -1; it must be zero or a positive number"),
        ("", "spill {buffer = 1.5}", "spill of 'buffer' is 1.5; it must be a share from 0 to 1"),
        ("", "spill {dram = 0.5}", "spill of 'dram' is 0.5; it must be a share from 0 to 1 of what goes to a memory of the chip"),
        ("", "spill {bufer = 0.5}", "unknown memory 'bufer'; did you mean 'buffer'?"),
    ],
)
def test_what_cannot_be(clauses: str, spill: str, reason: str) -> None:
    with pytest.raises(VerifyException, match=reason):
        moved(LOADS.format(q="x", k="x", keep="") + TASK.format(clauses=clauses), spill=spill)
