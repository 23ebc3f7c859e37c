"""`einfold explore --buffers`: each number of passes at several sizes of the buffer, what is shared between sizes, and what is told."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from searching import on_machine

from einfold.search.buffers import Remembering, curve, sizes_around, with_capacity
from einfold.search.contenders import Contender, least
from einfold.search.forms import forms_of
from einfold.search.judge import Candidate, Judged, Refused, judge, kernels_of
from einfold.search.search import NothingFits, Options
from einfold.tools.einfold import main
from einfold.tools.searching.why import against, passes_line

SIZES = "p=8,m=32"
TOY = """name: toy
clock_hz: 1000000000
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 16000000000, row_bytes: 8, energy_pj: {read: 10, write: 10}}
  buffer: {capacity_bytes: 4096, row_bytes: 64, energy_pj: {read: 1, write: 2}}
arrays:
  grid: {rows: 4, cols: 8, cycles: {mac: 1, add: 1, max: 1, exp: 6}, energy_pj: {mac: 0.5, add: 0.25, max: 0.1, exp: 3}}
  lanes: {rows: 1, cols: 8, cycles: {mac: 1, add: 1, max: 1, exp: 6, div: 2, log: 6}, energy_pj: {mac: 0.5, add: 0.25, max: 0.1, exp: 3, div: 2, log: 3}}
"""
LONG = Options(budget=600.0, solver="list", contract=False)


@pytest.fixture
def toy(tmp_path: Path) -> str:
    (tmp_path / "toy.yaml").write_text(TOY)
    return str(tmp_path / "toy.yaml")


def test_sizes_share_what_they_have_in_common_and_nothing_else(toy: str) -> None:
    """A curve over all sizes has the points of curves over one size each."""
    sizes = [256, 1024, 2048, 65536]
    module, machine = on_machine("logsumexp.mlir", toy, SIZES)
    before = str(module)
    found = curve(module, machine, LONG, sizes)
    assert str(module) == before
    assert [p.capacity for p in found.points] == sizes and found.rank == "m" and found.memory == "buffer" and found.own == 4096
    for point in found.points:
        [alone] = curve(module, machine, LONG, [point.capacity]).points
        assert alone == point
    assert {c.passes for p in found.points for c in p.contenders} == {1, 2}


def test_what_still_fits_is_known_again(toy: str) -> None:
    """Blocks of queries shrink with the buffer, though no tile does."""
    module, machine = on_machine("attention.mlir", toy, "b=1,h=1,p=32,m=16,e=4,f=4")
    judging = Remembering("buffer")
    for form in forms_of(module, machine, contract=False)[:2]:
        for capacity in (65536, 16384, 2048, 1024, 512):
            smaller = with_capacity(machine, "buffer", capacity)
            resized = replace(form, module=form.module.clone())
            resized.machine.memories["buffer"].properties["capacity"] = type(resized.machine.word)(capacity)
            known, anew = judging(Candidate(resized), smaller, "event"), judge(Candidate(resized), smaller, "event")
            if isinstance(anew, Refused) or isinstance(known, Refused):
                assert known == anew
                continue
            assert isinstance(known, Judged) and known.candidate.form is resized
            assert list(map(str, kernels_of(known))) == list(map(str, kernels_of(anew)))
            assert known.result == anew.result
    assert 4 <= judging.made < 10


def test_short_fibers_are_stored_where_they_fit_and_computed_again_where_they_do_not() -> None:
    """Attention over 512 keys on the cloud machine: one pass in a small buffer, two that stay on the chip in a larger one."""
    module, machine = on_machine("attention.mlir", sizes="b=1,h=2,p=512,m=512")
    small, large = curve(module, machine, replace(LONG, contract=True), [65536, 262144]).points
    assert small.chosen.passes == 1 and large.chosen.passes == 2
    two, one = ({c.passes: c for c in p.contenders} for p in (small, large))
    assert two[2].offchip > 1.5 * two[1].offchip, "without room, the second pass reads and writes again"
    assert one[2].offchip == one[1].offchip and one[1].operations > one[2].operations, "with room, it saves the corrections"
    assert one[1].cycles > 1.1 * one[2].cycles


def test_sizes_around_a_machines_own() -> None:
    found = list(sizes_around(3000))
    assert found[0] == 16384 and found[-1] == 8 and all(a == 2 * b for a, b in pairwise(found))
    assert list(sizes_around(1)) == [4, 2, 1]


def test_a_curve_goes_down_to_what_still_fits(toy: str) -> None:
    module, machine = on_machine("logsumexp.mlir", toy, SIZES)
    told: list[str] = []
    found = curve(module, machine, LONG, progress=told.append)
    sizes = [p.capacity for p in found.points]
    assert sizes[-1] == 4 * 4096 and sizes == sorted(sizes) and all(p.contenders for p in found.points)
    assert found.smallest == (len(told) > len(sizes))
    assert told[0] == "16,384 bytes of @buffer"


def test_a_curve_that_is_cut_short_says_so(toy: str) -> None:
    module, machine = on_machine("logsumexp.mlir", toy, SIZES)
    found = curve(module, machine, Options(budget=1e-6, solver="list"), [1024, 4096])
    assert not found.complete and [p.capacity for p in found.points] == [4096]


def test_nothing_to_draw(tmp_path: Path) -> None:
    (tmp_path / "open.yaml").write_text(TOY.replace("capacity_bytes: 4096, ", ""))
    (tmp_path / "lacking.yaml").write_text(TOY.replace("exp: 6", "sin: 6"))
    module, machine = on_machine("logsumexp.mlir", str(tmp_path / "lacking.yaml"), SIZES)
    with pytest.raises(NothingFits, match="machine '@toy' cannot run %LSD: '@grid' has no 'exp'"):
        curve(module, machine, LONG)
    module, machine = on_machine("logsumexp.mlir", str(tmp_path / "open.yaml"), SIZES)
    with pytest.raises(NothingFits, match="the machine states no capacity of a memory on the chip"):
        curve(module, machine, LONG)


def contender(passes: int, cycles: float, energy: float = 1.0, **more: object) -> Contender:
    known = Contender(passes, "", {}, cycles, energy, 1000, 100, "grid", {"grid": cycles, "lanes": 0.0, "dram": 50.0}, cycles)
    return replace(known, **more)  # pyright: ignore[reportArgumentType]


def test_of_equals_the_one_with_less_energy() -> None:
    one, two, three = contender(1, 1000.0, 2.0), contender(2, 1000.5), contender(3, 1010.0, 0.5)
    assert least([one, two, three]) is two
    assert least([one, three]) is one


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (contender(2, 1100.0), "2 passes: 1,100 cycles (+10.0 % cycles), limited by grid: busy 1.1 times as long"),
        (contender(2, 1000.4, 1.5), "2 passes: 1,000 cycles (within 0.1 %, +50.0 % energy), limited by grid: busy as long as in the best"),
        (
            contender(3, 2000.0, critical="dram", offchip=4096, busy={"dram": 2000.0}, exact=False),
            "3 passes: at least 2,000 cycles (+100.0 % cycles), limited by dram: 4 KiB moved, 3.023 KiB more",
        ),
        (
            contender(1, 4000.0, critical="lanes", busy={"lanes": 3000.0}, operations=150, offchip=500),
            "1 pass: 4,000 cycles (+300.0 % cycles), limited by lanes: which the best one leaves idle, 500 B fewer moved, "
            "which waits 25 % of the time, 50 % more operations",
        ),
    ],
)
def test_why_not_another_number(other: Contender, told: str) -> None:
    best = replace(contender(4, 1000.0), offchip=1000)
    assert against(best, [best, other], "dram", "latency") == [told]
    assert passes_line("m", best, [other], "dram", "latency") == f"4 passes over m: 1,000 cycles, limited by grid; {told}"


def arguments(toy: str, *more: str) -> list[str]:
    examples = Path(__file__).parents[2] / "examples"
    return ["explore", str(examples / "logsumexp.mlir"), "--machine", toy, "--set", SIZES, "--solver", "list", "--no-contract", *more]


def test_the_curve_in_text_and_as_a_figure(toy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(toy, "--buffers", "1k, 4096,64KiB", "--figure", str(tmp_path / "curve.svg"))) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[1] == "passes over m against the size of @buffer (4 KiB in the machine)"
    rows = [line for line in lines[4:] if line[:10].strip() in ("1 KiB", "4 KiB", "64 KiB")]
    assert len(rows) == 6
    assert sum(" best " in row for row in rows) == 3
    assert any(line.startswith("from 1 KiB on: ") for line in lines)
    drawn = (tmp_path / "curve.svg").read_text()
    assert all(f"{n}</text>" in drawn for n in ("1 pass", "2 passes")) and "bytes of buffer" in drawn


def test_the_curve_as_json(toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(toy, "--buffers", "4K,64,16K", "--json", "--objective", "energy")) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rank"], found["memory"], found["own_bytes"], found["objective"], found["complete"]) == ("m", "buffer", 4096, "energy", True)
    assert [p["bytes"] for p in found["points"]] == [64, 4096, 16384]
    for point in found["points"]:
        energies = {c["passes"]: c["energy_pj"] for c in point["passes"]}
        if energies:
            assert energies[point["chosen"]] <= 1.001 * min(energies.values())
            assert len(point["why"]) == len(energies) - 1
        assert all(r["reason"].startswith("cascade '@logsumexp' cannot be lowered: '@buffer' holds ") for r in point["refused"])


def test_the_search_says_why_so_many_passes(toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(toy)) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if " over m: " in line]
    assert line.count(" cycles (") == 1 and "limited by" in line
    assert main(arguments(toy, "--json")) == 0
    passes = json.loads(capsys.readouterr().out)["passes"]
    assert passes["rank"] == "m" and {o["passes"] for o in passes["others"]} | {passes["chosen"]["passes"]} == {1, 2}
    assert len(passes["why"]) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--buffers", "12Q"), "--buffers: error: '12Q' is no size; write bytes, like 4096, 64K or 16M, or auto\n"),
        (("--buffers", ""), "--buffers: error: '' is no size; write bytes, like 4096, 64K or 16M, or auto\n"),
        (("--buffers", "0"), "--buffers: error: '0' is no size; write bytes, like 4096, 64K or 16M, or auto\n"),
        (("--buffers", "9999999T"), "--buffers: error: '9999999T' is no size; write bytes, like 4096, 64K or 16M, or auto\n"),
        (("--buffers", ",".join(map(str, range(1, 66)))), "--buffers: error: 65 sizes; a curve has 64 at most\n"),
        (("--buffers", "4K", "--keep", "x"), "--keep: error: is for one search, without --buffers\n"),
        (("--buffers", "4K", "--figure", "x.jpg"), "x.jpg: error: a figure's file is called .svg or .png, not '.jpg'\n"),
        (("--figure", "x.svg"), "--figure: error: is for a curve: give --buffers SIZES as well\n"),
        (("--buffers", "4K", "--sweep", "x.yaml"), "--buffers: error: is for a search, without --sweep; a sweep's file says all of it\n"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(options: tuple[str, ...], told: str, toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = arguments(toy, *options)
    if "--sweep" in options:
        given = [g for g in given if g not in ("--set", SIZES, "--solver", "list", "--no-contract")]
    assert main(given) == 1
    assert capsys.readouterr().err == told


def test_a_buffer_for_which_nothing_is_small_enough(toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(toy, "--buffers", "1")) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "error: cascade '@logsumexp' has no curve on '@toy': cascade '@logsumexp' cannot be lowered: '@buffer' holds 1 bytes" in err
