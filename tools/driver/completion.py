"""What could be typed next on the command line of `einfold` or `einfold-opt`: commands, options, values, passes and their options.

The shells' scripts (`shells.py`) ask with the line up to the cursor; an empty answer means that a file is wanted, which shells know best.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ..cli import ArgumentParser
from .spelling import WITHOUT_VALUE

Values = Callable[[str], Iterable[str]]
"""From what is typed of a value to the values that begin so, or all of a kind."""

PIPELINES = frozenset({"passes", "pass_pipeline", "pipeline"})
MACHINES = frozenset({"machine", "machines"})


def answers(line: str, typed_here: str = "") -> list[str]:
    """What may stand in place of the last word of `line`. `typed_here`: as much of that word as the shell replaces, if not all of it."""
    words = split_line(line)
    if len(words) < 2:
        return []
    word = words[-1]
    found = sorted({a for a in _answers(Path(words[0]).name, words[1:]) if a.startswith(word)})
    kept = word[: len(word) - len(typed_here)] if typed_here and word.endswith(typed_here) else ""
    return [answer.removeprefix(kept) for answer in found]


def split_line(line: str) -> list[str]:
    """The words of an unfinished command line, without their quotes; the last one is empty behind a blank."""
    words, quote, begun = [""], "", False
    characters = iter(line)
    for c in characters:
        if quote:
            if c == quote:
                quote = ""
            else:
                words[-1] += next(characters, "") if c == "\\" and quote == '"' else c
        elif c in "\"'":
            quote, begun = c, True
        elif c == "\\":
            words[-1] += next(characters, "")
        elif c.isspace():
            if words[-1] or begun:
                words.append("")
            begun = False
        else:
            words[-1] += c
    return words


def _answers(program: str, words: Sequence[str]) -> Iterable[str]:
    if program == "einfold-opt":
        return _of_opt(words)
    from ..commands import COMMANDS

    if len(words) == 1:
        return [*COMMANDS, "--help", "--version"]
    if words[0] not in COMMANDS:
        return []
    from ..plugin_option import add_plugin_option

    module = COMMANDS[words[0]].load()
    parser = ArgumentParser(prog=words[0])
    module.configure(parser)
    add_plugin_option(parser)
    return _of_parser(parser, words[1:], _values(parser, ()))


def _of_opt(words: Sequence[str]) -> Iterable[str]:
    from xdsl.universe import Universe
    from xdsl.xdsl_opt_main import xDSLOptMain

    from ..opt_arguments import add_arguments, plugin_files
    from ..plugins import installed_universe, use_plugin_files

    class Options(xDSLOptMain):
        """xDSL's options, without reading a command line."""

        def __init__(self, universe: Universe):
            self.available_frontends, self.available_passes, self.available_targets = {}, dict(universe.all_passes), dict(universe.all_targets)

    use_plugin_files(f for f in plugin_files(words[:-1]) if Path(f).is_file())
    universe = installed_universe()
    parser = ArgumentParser(prog="einfold-opt")
    Options(universe).register_all_arguments(parser)
    add_arguments(parser)
    passes = tuple(universe.all_passes)
    found = list(_of_parser(parser, words, {**_values(parser, passes), "target": lambda _: universe.all_targets}))
    if words[-1].startswith("--"):
        found += [f"--{name}" for name in passes]
    return found


def _values(parser: argparse.ArgumentParser, passes: Sequence[str]) -> Mapping[str, Values]:
    """What the values of options and positionals are chosen from, by where argparse keeps them."""
    from ...analysis.remarks import REMARK_KINDS

    known: dict[str, Values] = {
        "remarks": lambda typed: [typed[: typed.rfind(",") + 1] + kind for kind in (*REMARK_KINDS, "all", "none")],
        "frontend": lambda _: _importers(),
        "verify_each": lambda _: ("true", "false"),
        **{f"print_ir_{when}": lambda typed: [typed[: typed.rfind(",") + 1] + name for name in passes] for when in ("before", "after")},
        **dict.fromkeys(PIPELINES, _pipelines),
        **dict.fromkeys(MACHINES, lambda _: _machines()),
    }
    if parser.prog == "machine":
        known["name"] = known["machine"]
    return known


def _importers() -> list[str]:
    from ...frontends import importers

    return ["mlir", *importers()]


def _machines() -> list[str]:
    from ...backend.machine_yaml import machine_names
    from ...plugins import machines

    return [*machine_names(), *machines()]


def _of_parser(parser: argparse.ArgumentParser, words: Sequence[str], values: Mapping[str, Values]) -> Iterable[str]:
    actions: Sequence[argparse.Action] = parser._actions  # pyright: ignore[reportPrivateUsage]
    by_name = {name: action for action in actions for name in action.option_strings}
    *before, word = words
    name, equals, value = word.partition("=")
    if equals and name in by_name:
        return [f"{name}={v}" for v in _choices(by_name[name], value, values)]
    if before and (asked := by_name.get(before[-1])) is not None and asked.nargs is None and before[-1] not in WITHOUT_VALUE:
        return _choices(asked, word, values)
    if word.startswith("-"):
        return by_name
    positional = next((a for a in actions if not a.option_strings), None)
    return [] if positional is None else _choices(positional, word, values)


def _choices(action: argparse.Action, typed: str, values: Mapping[str, Values]) -> Iterable[str]:
    if action.choices is not None:
        return map(str, action.choices)
    return values[action.dest](typed) if action.dest in values else []


OPEN = re.compile(r"(?P<name>[A-Za-z][\w-]*)\{(?P<options>[^{}]*)$")
"""A pass whose options are not closed, at the end of a pipeline."""


def _pipelines(typed: str) -> Iterable[str]:
    """A pipeline with its last word completed: a pass, an option of it, or a choice of that."""
    from ..plugins import installed_universe

    passes = installed_universe().all_passes
    inside = OPEN.search(typed)
    if inside is None:
        begun = re.search(r"[A-Za-z0-9_-]*$", typed)
        start = typed[: begun.start()] if begun is not None else typed
        return [start + name for name in passes]
    if inside["name"] not in passes:
        return []
    option = re.search(r"[^\s{]*$", typed)
    start = typed[: option.start()] if option is not None else typed
    return [start + word for word in _option_words(passes[inside["name"]](), typed[len(start) :], inside["options"])]


def _option_words(cls: type, typed: str, given: str) -> Iterable[str]:
    from ..driver.option_types import choices_of, hints_of

    hints = hints_of(cls)
    name, equals, _ = typed.partition("=")
    if equals:
        return [f"{name}={choice}" for choice in choices_of(hints.get(name.replace("-", "_")))]
    used = {word.partition("=")[0] for word in given.split()} - {typed}
    names = (field.replace("_", "-") for field in hints)
    return [f"{field}=" for field in names if field not in used]
