"""The notebooks run from top to bottom, end without an error, and show what they speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

SHOWN = {
    "attention": ["SN starts pass 2 over m", "passes: 1", "largest difference:", "sequential", "# The passes of `attention`"],
    "machines": ["fusemax-edge", "<svg", "cycles on @fusemax_cloud", "16,384", "buffer", "values: ", "accel.kernel"],
    "own-cascade": ["soft_mean.mlir:6:43: error: unknown tensor", "passes of @soft_mean", "1 pass", "einsum.iterate", "array(", "True", "2 optimal"],
}
"""Notebook -> texts in its outputs, in their order."""


def outputs(notebook: Any) -> str:
    found: list[str] = []
    for output in (o for cell in notebook.cells for o in cell.get("outputs", [])):
        found += [output.text] if output.output_type == "stream" else [str(v) for k, v in output.data.items() if k.startswith("text/") or "svg" in k]
    return "\n".join(found)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda f: f.stem)
def test_notebooks_run_and_show_what_they_speak_of(file: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells), "kept without outputs"
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown, at = outputs(notebook), 0
    for text in SHOWN[file.stem]:
        assert text in shown[at:], text
        at = shown.index(text, at) + len(text)
    assert list(tmp_path.iterdir()) == []


def test_there_are_three() -> None:
    assert {f.stem for f in NOTEBOOKS} == set(SHOWN)
