"""What einfold adds to xDSL: dialects, passes and targets by name, each imported when it is first used.

Every xDSL tool in the environment loads this module at its start through the `xdsl.universe` entry point, so it imports nothing
of einfold: the tables name modules, and a factory imports the one it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TypeVar

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe
from xdsl.utils.target import Target

DIALECTS: Mapping[str, str] = MappingProxyType(
    {
        "einsum": "dialects.einsum",
        "accel": "dialects.accel",
    }
)
"""Dialect name -> the module that defines it."""

PASSES: Mapping[str, str] = MappingProxyType(
    {
        "einsum-apply-pdl": "passes.einsum_apply_pdl",
        "einsum-count-passes": "passes.einsum_count_passes",
        "einsum-cse": "passes.einsum_cse",
        "einsum-dce": "passes.einsum_dce",
        "einsum-defer": "passes.einsum_defer",
        "einsum-exp2": "passes.einsum_exp2",
        "einsum-fuse-maps": "passes.einsum_fuse_maps",
        "einsum-one-pass": "passes.einsum_one_pass",
        "einsum-online": "passes.einsum_online",
        "einsum-place": "backend.einsum_place",
        "einsum-push-filters": "passes.einsum_push_filters",
        "einsum-reorder": "passes.einsum_reorder",
        "einsum-schedule": "search.einsum_schedule",
        "einsum-split-rank": "passes.einsum_split_rank",
        "lower-einsum-to-accel": "lowering.lower_einsum_to_accel",
    }
)
"""Pass name -> the module that defines it, as the one `ModulePass` of that name."""

TARGETS: Mapping[str, str] = MappingProxyType(
    {
        "dot": "tools.targets.dot",
        "edge": "tools.targets.edge",
        "json": "tools.targets.json_form",
        "latex": "tools.targets.latex",
    }
)
"""Target name (`-t`) -> the module that defines it, as the one `Target` of that name."""

_Named = TypeVar("_Named", ModulePass, Target)


def _load(module: str) -> dict[str, object]:
    package = __package__ or ""
    return vars(import_module(f"..{module}", package))


def load_dialect(name: str) -> Dialect:
    """Import the dialect called `name` in `DIALECTS`. Raises `LookupError` if its module does not define it."""
    found = [value for value in _load(DIALECTS[name]).values() if isinstance(value, Dialect) and value.name == name]
    if not found:
        raise LookupError(f"module '{DIALECTS[name]}' does not define dialect '{name}'")
    return found[0]


def load_named(kind: type[_Named], name: str, module: str) -> type[_Named]:
    """Import the subclass of `kind` whose `name` is `name` from `module`. Raises `LookupError` unless there is exactly one."""
    found = [c for c in _load(module).values() if isinstance(c, type) and issubclass(c, kind) and getattr(c, "name", None) == name]
    if len(found) != 1:
        raise LookupError(f"module '{module}' defines {len(found)} {kind.__name__} classes named '{name}', expected 1")
    return found[0]


def _dialect(name: str) -> Callable[[], Dialect]:
    return lambda: load_dialect(name)


def _pass(name: str) -> Callable[[], type[ModulePass]]:
    return lambda: load_named(ModulePass, name, PASSES[name])


def _target(name: str) -> Callable[[], type[Target]]:
    return lambda: load_named(Target, name, TARGETS[name])


EINFOLD_UNIVERSE = Universe(
    all_dialects={name: _dialect(name) for name in DIALECTS},
    all_passes={name: _pass(name) for name in PASSES},
    all_targets={name: _target(name) for name in TARGETS},
)
"""The entry point `xdsl.universe` of this distribution."""
