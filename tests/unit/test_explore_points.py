"""Points: each comes to what `einfold simulate` says of it, whatever was run before; steps are shared, and what cannot work says why."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from einfold.backend.accounting import load_accounting
from einfold.backend.machine import Machine
from einfold.backend.machine_fields import FieldError, find_field, lowering_view, plain, timing_view
from einfold.backend.machine_yaml import load_machine, machine_names, parse_machine
from einfold.tools.einfold import main
from einfold.tools.exploring.grid import points_of
from einfold.tools.exploring.points import ROOMS, Inputs, Job, Outcome, Point, code, digest_of, shared_by
from einfold.tools.exploring.running import Explorer, run_chunk
from einfold.tools.exploring.sweep_file import parse_sweep

SOFTMAX = """
einsum.cascade @softmax ranks {p = 64, m = 512} (%X[p, m]) -> [p, m] : f16 {
  %G = einsum.compute [p] = %X[p, m] reduce max(m)
  %N = einsum.compute [p, m] = exp(%X[p, m] - %G[p])
  %D = einsum.compute [p] = %N[p, m] reduce add(m)
  %Y = einsum.compute [p, m] = %N[p, m] / %D[p]
  einsum.return %Y[p, m]
}
"""
MACHINE = """name: toy
clock_hz: 1e9
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 3.2e+10, row_bytes: 8, energy_pj: {read: 10, write: 10}}
  buffer: {capacity_bytes: 65536, row_bytes: 64, energy_pj: {read: 1, write: 2}, area_um2: {total: 1000}}
arrays:
  grid: {rows: 16, cols: 16, cycles: {mac: 1, add: 1, max: 1, exp: 2}, energy_pj: {mac: 0.5, exp: 2, max: 1, add: 1}, area_um2: {mac: 10}}
  lanes: {rows: 1, cols: 16, cycles: {mac: 1, add: 1, max: 1, exp: 2, div: 4}, energy_pj: {div: 3, exp: 2, max: 1, add: 1, mac: 1}}
"""
JOB = Job("softmax.mlir", SOFTMAX)
TOY = parse_machine(MACHINE)

SWEEP = """name: x
machine: toy
axes:
  arrays.lanes.cols: [8, 16]
  memories.buffer.capacity_bytes: [2, 4096, 65536]
  memories.dram.bandwidth_bytes_per_s: [1.6e+10, 6.4e+10]
  clock_hz: [5.0e+8, 1.0e+9]
  memories.dram.latency_cycles: [0, 100]
  arrays.grid.energy_pj.exp: [1, 7]
  arrays.lanes.area_um2.exp: [3]
  pipeline: [default, '']
"""


def points(text: str = SWEEP) -> list[Point]:
    return points_of(parse_sweep(text, "s.yaml", ("p", "m"), own={"toy": TOY}), JOB)


def as_simulated(folder: Path, machine: Machine, *options: str, capsys: pytest.CaptureFixture[str]) -> dict[str, float] | str:
    """What the command `einfold simulate` says, by a machine written to a file."""
    (folder / "c.mlir").write_text(SOFTMAX)
    described = plain(machine)
    (folder / "m.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(described)), sort_keys=False))
    code = main(["simulate", str(folder / "c.mlir"), "--machine", str(folder / "m.yaml"), "--json", *options])
    out, err = capsys.readouterr()
    if code:
        return err
    found = json.loads(out)
    moved = sum(found["bytes"]["dram"].values())
    return {"latency": found["seconds"], "cycles": found["cycles"], "energy": found["energy"]["total_pj"], "traffic": moved}


def test_points_come_to_what_simulate_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In an order of no kind, so that steps are shared among points that do not stand beside one another."""
    explorer = Explorer(JOB)
    found = points()
    random.Random(0).shuffle(found)
    statuses: list[str] = []
    for point in found[:24]:
        outcome = explorer.outcome(point.digest, point.inputs)
        options = [] if point.inputs.pipeline is None else ["--pipeline", point.inputs.pipeline]
        alone = as_simulated(tmp_path, point.inputs.machine, *options, capsys=capsys)
        statuses.append(outcome.status)
        if isinstance(alone, str):
            assert outcome.status == "refused" and outcome.reason in alone
        else:
            assert {n: outcome.numbers[n] for n in alone} == alone
            assert outcome.numbers["edp"] == alone["energy"] * alone["latency"]
    assert set(statuses) == {"done", "refused"}


def test_steps_are_taken_once_for_what_they_depend_on() -> None:
    explorer = Explorer(JOB)
    found = [explorer.outcome(p.digest, p.inputs) for p in points()]
    assert len(found) == 192
    assert explorer.rewritten.made == 3  # pipelines, the default one in tiles that suit the memory
    assert explorer.lowered.made == 2 * 2 * 3  # ... by lanes and capacity
    assert explorer.timed.made <= 2 * 2 * 2 * 2 * 2  # refused ones are not timed; two tables of energies share each time
    by_choice = {tuple(p.choices.values()): o for p, o in zip(points(), found, strict=True)}
    for choice, outcome in by_choice.items():
        other = by_choice[(*choice[:5], 8 - int(choice[5]), *choice[6:])]
        if outcome.status == "done":
            assert outcome.numbers["latency"] == other.numbers["latency"] and outcome.numbers["energy"] != other.numbers["energy"]
            assert outcome.numbers["area"] == 16 * 16 * 10 + int(choice[0]) * int(choice[6]) + 1000


@pytest.mark.parametrize("name", machine_names())
def test_views_keep_what_lowering_and_simulator_read(name: str) -> None:
    """A machine in which only the rest is changed lowers, and takes time, as before: checked on the view and by running."""
    machine = load_machine(name)
    costly = replace(machine, memories=tuple(replace(m, energy={}, area={}, row=1) for m in machine.memories))
    assert timing_view(costly) == timing_view(machine)
    assert lowering_view(replace(costly, clock=1)) == lowering_view(machine)
    smaller = replace(machine, arrays=tuple(replace(a, cols=a.cols // 2) for a in machine.arrays))
    assert timing_view(smaller) != timing_view(machine) and lowering_view(smaller) != lowering_view(machine)


def test_a_pipeline_that_knows_the_machine_is_not_shared_among_machines() -> None:
    explorer = Explorer(JOB)
    for clock in (1e9, 2e9):
        refused = explorer.outcome("x", Inputs(replace(TOY, clock=clock), "einsum-place"))
        assert refused.status == "done", refused.reason
    assert explorer.rewritten.made == 2


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (Inputs(TOY, sizes=(("q", 4),)), "unknown rank 'q'"),
        (Inputs(replace(TOY, arrays=TOY.arrays[:1])), "machine '@toy' cannot run"),
        (Inputs(find_field(TOY, "memories.buffer.capacity_bytes").put(TOY, 2)), "bytes; the tiles of kernel"),
        (Inputs(TOY, pipeline="lower-einsum-to-accel"), "has no machine; run einsum-place first"),
    ],
)
def test_what_cannot_work_says_why(inputs: Inputs, reason: str) -> None:
    found = Explorer(JOB).outcome("x", inputs)
    assert found.status == "refused"
    assert reason in found.reason and "\n" not in found.reason
    assert found.numbers == {}


def test_a_fault_of_einfold_itself_fails_the_point_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise KeyError("odd")

    explorer = Explorer(JOB)
    with monkeypatch.context() as patch:
        patch.setattr("einfold.tools.exploring.running.area_of", broken)
        found = explorer.outcome("x", Inputs(TOY))
    assert found.status == "failed"
    assert found.reason.startswith("internal error: KeyError: 'odd' (test_explore_points.py:")
    assert explorer.outcome("x", Inputs(TOY)).status == "done"


def test_numbers_that_tables_do_not_state_are_none_and_noted() -> None:
    bare = replace(
        TOY, memories=tuple(replace(m, energy={}, area={}) for m in TOY.memories), arrays=tuple(replace(a, energy={}, area={}) for a in TOY.arrays)
    )
    found = Explorer(JOB).outcome("x", Inputs(bare))
    assert (found.status, found.numbers["energy"], found.numbers["area"], found.numbers["edp"]) == ("done", None, None, None)
    assert any(n.startswith("energy lacks") and "exp of" in n for n in found.notes)
    assert "area lacks grid, lanes, buffer" in found.notes
    assert "area lacks lanes" in Explorer(JOB).outcome("x", Inputs(TOY)).notes


def test_a_digest_changes_with_all_that_a_result_depends_on() -> None:
    base = Inputs(TOY)
    others = [
        Inputs(replace(TOY, clock=2e9)),
        Inputs(replace(TOY, arrays=(replace(TOY.arrays[0], energy={}), TOY.arrays[1]))),
        Inputs(TOY, pipeline=""),
        Inputs(TOY, sizes=(("p", 64),)),
        Inputs(TOY, tiles=(("p", 64),)),
        Inputs(TOY, overlap=False),
    ]
    jobs = [JOB, replace(JOB, text=SOFTMAX + " "), replace(JOB, fidelity="analytic"), replace(JOB, accounting=load_accounting("artifact"))]
    digests = [digest_of(shared_by(JOB), i) for i in (base, *others)] + [digest_of(shared_by(j), base) for j in jobs[1:]]
    assert len(set(digests)) == len(digests)
    assert digest_of(shared_by(replace(JOB, file="other.mlir")), Inputs(replace(TOY, source="elsewhere"))) == digests[0]


def test_results_of_other_code_are_other_results(monkeypatch: pytest.MonkeyPatch) -> None:
    own = digest_of(shared_by(JOB), Inputs(TOY))
    monkeypatch.setattr("einfold.tools.exploring.points.code", lambda: "0.1.0+000000000000")
    assert digest_of(shared_by(JOB), Inputs(TOY)) != own


def test_the_code_s_digest_is_of_its_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    own = code()
    monkeypatch.setattr("einfold.tools.exploring.points.ROOMS", ("algebra",))
    code.cache_clear()
    other = code()
    code.cache_clear()
    assert own.split("+")[0] == other.split("+")[0] == "0.1.0" and own != other
    assert len(own.split("+")[1]) == 12


ROOMS_OF_A_POINT = """
import sys
from einfold.tools.exploring.points import Inputs, Job
from einfold.tools.exploring.running import run_chunk
from einfold.backend.machine_yaml import load_machine
text = "einsum.cascade @c ranks {m = 8} (%X[m]) -> [] : f16 {\\n  %S = einsum.compute [] = %X[m] reduce add(m)\\n  einsum.return %S[]\\n}"
(outcome,) = run_chunk(Job("c", text), [("c", Inputs(load_machine("fusemax-edge")))])
print(outcome.status, *{name.split(".")[1] for name in sys.modules if name.startswith("einfold.")})
"""


def test_all_code_that_runs_for_a_point_is_in_its_digest() -> None:
    """A room that is new, and missing here, would let old results stand for new ones."""
    done = subprocess.run([sys.executable, "-c", ROOMS_OF_A_POINT], capture_output=True, text=True, check=True, timeout=60)
    status, *rooms = done.stdout.split()
    assert status == "done"
    assert {"lowering", "backend"} < set(rooms) <= set(ROOMS)


def test_chunks_of_another_job_start_anew() -> None:
    (first,) = run_chunk(JOB, [("a", Inputs(TOY))])
    (second,) = run_chunk(replace(JOB, fidelity="analytic"), [("a", Inputs(TOY))])
    (third,) = run_chunk(JOB, [("a", Inputs(TOY))])
    assert (first.numbers, first.status) == (third.numbers, "done")
    assert second.numbers["latency"] < first.numbers["latency"]  # type: ignore[operator]


def test_fields_are_read_and_changed() -> None:
    field = find_field(TOY, "arrays.lanes.cycles.div")
    assert (field.value(TOY), field.lowers, field.whole) == (4, True, False)
    assert find_field(field.put(TOY, 9), "arrays.lanes.cycles.div").value(field.put(TOY, 9)) == 9
    assert TOY.arrays[1].ops["div"] == 4
    assert find_field(TOY, "memories.dram.latency_cycles").value(TOY) is None
    assert not find_field(TOY, "clock_hz").lowers
    dotted = replace(TOY, arrays=(replace(TOY.arrays[0], name="a.b"),))
    assert find_field(dotted, "arrays.a.b.rows").value(dotted) == 16
    with pytest.raises(FieldError, match="'name' of toy is no number"):
        find_field(TOY, "name")


def test_outcomes_are_plain() -> None:
    assert Outcome("d", "done") == Outcome("d", "done", {}, "", (), "", 0.0)
