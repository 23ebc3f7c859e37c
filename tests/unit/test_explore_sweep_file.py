"""Sweep files: what axes, ranges, zips and follows come to, and what is wrong with a file, told at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from einfold.backend.machine_yaml import load_machine
from einfold.tools.exploring.grid import points_of
from einfold.tools.exploring.points import Job, Point
from einfold.tools.exploring.sweep_file import Sweep, SweepError, parse_sweep

RANKS = ("b", "h", "p", "m", "e", "f")

TEXT = """name: mine
machine: fusemax-cloud
fixed: {set.b: 2}
axes:
  arrays.pe2d.rows: [64, 128]
  clock_hz: {from: 5.0e+8, to: 1.0e+9, step: 2.5e+8}
"""


def parse(text: str, folder: Path | None = None, machine: str | None = None) -> Sweep:
    return parse_sweep(text, "s.yaml", RANKS, machine, folder=folder)


def points(text: str) -> list[Point]:
    return points_of(parse(text), Job("a.mlir", ""))


def axis(values: str, name: str = "set.p") -> list[object]:
    return [p.choices[name] for p in points(f"name: x\nmachine: fusemax-cloud\naxes: {{{name}: {values}}}\n")]


def test_the_last_axis_changes_fastest() -> None:
    found = points(TEXT)
    assert [tuple(p.choices.values()) for p in found] == [(r, c) for r in (64, 128) for c in (5e8, 7.5e8, 1e9)]
    assert [p.index for p in found] == list(range(6))
    machine = found[1].inputs.machine
    assert (machine.arrays[0].rows, machine.arrays[0].cols, machine.clock) == (64, 256, 7.5e8)
    assert found[1].inputs.sizes == (("b", 2),)


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ("{from: 64, to: 512, times: 2}", [64, 128, 256, 512]),
        ("{from: 64, to: 500, times: 2}", [64, 128, 256]),
        ("{from: 10, to: 25, step: 5}", [10, 15, 20, 25]),
        ("{from: 10, to: 24, step: 5}", [10, 15, 20]),
        ("{from: 1, to: 9, count: 3}", [1, 5, 9]),
        ("{from: 7, to: 7, count: 1}", [7]),
        ("{from: 3, to: 3, step: 1}", [3]),
    ],
)
def test_ranges_of_counts(values: str, numbers: list[int]) -> None:
    found = axis(values)
    assert found == numbers
    assert all(isinstance(v, int) for v in found)


def test_ranges_of_numbers_meet_their_ends() -> None:
    assert axis("{from: 0.1, to: 1, step: 0.1}", "clock_hz")[-1] == pytest.approx(1.0)
    assert axis("{from: 1, to: 1000, times: 10}", "clock_hz") == [1, 10, 100, 1000]
    assert axis("{from: 1, to: 2, count: 3}", "clock_hz") == [1, 1.5, 2]
    assert axis("{from: 0, to: 0.3, step: 0.1}", "memories.dram.latency_cycles") == pytest.approx([0, 0.1, 0.2, 0.3])
    assert axis("{from: 0, to: 8, step: 4}", "memories.dram.latency_cycles") == [0, 4, 8]


def test_axes_that_go_together_and_values_that_follow() -> None:
    found = points(
        "name: x\nmachine: fusemax-cloud\nzip: [[set.p, set.m]]\n"
        "axes: {set.p: [16, 32], arrays.pe2d.rows: [64, 128], set.m: [48, 64]}\n"
        "follows: {arrays.pe2d.cols: {of: arrays.pe2d.rows, times: 2, plus: 1}, arrays.pe1d.cols: {of: arrays.pe2d.cols},\n"
        "  memories.buffer.area_um2.total: {of: arrays.pe2d.rows, to_the: 0.5, times: 10}}\n"
    )
    assert [(p.choices["set.p"], p.choices["set.m"], p.choices["arrays.pe2d.rows"]) for p in found] == [
        (16, 48, 64),
        (16, 48, 128),
        (32, 64, 64),
        (32, 64, 128),
    ]
    two, one = found[0].inputs.machine.arrays
    assert (two.rows, two.cols, one.cols) == (64, 129, 129)
    assert found[0].inputs.machine.memories[1].area["total"] == pytest.approx(80)


def test_every_kind_of_axis_reaches_the_point(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("name: mine\ntiles: {m: 128}\n")
    (tmp_path / "own.yaml").write_text(
        "name: own\nclock_hz: 1e9\nword_bytes: 2\nmemories: {ram: {offchip: true}}\narrays: {lanes: {rows: 1, cols: 8, cycles: {mac: 1}}}\n"
    )
    text = (
        "name: x\naxes: {machine: [own.yaml, fusemax-cloud], pipeline: [default, '', 'einsum-cse'], mapping: [default, map.yaml], "
        "overlap: [true, false], tile.p: [64]}\n"
    )
    found = points_of(parse_sweep(text, "s.yaml", RANKS, folder=tmp_path), Job("a.mlir", ""))
    assert len(found) == 24 and len({p.digest for p in found}) == 24
    last = found[-1].inputs
    assert (last.machine.name, last.pipeline, last.overlap, last.tiles) == ("fusemax_cloud", "einsum-cse", False, (("p", 64),))
    assert last.mapping.kernels[0].tiles == {"m": 128}
    assert (found[0].inputs.machine.name, found[0].inputs.pipeline) == ("own", None)


def test_a_machine_given_on_the_command_line_is_instead_of_the_file_s() -> None:
    sweep = parse_sweep(TEXT, "s.yaml", RANKS, "here", {"here": load_machine("fusemax-edge")})
    assert points_of(sweep, Job("a.mlir", ""))[0].inputs.machine.name == "fusemax_edge"


def test_a_size_that_changes_without_its_area_is_noted() -> None:
    base = "name: x\nmachine: fusemax-cloud\naxes: {memories.buffer.capacity_bytes: [65536, 131072]}\n"
    (note,) = parse(base).notes
    assert note == "'memories.buffer.capacity_bytes' changes, but no area of 'buffer' does; 'follows' may say how it does"
    follows = "follows: {memories.buffer.area_um2.total: {of: memories.buffer.capacity_bytes, times: 5.6}}\n"
    assert parse(base + follows).notes == []


ONE = "name: x\nmachine: fusemax-cloud\naxes:\n  {}\n"
CHAINED = ONE.format("arrays.pe2d.rows: [1, 2]") + "follows:\n  {}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "s.yaml:1:1: error: the file is empty"),
        ("name: x\n", "s.yaml:1:1: error: the sweep lacks 'axes'"),
        ("name: x\nmachine: fusemax-cloud\naxes: {}\n", "s.yaml:3:7: error: the sweep has no axes"),
        ("name: x\naxes: {set.p: [1]}\n", "s.yaml:1:1: error: the sweep lacks 'machine': name one, make it an axis, or give --machine"),
        ("name: x\nmachin: y\naxes: {set.p: [1]}\n", "s.yaml:2:1: error: unknown key 'machin' in the sweep; did you mean 'machine'?"),
        (
            "name: x\nmachine: fusemax-clod\naxes: {set.p: [1]}\n",
            "s.yaml:2:10: error: 'machine' of the sweep: unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?",
        ),
        (
            "name: x\nmachine: no.yaml\naxes: {set.p: [1]}\n",
            "s.yaml:2:10: error: 'machine' of the sweep: cannot read machine 'no.yaml': No such file or directory",
        ),
        (
            ONE.format("array.pe2d.rows: [1]"),
            "s.yaml:4:3: error: unknown axis 'array.pe2d.rows': machine 'fusemax_cloud' has no 'array'; did you mean 'arrays'?",
        ),
        (
            ONE.format("arrays.pe3d.rows: [1]"),
            "s.yaml:4:3: error: unknown axis 'arrays.pe3d.rows': machine 'fusemax_cloud' has no array 'pe3d'; did you mean 'pe2d'?",
        ),
        (
            ONE.format("arrays.pe2d.rowz: [1]"),
            "s.yaml:4:3: error: unknown axis 'arrays.pe2d.rowz': array 'pe2d' has no number 'rowz'; did you mean 'rows'?",
        ),
        (
            ONE.format("arrays.pe2d: [1]"),
            "unknown axis 'arrays.pe2d': 'arrays.pe2d' names all of array 'pe2d'; it has rows, cols, cycles, latency_cycles, register_bytes",
        ),
        (ONE.format("arrays.pe2d.cycles: [1]"), "'cycles' of array 'pe2d' is a table, whose entries are mac, add, max, exp"),
        (ONE.format("arrays.pe2d.cycles.expo: [1]"), "array 'pe2d' has no 'expo' in 'cycles'; did you mean 'exp'?"),
        (ONE.format("arrays.pe2d.rows.x: [1]"), "'rows' of array 'pe2d' is one number, without 'x'"),
        (ONE.format("memories.dram.offchip: [1]"), "'offchip' of memory 'dram' is no number"),
        (ONE.format("pipelin: [x]"), "s.yaml:4:3: error: unknown axis 'pipelin': machine 'fusemax_cloud' has no 'pipelin'; did you mean 'pipeline'?"),
        (ONE.format("set.q: [1]"), "s.yaml:4:3: error: unknown axis 'set.q': the cascade has no rank 'q'; its ranks are b, h, p, m, e, f"),
        (ONE.format("set: [1]"), "s.yaml:4:3: error: unknown axis 'set': the cascade has no rank ''; its ranks are b, h, p, m, e, f"),
        (ONE.format("set.p: []"), "s.yaml:4:10: error: axis 'set.p' has no values"),
        (ONE.format("set.p: 5"), "s.yaml:4:10: error: axis 'set.p' must be a list or a range of values"),
        (ONE.format("set.p: [5, 6, 5]"), "s.yaml:4:17: error: axis 'set.p' has the value 5 twice"),
        (ONE.format("set.p: [5, -6]"), "s.yaml:4:14: error: a value of axis 'set.p' is -6; it must be at least 1"),
        (ONE.format("set.p: [5, 1.5]"), "s.yaml:4:14: error: a value of axis 'set.p' must be a whole number"),
        (ONE.format("set.p: [2000000000000]"), "a value of axis 'set.p' is 2000000000000; sizes run from 1 to 2^40"),
        (ONE.format("arrays.pe2d.rows: [true]"), "s.yaml:4:22: error: a value of axis 'arrays.pe2d.rows' must be a whole number"),
        (ONE.format("clock_hz: [.nan]"), "s.yaml:4:14: error: a value of axis 'clock_hz' is nan; it must be a positive number"),
        (ONE.format("clock_hz: [.inf]"), "s.yaml:4:14: error: a value of axis 'clock_hz' is inf; it must be a positive number"),
        (ONE.format("clock_hz: [fast]"), "s.yaml:4:14: error: a value of axis 'clock_hz' must be a number"),
        (ONE.format("clock_hz: {from: 1, to: 2}"), "s.yaml:4:13: error: the range of axis 'clock_hz' states no step; it takes one of step, times, count"),
        (ONE.format("clock_hz: {from: 1, to: 2, step: 1, count: 2}"), "the range of axis 'clock_hz' states step and count"),
        (ONE.format("clock_hz: {from: 2, to: 1, step: 1}"), "the range of axis 'clock_hz' ends at 1, before 2, where it begins"),
        (ONE.format("clock_hz: {from: 1, to: 2, step: -1}"), "s.yaml:4:36: error: 'step' of the range of axis 'clock_hz' is -1; it must be a positive number"),
        (ONE.format("clock_hz: {from: 1, to: 2, times: 1}"), "the range of axis 'clock_hz' would not grow"),
        (ONE.format("clock_hz: {from: 0, to: 2, times: 2}"), "the range of axis 'clock_hz' would not grow"),
        (ONE.format("clock_hz: {from: 0, to: 2, step: 1}"), "s.yaml:4:13: error: a value of axis 'clock_hz' is 0; it must be a positive number"),
        (ONE.format("clock_hz: {from: 1, to: 1.0e+30, step: 1.0e-30}"), "has more than 1e+15 values; an axis has 10,000 at most"),
        (ONE.format("clock_hz: {from: 1, to: 10001, step: 1}"), "has 10,001 values; an axis has 10,000 at most"),
        (ONE.format("set.p: {from: 1, to: 4, step: 0.5}"), "a value of axis 'set.p' must be a whole number"),
        (ONE.format("clock_hz: {from: 1, to: 2, steps: 1}"), "unknown key 'steps' in the range of axis 'clock_hz'; did you mean 'step'?"),
        (ONE.format("overlap: [yes, 3]"), "s.yaml:4:18: error: a value of axis 'overlap' must be true or false"),
        (ONE.format("pipeline: [einsum-one-pas]"), "s.yaml:4:14: error: a value of axis 'pipeline': unknown pass 'einsum-one-pas'; did you mean 'einsum-one-pass'?"),
        (ONE.format("mapping: [no.yaml]"), "s.yaml:4:13: error: a value of axis 'mapping': --mapping: error: cannot read mapping 'no.yaml'"),
        (ONE.format("machine: [fusemax-edge]"), "s.yaml:4:3: error: the machine is an axis, and given by 'machine' of the sweep as well"),
        (ONE.format("pipeline: {from: 1, to: 2, step: 1}"), "axis 'pipeline' must be a list of values"),
        (
            "name: x\nmachine: fusemax-cloud\naxes:\n"
            "  set.p: {from: 1, to: 400, step: 1}\n  set.m: {from: 1, to: 400, step: 1}\n",
            "s.yaml:4:3: error: the axes make 160,000 points; a sweep has 100,000 at most",
        ),
        (ONE.format("set.p: [1]") + "fixed: {set.p: 2}\n", "s.yaml:5:9: error: 'set.p' has its value from 'axes' already"),
        (ONE.format("set.p: [1]") + "fixed: {machine: flat-cloud}\n", "'machine' has its value from 'machine' already"),
        (ONE.format("set.p: [1]") + "fidelity: evnt\n", "s.yaml:5:11: error: 'fidelity' of the sweep is 'evnt'; it must be event or analytic; did you mean 'event'?"),
        (ONE.format("set.p: [1]") + "accounting: ful\n", "s.yaml:5:13: error: 'accounting' of the sweep: unknown accounting 'ful'; did you mean 'full'?"),
        (ONE.format("set.p: [1]") + "zip: [[set.p, set.q]]\n", "s.yaml:5:15: error: 'set.q' in 'zip' is no axis of this sweep; did you mean 'set.p'?"),
        (ONE.format("set.p: [1]") + "zip: [[set.p, set.p]]\n", "s.yaml:5:15: error: 'set.p' stands twice in 'zip'"),
        (ONE.format("set.p: [1]") + "zip: set.p\n", "s.yaml:5:6: error: 'zip' is a list of lists of axes"),
        (
            "name: x\nmachine: fusemax-cloud\naxes: {set.p: [1], set.m: [1, 2]}\nzip: [[set.p, set.m]]\n",
            "s.yaml:4:15: error: axes that go together have as many values each: 'set.p' has 1, 'set.m' has 2",
        ),
        (CHAINED.format("arrays.pe2d.cols: {of: arrays.pe2d.row}"), "s.yaml:6:21: error: 'arrays.pe2d.cols' follows 'arrays.pe2d.row', which is no number of"),
        (CHAINED.format("arrays.pe2d.cols: {of: arrays.pe2d.rows, times: 0.1}"), "'arrays.pe2d.cols' where 'arrays.pe2d.rows' is 1 is 0; it must be at least 1"),
        (CHAINED.format("clock_hz: {of: arrays.pe2d.rows, to_the: 999}"), "s.yaml:6:13: error: 'clock_hz' where 'arrays.pe2d.rows' is 2 is beyond 1e+30"),
        (CHAINED.format("clock_hz: {of: arrays.pe2d.rows, to_the: 100000000000000000000}"), "is beyond what a number may be"),
        (CHAINED.format("overlap: {of: arrays.pe2d.rows}"), "s.yaml:6:3: error: 'overlap' is no number, and follows from none"),
        (CHAINED.format("arrays.pe2d.rows: {of: arrays.pe2d.rows}"), "s.yaml:6:3: error: 'arrays.pe2d.rows' has its value from 'axes' already"),
        (CHAINED.format("clock_hz: {times: 2}"), "s.yaml:6:13: error: 'clock_hz' in 'follows' lacks 'of'"),
        ("name: x\nmachine: fusemax-cloud\naxes: &a {set.p: *a}\n", "s.yaml:3:"),
        ("name: x\naxes: [a\n", "s.yaml:3:1: error: not YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file(text: str, reason: str) -> None:
    with pytest.raises(SweepError) as caught:
        parse(text)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("s.yaml:")
    assert "\n" not in str(caught.value)
