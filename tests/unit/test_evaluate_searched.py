"""The schedules that the search found, at every point of the paper's evaluation, against its hand-made binding (FuseMax, MICRO 2024)."""

from __future__ import annotations

from statistics import mean

import pytest
from evaluated import tables

from einfold.tools.commands.evaluate import load_spec

SEARCHED = ("attn-searched", "attn-scheduled", "attn-searched-exp2")
POINTS = load_spec("fusemax").points


def test_there_are_the_papers_24_points() -> None:
    assert len(POINTS) == 24
    assert all(set(tables()[table]) == set(POINTS) for table in (*SEARCHED, "attn-flat", "attn-binding"))


@pytest.mark.parametrize("table", SEARCHED)
def test_the_2d_array_is_busy_at_every_point(table: str) -> None:
    assert {p: r.columns["util_2d"] for p, r in tables()[table].items() if r.columns["util_2d"] < 0.99} == {}


@pytest.mark.parametrize("table", SEARCHED)
def test_no_point_is_slower_than_the_binding(table: str) -> None:
    binding = tables()["attn-binding"]
    assert {p: r.latency / binding[p].latency for p, r in tables()[table].items() if r.latency > binding[p].latency} == {}


@pytest.mark.parametrize(("table", "least"), [("attn-searched", 6.9), ("attn-scheduled", 6.9), ("attn-searched-exp2", 7.0)])
def test_the_mean_speed_up_over_flat(table: str, least: float) -> None:
    """Arithmetic mean of the 24 points; the paper's binding has 6.72."""
    flat = tables()["attn-flat"]

    def speed_up(of: str) -> float:
        return mean(flat[p].latency / row.latency for p, row in tables()[of].items())

    assert speed_up(table) >= least
    assert speed_up("attn-binding") == pytest.approx(6.72, abs=0.02)


@pytest.mark.parametrize("table", SEARCHED)
@pytest.mark.parametrize("accounting", ["artifact", "full"])
def test_no_point_takes_more_energy_than_the_binding(table: str, accounting: str) -> None:
    binding = tables()["attn-binding"]
    above = {p: r.energies[accounting] / binding[p].energies[accounting] for p, r in tables()[table].items()}
    assert {p: share for p, share in above.items() if share > 1} == {}
