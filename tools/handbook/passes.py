"""The catalogue of passes, from their classes: what each does, its options, and what it makes of an example, run while the page is made."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

from xdsl.passes import ModulePass

from ..universe import PASSES, load_named
from .markdown import code, documentation, fence, field_notes, folded, table, without_notes
from .pass_examples import DEFAULT, PASS_EXAMPLES, PassExample
from .running import PageError, rewritten, without_module

HEAD = """\
# The passes

*Made from the passes' own definitions; every example is run when this page is made.*

Passes are run by `einfold-opt FILE -p 'PASS{option=value},PASS'`. Those below are einfold's own; xDSL's (`cse`, `dce`, `canonicalize`, ...) work on
the same files, and `einfold-opt --list-passes` lists them all. A pass that declines says why, as a remark with the place.
"""


COMMON = {"cascade": "Only the cascade of this name; every cascade if not given."}
"""Options that mean the same wherever they occur, where a pass does not describe them itself."""


def passes_page() -> str:
    """The page. Raises `PageError` where a pass lacks a description, a note on an option or an example."""
    found = {name: load_named(ModulePass, name, module) for name, module in PASSES.items()}
    lines = [HEAD, *table(["pass", "in one line"], ([f"[`{name}`](#{name})", summary(each)] for name, each in found.items())), ""]
    for name, each in found.items():
        lines += [f"## {name}", "", *_described(each), ""]
        lines += _options(each)
        lines += _example(name, PASS_EXAMPLES[name]) if name in PASS_EXAMPLES else _tried(name)
    return "\n".join(lines).rstrip("\n") + "\n"


def summary(each: type[ModulePass]) -> str:
    """The first line of a pass's documentation, as `--list-passes` shows it. Raises `PageError`."""
    first = documentation(each).split("\n", 1)[0].rstrip(".")
    if not first or any(first.startswith(f"{f.name}: ") for f in fields(each)):
        raise PageError(f"{each.name} has no line that says what it does")
    return first


def _described(each: type[ModulePass]) -> list[str]:
    return [without_notes(documentation(each), [f.name for f in fields(each)])]


def _options(each: type[ModulePass]) -> list[str]:
    notes = COMMON | field_notes(each)
    rows: list[list[str]] = []
    for option in fields(each):
        name = option.name.replace("_", "-")
        if option.name not in notes:
            raise PageError(f"option '{name}' of {each.name} is not described")
        rows.append([code(name), code(type_text(option)), code(default_text(option)) or "required", notes[option.name]])
    return [*table(["option", "type", "default", "meaning"], rows), ""] if rows else ["It has no options.", ""]


def type_text(option: Field[Any]) -> str:
    """A field's type as a person would write it: without `None`, which only says that there is no default."""
    text = option.type if isinstance(option.type, str) else option.type.__name__
    text = text.removesuffix(" | None").replace("tuple[str, ...]", "names").replace("str", "name")
    return text.removeprefix("Literal[").removesuffix("]").replace(", ", " or ").replace("'", "").replace('"', "")


def default_text(option: Field[Any]) -> str:
    """A field's default; empty where it has to be given."""
    if option.default is MISSING:
        return ""
    if option.default is None or option.default == ():
        return "none"
    return str(option.default).lower() if isinstance(option.default, bool) else str(option.default)


def _tried(name: str) -> list[str]:
    """What a pass without an example of its own makes of the usual one; nothing where that does not suit it."""
    try:
        return _example(name, DEFAULT)
    except PageError:
        return []


def _example(name: str, example: PassExample) -> list[str]:
    spec = f"{name}{{{example.options}}}" if example.options else name
    before = without_module(rewritten(example.text, example.before).output) if example.before else example.text
    pipeline = f"{example.before},{spec}" if example.before else spec
    after = without_module(rewritten(example.text, pipeline).output)
    if after.split() == before.split():
        raise PageError(f"{name} does not change its example; give it one in tools/handbook/pass_examples.py")
    command = f"$ einfold-opt example.mlir -p '{pipeline}'"
    says = f"Example: {example.says}" if example.says else "Example:"
    lines = [says, "", *folded("before", fence("mlir", before)), "", *fence("text", command), "", *fence("mlir", after), ""]
    return lines
