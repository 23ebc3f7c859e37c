"""Readers of other notations, by name and by the suffix of files; each is imported when it is used. Plug-ins add theirs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from .. import plugins
from ..plugins import Importer

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp


def _read_edge(text: str, name: str) -> ModuleOp | str:
    return import_module(".edge", __name__).read_edge(text, name)


OWN: Mapping[str, Importer] = MappingProxyType(
    {"edge": Importer("edge", (".edge",), _read_edge, "cascades in the notation of EDGE and FuseMax, as -t edge writes them", keeps_lines=True)}
)
"""Name -> importer, of those that come with einfold."""


def importers() -> Mapping[str, Importer]:
    """Name -> importer, of all there are; a plug-in's takes the place of one of its name."""
    return MappingProxyType({**OWN, **plugins.importers()})
