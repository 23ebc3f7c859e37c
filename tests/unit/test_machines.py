"""`einfold machines` and `einfold machine`: what is told of a machine is what its file says; `einfold roofline`: forms under the roof."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from einfold.backend.machine_yaml import load_machine, machine_names, parse_machine
from einfold.tools.einfold import main
from einfold.tools.machine_told import area_lines, description
from einfold.tools.quantities import byte_count, rate, scaled
from einfold.tools.roofline import Form, Roof, points_told

ATTENTION = str(Path(__file__).parents[2] / "examples" / "attention.mlir")


def output(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(list(args)) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(list(args)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_all_machines_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    head, *lines = output(capsys, "machines").splitlines()
    assert head.split() == ["machine", "arrays", "clock", "peak", "on", "chip", "off", "chip"]
    assert [line.split()[0] for line in lines] == list(machine_names())
    cloud = next(line for line in lines if line.startswith("fusemax-cloud"))
    assert re.split(" {2,}", cloud)[1:] == ["256 x 256, 1 x 256", "940 MHz", "61.6 TMAC/s", "16 MiB", "429.5 GB/s"]


def test_the_list_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    found = {m["name"]: m for m in json.loads(output(capsys, "machines", "--json"))}
    assert set(found) == set(machine_names())
    assert found["fusemax-cloud"]["peak_macs_per_s"] == 65536 * 940e6
    assert found["fusemax-edge"]["arrays"] == {"pe2d": {"rows": 32, "cols": 32}, "pe1d": {"rows": 1, "cols": 32}}
    assert found["flat-edge"]["buffer_bytes"] == 512 * 1024
    assert found["tpu-v4-like"]["peak_macs_per_s"] == pytest.approx(275e12 / 2, rel=0.002)
    assert found["ipu-mk2-like"]["peak_macs_per_s"] == pytest.approx(250e12 / 2, rel=0.003)
    assert found["ipu-mk2-like"]["buffer_bytes"] > 800e6


@pytest.mark.parametrize("name", machine_names())
def test_one_machine_shows_every_part_with_its_source(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    drawn = tmp_path / "machine.svg"
    text = output(capsys, "machine", name, "--svg", str(drawn))
    machine = load_machine(name)
    for part in (*machine.memories, *machine.arrays):
        assert f"│ {part.name}: " in text
        assert f"source of {part.name}: {part.source}" in text
    boxes = [line for line in text.splitlines() if line.startswith(("┌", "│", "└"))]
    assert text.count("┌") == text.count("┐") == text.count("└") == text.count("┘") == len(machine.memories) + len(machine.arrays)
    assert all("─" in line or "│" in line for line in boxes)
    assert "\narea: " in text
    assert ET.parse(drawn).getroot().tag.endswith("svg")


@pytest.mark.parametrize("name", machine_names())
def test_one_machine_for_programs_is_its_file_again(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What `--json` says, without what is computed, is a description that reads as the same machine (JSON is YAML)."""
    found = json.loads(output(capsys, "machine", name, "--json"))
    computed = {k: found.pop(k) for k in ("peak_macs_per_s", "buffer_bytes", "dram_bytes_per_s", "area")}
    assert parse_machine(json.dumps(found)) == load_machine(name)
    assert computed["peak_macs_per_s"] > 0
    assert found == json.loads(json.dumps(description(load_machine(name))))


def test_areas_are_told_with_what_has_none() -> None:
    assert area_lines(load_machine("fusemax-cloud")) == ["area: 485.2 mm2 (pe2d 383.4, pe1d 7.575, buffer 94.18)"]
    assert area_lines(load_machine("flat-cloud")) == ["area: 406.6 mm2 (pe2d 221.7, pe1d 9.145, buffer 175.7)"]
    assert area_lines(load_machine("tpu-v4-like"))[0].startswith("area: 600 mm2 ")
    assert area_lines(load_machine("ipu-mk2-like"))[0].startswith("area: 823 mm2 ")
    bare = load_machine("flat-cloud")
    bare = replace(bare, arrays=tuple(replace(a, area={}) for a in bare.arrays))
    assert area_lines(bare) == ["area: 175.7 mm2 (buffer 175.7); no figure of pe2d, pe1d"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("clock_hz: 940000000", "clock_hz: .nan", "mine.yaml:3:11: error: 'clock_hz' of the machine is nan; it must be a positive number"),
        ("clock_hz: 940000000", "clock_hz: 0", "mine.yaml:3:11: error: 'clock_hz' of the machine is 0; it must be a positive number"),
        ("clock_hz: 940000000", "clock_hz: 1e99", "mine.yaml:3:11: error: 'clock_hz' of the machine is beyond 1e+30"),
        (
            "register_write: 1.9065}\n    area_um2: {mac: 1545, max: 49.29, r",
            "register_write: 1.9065}\n    area_um2: {mac: 1545, mux: 49.29, r",
            "error: unknown action 'mux' in 'area_um2' of array 'pe2d'; did you mean ",
        ),
        ("capacity_bytes", "capacity_byte", ":15:5: error: unknown key 'capacity_byte' in memory 'buffer'; did you mean 'capacity_bytes'?"),
    ],
)
@pytest.mark.parametrize("command", ["machine", "simulate", "roofline"])
def test_a_machine_of_one_s_own_is_refused_with_its_place(
    command: str, old: str, new: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(__file__).parents[2] / "backend" / "machines" / "fusemax-cloud.yaml").read_text()
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(old, new, 1))
    assert path.read_text() != text
    args = [str(path)] if command == "machine" else [ATTENTION, "--machine", str(path)]
    assert message in refused(capsys, command, *args)


def test_the_machine_that_the_docs_describe_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "machines.md").read_text()
    block, _ = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    machine = parse_machine(block)
    assert (machine.name, [a.rows for a in machine.arrays], machine.memories[1].area) == ("mine", [64, 1], {"total": 6e6})


def test_an_unknown_machine_has_a_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "machine", "fusemax-clod") == "fusemax-clod: error: unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?\n"


@pytest.mark.parametrize(("count", "text"), [(3, "3 B"), (2**10, "1 KiB"), (3 * 2**19, "1.5 MiB"), (2**41, "2 TiB")])
def test_bytes_have_the_unit_that_suits(count: int, text: str) -> None:
    assert byte_count(count) == text


def test_other_quantities_have_powers_of_ten() -> None:
    assert (scaled(940e6, "Hz"), scaled(5, "Hz"), rate(429496729600)) == ("940 MHz", "5 Hz", "429.5 GB/s")


def test_a_roof_bends_at_its_ridge() -> None:
    roof = Roof.of(load_machine("fusemax-cloud"))
    assert roof.macs == 65536 * 940e6
    assert roof.operations == (65536 + 256) * 940e6
    assert roof.ridge == pytest.approx(roof.operations / (400 * 2**30))
    assert roof.at(1.0) == 400 * 2**30 and roof.at(1e9) == roof.operations
    assert Roof(5.0, 1.0, None).at(0.1) == 5.0 and Roof(5.0, 1.0, None).ridge is None


def test_forms_that_were_not_simulated_have_no_point() -> None:
    forms = [Form("a", "", 3, 10, 5, 1.0), Form("b", "", refused="does not fit"), Form("c", "", 1, 10, 0, 1.0)]
    assert [f.name for f in points_told(forms)] == ["a"]
    assert (forms[0].intensity, forms[0].rate) == (2.0, 10.0)


def test_the_forms_of_attention_under_the_roof(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    drawn = tmp_path / "roofline.svg"
    args = ("roofline", ATTENTION, "--machine", "fusemax-cloud", "--set", "p=1024,m=1024,b=1,h=2", "-o", str(drawn), "--json")
    found = json.loads(output(capsys, *args))
    assert [(f["form"], f["passes"]) for f in found["forms"]] == [("as written", 3), ("online", 2), ("one-pass", 1)]
    assert all(f["operations_per_s"] <= f["roof_operations_per_s"] for f in found["forms"])
    assert found["forms"][2]["bytes"] == 2 * (2 * 1024 * 64 + 2 * 1024 * 64 + 2 * 1024 * 64 + 2 * 1024 * 64)
    assert found["forms"][2]["intensity"] > 10 * found["forms"][0]["intensity"]
    held = found["footprint_bytes"]
    assert [held["as written"][n] // int(n) for n in held["as written"]] == [2] * 6
    assert set(held["one-pass"].values()) == {512}
    texts = "".join(ET.parse(drawn).getroot().itertext())
    assert all(text in texts for text in ("as written (3-pass)", "online (2-pass)", "one-pass (1-pass)", "On-chip bytes for one fiber"))


def test_forms_that_a_machine_cannot_run_are_told_with_the_reason(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "backend" / "machines" / "fusemax-cloud.yaml").read_text()
    bare, drawn = tmp_path / "bare.yaml", tmp_path / "bare.svg"
    bare.write_text(text.replace(", exp: 6", ""))
    args = ("roofline", ATTENTION, "--machine", str(bare), "--set", "p=256,m=256,b=1,h=1", "-o", str(drawn))
    told = output(capsys, *args).splitlines()
    refusals = [line for line in told if "not lowered: " in line]
    assert [line.split("  ")[1].strip() for line in refusals] == ["as written", "online", "one-pass"]
    assert all("'exp'" in line for line in refusals)
    texts = "".join(ET.parse(drawn).getroot().itertext())
    assert "roof" in texts and "one-pass (1-pass)" not in texts


def test_what_the_roofline_cannot_take(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    told = refused(capsys, "roofline", ATTENTION, "--machine", "fusemax-cloud", "--rank", "mm")
    assert told == "--rank: error: @attention has no rank 'mm'; did you mean 'm'?\n"
    assert "unknown rank 'q'" in refused(capsys, "roofline", ATTENTION, "--machine", "fusemax-cloud", "--set", "q=4")
    missing = tmp_path / "none" / "a.svg"
    assert "cannot be written" in refused(
        capsys, "roofline", ATTENTION, "--machine", "fusemax-cloud", "--set", "p=256,m=256,b=1,h=1", "-o", str(missing)
    )
