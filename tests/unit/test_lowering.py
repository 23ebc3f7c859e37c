"""What the lowering decides: stages, copies, homes, blocks, placement by size; and what it says where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import PassFailedException

from einfold.analysis import remarks
from einfold.backend.einsum_place import EinsumPlace, machine_for
from einfold.dialects.accel import Accel, KernelOp
from einfold.dialects.accel_machine import MachineOp
from einfold.dialects.accel_nest import Scheduled, scheduled
from einfold.dialects.accel_task import TaskOp
from einfold.dialects.einsum import CascadeOp, ComputeOp, Einsum
from einfold.lowering.lower_einsum_to_accel import LowerEinsumToAccel
from einfold.lowering.placed import place_of, tiles_of

ATTENTION = (Path(__file__).parents[1] / "filecheck" / "lowering" / "attention-1pass.mlir").read_text(encoding="utf-8")
TOY = """
accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6} REGISTERS
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
"""


def parse(text: str) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Einsum, Accel):
        context.load_dialect(dialect)
    return Parser(context, text).parse_module()


def lower(text: str, machine: str | None = None, *, pipeline: bool = True, tiles: tuple[str, ...] = ()) -> list[KernelOp]:
    module = parse(text)
    EinsumPlace(machine, tiles).apply(Context(), module)
    LowerEinsumToAccel(pipeline).apply(Context(), module)
    module.verify()
    return [op for op in module.walk() if isinstance(op, KernelOp)]


def named(kernel: KernelOp) -> dict[str, Scheduled]:
    """Tasks by label; loads and stores by their tensor, in small letters for loads."""
    found: dict[str, Scheduled] = {}
    for op in scheduled(kernel):
        label = op.label.data if isinstance(op, TaskOp) and op.label is not None else op.results[0].name_hint if op.results else "store"
        found[label or "?"] = op
    return found


def test_what_the_2d_array_does_not_wait_for_runs_a_stage_later():
    [kernel] = lower(ATTENTION, "fusemax-cloud")
    ops = named(kernel)
    stages = {name: op.stage_ for name, op in ops.items()}
    assert {n for n, s in stages.items() if s == 0} == {"q", "k", "v"}
    assert {n for n, s in stages.items() if s == 2} == {"QK", "LM", "RMn", "SLN", "SLD", "PRM", "SPD", "SLNV", "SPNV"}
    assert {n for n, s in stages.items() if s == 3} == {"RDn", "RNVn", "AV"}
    assert stages["store"] == 5
    [plain] = lower(ATTENTION, "fusemax-cloud", pipeline=False)
    assert {op.stage_ for op in scheduled(plain) if isinstance(op, TaskOp)} == {1}


def test_without_room_tiles_are_held_once_and_a_note_says_so():
    text = ATTENTION.replace("b = 64, h = 12, p = 1024", "b = 1, h = 2, p = 64256")
    with remarks.collect() as made:
        [kernel] = lower(text, "fusemax-cloud")
    assert kernel.loops["p1"] == 251
    assert [named(kernel)[n].copies_ for n in ("q", "k", "v", "RDn", "RNVn", "RMn")] == [251, 1, 1, 251, 251, 252]
    assert [r.message for r in made] == [
        "kernel '@attention' has no room to hold loaded tiles twice: a load waits for the last read of the tile before it"
    ]
    with remarks.collect() as made:
        lower(ATTENTION, "fusemax-cloud")
    assert made == []


def test_a_guard_is_lowered_to_all_generations_with_a_note():
    text = TOY.replace("REGISTERS", "") + (
        "einsum.cascade @c ranks {i = 7} (%A[i]) -> [] : f32 {\n"
        "  %X = einsum.iterate i init(%x[] = 0) {\n"
        "    %n = einsum.compute [] = %x[] + %A[i]\n"
        "    einsum.yield %n[] until %n[] > 3\n"
        "  }\n"
        "  einsum.return %X[]\n}"
    )
    with remarks.collect() as made:
        [kernel] = lower(text)
    assert kernel.loops == {"i": 7}
    assert [(r.kind, r.message) for r in made] == [("analysis", "the guard after 'until' depends on data: all 7 generations of i are lowered")]


SUMS = """
einsum.cascade @c ranks {m = 12, p = 8, e = 2} (%Q[p, e], %K[m, e]) -> [p] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %S = einsum.compute [p] = exp(%QK[m, p]) reduce add(m)
  einsum.return %S[p]
}
"""


@pytest.mark.parametrize(("registers", "home"), [("", "grid"), ("registers 4096", "grid"), ("registers 40", "buffer")])
def test_tiles_that_registers_cannot_hold_live_in_the_buffer(registers: str, home: str):
    [kernel] = lower(TOY.replace("REGISTERS", registers) + SUMS)
    ops = named(kernel)
    homes = {n: op.home_name for n, op in ops.items() if isinstance(op, TaskOp)}
    assert homes["QK"] == home
    assert homes["S.part"] == "grid"
    assert homes["S"] == "buffer"  # it is read in the next iteration


def test_a_large_batch_is_a_loop_and_not_spread_over_the_array():
    module = parse(ATTENTION.replace("b = 64", "b = 512"))
    EinsumPlace("fusemax-cloud").apply(Context(), module)
    [cascade] = [op for op in module.walk() if isinstance(op, CascadeOp)]
    places = {op.results_[0].name_hint: place_of(op) for op in cascade.walk() if isinstance(op, ComputeOp)}
    on_grid = {n for n, p in places.items() if p is not None and p.array == "pe2d"}
    assert on_grid == {"QK", "LM", "SLN", "SLD", "SLNV"}
    assert all(p is not None and p.cols == ("p",) for p in places.values())
    assert tiles_of(cascade)["b"] == 1


def test_ranks_that_would_leave_most_of_an_array_idle_are_not_spread():
    """All Einsums have b, h and k; what counts is that i and j fill the array, though fewer points are over both."""
    text = TOY.replace("REGISTERS", "") + (
        "einsum.cascade @c ranks {i = 12, j = 12, k = 1, d = 9} (%A[i, k, d], %B[j, k, d]) -> [i, j, k] : f32 {\n"
        "  %X = einsum.compute [i, j, k] = %A[i, k, d] * %B[j, k, d] reduce add(d)\n"
        "  %Y = einsum.compute [i, j, k] = %X[i, j, k] * %A[i, k, 0]\n"
        "  einsum.return %Y[i, j, k]\n}"
    )
    module = parse(text)
    EinsumPlace().apply(Context(), module)
    [first, second] = [place_of(op) for op in module.walk() if isinstance(op, ComputeOp)]
    assert first is not None and (first.rows, first.cols) == (("i",), ("j",))
    assert second is not None and (second.rows, second.cols) == (("i",), ("j",))


def test_small_ranks_do_not_take_an_array_from_large_ones():
    text = TOY.replace("REGISTERS", "") + SUMS.replace("e = 2", "e = 1")
    module = parse(text)
    EinsumPlace().apply(Context(), module)
    [qk, total] = [op for op in module.walk() if isinstance(op, ComputeOp)]
    for op in (qk, total):
        place = place_of(op)
        assert place is not None and (place.array, place.rows, place.cols) == ("grid", ("m",), ("p",))


def test_a_sum_behind_another_kernel_reads_it_from_memory_by_name():
    first, second = lower(TOY.replace("REGISTERS", "") + SUMS.replace("exp(%QK[m, p])", "%QK[m, 7 - p]"))
    assert [n.data for n in first.outputs] == ["QK"]
    assert [n.data for n in second.inputs] == ["QK"]
    assert [n.data for n in second.outputs] == ["S"]


def test_several_cascades_keep_their_tensors_apart():
    kernels = lower(TOY.replace("REGISTERS", "") + SUMS + SUMS.replace("@c", "@d"))
    assert [k.sym_name.data for k in kernels] == ["c", "d"]
    assert [n.data for n in kernels[1].inputs] == ["d.Q", "d.K"]
    assert [n.data for n in kernels[1].outputs] == ["d.S"]


EMPTY = "builtin.module {}"
MACHINE = "accel.machine @{0} clock 1 word 2 {{\n accel.memory @dram offchip\n accel.array @x [1, 4] ops {{mac = 1}}\n}}\n"


def test_the_machine_of_the_module_is_taken_if_there_is_one():
    module = parse(MACHINE.format("a"))
    assert machine_for(module, None).sym_name.data == "a"
    assert machine_for(module, "a") is machine_for(module, None)


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        (EMPTY, None, r"the module has no machine; name one with machine=NAME"),
        (MACHINE.format("a") + MACHINE.format("b"), None, r"the module has 2 machines: @a, @b; name one"),
        (EMPTY, "flat-cloud.yml", r"cannot read machine 'flat-cloud.yml': No such file"),
        (MACHINE.format("flat_cloud"), "flat-cloud", r"another machine '@flat_cloud' than the one called 'flat-cloud'"),
    ],
)
def test_a_machine_that_is_not_clear_is_refused(text: str, name: str | None, reason: str):
    with pytest.raises(PassFailedException, match=reason):
        machine_for(parse(text), name)


def test_a_machine_is_put_into_the_module_once():
    module = parse(EMPTY)
    first = machine_for(module, "flat-cloud")
    assert machine_for(module, "flat-cloud") is first
    assert [op.sym_name.data for op in module.walk() if isinstance(op, MachineOp)] == ["flat_cloud"]
