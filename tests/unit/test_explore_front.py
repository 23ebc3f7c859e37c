"""The Pareto front, tables and figures of a sweep."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from einfold.tools.exploring.exploration import Explored
from einfold.tools.exploring.front import OBJECTIVES, pareto
from einfold.tools.exploring.grid import points_of
from einfold.tools.exploring.points import Job, Outcome
from einfold.tools.exploring.report import Findings, findings, points_csv, render, to_json
from einfold.tools.exploring.sweep_file import parse_sweep
from einfold.tools.figures.front import front_figures

SWEEP = parse_sweep("name: x\nmachine: fusemax-cloud\naxes: {arrays.pe2d.rows: [1, 2, 3, 4, 5, 6], pipeline: [default]}\n", "s.yaml", ("p",))
POINTS = points_of(SWEEP, Job("a.mlir", ""))

NUMBERS: list[dict[str, float | None]] = [
    {"latency": 1.0, "energy": 9e12, "area": 5e6},
    {"latency": 2.0, "energy": 5e12, "area": 5e6},
    {"latency": 2.0, "energy": 6e12, "area": 5e6},  # beaten by the one before
    {"latency": 3.0, "energy": 9e12, "area": 1e6},
    {"latency": 0.5, "energy": None, "area": 5e6},  # no energy stated
]


def found(objectives: str = "latency,energy,area") -> Findings:
    outcomes = [Outcome(p.digest, "done", n, "pe2d", ("a note",)) for p, n in zip(POINTS, NUMBERS, strict=False)]
    outcomes.append(Outcome(POINTS[5].digest, "refused", reason="'buffer' holds 16 bytes; 17 are needed"))
    return findings(SWEEP, Explored(tuple(zip(POINTS, outcomes, strict=True)), 2), objectives.split(","))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4).flatmap(lambda k: st.lists(st.lists(st.integers(0, 4), min_size=k, max_size=k), max_size=25)))
def test_the_front_is_what_nothing_dominates(rows: list[list[int]]) -> None:
    def dominates(a: list[int], b: list[int]) -> bool:
        return all(x <= y for x, y in zip(a, b, strict=True)) and a != b

    assert pareto(rows) == [i for i, row in enumerate(rows) if not any(dominates(other, row) for other in rows)]


def test_a_front_over_some_objectives() -> None:
    assert found().front == (0, 1, 3)
    assert found("latency").front == (4,)
    assert found("area").front == (3,)
    assert found("energy,area").front == (1, 3)
    assert (found().lacking, found("latency").lacking) == (1, 0)


def test_tables_have_every_point_and_say_which_are_on_the_front() -> None:
    rows = list(csv.DictReader(io.StringIO(points_csv(found()))))
    assert [r["arrays.pe2d.rows"] for r in rows] == ["1", "2", "3", "4", "5", "6"]
    assert [r["front"] for r in rows] == ["1", "1", "0", "1", "0", "0"]
    assert (rows[0]["latency_s"], rows[0]["energy_pJ"], rows[0]["area_um2"], rows[4]["energy_pJ"]) == ("1.0", "9000000000000.0", "5000000.0", "")
    assert (rows[5]["status"], rows[5]["reason"], rows[5]["latency_s"]) == ("refused", "'buffer' holds 16 bytes; 17 are needed", "")
    front = list(csv.DictReader(io.StringIO(points_csv(found("area"), only_front=True))))
    assert [r["arrays.pe2d.rows"] for r in front] == ["4"]


def test_json_has_the_front_and_the_reasons() -> None:
    told = json.loads(json.dumps(to_json(found())))
    assert [p["choices"]["arrays.pe2d.rows"] for p in told["front"]] == [1, 2, 4]
    assert (told["points"], told["done"], told["refused"], told["failed"]) == (6, 5, 1, 0)
    assert told["reasons"] == [{"points": 1, "status": "refused", "example": "'buffer' holds 16 bytes; 17 are needed"}]


def test_the_printed_table() -> None:
    text = render(found())
    assert text.startswith("x: 6 points: 5 simulated, 1 cannot work, 0 failed; 2 kept from before\n")
    assert "Pareto front over latency, energy, area: 3 points" in text
    assert next(line.split() for line in text.splitlines() if line.endswith("pe2d")) == ["1", "default", "1", "9", "5", "pe2d"]
    assert "1 point on no front over latency, energy, area: the machine's tables do not state all of it" in text
    assert "1 cannot work: 'buffer' holds 16 bytes; 17 are needed" in text


def test_figures_show_all_points_of_each_two_objectives() -> None:
    drawn = front_figures(found())
    assert list(drawn) == ["latency-energy", "latency-area", "energy-area"]
    assert front_figures(found("latency")) == {}
    svg = drawn["latency-area"].render()
    assert "x: latency against area, 5 points" in svg and "area (mm2)" in svg
    assert svg.count("<circle") == 5
    assert drawn["latency-energy"].render().count("<circle") == 4


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_has_a_unit_and_a_label(name: str) -> None:
    assert OBJECTIVES[name].unit and OBJECTIVES[name].label
