"""The types of passes' options: in words for lists, as choices for completion."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from xdsl.utils.hints import type_repr


def hints_of(cls: type[Any]) -> dict[str, Any]:
    """Option -> type; nothing where the class's module lacks a name at run time."""
    try:
        hints = get_type_hints(cls)
    except Exception:
        return {}
    return {f.name: hints[f.name] for f in dataclasses.fields(cls) if f.init and f.name != "name" and f.name in hints}


def type_words(hint: Any) -> str:
    """A type as a list of options shows it: choices as `a|b`, several as `str,...`, and without the None that only means that it may be left out."""
    if get_origin(hint) is Literal:
        return "|".join(map(str, get_args(hint)))
    if get_origin(hint) in (Union, UnionType):
        return "|".join(type_words(part) for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
        return f"{type_words(get_args(hint)[0])},..."
    return type_repr(hint)


def choices_of(hint: Any) -> tuple[str, ...]:
    """The values of an option that takes one of some; nothing for the others."""
    if hint is bool:
        return ("true", "false")
    if get_origin(hint) is Literal:
        return tuple(map(str, get_args(hint)))
    return tuple(choice for part in get_args(hint) for choice in choices_of(part))


IN_WORDS: Mapping[Any, str] = {int: "a whole number", float: "a number", str: "a word or a text in double quotes", bool: "true or false"}


def in_words(hint: Any) -> str:
    """What an option takes, for a message."""
    if get_origin(hint) is Literal:
        *first, last = map(str, get_args(hint))
        return f"{', '.join(first)} or {last}" if first else last
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(in_words(kind) for kind in get_args(hint) if kind is not NoneType)
    if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
        return f"one or more of: {in_words(get_args(hint)[0])}"
    return IN_WORDS.get(hint) or type_repr(hint)
