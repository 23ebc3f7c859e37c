"""What a tool knows, for `--show-dialects`, `--list-passes` and `--list-targets`: a name a line, with what it says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping

from xdsl.passes import ModulePass, get_pass_option_infos
from xdsl.universe import Universe
from xdsl.utils.target import Target


def dialect_names(universe: Universe) -> str:
    return _lines(sorted(universe.all_dialects))


def pass_list(universe: Universe) -> str:
    """Each pass with the first line of its documentation and its options; imports all of them."""
    return _lines(line for name in sorted(universe.all_passes) for line in _describe(name, universe.all_passes[name]))


def target_list(universe: Universe) -> str:
    return _lines(line for name in sorted(universe.all_targets) for line in _describe(name, universe.all_targets[name]))


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _describe(name: str, factory: Callable[[], type[ModulePass] | type[Target]]) -> list[str]:
    try:
        cls = factory()
    except Exception as error:
        return [f"{name}  (cannot be loaded: {error})"]
    documentation = (inspect.getdoc(cls) or "").strip().splitlines() if cls.__doc__ else []
    # A dataclass without documentation is given its signature for one.
    summary = documentation[0] if documentation and not documentation[0].startswith(f"{cls.__name__}(") else ""
    described = [f"{name}  {summary}".rstrip()]
    if issubclass(cls, ModulePass):
        for option in get_pass_option_infos(cls):
            default = "" if option.default_value is None else f" = {option.default_value}"
            described.append(f"    {option.name.replace('_', '-')}: {option.expected_type}{default}")
    return described


def asked_for(show: Mapping[str, bool], universe: Universe) -> str | None:
    """The lists that the command line asked for, by its options' names; None if it asked for none."""
    makers = {"show_dialects": dialect_names, "list_passes": pass_list, "list_targets": target_list}
    asked = [make(universe) for option, make in makers.items() if show.get(option)]
    return "".join(asked) if asked else None
