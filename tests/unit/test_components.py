"""Components by another source than the tables: what is asked of the library, what becomes of its answers, and of its failures.

The library needs a newer Python than einfold does. Most tests put a stand-in with its interface in its place, which `test_the_library_itself` checks
against the library where that is installed.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from einfold.backend.components import Component, NoFigure, TableSource, figures, with_figures
from einfold.backend.components_yaml import Components, ComponentsError, load_components, parse_components
from einfold.backend.hwcomponents_source import SourceMissing, hwcomponents
from einfold.backend.machine_yaml import load_machine
from einfold.tools.einfold import main

ATTENTION = str(Path(__file__).parents[2] / "examples" / "attention.mlir")
STAND_IN = """
import pathlib

asked = []
LOG = pathlib.Path(__file__).with_name("cacti.log")


class ActionCost:
    def __init__(self, energy, latency=0.0, throughput=1.0):
        self.energy, self.latency, self.throughput = energy, latency, throughput


class Model:
    def __init__(self, area, **joules):
        self.area, self.leak_power = area, 0.0
        for name, value in joules.items():
            setattr(self, name, lambda value=value: ActionCost(value))


class EstimatorError(Exception):
    pass


def get_model(component_name, component_attributes, required_actions=(), models=None):
    asked.append((component_name, component_attributes))
    width = component_attributes.get("width", 16)
    match component_name:
        case "intmac":
            return Model(2e-9, mac=4e-12)
        case "adder":
            return Model(1e-10, add=1e-13)
        case "comparator":
            return Model(1e-10, compare=2e-14)
        case "register":
            return Model(1e-11 * width, read=1e-13, write=2e-13)
        case "LPDDR4":
            return Model(0.0, read=8e-12 * width, write=8e-12 * width)
        case "sram":
            LOG.write_text("\\n./cacti: libc.so.6: version `GLIBC_9.99' not found (required by ./cacti)\\n")
            logs = f"Logs:\\n|  | Exception: CACTI failed with exit code 1. Please check {LOG} for CACTI output. Run command: ...\\n"
            raise RuntimeError(f"Can not find an model model for sram(...)\\n{logs}")
        case "multiplier":
            raise RuntimeError("Can not find an model model for multiplier\\n|  | Calling __init__\\n|  | ValueError: width must be even\\n|  | Traceback")
    raise EstimatorError(f"Component {component_name} is not supported by any models. Supported components: adder, comparator, intmac, sram")
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stand-in for the library in the first place where imports look."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "hwcomponents.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "hwcomponents", raising=False)
    yield folder
    sys.modules.pop("hwcomponents", None)


def output(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(list(args)) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(list(args)) == 1
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    return said.err


def test_tables_are_a_source() -> None:
    tables = TableSource(load_machine("fusemax-cloud"))
    assert tables.energy(Component("pe2d", "mac")) == 17.1645 and tables.area(Component("buffer", "total")) == 94176256
    with pytest.raises(NoFigure, match="no figure"):
        tables.energy(Component("pe1d", "sqrt"))


def test_what_is_asked_follows_from_the_machine() -> None:
    asked = {(q, c.part, c.entry): c for q, c in Components("hwcomponents").asked(load_machine("fusemax-cloud"))}
    mac = asked["energy", "pe2d", "mac"]
    assert (mac.model, mac.action) == ("intmac", "mac")
    assert mac.attributes == {"tech_node": pytest.approx(45e-9), "multiplier_width": 16, "adder_width": 32}
    buffer = asked["area", "buffer", "total"]
    assert buffer.model == "sram" and (buffer.attributes["width"], buffer.attributes["size"]) == (4096, 16 * 2**20 * 8)
    assert asked["energy", "dram", "read"].model is None and asked["energy", "pe1d", "exp"].model is None
    assert asked["area", "pe2d", "registers"].many is None and ("area", "pe2d", "add") not in asked


def test_both_figures_and_their_ratio(library: Path) -> None:
    machine = load_machine("fusemax-cloud")
    found = figures(machine, Components("hwcomponents").asked(machine), hwcomponents())
    by = {(f.part, f.entry, f.quantity): f for f in found}
    mac = by["pe2d", "mac", "energy"]
    assert (mac.table, mac.other, mac.ratio) == (17.1645, pytest.approx(4.0), pytest.approx(4 / 17.1645))
    assert by["pe2d", "mac", "area"].other == pytest.approx(2000.0)
    assert by["buffer", "read", "energy"].other is None
    assert "GLIBC_9.99' not found" in by["buffer", "read", "energy"].reason
    changed = with_figures(machine, found)
    arrays = {a.name: a for a in changed.arrays}
    assert arrays["pe2d"].energy["mac"] == pytest.approx(4.0) and arrays["pe2d"].energy["exp"] == 102.987
    assert arrays["pe2d"].area["registers"] == 4255.93
    assert changed.memories == machine.memories


def test_one_model_is_made_once(library: Path) -> None:
    machine = load_machine("fusemax-cloud")
    figures(machine, Components("hwcomponents").asked(machine), hwcomponents())
    asked = [name for name, _ in sys.modules["hwcomponents"].asked]
    assert sorted(asked) == ["adder", "comparator", "intmac", "register", "sram"]  # the one that fails, too


def test_a_machine_shows_both(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "machine", "fusemax-cloud", "--components", "hwcomponents")
    assert "components by hwcomponents: 14 of 31 figures; the others are the tables" in text
    [line] = [x for x in text.splitlines() if x.split()[:3] == ["pe2d", "mac", "pJ"]]
    assert line.split()[3:] == ["17.1645", "4", "0.233"]
    found = json.loads(output(capsys, "machine", "fusemax-cloud", "--components", "hwcomponents", "--json"))
    assert found["arrays"]["pe2d"]["energy_pj"]["mac"] == pytest.approx(4.0)
    assert {"part": "dram", "entry": "read", "source": None}.items() <= found["components"][0].items()


def test_a_simulation_counts_with_the_source_s_figures(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "models.yaml"
    file.write_text("source: hwcomponents\nparts:\n  dram:\n    read: {model: LPDDR4, width: 64}\n    write: {model: LPDDR4, width: 64}\n")
    args = ("simulate", ATTENTION, "--machine", "fusemax-cloud", "--set", "p=1024,m=1024")
    plain, other = json.loads(output(capsys, *args, "--json")), json.loads(output(capsys, *args, "--json", "--components", str(file)))
    assert other["energy_by_tables"] == plain["energy"] and other["cycles"] == plain["cycles"]
    for action in ("read", "write"):
        ratio = other["energy"]["actions"]["dram"][action] / plain["energy"]["actions"]["dram"][action]
        assert ratio == pytest.approx(512 / 249.6)
    assert other["energy"]["actions"]["pe2d"]["mac"] == pytest.approx(plain["energy"]["actions"]["pe2d"]["mac"] * 4 / 17.1645)
    assert other["energy"]["actions"]["buffer"] == plain["energy"]["actions"]["buffer"]
    assert "energy by the tables" in output(capsys, *args, "--components", str(file))


def test_registers_are_as_many_as_the_machine_says(library: Path) -> None:
    machine = load_machine("fusemax-cloud")
    pe1d = next(a for a in machine.arrays if a.name == "pe1d")
    sized = replace(machine, arrays=(replace(pe1d, registers=pe1d.cols * 64),))  # 32 words of 2 bytes an element
    [found] = [f for f in figures(sized, Components("hwcomponents").asked(sized), hwcomponents()) if (f.entry, f.quantity) == ("registers", "area")]
    assert found.other == pytest.approx(32 * 1e-11 * 16 * 1e12)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{model: addr}", "the library has no model 'addr'; did you mean 'adder'?"),
        ("{model: adder, action: ad}", "the library's 'adder' has no action 'ad'"),
        ("{model: multiplier, action: multiply}", "the library's 'multiplier' gives none: width must be even"),
    ],
)
def test_why_a_model_gives_none(entry: str, told: str, library: Path) -> None:
    machine = load_machine("fusemax-cloud")
    components = parse_components(f"source: hwcomponents\nparts: {{pe2d: {{exp: {entry}}}}}\n")
    found = figures(machine, components.asked(machine), hwcomponents())
    assert next(f.reason for f in found if (f.part, f.entry) == ("pe2d", "exp")) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("source: tables\n", "'source' of the components is 'tables'; it must be hwcomponents"),
        ("source: hwcomponents\ntech_node_nm: -7\n", "2:15: error: 'tech_node_nm' of the components is -7; it must be a positive number"),
        ("source: hwcomponents\npart: {}\n", "unknown key 'part' in the components; did you mean 'parts'?"),
        ("source: hwcomponents\nparts: {pe2d: {mac: [1]}}\n", "'mac' of 'pe2d' must be a mapping of names to values"),
        ("", "the file is empty"),
    ],
)
def test_bad_files_are_refused_with_their_place(text: str, told: str) -> None:
    with pytest.raises(ComponentsError) as error:
        parse_components(text, "c.yaml")
    assert str(error.value).startswith("c.yaml:") and told in str(error.value)


def test_the_file_that_the_docs_show_is_one(library: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "machines.md").read_text()
    _, block = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S)
    machine = load_machine("fusemax-cloud")
    found = {(f.part, f.entry): f for f in figures(machine, parse_components(block).asked(machine), hwcomponents()) if f.quantity == "energy"}
    assert (found["dram", "read"].other, found["dram", "write"].other) == (pytest.approx(512), pytest.approx(512))


def test_names_that_are_not_there(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ComponentsError, match="did you mean 'hwcomponents'"):
        load_components("hwcomponent")
    assert "cannot read components" in refused(capsys, "machine", "fusemax-cloud", "--components", str(tmp_path / "none.yaml"))
    (tmp_path / "c.yaml").write_text("source: hwcomponents\nparts: {pe3d: {mac: {model: adder}}}\n")
    assert "c.yaml:2:9: error: machine 'fusemax_cloud' has no part 'pe3d'; did you mean 'pe2d'?" in refused(
        capsys, "machine", "fusemax-cloud", "--components", str(tmp_path / "c.yaml")
    )


def test_an_entry_that_is_not_there(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.yaml").write_text("source: hwcomponents\nparts: {pe2d: {maxx: {model: adder}}}\n")
    assert "c.yaml:2:16: error: 'pe2d' has no entry 'maxx'; did you mean 'max'?" in refused(
        capsys, "simulate", ATTENTION, "--machine", "fusemax-cloud", "--components", str(tmp_path / "c.yaml")
    )


def test_a_missing_library_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "hwcomponents", None)
    told = refused(capsys, "machine", "fusemax-cloud", "--components", "hwcomponents")
    assert told.startswith("--components: error: hwcomponents ")
    with pytest.raises(SourceMissing, match=r"needs Python 3\.12 or newer|pip install 'einfold\[components\]'"):
        hwcomponents()


@pytest.mark.skipif(importlib.util.find_spec("hwcomponents") is None, reason="hwcomponents is not installed (it needs Python 3.12)")
def test_the_library_itself() -> None:
    import hwcomponents as real  # pyright: ignore[reportMissingImports]

    assert list(inspect.signature(real.get_model).parameters)[:3] == ["component_name", "component_attributes", "required_actions"]
    machine = load_machine("fusemax-cloud")
    by = {(f.part, f.entry, f.quantity): f for f in figures(machine, Components("hwcomponents").asked(machine), hwcomponents())}
    assert by["pe2d", "mac", "energy"].other == pytest.approx(3.8896, rel=1e-3)
    assert by["pe2d", "max", "area"].other == pytest.approx(51.88, rel=1e-3)
    buffer = by["buffer", "read", "energy"]
    assert buffer.other is not None or "CACTI's program does not run here" in buffer.reason
    dram = parse_components("source: hwcomponents\nparts: {dram: {read: {model: LPDDR4, width: 64}}}\n").asked(machine)
    assert next(f.other for f in figures(machine, dram, hwcomponents())) == pytest.approx(512.0)
