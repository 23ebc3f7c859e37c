"""Bounds: what a kernel's operations and bytes take at full rate, and that no simulated time is below them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from einfold.backend.bounds import Bound, largest_array, lower_bounds, mac_rate, of_several
from einfold.backend.machine_yaml import load_machine, parse_machine
from einfold.backend.result import SimulationResult, TaskCounts
from einfold.tools.bounding import bounds_lines
from einfold.tools.einfold import main

ATTENTION = str(Path(__file__).parents[2] / "examples" / "attention.mlir")

MACHINE = parse_machine("""\
name: toy
clock_hz: 1e9
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 4e9}
  buffer: {capacity_bytes: 65536, bandwidth_bytes_per_s: 1.6e10}
  cache: {capacity_bytes: 4096}
arrays:
  lanes: {rows: 1, cols: 4, cycles: {add: 1}}
  grid: {rows: 4, cols: 4, cycles: {mac: 2, max: 1}}
""")

RESULT = SimulationResult(
    "k",
    1000.0,
    1e-6,
    {"grid": {"QK": 900.0}, "lanes": {"RD": 100.0}},
    {"dram": {"read": 1200, "write": 400}, "buffer": {"read": 3200, "write": 0}, "cache": {"read": 8, "write": 8}},
    filled={"grid": {"QK": 700.0, "LM": 50.0}, "lanes": {"RD": 80.0}},
    counts=(
        TaskCounts("QK", "grid", 1, {"mac": 5600}, {}, {}),
        TaskCounts("LM", "grid", 1, {"max": 800}, {}, {}),
        TaskCounts("RD", "lanes", 1, {"add": 320, "mac": 9}, {}, {}),
    ),
)


def test_each_part_of_a_machine_bounds_a_kernel() -> None:
    found = {b.name: (b.work, b.cycles) for b in lower_bounds(RESULT, MACHINE)}
    assert found == {
        "macs grid": (5600, 5600 * 2 / 16),
        "operations lanes": (329, 80.0),
        "operations grid": (6400, 750.0),
        "offchip dram": (1600, 1600 / 4),
        "port buffer": (3200, 3200 / 16),
        "port cache": (16, None),
    }


def test_the_largest_array_s_macs_are_what_a_machine_peaks_at() -> None:
    assert largest_array(MACHINE).name == "grid"
    assert mac_rate(largest_array(MACHINE)) == 8
    assert mac_rate(MACHINE.arrays[0]) == 0.0
    assert mac_rate(largest_array(load_machine("fusemax-cloud"))) == 65536


def test_bounds_of_kernels_in_a_row_add_up() -> None:
    own = lower_bounds(RESULT, MACHINE)
    both = {b.name: b for b in of_several([own, own])}
    assert both["macs grid"].cycles == 1400 and both["macs grid"].work == 11200
    assert both["port cache"].cycles is None
    assert both["offchip dram"].rate == pytest.approx(4)


def test_shares_and_their_table() -> None:
    own = lower_bounds(RESULT, MACHINE)
    shares = {b.name: b.share(RESULT.cycles) for b in own}
    assert shares["macs grid"] == 0.7 and shares["port cache"] is None
    lines = bounds_lines(own, RESULT.cycles)
    assert "  MACs alone on grid                70.00 %               700.00 cycles" in lines
    assert "  bytes at the port of cache      no bandwidth stated, 0.0 bytes a cycle asked" in lines
    assert "  bytes at the port of buffer       20.00 %               200.00 cycles" in lines
    (above,) = bounds_lines([Bound("port", "buffer", 1, "bytes", 1.0, 2000.0)], 1000.0)[1:]
    assert above.endswith("200.00 %             2,000.00 cycles  above the simulated time: ports delay single tasks only")
    assert Bound("macs", "grid", 0, "operations", 1.0, 0.0).share(0.0) is None


@pytest.mark.parametrize("machine", ["fusemax-cloud", "fusemax-edge", "flat-cloud", "tpu-v4-like", "ipu-mk2-like"])
@pytest.mark.parametrize("pipeline", [None, ""])
def test_no_kernel_is_faster_than_its_bounds(machine: str, pipeline: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    options = [] if pipeline is None else ["--pipeline", pipeline]
    assert main(["simulate", ATTENTION, "--machine", machine, "--set", "p=512,m=512,b=1,h=2", "--json", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    held = {name: b["share"] for name, b in found["bounds"].items() if b["share"] is not None and b["kind"] != "port"}
    assert len(held) == 4
    assert all(0 < share <= 1 + 1e-9 for share in held.values()), held
    macs = found["bounds"][next(n for n in held if n.startswith("macs"))]
    assert macs["operations"] >= 2 * 2 * 512 * 512 * 64
