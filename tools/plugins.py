"""Passes, dialects and targets of others: installed universes, and Python files named with `--load-plugin`.

Whatever is broken in a plug-in ends as a `Failure` that names the plug-in.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isabstract
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe
from xdsl.utils.target import Target

from .diagnostics import Diagnostic, Failure
from .reading import read_source

ENTRY_POINT_GROUP = "xdsl.universe"

_Value = TypeVar("_Value")
_Class = TypeVar("_Class", ModulePass, Target)


def installed_universe() -> Universe:
    """The universes of all distributions in the environment as one."""
    try:
        return Universe.get_multiverse()
    except Exception as error:
        raise Failure(Diagnostic("error", _blame(error), "xdsl.universe")) from error


def _blame(error: Exception) -> str:
    """Which installed universe does not load, once it is known that not all do."""
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            entry.load()
        except Exception as own:
            owner = "" if entry.dist is None else f" of distribution '{entry.dist.name}'"
            return f"the xDSL universe '{entry.name}'{owner} cannot be loaded: {type(own).__name__}: {own}"
    return str(error)


def extended(universe: Universe, plugin_files: Iterable[str]) -> Universe:
    """`universe` and what the plug-in files add. Raises `Failure` for a broken plug-in or a name that is taken."""
    for path in plugin_files:
        added = load_plugin(path)
        universe = Universe(
            all_dialects=_joined(path, "dialect", universe.all_dialects, added.all_dialects),
            all_passes=_joined(path, "pass", universe.all_passes, added.all_passes),
            all_targets=_joined(path, "target", universe.all_targets, added.all_targets),
        )
    return universe


def _joined(path: str, kind: str, known: Mapping[str, _Value], added: Mapping[str, _Value]) -> dict[str, _Value]:
    for name in added:
        if name in known:
            raise Failure(Diagnostic("error", f"plug-in defines {kind} '{name}', which exists already", path))
    return {**known, **added}


def load_plugin(path: str) -> Universe:
    """What a Python file offers at its top level: universes, dialects, and classes of passes and targets that it defines."""
    module = _import_file(path)
    values = list(vars(module).values())
    universes = [v for v in values if isinstance(v, Universe)]
    own = [c for c in values if isinstance(c, type) and c.__module__ == module.__name__]
    found = Universe(
        all_dialects={v.name: _constant(v) for v in values if isinstance(v, Dialect) and _defines(module, v)},
        all_passes=_classes(path, ModulePass, own),
        all_targets=_classes(path, Target, own),
    )
    for universe in universes:
        # A universe may list what the file also has at its top level; that is one offer, not two.
        found.all_dialects.update(universe.all_dialects)
        found.all_passes.update(universe.all_passes)
        found.all_targets.update(universe.all_targets)
    if not (found.all_dialects or found.all_passes or found.all_targets):
        raise Failure(Diagnostic("error", "plug-in offers nothing: no Universe, Dialect, ModulePass or Target at its top level", path))
    return found


def _defines(module: ModuleType, dialect: Dialect) -> bool:
    """Whether a dialect is a module's own rather than imported by it: a dialect does not know its module, but its classes do."""
    return any(c.__module__ == module.__name__ for c in (*dialect.operations, *dialect.attributes))


def _constant(value: _Value) -> Callable[[], _Value]:
    return lambda: value


def _classes(path: str, kind: type[_Class], candidates: Iterable[type[Any]]) -> dict[str, Callable[[], type[_Class]]]:
    found: dict[str, Callable[[], type[_Class]]] = {}
    for cls in candidates:
        if issubclass(cls, kind) and not isabstract(cls):
            name = getattr(cls, "name", None)
            if not isinstance(name, str):
                raise Failure(Diagnostic("error", f"plug-in class '{cls.__name__}' has no 'name', by which it would be called", path))
            found[name] = _constant(cls)
    return found


def _module_name(path: str) -> str:
    return f"einfold_plugin_{Path(path).stem}"


def _import_file(path: str) -> ModuleType:
    read_source(path)  # missing files, directories and binaries are told as for any input
    spec = spec_from_file_location(_module_name(path), path)
    if spec is None or spec.loader is None:
        raise Failure(Diagnostic("error", "a plug-in is a Python file, named *.py", path))
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise Failure(Diagnostic("error", f"plug-in cannot be loaded: {error.msg}", path, error.lineno, error.offset or 1)) from error
    except (Exception, SystemExit) as error:
        own = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
        raise Failure(Diagnostic("error", f"plug-in cannot be loaded: {type(error).__name__}: {error}", path, own[-1] if own else None)) from error
    return module
