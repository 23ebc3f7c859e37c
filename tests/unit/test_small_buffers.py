"""Machines whose memory on the chip is small beside their arrays: tiles that suit it, or a refusal; never a walk over every tile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from einfold.backend import steady
from einfold.backend.machine import Machine
from einfold.backend.machine_yaml import load_machine, machine_names
from einfold.backend.steady import Walk
from einfold.tools.default_pipeline import tile_side
from einfold.tools.einfold import main

CAUSAL = str(Path(__file__).parents[2] / "examples" / "causal.mlir")


def with_memory(name: str, capacity: int | None) -> Machine:
    machine = load_machine(name)
    return replace(machine, memories=tuple(m if m.offchip else replace(m, capacity=capacity) for m in machine.memories))


def written(tmp_path: Path, capacity: int, side: int = 256) -> str:
    """FuseMax's machine with so many bytes and such arrays, as a file."""
    file = tmp_path / "small.yaml"
    file.write_text(
        f"name: small\nclock_hz: 9.4e+8\nword_bytes: 2\nmemories:\n  dram: {{offchip: true, bandwidth_bytes_per_s: 4.0e+11}}\n"
        f"  buffer: {{capacity_bytes: {capacity}}}\narrays:\n  pe2d: {{rows: {side}, cols: {side}, cycles: {{mac: 1, add: 1, max: 1, exp: 6}}}}\n"
        f"  pe1d: {{rows: 1, cols: {side}, cycles: {{mac: 1, add: 1, max: 1, exp: 6, div: 1, sqrt: 1}}}}\n"
    )
    return str(file)


@pytest.mark.parametrize(("capacity", "side"), [(2**20, 256), (2**18, 256), (2**16, 128), (2**14, 32), (2, 1), (None, 256)])
def test_tiles_leave_room_in_the_memory(capacity: int | None, side: int) -> None:
    assert tile_side(with_memory("fusemax-cloud", capacity)) == side


@pytest.mark.parametrize("name", machine_names())
def test_the_machines_that_come_with_einfold_are_rewritten_for_in_whole_rows(name: str) -> None:
    machine = load_machine(name)
    assert tile_side(machine) == max((a.rows for a in machine.arrays if a.rows > 1), default=None)


def test_a_small_memory_gets_small_tiles_of_keys_and_queries(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With whole rows of keys there is no room for more than one query at a time, each with a part of the mask of its own."""
    walks, iterate = list[Walk](), Walk._iterate
    monkeypatch.setattr(Walk, "_iterate", lambda self, *given: walks.append(self) or iterate(self, *given))
    assert main(["simulate", CAUSAL, "--machine", written(tmp_path, 2**16), "--set", "p=99991,m=99991", "--json"]) == 0
    [kernel] = json.loads(capsys.readouterr().out)["kernels_in_order"]
    assert (kernel["tiles"]["m0"], kernel["tiles"]["p0"]) == (128, 32)
    assert len(walks) < 80_000


def test_too_many_kinds_of_iterations_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "MOST_WALKED", 500)
    machine = written(tmp_path, 2**13, 8)
    assert main(["simulate", CAUSAL, "--machine", machine, "--set", "p=9999,m=9999"]) == 1
    captured = capsys.readouterr()
    assert "too many different iterations: more than 500 looked at" in captured.err and "take larger tiles" in captured.err
    assert not captured.out and "Traceback" not in captured.err
