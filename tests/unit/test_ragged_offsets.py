"""Ragged tiles of ranks that tensors are read at an offset of: operations and bytes are those of the coordinates that there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from einfold.tools.einfold import main

CASES = {
    "beside a plain reading": (
        "(%A[p, q], %B[p + 1, q]) -> [p, q]",
        "%Z = einsum.compute [p, q] = %A[p, q] * %B[p + 1, q]",
        {"Z": 1000 * 300},
        2 * 2 * 1000 * 300,
    ),
    "at offsets alone, reduced": (
        "(%A[p + 1, q], %B[p + 2, q]) -> [q]",
        "%Z = einsum.compute [q] = %A[p + 1, q] * %B[p + 2, q] reduce add(p)",
        {"Z": 1000 * 300},
        2 * 2 * 1000 * 300,
    ),
    "twice, and then plainly": (
        "(%A[p, q], %B[p + 3, q]) -> [p, q]",
        "%Y = einsum.compute [p, q] = %A[p, q] * %B[p + 3, q]\n  %Z = einsum.compute [p, q] = %Y[p, q] + %B[p + 3, q]",
        {"Y": 1000 * 300, "Z": 1000 * 300},
        2 * 2 * 1000 * 300,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_offsets_leave_a_rank_as_long_as_it_is(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs, body, operations, read = CASES[case]
    output = inputs.split("-> ")[1]
    text = f"einsum.cascade @c ranks {{p = 1000, q = 300}} {inputs} : f16 {{\n  {body}\n  einsum.return %Z{output}\n}}\n"
    (tmp_path / "c.mlir").write_text(text)
    assert main(["simulate", str(tmp_path / "c.mlir"), "--machine", "fusemax-cloud", "--pipeline", "", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    counts = [c for kernel in found["kernels"].values() for c in kernel["counts"]] if "kernels" in found else found["counts"]
    done: dict[str, int] = {}
    for task in counts:
        name = task["name"].removesuffix(".part")
        if name in operations:
            done[name] = max(done.get(name, 0), *task["operations"].values(), 0)
    assert done == operations
    assert sum(task["bytes"].get("dram", {}).get("read", 0) for task in counts) == read
