"""Area: each part of a chip by its own table, and what no table knows is said, not guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from einfold.backend.area import area_of
from einfold.backend.machine_yaml import load_machine


def test_an_array_takes_its_elements_and_a_memory_its_own() -> None:
    area = area_of(load_machine("fusemax-cloud"))
    elements = {"pe2d": 65536 * (1545 + 49.29 + 4255.93), "pe1d": 256 * (1545 + 49.29 + 23741 + 4255.93)}
    assert area.parts == pytest.approx({**elements, "buffer": 94176256})
    assert area.total == pytest.approx(sum(elements.values()) + 94176256)
    assert area.unstated == ()


def test_what_has_no_figure_is_named() -> None:
    machine = load_machine("fusemax-cloud")
    bare = replace(machine, arrays=(replace(machine.arrays[0], area={}), machine.arrays[1]))
    area = area_of(bare)
    assert area.unstated == ("pe2d",)
    assert set(area.parts) == {"pe1d", "buffer"}
    assert area.to_json() == {"total_um2": area.total, "by": dict(area.parts), "unstated": ["pe2d"]}


def test_a_memory_off_the_chip_takes_none_of_it() -> None:
    machine = load_machine("fusemax-cloud")
    dram, buffer = machine.memories
    assert dram.offchip
    with_area = replace(machine, memories=(replace(dram, area={"total": 1e12}), replace(buffer, area={"total": 7})))
    assert area_of(with_area).parts["buffer"] == 7.0
    assert "dram" not in area_of(with_area).parts
