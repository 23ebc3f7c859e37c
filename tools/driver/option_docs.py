"""What a pass says of its options: the string under each field of its class, as in `rank: str` followed by a documentation string."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any


def option_docs(cls: type[Any]) -> dict[str, str]:
    """Field -> the first sentence of its documentation, for the class and those it derives from; nothing where there is no source."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__[:-1]):
        if each.__module__.startswith("xdsl."):
            continue  # which documents no options this way, and has much to read
        found |= _of_class(each)
    return found


def _of_class(cls: type[Any]) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return {}
    definition = tree.body[0]
    if not isinstance(definition, ast.ClassDef):
        return {}
    found: dict[str, str] = {}
    for field, note in pairwise(definition.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(note, ast.Expr):
            text = note.value.value if isinstance(note.value, ast.Constant) else None
            if isinstance(text, str):
                found[field.target.id] = first_sentence(text)
    return found


def first_sentence(text: str) -> str:
    """The text up to its first full stop or empty line, on one line."""
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return paragraph.split(". ")[0].removesuffix(".")
