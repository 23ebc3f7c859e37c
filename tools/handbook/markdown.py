"""Pieces of Markdown, and the texts of Python that pages are made from."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import pairwise


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; a bar in a cell would end the cell, and is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def fence(language: str, text: str) -> list[str]:
    return [f"```{language}", text.strip("\n"), "```"]


def folded(title: str, lines: Iterable[str]) -> list[str]:
    """A block that opens when its title is clicked (pymdownx.details)."""
    return [f'??? note "{title}"', "", *(f"    {line}".rstrip() for line in "\n".join(lines).split("\n"))]


def code(text: str) -> str:
    """Text in the type of code; what is empty stays so."""
    return f"`{text}`" if text else ""


def documentation(described: object) -> str:
    """An object's own docstring, dedented; empty for a dataclass that was given its signature for one."""
    text = getattr(described, "__doc__", None) or ""
    name = getattr(described, "__name__", "")
    return "" if text.startswith(f"{name}(") else inspect.cleandoc(text)


def without_fences(text: str) -> str:
    """Prose without its blocks of code."""
    return re.sub(r"\n*^```.*?^```$", "", text, flags=re.M | re.S).strip()


def field_notes(owner: type) -> dict[str, str]:
    """Field of a dataclass -> what is said of it: a string below the field, or `name: ...` in the class's docstring."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    found: dict[str, str] = {}
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for statement, below in pairwise(body):
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and isinstance(below, ast.Expr)):
            continue
        if isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            found[statement.target.id] = " ".join(below.value.value.split())
    return found | _inline_notes(documentation(owner), [f.name for f in fields(owner) if f.name not in found])


def _inline_notes(text: str, names: Iterable[str]) -> dict[str, str]:
    """`rank: only these. size: ...` in prose -> {"rank": "only these", ...}."""
    known = "|".join(map(re.escape, names))
    if not known:
        return {}
    flat = " ".join(text.split())
    parts = re.split(rf"(?:^|(?<=[.\s]))({known}): ", flat)
    return {name: told.strip().removesuffix(".") for name, told in zip(parts[1::2], parts[2::2], strict=True)}


def without_notes(text: str, names: Iterable[str]) -> str:
    """A docstring without the paragraph that describes fields one after another."""
    start = re.compile(rf"({'|'.join(map(re.escape, names)) or '(?!)'}): ")
    return "\n\n".join(p for p in re.split(r"\n\s*\n", text) if not start.match(p)).strip()
