"""What plug-ins offer at this moment: registered from Python, taken from files that a tool was given, and installed.

Installed plug-ins are looked for when something of theirs is first asked for, so a tool that needs none does not pay for them. One that does
not load is reported and left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType, ModuleType
from typing import TypeVar

from .foreign import ForeignError, run_foreign
from .offers import Importer, MachineFile, Operator, Plugin

GROUP = "einfold.plugins"
"""Entry-point group of distributions that offer a `Plugin`, or a module with offers at its top level."""

Offer = Operator | MachineFile | Importer
_Offer = TypeVar("_Offer", Operator, MachineFile, Importer)

_registered: list[Offer] = []
_from_files: list[Offer] = []


def _print_warning(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr)


report: Callable[[str], None] = _print_warning
"""Told of each plug-in that is left out, once."""


def register(*offers: Offer) -> None:
    """Add operators, machines and importers for the rest of the process; a later one replaces an earlier one of its name."""
    _registered.extend(offers)


def use_files(offers: Iterable[Offer]) -> None:
    """Take these as what the files that a tool was given offer, instead of those of an earlier tool in this process."""
    _from_files[:] = offers


def offers_in(module: ModuleType | Plugin) -> tuple[Offer, ...]:
    """What a module has at its top level, or a `Plugin` lists."""
    if isinstance(module, Plugin):
        return (*module.operators, *module.machines, *module.importers)
    found: list[Offer] = []
    for value in vars(module).values():
        if issubclass(type(value), Plugin):  # not `isinstance`, which asks the value, and it may say anything
            found += offers_in(value)
        elif issubclass(type(value), Offer):
            found.append(value)
    return tuple({id(offer): offer for offer in found}.values())


@cache
def _installed() -> tuple[Offer, ...]:
    found: list[Offer] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        found += _load(entry)
    return tuple(found)


def forget_installed() -> None:
    """Look for installed plug-ins again when they are next asked for."""
    _installed.cache_clear()


def _load(entry: EntryPoint) -> tuple[Offer, ...]:
    owner = "" if entry.dist is None else f" of distribution '{entry.dist.name}'"

    def offered() -> tuple[Offer, ...]:
        loaded = entry.load()
        if not isinstance(loaded, ModuleType | Plugin):
            raise TypeError(f"'{entry.value}' is a {type(loaded).__name__}, not a Plugin or a module")
        return offers_in(loaded)

    try:
        return run_foreign(offered)
    except ForeignError as error:
        report(f"plug-in '{entry.name}'{owner} is left out: {error}")
        return ()


def _named(kind: type[_Offer], key: Callable[[_Offer], str]) -> Mapping[str, _Offer]:
    offers = (*_installed(), *_registered, *_from_files)
    return MappingProxyType({key(o): o for o in offers if isinstance(o, kind)})


def operators() -> Mapping[str, Operator]:
    """Name, with its `@` -> operator."""
    return _named(Operator, lambda o: f"@{o.plain_name}")


def machines() -> Mapping[str, MachineFile]:
    """Name -> machine."""
    return _named(MachineFile, lambda m: m.name)


def importers() -> Mapping[str, Importer]:
    """Name -> importer."""
    return _named(Importer, lambda i: i.name)
