"""Energy: counts times tables, by component; accountings as data; what no table knows is said; and the published energies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from einfold.backend.accounting import Accounting, AccountingError, load_accounting, parse_accounting
from einfold.backend.energy import LEFT_OUT, NO_FIGURE, Energy, Uncounted, energy_of
from einfold.backend.machine_yaml import parse_machine
from einfold.backend.result import TaskCounts
from einfold.tools.commands.evaluate import load_spec
from einfold.tools.counting import energy_lines, joules
from einfold.tools.evaluation.running import evaluate

MACHINE = parse_machine("""\
name: toy
clock_hz: 1e9
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 1e9, row_bytes: 8, energy_pj: {read: 100, write: 200}}
  buffer: {capacity_bytes: 65536, row_bytes: 64, energy_pj: {read: 16}}
arrays:
  grid: {rows: 4, cols: 4, cycles: {mac: 1, exp: 6}, energy_pj: {mac: 2, register_read: 0.5, register_write: 0.25}}
  lanes: {rows: 1, cols: 4, cycles: {mac: 1, add: 1}, energy_pj: {mac: 3, add: 1}}
""")

FULL, ARTIFACT = load_accounting("full"), load_accounting("artifact")

COUNTS = (
    TaskCounts("QK", "grid", 1, {"mac": 1000, "exp": 10}, {"read": 3000, "write": 1000}, {"buffer": {"read": 6400, "write": 128}}),
    TaskCounts("AV", "grid", 2, {"mac": 24}, {"read": 72, "write": 24}, {}),
    TaskCounts("RD", "lanes", 1, {"add": 7}, {"read": 14, "write": 7}, {}),
    TaskCounts("load Q", "dram", 1, {}, {}, {"dram": {"read": 84, "write": 0}, "buffer": {"write": 84}}),
)


def test_every_action_costs_what_the_tables_say() -> None:
    energy = energy_of(COUNTS, MACHINE, FULL)
    assert energy.actions == {
        "dram": {"read": pytest.approx(84 / 8 * 100)},
        "buffer": {"read": pytest.approx(6400 / 64 * 16)},
        "grid": {"mac": 1024 * 2.0},
        "grid registers": {"register_read": 3072 * 0.5, "register_write": 1024 * 0.25},
        "lanes": {"add": 7.0},
    }
    assert energy.by["grid registers"] == 3072 * 0.5 + 1024 * 0.25
    assert energy.total == pytest.approx(1050 + 1600 + 2048 + 1536 + 256 + 7)


def test_what_no_table_knows_is_named_and_not_zero_by_silence() -> None:
    assert set(energy_of(COUNTS, MACHINE, FULL).uncounted) == {
        Uncounted("grid", "exp", 10, NO_FIGURE),
        Uncounted("buffer", "write", 212, NO_FIGURE),
        Uncounted("lanes registers", "register_read", 14, NO_FIGURE),
        Uncounted("lanes registers", "register_write", 7, NO_FIGURE),
    }


@pytest.mark.parametrize(("kind", "share"), [("all", 1.0), ("one", 1 / 16), ("none", 0.0)])
def test_register_files_are_counted_as_the_accounting_says(kind: str, share: float) -> None:
    energy = energy_of(COUNTS, MACHINE, Accounting("mine", kind))
    assert energy.by.get("grid registers", 0.0) == pytest.approx(share * (3072 * 0.5 + 1024 * 0.25))
    assert energy.by["grid"] == 2048


def test_an_accounting_may_leave_out_actions_and_a_table_only_where_it_is_let() -> None:
    without = energy_of(COUNTS, MACHINE, Accounting("mine", leaves_out={"grid": ("mac",)}))
    assert "grid" not in without.by
    assert Uncounted("grid", "mac", 1024, LEFT_OUT) in without.uncounted
    more = {"lanes": ("add",)}
    assert energy_of(COUNTS, MACHINE, FULL, more).by["lanes"] == 7.0
    assert "lanes" not in energy_of(COUNTS, MACHINE, ARTIFACT, more).by


def test_energies_of_kernels_add_up_by_component() -> None:
    one = energy_of(COUNTS[:2], MACHINE, FULL)
    both = one + energy_of(COUNTS[2:], MACHINE, FULL)
    assert both.total == pytest.approx(energy_of(COUNTS, MACHINE, FULL).total)
    assert both.by == pytest.approx(energy_of(COUNTS, MACHINE, FULL).by)
    assert set(both.uncounted) == set(energy_of(COUNTS, MACHINE, FULL).uncounted)
    assert (Energy("full", {}) + one).to_json() == one.to_json()


def test_the_table_for_people_has_every_component_and_what_is_missing() -> None:
    lines = energy_lines(energy_of(COUNTS, MACHINE, FULL))
    assert lines[0] == "energy (full): 6.497 nJ"
    assert [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "] == [
        "dram",
        "buffer",
        "grid",
        "grid",
        "lanes",
        *["not"] * 4,
    ]
    assert "  not counted: 10 x exp of grid: the machine's tables have no figure" in lines
    assert energy_lines(Energy("full", {})) == ["energy (full): 0 pJ"]


@pytest.mark.parametrize(("pj", "text"), [(0.5, "0.5 pJ"), (1500.0, "1.5 nJ"), (2.5e12, "2.5 J"), (3e18, "3 MJ")])
def test_joules_have_the_unit_that_suits(pj: float, text: str) -> None:
    assert joules(pj) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: a\nregister_files: every\n", "a.yaml:2:17: error: 'register_files' of the accounting is 'every'; it must be all, one, none"),
        ("name: a\n", "a.yaml:1:1: error: the accounting lacks 'register_files'"),
        ("name: a\nregister_file: all\n", "a.yaml:2:1: error: unknown key 'register_file' in the accounting; did you mean 'register_files'?"),
        (
            "name: a\nregister_files: all\nleaves_out: {pe: exp}\n",
            "a.yaml:3:18: error: 'pe' in 'leaves_out' of the accounting must be a list of actions",
        ),
    ],
)
def test_what_is_wrong_with_an_accounting(text: str, reason: str) -> None:
    with pytest.raises(AccountingError) as caught:
        parse_accounting(text, "a.yaml")
    assert str(caught.value).startswith(reason)


def test_an_accounting_is_found_by_name_or_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nregister_files: none\nleaves_out: {dram: [read]}\n")
    assert load_accounting(str(path)) == Accounting("mine", "none", {"dram": ("read",)})
    with pytest.raises(AccountingError, match=r"^unknown accounting 'artefact'; did you mean 'artifact'\?$"):
        load_accounting("artefact")
    with pytest.raises(AccountingError, match=r"^cannot read accounting '.*none.yaml': No such file or directory$"):
        load_accounting(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("table", "published"),
    [("attn-binding", 1.9506451498552659e12), ("attn-arch", 1.9506451498552659e12), ("attn-cascade", 2.2413957041986035e12)],
)
def test_the_published_energies_of_bert_at_1k(table: str, published: float) -> None:
    """pJ, the artifact's own; `full` is higher by the registers of all elements, and by +Cascade's exponentials."""
    spec = load_spec("fusemax")
    one = replace(spec, models={"BERT": spec.models["BERT"]}, lengths={"1K": 1024}, tables={table: spec.tables[table]}, headlines=(), sweeps=())
    (row,) = evaluate(one, accounting="artifact")[table]
    assert row.energy == pytest.approx(published, rel=0.001)
    assert row.energies["full"] > 1.05 * row.energy
