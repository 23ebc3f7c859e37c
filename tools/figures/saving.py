"""Figures into files: SVG or PNG, by the file's name."""

from __future__ import annotations

from pathlib import Path

from ..diagnostics import Diagnostic, Failure
from ..output import write_bytes, write_text
from .svg import Drawing


def write_figure(path: str, drawing: Drawing) -> None:
    """Write a figure; `-` is standard output, as SVG. Raises `Failure`, also for a name that promises another format."""
    check_figure(path)
    if Path(path).suffix.lower() == ".png":
        from .png import to_png  # brings Pillow in

        write_bytes(path, to_png(drawing))
    else:
        write_text(path, drawing.render())


def check_figure(path: str) -> None:
    """Raise `Failure` for a name that promises another format than there is."""
    suffix = Path(path).suffix.lower()
    if suffix not in ("", ".svg", ".png"):
        raise Failure(Diagnostic("error", f"a figure's file is called .svg or .png, not '{suffix}'", path))
