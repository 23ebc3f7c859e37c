"""What a tool knows, for `--show-dialects`, `--list-passes`, `--list-targets`, `--list-importers`: a name a line, with what it says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping

from xdsl.passes import ModulePass, get_pass_option_infos
from xdsl.universe import Universe
from xdsl.utils.arg_spec import ArgSpecConvertible
from xdsl.utils.target import Target

from ..plugins.foreign import described
from .driver.option_docs import option_docs
from .driver.option_types import hints_of, type_words


def dialect_names(universe: Universe) -> str:
    return _lines(sorted(universe.all_dialects))


def pass_list(universe: Universe) -> str:
    """Each pass with the first line of its documentation and its options; imports all of them."""
    return _lines(line for name in sorted(universe.all_passes) for line in _describe(name, universe.all_passes[name]))


def target_list(universe: Universe) -> str:
    return _lines(line for name in sorted(universe.all_targets) for line in _describe(name, universe.all_targets[name]))


def importer_list(universe: Universe) -> str:
    from ..frontends import importers

    return _lines(["mlir  MLIR text (.mlir)", *(f"{i.name}  {i.help} ({', '.join(i.suffixes)})" for i in importers().values())])


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _describe(name: str, factory: Callable[[], type[ModulePass] | type[Target]]) -> list[str]:
    try:
        cls = factory()
        return [f"{name}  {summary(cls)}".rstrip(), *option_lines(cls)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever is wrong with one of a plug-in's, the others are listed
        return [f"{name}  (cannot be loaded: {described(error)})"]


def summary(cls: type[ModulePass] | type[Target]) -> str:
    """The first line of a class's documentation."""
    documentation = (inspect.getdoc(cls) or "").strip().splitlines() if cls.__doc__ else []
    # A dataclass without documentation is given its signature for one.
    return documentation[0] if documentation and not documentation[0].startswith(f"{cls.__name__}(") else ""


def option_lines(cls: type[ArgSpecConvertible]) -> list[str]:
    """An option a line: its name, type and default as `-p` writes them, and what its documentation begins with."""
    if not issubclass(cls, ModulePass):
        return []
    notes, hints = option_docs(cls), hints_of(cls)
    shown: list[tuple[str, str]] = []
    for option in get_pass_option_infos(cls):
        field = option.name.replace("-", "_")
        kind = type_words(hints[field]) if field in hints else option.expected_type
        default = "" if option.default_value in (None, "none") else f" = {option.default_value}"
        shown.append((f"{field.replace('_', '-')}: {kind}{default}", notes.get(field, "")))
    width = min(48, max((len(text) for text, note in shown if note), default=0))
    return [f"    {text:<{width}}  {note}".rstrip() if note else f"    {text}" for text, note in shown]


def asked_for(show: Mapping[str, bool], universe: Universe) -> str | None:
    """The lists that the command line asked for, by its options' names; None if it asked for none."""
    makers = {"show_dialects": dialect_names, "list_passes": pass_list, "list_targets": target_list, "list_importers": importer_list}
    asked = [make(universe) for option, make in makers.items() if show.get(option)]
    return "".join(asked) if asked else None
