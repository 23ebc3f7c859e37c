"""Figures into files: SVG or PNG, by the file's name."""

from __future__ import annotations

from pathlib import Path

from ..diagnostics import Diagnostic, Failure
from ..output import check_writable, write_bytes, write_text
from .svg import Drawing


def check_figure(path: str | None) -> None:
    """Raises `Failure` where `write_figure` would, before there is a figure. None is none."""
    if path is not None:
        _check_suffix(path)
        check_writable(path)


def _check_suffix(path: str) -> None:
    if (suffix := Path(path).suffix.lower()) not in ("", ".svg", ".png"):
        raise Failure(Diagnostic("error", f"a figure's file is called .svg or .png, not '{suffix}'", path))


def write_figure(path: str, drawing: Drawing) -> None:
    """Write a figure; `-` is standard output, as SVG. Raises `Failure`, also for a name that promises another format."""
    _check_suffix(path)
    if Path(path).suffix.lower() == ".png":
        from .png import to_png  # brings Pillow in

        write_bytes(path, to_png(drawing))
    else:
        write_text(path, drawing.render())
