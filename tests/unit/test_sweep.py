"""A sweep over sizes of machines: FuseMax's against the formulas of the paper's model, and what is wrong with a description."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from einfold.tools.commands.evaluate import load_spec
from einfold.tools.diagnostics import Failure
from einfold.tools.einfold import main
from einfold.tools.evaluation.spec import Spec
from einfold.tools.evaluation.spec_yaml import SpecError
from einfold.tools.evaluation.sweep import Point, load_sweep, run_sweep, sweep_csv
from einfold.tools.evaluation.sweep_spec import Sweep, parse_sweep
from einfold.tools.figures.sweep import sweep_figure

SPEC = load_spec("fusemax")
SWEEP = load_sweep("pareto.yaml", SPEC)
TEXT = (SPEC.folder / "pareto.yaml").read_text(encoding="utf-8")

B, M, CLOCK, BANDWIDTH = 64, 262144, 940e6, 400 * 2**30


def points(*sides: int, models: tuple[str, ...] = ("BERT", "XLM"), sweep: Sweep = SWEEP) -> list[Point]:
    spec = replace(SPEC, models={m: SPEC.models[m] for m in models})
    accelerator = sweep.accelerators["proposal"]
    chosen = [replace(d, models=tuple(m for m in d.models if m in models)) for d in accelerator.designs if d.side in sides]
    kept = replace(accelerator, designs=tuple(d for d in chosen if d.models))
    return run_sweep(replace(sweep, accelerators={"proposal": kept}), spec)


def test_the_published_sweep_has_all_points() -> None:
    for name, machines in (("proposal", 12), ("flat", 6)):
        designs = SWEEP.accelerators[name].designs
        assert len(designs) == machines
        covered = [(m, d.side) for d in designs for m in (d.models or tuple(SPEC.models))]
        assert sorted(covered) == sorted((m, side) for m in SPEC.models for side in (16, 32, 64, 128, 256, 512))
    for design in SWEEP.accelerators["proposal"].designs:
        head = SPEC.models[design.models[0]]["e"]
        folds = 2 * max(1, design.side // head)
        assert design.buffer == 16 * design.side * head
        assert design.registers == {"pe2d": 2 * folds, "pe1d": 8 * folds}


@pytest.mark.parametrize(("side", "kept"), [(32, 2), (256, 2), (512, 4)])
def test_fusemax_of_any_size_takes_what_the_model_of_the_paper_says(side: int, kept: int) -> None:
    """`kept` tiles of queries at once: two in the smallest buffer, and four where memory made it grow."""
    (point,) = points(side, models=("BERT",))
    heads, e = 12, 64
    tiles = B * heads * (M / side) ** 2
    one = (e + 1 + 7 + 1 + e) * tiles / CLOCK
    other = (1 + 7 + 1 + e + 1 + e + e / (M / side)) * tiles / CLOCK
    moved = 2 * B * heads * (M * e + M // (side * kept) * M * 2 * e + M * e)
    assert point.traffic == moved
    assert point.buffer == 16 * side * e * kept // 2
    assert point.times == pytest.approx({"mem_lat": moved / BANDWIDTH, "comp_2d_lat": one, "comp_1d_lat": other}, rel=1e-4)  # ticks are whole
    assert max(point.times.values()) <= point.latency <= 1.001 * max(point.times.values())


def test_areas_are_those_of_the_elements_and_of_the_buffer() -> None:
    bert, xlm = points(256)
    per_element = 1545 + 49.29 + 131.18 * 16 + 11.6348 * 4
    lanes = 1545 + 49.29 + 23741 + 131.18 * 64 + 11.6348 * 6
    assert bert.array_area == pytest.approx(65536 * per_element)
    assert bert.area == pytest.approx(65536 * per_element + 256 * lanes + 2140930, rel=1e-9)
    assert xlm.array_area == pytest.approx(65536 * (1545 + 49.29 + 131.18 * 8 + 11.6348 * 3))


def test_a_buffer_grows_no_further_than_it_may() -> None:
    (point,) = points(512, models=("BERT",), sweep=replace(SWEEP, largest=1048575))
    assert point.buffer == 524288
    assert point.times["mem_lat"] > point.times["comp_1d_lat"]


def test_a_table_and_a_figure_come_out() -> None:
    found = points(16)
    header, *rows = sweep_csv(SWEEP, found).splitlines()
    assert header == "accel,model,PE_dim,traffic,mem_lat,comp_2d_lat,comp_1d_lat,latency,array_2d_area,area"
    assert [row.split(",")[:3] for row in rows] == [["proposal", "BERT", "16"], ["proposal", "XLM", "16"]]
    assert [float(row.split(",")[-1]) for row in rows] == [p.area for p in found]
    drawn = sweep_figure(SWEEP, found).render()
    assert "FuseMax BERT" in drawn and "256K tokens" in drawn


def test_models_share_kernels_and_come_out_as_alone() -> None:
    together = points(256, models=("BERT", "T5"))
    assert together == [*points(256, models=("BERT",)), *points(256, models=("T5",))]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("length: 256K", "length: 255K", "error: unknown length '255K'; did you mean '256K'?"),
        ("table: attn-binding", "table: attn-bindin", "unknown table of accelerator 'proposal', 'attn-bindin'; did you mean 'attn-binding'?"),
        ("tiles_of_a_side: [p]", "tiles_of_a_side: [q]", "unknown rank of accelerator 'proposal', 'q'"),
        (
            "&e64 [BERT, TrXL, T5], side: 16,",
            "&e64 [BERT, TrXL, T5], side: 0,",
            "pareto.yaml:38:47: error: 'side' of a machine is 0; it must be at least 1",
        ),
        ("&e64 [BERT, TrXL, T5], side: 16,", "&e64 [BERT, TrXL, T5], side: 99999,", "'side' of a machine is 99999; sides run from 1 to 65536"),
        ("{16384: 53742,", "{16384: .nan,", "'16384' in '16' in 'buffers' of 'area_um2' of the sweep is nan; it must be a positive number"),
        ("name: pareto", "name: ../pareto", "'name' of the sweep is '../pareto'; a file is called so: letters, digits, '-', '_' and '.' only"),
        ("largest_bytes", "larges_bytes", "unknown key 'larges_bytes' in the sweep; did you mean 'largest_bytes'?"),
    ],
)
def test_what_is_wrong_with_a_description(old: str, new: str, reason: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(SpecError) as caught:
        parse_sweep(TEXT.replace(old, new), "pareto.yaml", SPEC)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("pareto.yaml")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (replace(SWEEP, memory="bufer"), "no memory on the chip 'bufer'; did you mean 'buffer'?"),
        (replace(SWEEP, memory="dram"), "no memory on the chip 'dram'"),
        (replace(SWEEP, array="pe3d"), "no array 'pe3d'; did you mean 'pe2d'?"),
        (replace(SWEEP, times={"mem_lat": "ram"}), "no array or memory 'ram'; did you mean 'dram'?"),
    ],
)
def test_a_name_that_the_machine_does_not_have(changed: Sweep, reason: str) -> None:
    with pytest.raises(Failure) as caught:
        points(16, models=("BERT",), sweep=changed)
    assert caught.value.diagnostics[0].message.startswith(reason)
    assert caught.value.diagnostics[1].file == "sweep 'pareto', proposal, side 16"


def test_a_sweep_that_is_not_there(tmp_path: Path) -> None:
    spec: Spec = replace(SPEC, folder=tmp_path)
    with pytest.raises(Failure) as caught:
        load_sweep("none.yaml", spec)
    assert caught.value.diagnostics[0].message == "cannot be read: No such file or directory"


OWN = {
    "product.mlir": """
einsum.cascade @product ranks {n = 8, k = 8, l = 8} (%A[n, k], %B[k, l]) -> [n, l] : f16 {
  %C = einsum.compute [n, l] = %A[n, k] * %B[k, l] reduce add(k)
  einsum.return %C[n, l]
}
""",
    "toy.yaml": """name: toy
clock_hz: 1e9
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 1.0e+12}
  buffer: {capacity_bytes: 65536}
arrays:
  grid: {rows: 16, cols: 16, cycles: {mac: 1}, area_um2: {mac: 100}}
""",
    "mine.yaml": """name: mine
models: {S: {width: 32}}
lengths: {short: 64}
tables:
  products: {cascade: product.mlir, machine: toy.yaml, pipeline: "", ranks: {n: [length], k: [width], l: [width]}}
sweeps: [sizes.yaml]
""",
    "sizes.yaml": """name: sizes
figure: sizes-drawn
length: short
memory: buffer
largest_bytes: 65536
area_um2: {buffer_byte: 2}
times: {grid_lat: grid}
array: grid
array_column: grid_area
accelerators:
  mine: {table: products, machines: [{side: 8, buffer_bytes: 32768}, {side: 16, buffer_bytes: 32768}]}
""",
}


def own(folder: Path, *changes: tuple[str, str, str]) -> int:
    texts = dict(OWN)
    for file, old, new in changes:
        assert old in texts[file]
        texts[file] = texts[file].replace(old, new)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return main(["evaluate", str(folder / "mine.yaml"), "--out", str(folder / "out"), "--jobs", "1"])


def test_a_sweep_of_one_s_own(tmp_path: Path) -> None:
    assert own(tmp_path) == 0
    small, large = csv.DictReader((tmp_path / "out" / "sizes.csv").open(encoding="utf-8"))
    assert (small["PE_dim"], large["PE_dim"]) == ("8", "16")
    assert float(small["grid_lat"]) == pytest.approx(4 * float(large["grid_lat"])) == pytest.approx(64 * 32 * 32 / 64 / 1e9)
    assert float(small["grid_area"]) == 64 * 100 and float(large["area"]) == 256 * 100 + 2 * 32768
    assert (tmp_path / "out" / "figures" / "sizes-drawn.svg").read_text().startswith("<svg")
    drawn = tmp_path / "out" / "figures" / "sizes-drawn.png"
    assert drawn.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("sizes.yaml", "name: sizes", "name: products"), "error: two results are called 'products'"),
        (("sizes.yaml", "name: sizes", "name: fidelity"), "error: two results are called 'fidelity'"),
        (("toy.yaml", ", area_um2: {mac: 100}", ""), "error: machine 'toy' states no area of grid"),
        (("sizes.yaml", "side: 8, buffer_bytes: 32768", "side: 8, buffer_bytes: 16"), "note: this is the point"),
        (("sizes.yaml", "buffer_byte: 2", "buffers: {8: {1: 2}}"), "error: no area is stated of a buffer of 32768 bytes beside arrays of 8"),
        (("mine.yaml", "sizes.yaml", "size.yaml"), "size.yaml: error: cannot be read: No such file or directory"),
    ],
)
def test_a_sweep_of_one_s_own_that_cannot_run(change: tuple[str, str, str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert own(tmp_path, change) == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
