"""What others add to the tools: installed universes, and Python files named with `--load-plugin`, the one way in which a user's code runs.

Whatever is broken in a plug-in is told with its name, and left out; everything else works as if it were not there.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isabstract
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard, TypeVar
from zlib import crc32

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe
from xdsl.utils.target import Target

from ..plugins import registry
from ..plugins.foreign import ForeignError, run_foreign
from .diagnostics import Diagnostic, Failure
from .reading import read_source

ENTRY_POINT_GROUP = "xdsl.universe"
FIRST = ("xdsl", "einfold")
"""Universes whose names stand: what another one offers under a name of theirs is left out."""

CALLABLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*", re.ASCII)
"""Names that a pipeline's text can hold."""

_Value = TypeVar("_Value")
_Factory = TypeVar("_Factory", bound=Callable[[], object])
_Class = TypeVar("_Class", ModulePass, Target)


@dataclass(frozen=True)
class Offers:
    """What one plug-in file has: for xDSL, and for einfold itself. `faults` are what had to be left out."""

    universe: Universe
    others: tuple[registry.Offer, ...] = ()
    faults: tuple[Diagnostic, ...] = ()


_folders: list[str] = []
"""Folders of the plug-in files in use that were put at the end of Python's path, so that a plug-in finds the modules beside it."""

_file_universes: list[tuple[str, Universe]] = []
"""Plug-in file -> what it offers to xDSL, for the files in use."""


def installed_universe() -> Universe:
    """The universes of all distributions in the environment and of the plug-in files in use, as one; what is broken is told of and left out."""
    universe = Universe()
    for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: (e.name not in FIRST, e.name)):
        owner = "" if entry.dist is None else f" of distribution '{entry.dist.name}'"
        name = f"{ENTRY_POINT_GROUP} '{entry.name}'{owner}"
        try:
            added = run_foreign(partial(_loaded, entry))
        except ForeignError as error:
            _warn(Diagnostic("warning", f"left out, it does not load: {error}", name))
            continue
        universe = _joined(universe, added, name)
    for path, added in _file_universes:
        universe = _joined(universe, added, path)
    return universe


def _loaded(entry: EntryPoint) -> Universe:
    found = entry.load()
    if not isinstance(found, Universe):
        raise TypeError(f"'{entry.value}' is a {type(found).__name__}, not a Universe")
    return found


def use_plugin_files(paths: Iterable[str]) -> None:
    """Load plug-in files, in place of those that were in use before. Raises `Failure` for one that cannot be read."""
    _file_universes.clear()
    while _folders:
        sys.path.remove(_folders.pop())
    others: list[registry.Offer] = []
    for path in dict.fromkeys(paths):
        try:
            offers = load_plugin(path)
        except BrokenPlugin as broken:
            _warn(broken.diagnostic)
            continue
        for fault in offers.faults:
            _warn(fault)
        _file_universes.append((path, offers.universe))
        others += offers.others
    registry.use_files(others)


_warned: set[str] = set()


def _warn(diagnostic: Diagnostic) -> None:
    """Tell of what is left out; of one thing once."""
    if (told := str(diagnostic)) not in _warned:
        _warned.add(told)
        print(told, file=sys.stderr)


def _joined(universe: Universe, added: Universe, name: str) -> Universe:
    """Both, without what could not be called, or is called like something that is there already."""

    def join(kind: str, known: dict[str, _Factory], new: Mapping[Any, _Factory]) -> dict[str, _Factory]:
        found = dict(known)
        for key, factory in new.items():
            fault = "there is one of that name already" if key in known else _fault(key, factory)
            if fault is None:
                found[key] = factory
            else:
                _warn(Diagnostic("warning", f"{kind} '{key}' is left out: {fault}", name))
        return found

    return Universe(
        all_dialects=join("dialect", universe.all_dialects, added.all_dialects),
        all_passes=join("pass", universe.all_passes, added.all_passes),
        all_targets=join("target", universe.all_targets, added.all_targets),
    )


def _fault(key: object, factory: object) -> str | None:
    """Why nothing could be called by this name, if so."""
    if not isinstance(key, str) or not CALLABLE_NAME.fullmatch(key):
        return "a name is made of letters, digits, '.', '_' and '-', and begins with a letter"
    return None if callable(factory) else f"a universe lists functions, not a {type(factory).__name__}"


class BrokenPlugin(Exception):
    """A plug-in that cannot be loaded, and why, as a warning."""

    def __init__(self, reason: str, path: str, line: int | None = None, column: int = 1):
        super().__init__(reason)
        self.diagnostic = Diagnostic("warning", f"plug-in is left out: {reason}", path, line, column)


def load_plugin(path: str) -> Offers:
    """What a Python file offers at its top level: universes, dialects, classes of passes and targets that it defines, and offers to einfold.

    Raises `Failure` for a file that cannot be read, `BrokenPlugin` for one that cannot be loaded or offers nothing.
    """
    module = _import_file(path)
    try:
        return run_foreign(lambda: _offers(path, module))
    except ForeignError as error:
        if isinstance(error.error, BrokenPlugin):
            raise error.error from None
        raise BrokenPlugin(str(error), path) from error


def _offers(path: str, module: ModuleType) -> Offers:
    """What a module offers. Raises `BrokenPlugin` if that is nothing, and whatever its objects raise when they are asked what they are."""
    values = list(vars(module).values())
    own = [c for c in values if _is(c, type) and c.__module__ == module.__name__]
    passes, pass_faults = _classes(path, ModulePass, own)
    targets, target_faults = _classes(path, Target, own)
    found = Universe(
        all_dialects={v.name: _constant(v) for v in values if _is(v, Dialect) and _defines(module, v)}, all_passes=passes, all_targets=targets
    )
    for universe in (v for v in values if _is(v, Universe)):
        # A universe may list what the file also has at its top level; that is one offer, not two.
        found.all_dialects.update(universe.all_dialects)
        found.all_passes.update(universe.all_passes)
        found.all_targets.update(universe.all_targets)
    others, faults = registry.offers_in(module), (*pass_faults, *target_faults)
    if not (found.all_dialects or found.all_passes or found.all_targets or others or faults):
        raise BrokenPlugin("it offers nothing: no Universe, Dialect, ModulePass, Target, Operator, MachineFile or Importer at its top level", path)
    return Offers(found, others, faults)


def _is(value: object, kind: type[_Value]) -> TypeGuard[_Value]:
    """`isinstance`, but of what a value is rather than of what it says that it is."""
    return issubclass(type(value), kind)


def _defines(module: ModuleType, dialect: Dialect) -> bool:
    """Whether a dialect is a module's own rather than imported by it: a dialect does not know its module, but its classes do."""
    return any(c.__module__ == module.__name__ for c in (*dialect.operations, *dialect.attributes))


def _constant(value: _Value) -> Callable[[], _Value]:
    return lambda: value


def _classes(path: str, kind: type[_Class], candidates: Iterable[type[Any]]) -> tuple[dict[str, Callable[[], type[_Class]]], tuple[Diagnostic, ...]]:
    found: dict[str, Callable[[], type[_Class]]] = {}
    faults: list[Diagnostic] = []
    for cls in candidates:
        if issubclass(cls, kind) and not isabstract(cls):
            name = getattr(cls, "name", None)
            if isinstance(name, str):
                found[name] = _constant(cls)
            else:
                faults.append(Diagnostic("warning", f"class '{cls.__name__}' is left out: it has no 'name', by which it would be called", path))
    return found, tuple(faults)


def _module_name(path: str) -> str:
    """A name of its own for each file: classes find their module by its name when they are asked for their types."""
    return f"einfold_plugin_{Path(path).stem}_{crc32(str(Path(path).absolute()).encode()):08x}"


def _import_file(path: str) -> ModuleType:
    read_source(path)  # missing files, directories and binaries are told as for any input
    spec = spec_from_file_location(_module_name(path), path)
    if spec is None or spec.loader is None:
        raise Failure(Diagnostic("error", "a plug-in is a Python file, named *.py", path))
    folder = str(Path(path).absolute().parent)
    if folder not in sys.path:
        sys.path.append(folder)
        _folders.append(folder)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        run_foreign(partial(spec.loader.exec_module, module))
    except ForeignError as foreign:
        error = foreign.error
        if isinstance(error, SyntaxError) and error.filename in (path, spec.origin):
            raise BrokenPlugin(error.msg, path, error.lineno, error.offset or 1) from error
        own = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename in (path, spec.origin)]
        raise BrokenPlugin(str(foreign), path, own[-1] if own else None) from error
    return module
