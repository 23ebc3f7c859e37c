"""`einfold evaluate` on small evaluations of one's own: files, options, errors."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from einfold.tools.einfold import main

CASCADE = """
einsum.cascade @product ranks {n = 8, k = 8, l = 8} (%A[n, k], %B[k, l]) -> [n, l] : f16 {
  %C = einsum.compute [n, l] = %A[n, k] * %B[k, l] reduce add(k)
  einsum.return %C[n, l]
}
"""
MACHINE = """name: toy
clock_hz: 1e9
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 1.0e+12, row_bytes: 8, energy_pj: {read: 10, write: 10}}
  buffer: {capacity_bytes: 65536, row_bytes: 64, energy_pj: {read: 1, write: 2}}
arrays:
  grid: {rows: 16, cols: 16, cycles: {mac: 1}, energy_pj: {mac: 0.5, register_read: 0.25, register_write: 0.125}}
  lanes: {rows: 1, cols: 16, cycles: {mac: 1, add: 1}}
"""
MAPPING = "name: plain\neinsums: {C: {array: grid, rows: [n], cols: [l]}}\ntiles: {n: 16, l: 16, k: whole}\n"
SPEC = """name: mine
models:
  S: {width: 32}
  L: {width: 64}
lengths: {short: 64, long: 4096}
tables:
  products:
    cascade: product.mlir
    machine: toy.yaml
    pipeline: ""
    ranks: {n: [length], k: [width], l: [width]}
    columns: {grid: [grid], C: [grid, C]}
    mappings:
      - {file: plain.yaml}
notes: [first, second]
headlines:
  - {name: utilisation, column: grid, mean: products, published: 1}
  - {name: twice, column: latency, over: [products, products], under: [products]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("product.mlir", CASCADE), ("toy.yaml", MACHINE), ("plain.yaml", MAPPING), ("mine.yaml", SPEC)):
        (tmp_path / name).write_text(text)
    return tmp_path


def evaluate(folder: Path, *options: str) -> int:
    return main(["evaluate", str(folder / "mine.yaml"), "--out", str(folder / "out"), *options])


def rows(folder: Path, table: str = "products") -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "out" / f"{table}.csv").open(encoding="utf-8")))


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_tables_of_ones_own(folder: Path, jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(folder, "--jobs", jobs) == 0
    assert "mine: 4 points; 3 files in" in capsys.readouterr().out
    found = rows(folder)
    assert list(found[0]) == ["model", "seq_len", "traffic", "latency", "energy", "grid", "C"]
    assert [(r["model"], r["seq_len"]) for r in found] == [("S", "short"), ("S", "long"), ("L", "short"), ("L", "long")]
    for row, width, length in zip(found, (32, 32, 64, 64), (64, 4096, 64, 4096), strict=True):
        assert int(row["traffic"]) == 2 * (length * width * 2 + width * width)
        assert float(row["latency"]) == pytest.approx(length * width * width / 256 / 1e9, rel=0.6 if length == 64 else 0.02)
        assert float(row["grid"]) == float(row["C"])
    summary = (folder / "out" / "summary.md").read_text()
    assert "| twice | 2 | | |" in summary
    assert "## Notes\n\n* first\n* second\n" in summary
    assert "times by `event`, energies counted as `full`" in summary
    assert not list(folder.glob("out/.*"))


def test_accountings_differ_by_register_files(folder: Path) -> None:
    energies: list[float] = []
    for accounting in ("full", "artifact"):
        assert evaluate(folder, "--accounting", accounting) == 0
        energies.append(float(rows(folder)[0]["energy"]))
    macs = 64 * 32 * 32
    assert energies[0] - energies[1] == pytest.approx(macs * (3 * 0.25 + 0.125) * (1 - 1 / 256))
    assert energies[1] > macs * 0.5


def test_both_fidelities_in_one_table(folder: Path) -> None:
    assert evaluate(folder) == 0
    fidelity = rows(folder, "fidelity")
    assert all(float(r["latency"]) >= float(r["analytic"]) > 0 and r["critical"] == "grid" for r in fidelity)
    assert evaluate(folder, "--fidelity", "analytic") == 0
    assert [r["latency"] for r in rows(folder)] == [r["analytic"] for r in fidelity]


def test_deviations_from_a_reference(folder: Path) -> None:
    reference = folder / "reference"
    reference.mkdir()
    (reference / "products.csv").write_text("model,seq_len,traffic,latency\nS,short,10240,1\nL,long,1,\n".replace("L,long,1,\n", ""))
    assert evaluate(folder, "--reference", str(reference)) == 0
    summary = (folder / "out" / "summary.md").read_text()
    assert "| products | traffic | +0.000 % | S short | 10240 | 10240 |" in summary
    (reference / "products.csv").write_text("model,seq_len,traffic\nS,short,many\n")
    assert evaluate(folder, "--reference", str(reference)) == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("mine.yaml", "name: mine", "nam: mine", "mine.yaml:1:1: error: unknown key 'nam' in the evaluation; did you mean 'name'?"),
        ("mine.yaml", "width: 32", "width: 0", "mine.yaml:3:14: error: 'width' in model 'S' is 0; it must be at least 1"),
        ("mine.yaml", "width: 32", "width: -4", "'width' in model 'S' is -4; it must be at least 1"),
        ("mine.yaml", "short: 64", "short: 1e9", "'short' in 'lengths' of the evaluation must be a whole number"),
        ("mine.yaml", "short: 64", "short: 9000000000000", "is 9000000000000; sizes run from 1 to 2^40"),
        ("mine.yaml", "k: [width]", "k: [widht]", "unknown parameter in table 'products', 'widht'; did you mean 'width'?"),
        ("mine.yaml", "k: [width]", "q: [width]", "unknown rank 'q'"),
        ("mine.yaml", "cascade: product.mlir", "cascade: produkt.mlir", "produkt.mlir"),
        (
            "mine.yaml",
            "  products:",
            "  ../../products:",
            "a table's name is '../../products'; a file is called so: letters, digits, '-', '_' and '.' only",
        ),
        ("mine.yaml", "S: {", "../S: {", "a model's name is '../S'; a file is called so"),
        ("mine.yaml", "short: 64", "/short: 64", "a length's name is '/short'; a file is called so"),
        ("mine.yaml", "machine: toy.yaml", "machine: fusemax-clod", "unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?"),
        (
            "mine.yaml",
            "{file: plain.yaml}",
            "{file: plain.yaml, lengths: [shrt]}",
            "unknown length in table 'products', 'shrt'; did you mean 'short'?",
        ),
        ("mine.yaml", "{file: plain.yaml}", "{file: plain.yaml, lengths: [short]}", "table 'products' has no mapping for S at long"),
        ("mine.yaml", "{file: plain.yaml}", "{file: none.yaml}", "cannot read mapping"),
        (
            "mine.yaml",
            "{file: plain.yaml}",
            "{file: plain.yaml, spill: {buffer: 2}}",
            "'buffer' in 'spill' of a mapping is 2; it must be a share from 0 to 1",
        ),
        ("mine.yaml", "[grid, C]", "[grid, D]", "no Einsum 'D' on 'grid', which runs C"),
        ("mine.yaml", "{grid: [grid]", "{grid: [gird]", "no array 'gird'; there are grid, lanes"),
        ("mine.yaml", "mean: products", "mean: product", "unknown table in headline 'utilisation', 'product'; did you mean 'products'?"),
        ("mine.yaml", "under: [products]", "published: 1", "headline 'twice' needs either 'mean', or 'over' and 'under'"),
        ("mine.yaml", "column: latency", "column: lateness", "table 'products' has no column 'lateness'"),
        ("toy.yaml", "1.0e+12", ".nan", "'bandwidth_bytes_per_s' of memory 'dram' is nan; it must be a positive number"),
        ("toy.yaml", "65536", "600", "'@buffer' holds 600 bytes"),
        ("toy.yaml", "cycles: {mac: 1}, energy", "cycles: {add: 1}, energy", "the mapping puts %C on '@grid' of machine '@toy', which has no 'mul'"),
        ("plain.yaml", "array: grid", "array: gird", "unknown array 'gird'; did you mean 'grid'?"),
        ("product.mlir", "%B[k, l] reduce", "%B[z, l] reduce", "product.mlir:3:"),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_is_wrong_is_told_and_nothing_is_written(
    folder: Path, file: str, old: str, new: str, reason: str, jobs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    assert evaluate(folder, "--jobs", jobs) == 1
    told = capsys.readouterr().err
    assert reason in told
    assert "Traceback" not in told
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["fusemx", "--out", "x"], "unknown evaluation 'fusemx'; did you mean 'fusemax'?"),
        (["none.yaml", "--out", "x"], "none.yaml: error: cannot be read: No such file or directory"),
        (["fusemax", "--out", "x", "--jobs", "0"], "0 processes; at least 1 is needed"),
        (["fusemax", "--out", "x", "--reference", "nowhere"], "nowhere: error: no such folder"),
    ],
)
def test_bad_arguments(arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *arguments]) != 0
    assert reason in capsys.readouterr().err


def test_a_folder_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "fusemax"])
    assert "the following arguments are required: --out" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "out").write_text("in the way")
    assert evaluate(folder) == 1
    assert "out: error: cannot be made" in capsys.readouterr().err
