"""Energies and areas by the models of `hwcomponents` (PyPI), which is imported when it is asked, and may be missing.

The library finds a model by a component's name and attributes, gives actions as methods that cost joules, and areas in square metres.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from .components import Component, ComponentSource, NoFigure

NAME, OLDEST = "hwcomponents", (3, 12)
PJ_PER_J, UM2_PER_M2 = 1e12, 1e12


class SourceMissing(Exception):
    """The library is not there; the message says what to do, in one line."""


@dataclass(frozen=True)
class HwComponents:
    """The library; what was asked once is known."""

    get_model: Callable[[str, dict[str, Any]], Any]
    known: dict[tuple[str, tuple[tuple[str, object], ...]], Any] = field(default_factory=dict[Any, Any])
    name: str = NAME

    def energy(self, component: Component) -> float:
        if not component.model:
            raise NoFigure(_unnamed(component))
        action: Any = getattr(self._model(component), component.action, None)
        if not callable(action):
            raise NoFigure(f"the library's '{component.model}' has no action '{component.action}'")
        ask: Callable[[], Any] = action
        return self._asked(component, lambda: float(ask().energy) * PJ_PER_J)

    def area(self, component: Component) -> float:
        if not component.model:
            raise NoFigure(_unnamed(component))
        many = component.many
        if many is None:
            raise NoFigure("the machine does not say how many registers an element has (register_bytes)")
        return self._asked(component, lambda: float(self._model(component).area) * UM2_PER_M2 * many)

    def _model(self, component: Component) -> Any:
        key = component.model or "", tuple(sorted(component.attributes.items()))
        if key not in self.known:
            try:
                self.known[key] = self._asked(component, lambda: self.get_model(component.model or "", dict(component.attributes)))
            except NoFigure as lacking:
                self.known[key] = lacking
        found = self.known[key]
        if isinstance(found, NoFigure):
            raise found
        return found

    def _asked(self, component: Component, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except NoFigure:
            raise
        except Exception as error:  # whatever a model raises, the other components are to be asked
            raise NoFigure(_reason(component.model or "", f"{type(error).__name__}: {error}")) from None


def hwcomponents() -> ComponentSource:
    """The library as a source. Raises `SourceMissing` where it cannot be imported."""
    try:
        library: Any = import_module(NAME)
        return HwComponents(library.get_model)
    except ImportError as error:
        running = ".".join(map(str, sys.version_info[:2]))
        if sys.version_info < OLDEST:
            told = f"needs Python {'.'.join(map(str, OLDEST))} or newer; this is {running}"
        elif getattr(error, "name", None) == NAME:
            told = "is not installed: pip install 'einfold[components]'"
        else:
            told = f"cannot be imported: {_line(str(error))}"
        raise SourceMissing(f"{NAME} {told}") from None


def _unnamed(component: Component) -> str:
    return f"no model stands for '{component.entry}'; name one in a file of components"


def _reason(model: str, message: str) -> str:
    """The cause in what the library raises, whose messages are pages of logs."""
    if (named := re.search(r"Supported components: (.*)", message)) is not None:
        near = get_close_matches(model.lower(), [n.strip() for n in named[1].split(",")], 1)
        return f"the library has no model '{model}'" + (f"; did you mean '{near[0]}'?" if near else "")
    if (log := re.search(r"check (\S+) for CACTI output", message)) is not None:
        return f"CACTI's program does not run here: {_first_line(Path(log[1]))}"
    raised = re.findall(r"^[|\s]*(\w*(?:Error|Exception)): (.+)$", message, re.MULTILINE)
    inner = [told for kind, told in raised if kind != "RuntimeError"]
    return f"the library's '{model}' gives none: {_line(inner[-1] if inner else message)}"


def _first_line(log: Path) -> str:
    try:
        lines = [_line(line) for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    lacking = next((line for line in lines if "not found" in line), None)
    return lacking or (lines[0] if lines else "it says nothing")


def _line(text: str) -> str:
    """The first line, not too long."""
    first = text.strip().splitlines()[0] if text.strip() else "no reason given"
    return first if len(first) <= 160 else f"{first[:157]}..."
